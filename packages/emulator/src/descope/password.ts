import type { Json } from '@passerby/shared';
import { json, sessionAnswer } from './answers.ts';
import { isEmail } from './ids.ts';
import { readProfile } from './mailing.ts';
import { Refusal } from './refusal.ts';
import { beginSession, requireRefresh } from './tokens.ts';
import type { User } from './users.ts';
import { optionalObject, optionalText, requiredText } from './wire.ts';
import type { Visit, World } from './world.ts';

const SHORTEST_PASSWORD = 8;

/** `POST /v1/auth/password/signup` */
export async function signUp({ body, world }: Visit): Promise<Response> {
  const loginId = requiredText(body, 'loginId').trim();
  const password = readPassword(body, 'password');
  const sent = optionalObject(body, 'user') ?? {};
  const email = optionalText(sent, 'email') ?? (isEmail(loginId) ? loginId : '');
  const user = world.users.add({ loginIds: [loginId], email, password, status: 'enabled' });
  Object.assign(user.profile, readProfile(sent));
  return sessionAnswer(world, await beginSession(world, { user, firstSeen: true, method: 'pwd' }));
}

/** `POST /v1/auth/password/signin` */
export async function signIn({ body, world }: Visit): Promise<Response> {
  const user = whoHas(world, requiredText(body, 'loginId'), requiredText(body, 'password'));
  return sessionAnswer(world, await beginSession(world, { user, firstSeen: false, method: 'pwd' }));
}

/** `POST /v1/auth/password/replace` */
export async function replace({ body, world }: Visit): Promise<Response> {
  const user = whoHas(world, requiredText(body, 'loginId'), requiredText(body, 'oldPassword'));
  const password = readPassword(body, 'newPassword');
  if (password === user.password) throw new Refusal('invalid', 'The new password is the old one');
  user.password = password;
  return sessionAnswer(world, await beginSession(world, { user, firstSeen: false, method: 'pwd' }));
}

/** `POST /v1/auth/password/update` */
export async function update(visit: Visit): Promise<Response> {
  const { user } = await requireRefresh(visit);
  if (!user || visit.world.users.findByLoginId(requiredText(visit.body, 'loginId')) !== user) throw new Refusal('user_unknown', 'The token is of another user');
  user.password = readPassword(visit.body, 'newPassword');
  return json({});
}

/** @throws Refusal */
export function readPassword(body: Json, name: string): string {
  const password = requiredText(body, name);
  if (password.length < SHORTEST_PASSWORD) throw new Refusal('invalid', `A password has ${SHORTEST_PASSWORD} characters or more`);
  return password;
}

/** Whoever has none has none to be right. */
function whoHas({ users }: World, loginId: string, password: string): User {
  const user = users.findByLoginId(loginId);
  if (!user || user.password !== password) throw new Refusal('password_wrong', 'The login ID or the password is wrong');
  user.status = 'enabled';
  return user;
}
