import type { Audience } from './routes.ts';
import type { World } from './world.ts';

/** The headers that let a page read an answer. */
export function corsHeaders(world: World, request: Request, audience: Audience): Readonly<Record<string, string>> {
  const origin = request.headers.get('origin');
  if (origin === null || !allowedOrigins(world, audience).includes(origin)) return { vary: 'Origin' };
  return { 'access-control-allow-origin': origin, vary: 'Origin' };
}

/** Answers `OPTIONS`. Other sites get no header a browser would take for permission. */
export function preflight(world: World, request: Request, audience: Audience): Response {
  const headers = corsHeaders(world, request, audience);
  const isAllowed = 'access-control-allow-origin' in headers;
  return new Response(null, {
    status: isAllowed ? 204 : 403,
    headers: { ...headers, ...(isAllowed && { 'access-control-allow-headers': 'authorization,content-type,x-filter-type', 'access-control-allow-methods': 'GET,POST,PUT,DELETE' }) },
  });
}

/** Of single-page applications, whose own page calls; for attributes of any client, where they are there for pages at all. */
function allowedOrigins({ clients, switches }: World, audience: Audience): readonly string[] {
  const origins = (some: World['clients']): string[] => some.flatMap(({ redirectUris }) => redirectUris.map((uri) => new URL(uri).origin));
  if (audience === 'client') return origins(clients.filter(({ secret }) => secret === undefined));
  return audience === 'attributes' && switches.attributesCors === 'clients' ? origins(clients) : [];
}
