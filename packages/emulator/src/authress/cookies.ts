import type { World } from './world.ts';

/** The value of a cookie in a request, or undefined. */
export function readCookie(request: Request, name: string): string | undefined {
  for (const pair of (request.headers.get('cookie') ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}

/**
 * The domain whose cookies both hosts see, or null where there is none: their longest common ending of two labels or more. A public
 * suffix list is not needed for names reserved for tests.
 */
export function sharedDomain(first: URL, second: URL): string | null {
  const labels = (url: URL): string[] => url.hostname.split('.').reverse();
  const [one, other] = [labels(first), labels(second)];
  const differs = one.findIndex((label, i) => label !== other[i]);
  const common = differs < 0 ? one : one.slice(0, differs);
  const isAddress = /^[\d.]+$|^\[/.test(first.hostname);
  return common.length > 1 && !isAddress ? common.reverse().join('.') : null;
}

/** The cookie that renews: only the login host ever sees it. */
export function sessionCookie(world: World, value: string): string {
  const { sessionCookieName, sessionCookieSameSite } = world.switches;
  return cookie(sessionCookieName, value, { maxAge: world.sessionLifetimeSeconds, sameSite: sessionCookieSameSite, rest: ['HttpOnly'] });
}

/** Cookies the application's page reads: on the domain it shares with the login host. */
export function sharedCookies(world: World, values: Readonly<Record<string, string>>, { domain, maxAge }: { domain: string; maxAge: number }): string[] {
  const sameSite = world.switches.tokenCookieSameSite;
  return Object.entries(values).map(([name, value]) => cookie(name, value, { maxAge, sameSite, rest: [`Domain=${domain}`] }));
}

/** Ends every cookie a sign-in may have left. */
export function clearedCookies(world: World): string[] {
  const login = new URL(world.loginOrigin);
  const origins = world.applications.flatMap(({ redirectOrigins }) => redirectOrigins);
  const domains = new Set(origins.map((origin) => sharedDomain(new URL(origin), login)).filter((domain) => domain !== null));
  const { sessionCookieName, sessionCookieSameSite } = world.switches;
  const nothing = { authorization: '', user: '', 'auth-code': '' };
  return [
    cookie(sessionCookieName, '', { maxAge: 0, sameSite: sessionCookieSameSite, rest: ['HttpOnly'] }),
    ...[...domains].flatMap((domain) => sharedCookies(world, nothing, { domain, maxAge: 0 })),
  ];
}

function cookie(name: string, value: string, { maxAge, sameSite, rest }: { maxAge: number; sameSite: string; rest: readonly string[] }): string {
  return [`${name}=${value}`, 'Path=/', `Max-Age=${maxAge}`, ...rest, 'Secure', `SameSite=${sameSite}`].join('; ');
}
