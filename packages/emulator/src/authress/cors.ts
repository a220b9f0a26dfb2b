import type { Audience } from './routes.ts';
import type { World } from './world.ts';

/** The headers that let a page read an answer: only pages of the applications' exact origins, and public keys for anybody. */
export function corsHeaders(world: World, request: Request, audience: Audience): Readonly<Record<string, string>> {
  if (audience === 'anybody') return { 'access-control-allow-origin': '*' };
  const origin = request.headers.get('origin');
  if (audience === 'person' || origin === null || !isApplication(world, origin)) return { vary: 'Origin' };
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'Retry-After',
    vary: 'Origin',
  };
}

/** Answers `OPTIONS`. Other sites get 403, and no header a browser would take for permission. */
export function preflight(world: World, request: Request): Response {
  const origin = request.headers.get('origin');
  if (origin === null || !isApplication(world, origin)) return new Response(null, { status: 403, headers: { vary: 'Origin' } });
  return new Response(null, {
    status: 204,
    headers: {
      ...corsHeaders(world, request, 'application'),
      'access-control-allow-headers': 'content-type,x-powered-by,authorization',
      'access-control-allow-methods': 'GET,POST,PATCH,DELETE',
    },
  });
}

/** True for a request that a page of some other site sent: it is refused before any work. */
export function isForeign(world: World, request: Request): boolean {
  const origin = request.headers.get('origin');
  return origin !== null && origin !== world.loginOrigin && !isApplication(world, origin);
}

function isApplication({ applications }: World, origin: string): boolean {
  return applications.some(({ redirectOrigins }) => redirectOrigins.includes(origin));
}
