import type { JWTPayload } from 'jose';
import { Refusal } from './answers.ts';
import { readCookie } from './cookies.ts';
import type { Session } from './sessions.ts';
import { sessionRefOf } from './tokens.ts';
import type { Visit, World } from './world.ts';

/**
 * Who is asking: by our own access token where one is sent, else by the session cookie. A token is good here only as long as its
 * session is. @throws Refusal 401
 */
export async function requireSession({ request, world }: Visit): Promise<Session> {
  const bearer = /^Bearer ([\w.-]+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  const session = bearer === undefined ? sessionOfCookie(request, world) : await sessionOfToken(bearer, world);
  if (!session) throw new Refusal(401, 'Unauthorized', 'There is no session for this request');
  return session;
}

export function sessionOfCookie(request: Request, world: World): Session | undefined {
  return world.sessions.findByCookie(readCookie(request, world.switches.sessionCookieName));
}

async function sessionOfToken(token: string, world: World): Promise<Session | undefined> {
  let claims: JWTPayload;
  try {
    claims = await world.keys.verifyAccessToken(token, world.loginOrigin, world.clock());
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
  const session = world.sessions.find(sessionRefOf(claims) ?? '');
  return session?.subject === claims.sub ? session : undefined;
}
