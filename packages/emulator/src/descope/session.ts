import { json, sessionAnswer, signedOutAnswer, userBody } from './answers.ts';
import { Refusal } from './refusal.ts';
import { renewSession, requireRefresh } from './tokens.ts';
import type { Visit } from './world.ts';

/** `GET /v2/keys/{projectId}` */
export function keySet({ id, world }: Visit): Response {
  if (id !== world.projectId) throw new Refusal('invalid', 'There is no such project');
  return json({ keys: world.keys.published });
}

/** `POST /v1/auth/refresh` */
export async function refresh(visit: Visit): Promise<Response> {
  return sessionAnswer(visit.world, await renewSession(visit.world, await requireRefresh(visit)));
}

/** `POST /v1/auth/try-refresh`: the same, and nothing where there is no session. */
export async function tryRefresh(visit: Visit): Promise<Response> {
  try {
    return await refresh(visit);
  } catch (error) {
    if (error instanceof Refusal) return json({});
    throw error;
  }
}

/** `GET /v1/auth/me` */
export async function me(visit: Visit): Promise<Response> {
  const { world } = visit;
  const { claims, user } = await requireRefresh(visit);
  if (user) return json(userBody(world, user));
  if (world.switches.anonymousMe === 400) throw new Refusal('user_unknown', 'There is no user behind an anonymous token');
  return json({ userId: claims.sub, loginIds: [], status: 'enabled', customAttributes: {}, createdTime: 0, TOTP: false, SAML: false, SCIM: false, password: false, test: false });
}

/** `POST /v1/auth/logout` */
export async function logout(visit: Visit): Promise<Response> {
  const { family } = await requireRefresh(visit);
  family.isOver = true;
  return signedOutAnswer(visit.world);
}

/** `POST /v1/auth/logoutall` */
export async function logoutAll(visit: Visit): Promise<Response> {
  const { family } = await requireRefresh(visit);
  visit.world.sessions.endAllOf(family.subject);
  return signedOutAnswer(visit.world);
}
