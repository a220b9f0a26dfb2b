import { refusalJson } from './answers.ts';
import { Refusal } from './refusal.ts';
import type { World } from './world.ts';

/** What the vendor's SDKs were seen to send, or can. */
const ALLOWED_HEADERS = [
  'authorization', 'content-type', 'x-descope-project-id', 'x-descope-sdk-name', 'x-descope-sdk-session-id', 'x-descope-sdk-version', 'x-descope-sdk-node-version', 'x-descope-sdk-uuid',
  'x-descope-refresh-cookie-name', 'x-descope-trusted-device-token', 'x-descope-known-device-token', 'x-descope-flow-nonce', 'x-descope-license',
];

/** The headers that let a page read an answer: only pages of the shop's exact origins. */
export function corsHeaders(world: World, request: Request): Readonly<Record<string, string>> {
  const origin = request.headers.get('origin');
  if (origin === null || !world.appOrigins.includes(origin)) return { vary: 'Origin' };
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'Retry-After, X-Descope-Flow-Nonce',
    vary: 'Origin',
  };
}

/** Answers `OPTIONS`. Other sites get no header a browser would take for permission. */
export function preflight(world: World, request: Request): Response {
  if (isForeign(world, request) || !request.headers.has('origin')) return refusalJson(new Refusal('foreign_origin', 'Add its origin to the project'));
  return new Response(null, {
    status: 204,
    headers: { ...corsHeaders(world, request), 'access-control-allow-headers': ALLOWED_HEADERS.join(','), 'access-control-allow-methods': 'GET,POST,PATCH,DELETE' },
  });
}

/** True for a request that a page of some other site sent. */
export function isForeign({ appOrigins }: World, request: Request): boolean {
  const origin = request.headers.get('origin');
  return origin !== null && !appOrigins.includes(origin);
}
