import type { Json } from '@passerby/shared';
import { isEmail, maskEmail, nameKey } from './ids.ts';
import type { Purpose } from './purpose.ts';
import { Refusal } from './refusal.ts';
import { requireRefresh } from './tokens.ts';
import { NO_PROFILE, type Profile, type User } from './users.ts';
import { flag, optionalObject, optionalText, requiredText } from './wire.ts';
import type { Visit, World } from './world.ts';

export type SignIn = Purpose & { readonly kind: 'sign_in' };
export type Update = Purpose & { readonly kind: 'update' };

/** Whether who signs in is there already. */
export type Mode = 'signup' | 'signin' | 'signup-in';

/** Who wants to sign in, and where their mail goes. @throws Refusal */
export function readSignIn({ users }: World, body: Json, mode: Mode): SignIn {
  const loginId = requiredText(body, 'loginId').trim();
  const known = users.findByLoginId(loginId);
  const sent = optionalObject(body, 'user') ?? {};
  if (mode === 'signup' && known) throw new Refusal('user_exists', 'The login ID is in use');
  if (mode === 'signin' && !known) throw new Refusal('user_unknown', 'Cannot find user');
  const email = [loginId, known?.email ?? '', optionalText(sent, 'email') ?? ''].find(isEmail);
  if (email === undefined) throw new Refusal('invalid', 'There is no e-mail to send to');
  return { kind: 'sign_in', loginId, email, ifUnknown: mode === 'signin' ? 'refuse' : 'create', profile: readProfile(sent) };
}

/** The new e-mail of whoever is signed in. @throws Refusal */
export async function readUpdate(visit: Visit): Promise<{ readonly purpose: Update; readonly user: User }> {
  const { body } = visit;
  const { user } = await requireRefresh(visit);
  const loginId = requiredText(body, 'loginId');
  const email = requiredText(body, 'email').trim();
  if (!user) throw new Refusal('user_unknown', 'There is no user behind an anonymous token');
  // The SDKs name the user by any of their login IDs, or by the user's id.
  if (loginId !== user.userId && visit.world.users.findByLoginId(loginId) !== user) throw new Refusal('user_unknown', 'The token is of another user');
  if (!isEmail(email)) throw new Refusal('invalid', 'The email field is no e-mail');
  const loginIds = flag(body, 'addToLoginIDs') === 'set' ? 'added' : 'kept';
  const onMerge = flag(body, 'onMergeUseExisting') === 'set' ? 'existing' : 'current';
  return { purpose: { kind: 'update', userId: user.userId, email, loginIds, onMerge }, user };
}

/** Whoever asks again for the same; what was sent before is void then. */
export function keyOf(purpose: Purpose): string {
  return purpose.kind === 'sign_in' ? `sign-in ${nameKey(purpose.loginId)}` : `update ${purpose.userId}`;
}

export function sentBody({ email }: Purpose): { readonly maskedEmail: string } {
  return { maskedEmail: maskEmail(email) };
}

/** What a request says about somebody; `displayName` is what the management API calls the name. @throws Refusal */
export function readProfile(body: Json): Partial<Profile> {
  const names = Object.keys(NO_PROFILE) as (keyof Profile)[];
  const sent = names.map((name) => [name, optionalText(body, name) ?? (name === 'name' ? optionalText(body, 'displayName') : undefined)] as const);
  return Object.fromEntries(sent.filter(([, value]) => value !== undefined));
}
