import { redirect } from './answers.ts';
import { sessionCookie, sharedCookies, sharedDomain } from './cookies.ts';
import { isLoopback } from './redirect-url.ts';
import type { AuthenticationRequest } from './requests.ts';
import { cookieValue, type Session } from './sessions.ts';
import { mintTokens } from './tokens.ts';
import type { World } from './world.ts';

const CODE_COOKIE_SECONDS = 60;

/** Sends the person back to the application with what it asked for: a code, or tokens; in the query, or in cookies. */
export async function returnToApp(world: World, request: AuthenticationRequest, session: Session): Promise<Response> {
  const location = callback(world, request);
  const cookies = [sessionCookie(world, cookieValue(session))];
  const carrier = carrierOf(world, request);

  if (isCodeFlow(world, request)) {
    const code = world.requests.makeCode(request, session.ref);
    if (carrier.kind === 'cookie') cookies.push(...sharedCookies(world, { 'auth-code': code }, { domain: carrier.domain, maxAge: CODE_COOKIE_SECONDS }));
    if (carrier.kind !== 'none') location.searchParams.set('code', carrier.kind === 'cookie' ? 'cookie' : code);
    return redirect(location, { cookies });
  }

  const { access_token, id_token, expires_in } = await mintTokens(world, session);
  const asked = { ...(request.flow.includes('token') && { access_token }), ...(request.flow.includes('id_token') && { id_token }) };
  if (carrier.kind === 'cookie') {
    const named = { ...(asked.access_token && { authorization: asked.access_token }), ...(asked.id_token && { user: asked.id_token }) };
    cookies.push(...sharedCookies(world, named, { domain: carrier.domain, maxAge: expires_in }));
  }
  if (carrier.kind === 'query') {
    for (const [name, value] of Object.entries({ ...asked, expires_in: String(expires_in) })) location.searchParams.set(name, value);
  }
  return redirect(location, { cookies });
}

/** Sends the person back without a session; whatever they had before, they still have. */
export function returnError(world: World, request: AuthenticationRequest, error: string): Response {
  const location = callback(world, request);
  location.searchParams.set('error', error);
  return redirect(location);
}

/** `iss` as RFC 9207 wants it, exactly the issuer. */
function callback(world: World, { id, redirectUrl }: AuthenticationRequest): URL {
  const location = new URL(redirectUrl);
  location.searchParams.set('nonce', id);
  location.searchParams.set('iss', world.loginOrigin);
  return location;
}

type Carrier = { readonly kind: 'query' | 'none' } | { readonly kind: 'cookie'; readonly domain: string };

/** What can reach the page. Where no cookie can, a code still goes in the query, for it is worth nothing without its verifier; tokens don't. */
function carrierOf(world: World, request: AuthenticationRequest): Carrier {
  const page = new URL(request.redirectUrl);
  if (request.responseLocation === 'none') return { kind: 'none' };
  if (request.responseLocation === 'query' || isLoopback(page)) return { kind: 'query' };
  const domain = sharedDomain(page, new URL(world.loginOrigin));
  if (domain !== null) return { kind: 'cookie', domain };
  return { kind: isCodeFlow(world, request) ? 'query' : 'none' };
}

function isCodeFlow(world: World, { flow, link }: AuthenticationRequest): boolean {
  return flow.includes('code') && !(link && world.switches.linkFlow === 'never-code');
}
