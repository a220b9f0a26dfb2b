import { PAGE_HEADERS } from '../pages.ts';
import type { World } from './world.ts';

/** A request the service says no to. The dispatcher makes it JSON for the API and a page for people. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly errorCode: string;
  /** The OAuth `error`, where the answer has one. */
  readonly oauthError: string | undefined;

  constructor(status: number, errorCode: string, title: string, oauthError?: string) {
    super(title);
    this.status = status;
    this.errorCode = errorCode;
    this.oauthError = oauthError;
  }
}

export function json(world: World, body: unknown, { status = 200, cookies = [] as readonly string[] } = {}): Response {
  const headers = new Headers({
    'content-type': world.switches.jsonMediaType,
    'cache-control': 'no-store',
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
  });
  for (const cookie of cookies) headers.append('set-cookie', cookie);
  return new Response(JSON.stringify(body), { status, headers });
}

/** The error body the vendor's own API description names: `errorCode` is the stable field. */
export function refusalJson(world: World, { status, errorCode, oauthError, message }: Refusal): Response {
  const body = { title: message, errorCode, errorId: crypto.randomUUID(), ...(oauthError && { error: oauthError }) };
  return json(world, body, { status });
}

export function redirect(location: URL, { status = 302 as 302 | 303 | 307, cookies = [] as readonly string[] } = {}): Response {
  const headers = new Headers({ ...PAGE_HEADERS, location: location.href });
  for (const cookie of cookies) headers.append('set-cookie', cookie);
  return new Response(null, { status, headers });
}
