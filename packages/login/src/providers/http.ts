import { LoginError, type Json } from '@passerby/shared';
import { secureUrl } from '../core/address.ts';
import { judge, type Answer, type Refusal } from '../core/answers.ts';
import type { ProviderPorts } from '../ports/ports.ts';

export interface WireRequest {
  readonly method: string;
  readonly url: string;
  readonly body?: Json;
  readonly bearer?: string;
  readonly credentials: RequestCredentials;
  readonly isRefusal: Refusal;
}

/**
 * Sends a JSON request and judges its answer.
 * @throws LoginError `network`, and what `judge` throws
 */
export async function send({ method, url, body, bearer, credentials, isRefusal }: WireRequest, ports: ProviderPorts): Promise<Json> {
  const headers = { ...(body && { 'content-type': 'application/json' }), ...(bearer && { authorization: `Bearer ${bearer}` }) };
  return judge(await ask(url, { method, headers, credentials, ...(body && { body: JSON.stringify(body) }) }, ports), ports.now(), isRefusal);
}

export interface FormAnswer extends Answer {
  /** The nonce that the server wants in the next proof (RFC 9449 §8). */
  readonly dpopNonce: string | null;
  readonly headers: Headers;
}

/**
 * Sends JSON to the page's own origin, with the cookies that this origin has set.
 * @throws LoginError `network`
 */
export function postHome(url: string, body: Json, ports: ProviderPorts): Promise<Answer> {
  return ask(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), credentials: 'same-origin' }, ports);
}

/**
 * Sends a form, which needs no preflight at another origin, without cookies.
 * @throws LoginError `network`
 */
export function postForm(url: string, fields: Readonly<Record<string, string>>, ports: ProviderPorts): Promise<FormAnswer> {
  return ask(url, { method: 'POST', body: new URLSearchParams(fields), credentials: 'omit' }, ports);
}

/**
 * Sends a request as it is, past every cache.
 * @throws LoginError `network`
 */
export async function ask(url: string, init: RequestInit, ports: ProviderPorts): Promise<FormAnswer> {
  try {
    const response = await ports.fetch(url, { ...init, cache: 'no-store', redirect: 'manual', referrerPolicy: 'no-referrer', signal: ports.signal });
    const { status, headers } = response;
    return { status, retryAfter: headers.get('retry-after'), dpopNonce: headers.get('dpop-nonce'), headers, body: await response.text() };
  } catch (cause) {
    throw new LoginError('network', 'The identity service could not be reached', { cause });
  }
}

/**
 * An address that people may be sent to: https, or a name of this machine.
 * @throws LoginError `response_invalid`
 */
export function safeAddress(address: string): string {
  const url = secureUrl(address);
  if (!url) throw new LoginError('response_invalid', 'The identity service named an address that is not https');
  return url.href;
}
