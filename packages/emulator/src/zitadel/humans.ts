import type { Json } from '@passerby/shared';
import { randomName } from '../random.ts';
import { Refusal } from './refusal.ts';
import type { Email, Profile, User } from './users.ts';
import { flag, messages, optionalBytes, optionalMessage, optionalString } from './wire.ts';
import type { World } from './world.ts';

const CODE_MS = 3_600_000;
const ADDRESS = /^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)*$/;
const SHORTEST_PASSWORD = 8;

export interface Changed {
  readonly user: User;
  /** What proves the address, where the request asked to be handed it. */
  readonly emailCode?: string;
}

/** A new person, from the message `CreateUserRequest`. @throws Refusal */
export function createHuman(body: Json, world: World): Changed {
  const human = optionalMessage(body, 'human');
  if (!human) throw new Refusal('invalid_argument', '', 'invalid CreateUserRequest.UserType: only human is known here');
  const { email, emailCode } = newEmail(optionalMessage(human, 'email') ?? {}, world);
  const password = optionalMessage(human, 'password');
  const userId = optionalString(body, 'userId');
  const user = world.users.add({
    username: optionalString(body, 'username') || email.email,
    profile: readProfile(optionalMessage(human, 'profile') ?? {}, { givenName: '', familyName: '' }),
    email, metadata: readMetadata(human),
    ...(userId && { userId }), ...(password && { password: readPassword(password) }),
  });
  return { user, ...(emailCode !== undefined && { emailCode }) };
}

/** The changes of the message `UpdateUserRequest`: all of them or none. @throws Refusal */
export function updateHuman(user: User, body: Json, world: World): Changed {
  const human = optionalMessage(body, 'human') ?? {};
  const [username, profile, email, password] = [optionalString(body, 'username'), optionalMessage(human, 'profile'), optionalMessage(human, 'email'), optionalMessage(human, 'password')];
  if (username === '') throw new Refusal('invalid_argument', 'COMMAND-SRc8gs', 'Username is empty');
  const next = email && changedEmail(user, email, world);
  const changed = world.users.change(user, {
    ...(username !== undefined && { username }),
    ...(profile && { profile: readProfile(profile, user.profile) }),
    ...(next && { email: next.email }),
    ...(password && { password: setPassword(user, password, optionalMessage(password, 'password') ?? {}) }),
  });
  return { user: changed, ...(next?.emailCode !== undefined && { emailCode: next.emailCode }) };
}

/** An address that is new; proved only where the request says so. @throws Refusal */
export function newEmail(message: Json, { now }: Pick<World, 'now'>): { readonly email: Email; readonly emailCode?: string } {
  const address = optionalString(message, 'email') ?? '';
  if (!ADDRESS.test(address)) throw new Refusal('invalid_argument', 'EMAIL-599BI', 'Email is invalid');
  if (flag(message, 'isVerified') === 'set') return { email: { email: address, isVerified: true } };
  const text = randomName(6).toUpperCase();
  const email = { email: address, isVerified: false, code: { text, expiresAt: now() + CODE_MS } };
  return optionalMessage(message, 'returnCode') ? { email, emailCode: text } : { email };
}

/** The password of the message `SetPassword`; whoever knows the old one may say it. @throws Refusal */
export function setPassword(user: User, message: Json, password: Json): string {
  const current = optionalString(message, 'currentPassword') ?? '';
  if (current !== '' && current !== user.password) throw new Refusal('invalid_argument', 'COMMAND-3M0fs', 'Password is invalid');
  if (optionalString(message, 'verificationCode')) throw new Refusal('failed_precondition', 'COMMAND-2M9fs', 'Code not found');
  return readPassword(password);
}

/** The text of the message `Password`. @throws Refusal */
function readPassword(message: Json): string {
  const text = optionalString(message, 'password') ?? '';
  if (text === '') throw new Refusal('invalid_argument', 'COMMAND-3klek4sbns', 'Password is empty');
  if (new TextEncoder().encode(text).length < SHORTEST_PASSWORD) throw new Refusal('invalid_argument', 'COMMA-HuJf6', 'Password is too short');
  return text;
}

function changedEmail(user: User, message: Json, world: World): { readonly email: Email; readonly emailCode?: string } {
  const address = optionalString(message, 'email') ?? '';
  if (address !== '' && address !== user.email.email) return newEmail(message, world);
  return { email: flag(message, 'isVerified') === 'set' ? { email: user.email.email, isVerified: true } : user.email };
}

function readProfile(message: Json, before: Profile): Profile {
  const [givenName = before.givenName, familyName = before.familyName] = [optionalString(message, 'givenName'), optionalString(message, 'familyName')];
  for (const name of [givenName, familyName]) if (name === '' || name.length > 200) throw new Refusal('invalid_argument', 'USER-UCej2', 'First name or last name is empty or too long');
  const others = (['nickName', 'displayName', 'preferredLanguage'] as const).map((name) => [name, optionalString(message, name) ?? before[name]] as const);
  return { givenName, familyName, ...Object.fromEntries(others.filter(([, value]) => value !== undefined)) };
}

/** The entries of a list of the message `Metadata`, values in base64. @throws Refusal */
export function readMetadata(message: Json): ReadonlyMap<string, string> {
  return new Map(messages(message, 'metadata').map((entry) => {
    const [key = '', value = ''] = [optionalString(entry, 'key'), optionalBytes(entry, 'value')];
    if (key === '' || key.length > 200 || value === '') throw new Refusal('invalid_argument', 'META-2m00f', 'Metadata is invalid');
    return [key, value];
  }));
}
