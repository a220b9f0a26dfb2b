import type { Json } from '@passerby/shared';
import { json, userBody } from './answers.ts';
import { readProfile } from './mailing.ts';
import { mergeUsers } from './merge.ts';
import { readPassword } from './password.ts';
import { takeEmail } from './purpose.ts';
import { Refusal } from './refusal.ts';
import { searchUsers } from './search.ts';
import { NO_PROFILE, type User } from './users.ts';
import { flag, optionalObject, optionalObjects, optionalText, optionalTexts, requiredText } from './wire.ts';
import type { Visit, World } from './world.ts';

/** `POST /v1/mgmt/user/create`, and below it `/test` */
export function createUser(kind: 'real' | 'test'): (visit: Visit) => Response {
  return ({ body, world }) => {
    const loginIds = [requiredText(body, 'loginId'), ...(optionalTexts(body, 'additionalLoginIds') ?? [])];
    const tenants = readTenants(world, body) ?? new Map<string, readonly string[]>();
    const user = world.users.add({
      loginIds, tenants, email: optionalText(body, 'email') ?? '', verifiedEmail: flag(body, 'verifiedEmail') === 'set', test: kind === 'test',
      profile: { ...NO_PROFILE, ...readProfile(body) }, roleNames: optionalTexts(body, 'roleNames') ?? [],
      customAttributes: new Map(Object.entries(optionalObject(body, 'customAttributes') ?? {})),
    });
    return userAnswer(world, user);
  };
}

/** `GET /v1/mgmt/user?loginId=` or `?userId=` */
export function loadUser({ url, world }: Visit): Response {
  const query = Object.fromEntries([...url.searchParams].map(([name, value]) => [name.toLowerCase(), value]));
  return userAnswer(world, findUser(world, query['loginid'], query['userid']));
}

/** `POST /v1/mgmt/user/update`: what is not named is empty from then on. */
export function updateUser({ body, world }: Visit): Response {
  const user = named(world, body);
  const tenants = readTenants(world, body) ?? new Map<string, readonly string[]>();
  world.users.setEmail(user, optionalText(body, 'email') ?? '', { verified: flag(body, 'verifiedEmail') === 'set' });
  Object.assign(user, { tenants, roleNames: optionalTexts(body, 'roleNames') ?? [], profile: { ...NO_PROFILE, ...readProfile(body) } });
  user.customAttributes = new Map(Object.entries(optionalObject(body, 'customAttributes') ?? {}));
  return userAnswer(world, user);
}

/** `PATCH /v1/mgmt/user/patch`: what is not named stays. */
export function patchUser({ body, world }: Visit): Response {
  const user = named(world, body);
  const tenants = readTenants(world, body);
  const verified = flag(body, 'verifiedEmail');
  world.users.setEmail(user, optionalText(body, 'email') ?? user.email, { verified: verified === undefined ? user.verifiedEmail : verified === 'set' });
  if (tenants) user.tenants = tenants;
  user.roleNames = optionalTexts(body, 'roleNames') ?? user.roleNames;
  user.status = optionalText(body, 'status') ?? user.status;
  Object.assign(user.profile, readProfile(body));
  user.customAttributes = new Map([...user.customAttributes, ...Object.entries(optionalObject(body, 'customAttributes') ?? {})]);
  return userAnswer(world, user);
}

/** `POST /v1/mgmt/user/delete` */
export function deleteUser({ body, world }: Visit): Response {
  world.users.delete(named(world, body));
  return json({});
}

/** `POST /v1/mgmt/user/delete/batch`: whoever is not there is passed over. */
export function deleteUsers({ body, world }: Visit): Response {
  for (const userId of optionalTexts(body, 'userIds') ?? []) {
    const user = world.users.find(userId);
    if (user) world.users.delete(user);
  }
  return json({});
}

/** `POST /v1/mgmt/user/logout`: everywhere. */
export function logoutUser({ body, world }: Visit): Response {
  world.sessions.endAllOf(named(world, body).userId);
  return json({});
}

