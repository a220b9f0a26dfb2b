import { refuseForeignOrigin } from '../gate/origin.ts';
import { SAFE_HEADERS } from '../refusal.ts';
import { readForm, required, type Asked } from './form.ts';
import type { GrantParts } from './grant.ts';
import type { Nonces } from './nonces.ts';
import { answerIdentities } from './identities-endpoint.ts';
import { Refused } from './refused.ts';
import { answerRevocation } from './revocation-endpoint.ts';
import type { SigningKeys } from './signing-keys.ts';
import { answerTokenRequest, GRANT_TYPES } from './token-endpoint.ts';

export interface EndpointParts extends GrantParts {
  readonly keys: SigningKeys;
  readonly nonces: Nonces;
  /** The same as `prove`, for proofs that name the address of the identities. */
  readonly proveIdentities: GrantParts['prove'];
  /** For the shop's own servers; absent where they have no credential. @throws Refused */
  readonly redeemMerge?: Work<Request> | undefined;
}

type Handler = (request: Request, from: { readonly clientAddress: string }) => Promise<Response>;
type Work<From> = (from: From) => Promise<object>;

const PREFLIGHT_HEADERS = { 'access-control-allow-methods': 'POST', 'access-control-allow-headers': 'Content-Type, DPoP', 'access-control-max-age': '3600' };
const PUBLIC_SECONDS = 300;

/** Everything the issuer answers. The host of a request's address is not looked at: what `Host` says is anybody's word. */
export function createEndpoints(parts: EndpointParts): Handler {
  const { settings: { issuer }, redeemMerge } = parts;
  const { pathname } = new URL(issuer);
  const path = pathname === '/' ? '' : pathname;
  const endpoints: ReadonlyMap<string, Handler> = new Map([
    [`/.well-known/oauth-authorization-server${path}`, publish(metadata(issuer))],
    [`${path}/jwks`, publish(parts.keys.published())],
    [`${path}/token`, answerPosts((asked) => answerTokenRequest(asked, parts), parts)],
    [`${path}/revoke`, answerPosts((asked) => answerRevocation(asked, parts), parts)],
    [`${path}/identities`, answerPosts((asked) => answerIdentities(asked, { ...parts, prove: parts.proveIdentities }), parts)],
    ...(redeemMerge ? [[`${path}/merge`, answerServers(redeemMerge)] as const] : []),
  ]);
  return async (request, from) => {
    const endpoint = endpoints.get(new URL(request.url).pathname);
    return endpoint ? endpoint(request, from) : answerRefused(new Refused('invalid_request', 'There is nothing at this address', { status: 404 }));
  };
}

/** RFC 8414 §2; `response_types_supported` is needed, though there is nothing to authorize here. */
function metadata(issuer: string): object {
  return {
    issuer, token_endpoint: `${issuer}/token`, revocation_endpoint: `${issuer}/revoke`, jwks_uri: `${issuer}/jwks`, response_types_supported: [],
    grant_types_supported: GRANT_TYPES, token_endpoint_auth_methods_supported: ['none'], revocation_endpoint_auth_methods_supported: ['none'], dpop_signing_alg_values_supported: ['ES256'],
  };
}

function publish(content: object): Handler {
  const headers = { ...SAFE_HEADERS, 'access-control-allow-origin': '*', 'cache-control': `public, max-age=${PUBLIC_SECONDS}` };
  return async (request) => (request.method === 'GET' ? Response.json(content, { headers }) : answerRefused(refusedMethod('GET')));
}

/** A POST of a client, with or without its preflight, which a browser on another origin sends before the `DPoP` header. */
function answerPosts(work: Work<Asked>, { settings: { origins, clientId }, nonces }: EndpointParts): Handler {
  return async ({ method, headers, body }, { clientAddress }) => {
    const common = corsHeaders(headers.get('origin'), origins);
    try {
      refuseForeignOrigin(headers, origins);
      if (method === 'OPTIONS') return new Response(null, { status: 204, headers: { ...common, ...PREFLIGHT_HEADERS } });
      if (method !== 'POST') throw refusedMethod('POST, OPTIONS');
      const form = await readForm(headers, body);
      if (required(form, 'client_id') !== clientId) throw new Refused('invalid_client', 'client_id is not the one this issuer is set to');
      const answer = await work({ form, headers, clientAddress });
      return Response.json(answer, { headers: { ...common, 'dpop-nonce': nonces.current() } });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return answerRefused(error, { ...common, ...(error.error === 'use_dpop_nonce' && { 'dpop-nonce': nonces.current() }) });
    }
  };
}

/** A POST of a server of the shop's own: no page may read the answer. */
function answerServers(work: Work<Request>): Handler {
  return async (request) => {
    try {
      if (request.method !== 'POST') throw refusedMethod('POST');
      return Response.json(await work(request), { headers: SAFE_HEADERS });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return answerRefused(error);
    }
  };
}

/** A foreign origin is refused before anything else, and may read why: that is for its developer. */
function corsHeaders(origin: string | null, origins: ReadonlySet<string>): Record<string, string> {
  const allowed = origin !== null && { 'access-control-allow-origin': origins.has(origin) ? origin : '*' };
  return { ...SAFE_HEADERS, vary: 'Origin', 'access-control-expose-headers': 'DPoP-Nonce, Retry-After', ...allowed };
}

function refusedMethod(allow: string): Refused {
  return new Refused('invalid_request', `Only ${allow} is answered here`, { status: 405, headers: { allow } });
}

function answerRefused({ error, message, status, headers }: Refused, common: Readonly<Record<string, string>> = SAFE_HEADERS): Response {
  return Response.json({ error, error_description: message }, { status, headers: { ...common, ...headers } });
}
