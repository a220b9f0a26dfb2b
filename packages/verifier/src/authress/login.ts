import { networkOf } from '../gate/address.ts';
import type { RateLimit } from '../gate/rate-limit.ts';
import { answerRefusal, SAFE_HEADERS, type Refusal } from '../refusal.ts';
import type { AccessKey } from './access-key.ts';
import { signAssertion } from './assertion.ts';

/** What a rule of the shop's own gets to see of a visitor. */
export interface Visit {
  readonly clientAddress: string;
  readonly headers: Headers;
}

export interface LoginParts {
  readonly loginUrl: string;
  readonly accessKey: AccessKey;
  readonly rateLimit: RateLimit;
  allow(visit: Visit): boolean | Promise<boolean>;
  random(bytes: Uint8Array<ArrayBuffer>): void;
  now(): number;
}

const MAX_QUERY_LENGTH = 4_096;
const KNOWN_PARAMETERS = ['state', 'redirect_uri', 'client_id'];

/**
 * Answers `GET /v1/login`: Authress sends a visitor here to be given an ID, and gets them back at its own login page with the ID in a signed assertion.
 * @see https://authress.io/knowledge-base/docs/authentication/user-authentication
 */
export function createLogin(parts: LoginParts): (request: Request, from: { readonly clientAddress: string }) => Promise<Response> {
  return async (request, { clientAddress }) => {
    const asked = readLogin(request, parts.loginUrl, parts.accessKey.clientId);
    if ('error' in asked) return answerRefusal(asked);
    const refusal = refuseByRate(parts.rateLimit, clientAddress) ?? (await refuseByRule(parts, { clientAddress, headers: new Headers(request.headers) }));
    if (refusal) return answerRefusal(refusal);
    const assertion = await signAssertion(parts);
    return sendBack(parts.loginUrl, { code: assertion.code, iss: assertion.issuer, state: asked.state });
  };
}

/** What a request asks for, or why it is refused. Decides only: nothing is counted or signed here. */
export function readLogin(request: Request, loginUrl: string, clientId: string): { readonly state: string } | Refusal {
  if (request.url.length > 2 * MAX_QUERY_LENGTH) return refuse(414, 'query_too_long', 'The address is too long');
  const url = new URL(request.url);
  if (url.pathname !== '/v1/login') return refuse(404, 'not_found', 'There is only /v1/login here');
  if (request.method !== 'GET') return { ...refuse(405, 'method_not_allowed', 'Only GET is answered here'), headers: { allow: 'GET' } };
  if (url.search.length > MAX_QUERY_LENGTH) return refuse(414, 'query_too_long', 'The query is longer than 4096 characters');
  return readQuery(url.searchParams, loginUrl, clientId);
}

function readQuery(query: URLSearchParams, loginUrl: string, clientId: string): { readonly state: string } | Refusal {
  // Others are ignored, as RFC 6749 §3.1 asks: what a later Authress adds must not stop a shop.
  const names = [...query.keys()].filter((name) => KNOWN_PARAMETERS.includes(name));
  if (new Set(names).size !== names.length) return refuse(400, 'parameter_repeated', 'Each parameter may be given once');

  // Checked, never obeyed: an assertion sent anywhere else would let its reader become this guest.
  const redirectUri = query.get('redirect_uri');
  if (redirectUri !== null && ![`${loginUrl}/login`, `${loginUrl}/`, loginUrl].includes(redirectUri)) {
    return refuse(400, 'redirect_uri_refused', 'redirect_uri is not the login host this verifier answers to');
  }
  const state = query.get('state');
  if (state === null || !/^[\w.~:+/=-]{1,512}$/.test(state)) return refuse(400, 'state_invalid', 'state is not 1 to 512 URL-safe characters');
  if (query.has('client_id') && query.get('client_id') !== clientId) return refuse(400, 'client_id_refused', 'client_id is not the service client of this verifier');
  return { state };
}

function refuseByRate(rateLimit: RateLimit, clientAddress: string): Refusal | null {
  const waitMs = rateLimit.take(networkOf(clientAddress));
  if (waitMs === 0) return null;
  return { ...refuse(429, 'rate_limited', 'Too many guests from this network: try again later'), headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) } };
}

async function refuseByRule(parts: LoginParts, visit: Visit): Promise<Refusal | null> {
  // Only `true` lets in: a rule in plain JavaScript that forgot its return must not open the gate.
  return (await parts.allow(visit)) === true ? null : refuse(403, 'not_allowed', 'This visitor is not let in');
}

function sendBack(loginUrl: string, answer: { readonly code: string; readonly iss: string; readonly state: string }): Response {
  // 303 and not 307: whatever the request was, what follows is a GET without its body (RFC 9700 §4.12).
  return new Response(null, { status: 303, headers: { ...SAFE_HEADERS, location: `${loginUrl}/login?${new URLSearchParams(answer)}` } });
}

function refuse(status: Refusal['status'], error: string, reason: string): Refusal {
  return { status, error, reason };
}