/** `POST /v1/mgmt/user/update/tenant/add` */
export function addTenant({ body, world }: Visit): Response {
  const user = named(world, body);
  const { id } = world.tenants.get(requiredText(body, 'tenantId'));
  user.tenants = new Map([[id, []], ...user.tenants]);
  return userAnswer(world, user);
}

/** `POST /v1/mgmt/user/update/tenant/remove` */
export function removeTenant({ body, world }: Visit): Response {
  const user = named(world, body);
  const { id } = world.tenants.get(requiredText(body, 'tenantId'));
  user.tenants = new Map([...user.tenants].filter(([tenantId]) => tenantId !== id));
  return userAnswer(world, user);
}

/** `POST /v1/mgmt/user/update/loginid`: without a new one it is taken away. */
export function updateLoginId({ body, world }: Visit): Response {
  const user = named(world, body);
  const old = requiredText(body, 'loginId');
  const next = optionalText(body, 'newLoginId') ?? '';
  const others = user.loginIds.filter((loginId) => loginId.toLowerCase() !== old.trim().toLowerCase());
  if (others.length === user.loginIds.length) throw new Refusal('invalid', 'It is no login ID of the user');
  world.users.setLoginIds(user, [...others, next]);
  return userAnswer(world, user);
}

/** `POST /v1/mgmt/user/update/email`: a verified one that is somebody's makes one of the two, unless that has to fail. */
export function updateEmail({ body, world }: Visit): Response {
  const user = named(world, body);
  const email = requiredText(body, 'email');
  if (flag(body, 'verified') !== 'set') {
    world.users.setEmail(user, email, { verified: false });
    return userAnswer(world, user);
  }
  const owner = world.users.findByLoginId(email) ?? world.users.findByVerifiedEmail(email) ?? user;
  if (owner !== user && flag(body, 'failOnConflict') === 'set') throw new Refusal('user_exists', 'The e-mail is in use');
  if (owner !== user) mergeUsers(world, { from: owner, into: user });
  takeEmail(world, user, email);
  return userAnswer(world, user);
}

/** `POST /v1/mgmt/user/update/customAttribute` */
export function updateCustomAttribute({ body, world }: Visit): Response {
  const user = named(world, body);
  user.customAttributes = new Map([...user.customAttributes, [requiredText(body, 'attributeKey'), body['attributeValue']]]);
  return userAnswer(world, user);
}

/** `POST /v1/mgmt/user/password/set/active` */
export function setActivePassword({ body, world }: Visit): Response {
  const user = named(world, body);
  user.password = readPassword(body, 'password');
  user.status = 'enabled';
  return json({});
}

/** `POST /v2/mgmt/user/search` */
export function search({ body, world }: Visit): Response {
  const { found, page } = searchUsers(world.users.all(), body);
  return json({ users: page.map((user) => userBody(world, user)), total: found });
}

/** Whom a body names: `loginId`, which may be a user's id as well, or `userId`. @throws Refusal */
export function named(world: World, body: Json): User {
  return findUser(world, optionalText(body, 'loginId'), optionalText(body, 'userId'));
}

function findUser({ users }: World, loginId: string | undefined, userId: string | undefined): User {
  const user = (loginId === undefined ? undefined : users.findByLoginId(loginId) ?? users.find(loginId)) ?? (userId === undefined ? undefined : users.find(userId));
  if (!user) throw new Refusal('managed_user_unknown', 'Failed to load user');
  return user;
}

function readTenants(world: World, body: Json): ReadonlyMap<string, readonly string[]> | undefined {
  const sent = optionalObjects(body, 'userTenants');
  return sent && new Map(sent.map((tenant) => [world.tenants.get(requiredText(tenant, 'tenantId')).id, optionalTexts(tenant, 'roleNames') ?? []]));
}

function userAnswer(world: World, user: User): Response {
  return json({ user: userBody(world, user) });
}
