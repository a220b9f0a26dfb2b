import { nameKey } from './ids.ts';
import { mergeUsers } from './merge.ts';
import { Refusal } from './refusal.ts';
import type { Profile, User } from './users.ts';
import type { World } from './world.ts';

/** What a code or a link in somebody's mail is for. `email` is where it went, and what it proves. */
export type Purpose =
  | { readonly kind: 'sign_in'; readonly loginId: string; readonly email: string; readonly ifUnknown: 'create' | 'refuse'; readonly profile?: Partial<Profile>; /** The user's id to be. */ readonly userId?: string }
  | { readonly kind: 'update'; readonly userId: string; readonly email: string; readonly loginIds: 'added' | 'kept'; readonly onMerge: 'current' | 'existing' };

export interface Proven {
  readonly user: User;
  /** The user was made by it; or, by a switch, never signed in before. */
  readonly firstSeen: boolean;
}

/** Does what was asked for before the mail was sent, now that whoever asked has read it. @throws Refusal */
export function fulfil(world: World, purpose: Purpose): Proven {
  return purpose.kind === 'sign_in' ? signIn(world, purpose) : { user: update(world, purpose), firstSeen: false };
}

function signIn(world: World, { loginId, email, ifUnknown, profile, userId }: Purpose & { kind: 'sign_in' }): Proven {
  const { users, switches } = world;
  const known = users.findByLoginId(loginId) ?? users.findByVerifiedEmail(email);
  if (!known && ifUnknown === 'refuse') throw new Refusal('user_unknown', 'Cannot find user');
  const user = known ?? users.add({ loginIds: [loginId], ...(userId !== undefined && { userId }) });
  if (!known) Object.assign(user.profile, profile);
  const firstSeen = !known || (switches.firstSeen === 'first_sign_in' && user.status === 'invited');
  user.status = 'enabled';
  if (user.email === '' || nameKey(user.email) === nameKey(email)) takeEmail(world, user, email);
  return { user, firstSeen };
}

/** Gives a signed-in user the e-mail. Where it becomes a login ID and is somebody else's, the two become one. */
function update(world: World, { userId, email, loginIds, onMerge }: Purpose & { kind: 'update' }): User {
  const { users } = world;
  const current = users.find(userId);
  if (!current) throw new Refusal('user_unknown', 'Cannot find user');
  const owner = loginIds === 'added' ? users.findByLoginId(email) : undefined;
  const existing = owner === current ? undefined : owner;
  const [survivor, other] = existing && onMerge === 'existing' ? [existing, current] : [current, existing];
  if (other) mergeUsers(world, { from: other, into: survivor });
  if (survivor === current || !survivor.verifiedEmail) takeEmail(world, survivor, email);
  if (loginIds === 'added') users.setLoginIds(survivor, [...survivor.loginIds, email]);
  return survivor;
}

/** Whoever proved it last has it: for anybody else it is not verified any more. */
export function takeEmail({ users }: World, user: User, email: string): void {
  const before = users.findByVerifiedEmail(email);
  if (before && before !== user) users.setEmail(before, before.email, { verified: false });
  users.setEmail(user, email, { verified: true });
}
