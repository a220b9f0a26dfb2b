import { LoginError, type Json } from '@passerby/shared';
import { judge, type Refusal } from '../core/answers.ts';
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
  const answer = await receive(() => ports.fetch(url, {
    method, headers, credentials, cache: 'no-store', redirect: 'manual', referrerPolicy: 'no-referrer', signal: ports.signal,
    ...(body && { body: JSON.stringify(body) }),
  }));
  return judge(answer, ports.now(), isRefusal);
}

async function receive(request: () => Promise<Response>): Promise<{ status: number; retryAfter: string | null; body: string }> {
  try {
    const response = await request();
    return { status: response.status, retryAfter: response.headers.get('retry-after'), body: await response.text() };
  } catch (cause) {
    throw new LoginError('network', 'The identity service could not be reached', { cause });
  }
}

/**
 * An address that people may be sent to: https, or a name of this machine.
 * @throws LoginError `response_invalid`
 */
export function safeAddress(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)))) return url.href;
  throw new LoginError('response_invalid', 'The identity service named an address that is not https');
}

export const isLoopback = (hostname: string): boolean => /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
