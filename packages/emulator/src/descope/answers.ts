import { nameKey } from './ids.ts';
import { REASONS, type Refusal } from './refusal.ts';
import type { Issued } from './tokens.ts';
import type { User } from './users.ts';
import type { World } from './world.ts';

export function json(body: unknown, { status = 200, headers = {} as Readonly<Record<string, string>>, cookies = [] as readonly string[] } = {}): Response {
  const all = new Headers({ 'content-type': 'application/json', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', ...headers });
  for (const cookie of cookies) all.append('set-cookie', cookie);
  return new Response(JSON.stringify(body), { status, headers: all });
}

export function refusalJson(refusal: Refusal): Response {
  return json(refusal.body, { status: REASONS[refusal.reason].status });
}

/** The answer to a page, or to a server that speaks for one: what the project keeps in cookies is in cookies only. */
export function sessionAnswer(world: World, issued: Issued): Response {
  return json(sessionBody(world, issued), { cookies: sessionCookies(world, issued) });
}

/** What `sessionAnswer` has in its body. */
export function sessionBody(world: World, { sessionJwt, refreshJwt, session, refresh, user, firstSeen }: Issued): Readonly<Record<string, unknown>> {
  const { sessions } = world.switches;
  return {
    sessionJwt: sessions === 'cookies' ? '' : sessionJwt,
    refreshJwt: sessions === 'body' ? refreshJwt : '',
    ...cookieFields(world, Number(refresh.exp)),
    ...(user && { user: userBody(world, user) }),
    firstSeen, sessionExpiration: session.exp, claims: {}, nextRefreshSeconds: 0, cookieName: 'DSR', sessionCookieName: 'DS', sessionCookieDomain: world.cookieDomain,
  };
}

export function sessionCookies(world: World, { sessionJwt, refreshJwt, session, refresh }: Issued): string[] {
  const { sessions } = world.switches;
  return [
    ...(sessions !== 'body' && refreshJwt !== '' ? [cookie(world, 'DSR', { value: refreshJwt, maxAge: secondsTo(world, Number(refresh.exp)) })] : []),
    ...(sessions === 'cookies' ? [cookie(world, 'DS', { value: sessionJwt, maxAge: secondsTo(world, Number(session.exp)) })] : []),
  ];
}

/** The management API's answer: a server has no use for cookies. */
export function anonymousBody(world: World, { sessionJwt, refreshJwt, refresh }: Issued): Readonly<Record<string, unknown>> {
  return { sessionJwt, refreshJwt, ...cookieFields(world, Number(refresh.exp)) };
}

/** Nothing is left of the session. */
export function signedOutAnswer(world: World): Response {
  const cookies = world.switches.sessions === 'body' ? [] : ['DSR', 'DS'].map((name) => cookie(world, name, { value: '', maxAge: 0 }));
  return json({ sessionJwt: '', refreshJwt: '', cookieDomain: '', cookiePath: '', cookieMaxAge: 0, cookieExpiration: 0, firstSeen: false, sessionExpiration: 0 }, { cookies });
}

export function userBody({ tenants }: World, user: User): Readonly<Record<string, unknown>> {
  const { userId, loginIds, email, verifiedEmail, profile, status, roleNames, test, createdAt } = user;
  return {
    loginIds, userId, ...profile, email, verifiedEmail, verifiedPhone: false, roleNames, status, externalIds: loginIds, test, ssoAppIds: [],
    userTenants: [...user.tenants].map(([tenantId, roles]) => ({ tenantId, roleNames: roles, tenantName: tenants.get(tenantId).name, permissions: [] })),
    customAttributes: Object.fromEntries(user.customAttributes),
    createdTime: Math.floor(createdAt / 1000),
    TOTP: false, SAML: false, SCIM: false, webauthn: false, password: user.password !== undefined,
    OAuth: Object.fromEntries([...user.providers].map((providerId) => [nameKey(providerId), true])),
  };
}

function cookieFields(world: World, exp: number): Readonly<Record<string, unknown>> {
  return { cookieDomain: world.cookieDomain, cookiePath: '/', cookieMaxAge: secondsTo(world, exp), cookieExpiration: exp };
}

// As seen in answers of the service: one second less than is left.
function secondsTo({ now }: World, exp: number): number {
  return Math.max(0, exp - Math.floor(now() / 1000) - 1);
}

/** Not `Secure` on a plain loopback address, where a browser would not take it everywhere. */
function cookie({ baseUrl, cookieDomain }: World, name: string, { value, maxAge }: { readonly value: string; readonly maxAge: number }): string {
  const rest = [...(cookieDomain === '' ? [] : [`Domain=${cookieDomain}`]), 'HttpOnly', ...(baseUrl.startsWith('https:') ? ['Secure'] : []), 'SameSite=Strict'];
  return [`${name}=${value}`, 'Path=/', `Max-Age=${maxAge}`, ...rest].join('; ');
}
