/** Takes what makes a guest off somebody who has proven an e-mail, and gives them the e-mail to sign in with. What is done already stays: again is the same as once. */
import { randomHex } from '../random.ts';
import type { Context } from './context.ts';
import { DescopeFailed } from './failures.ts';
import { hasProven, isGuest, isGuestId } from './owner.ts';
import { GUEST_DOMAIN, type Tokens, type User } from './service.ts';
import { readSession } from './session.ts';
import type { Old } from './settings.ts';
import { kindOf } from './token-check.ts';

export interface Becoming {
  readonly subject: string;
  readonly email: string;
  /** The session that the code brought; null: it was proven by a request before. */
  readonly proven: Tokens | null;
  readonly refreshJwt: string | undefined;
}

/** Where a login ID goes whose holder never proved it: nobody signs in by that, and their account stays as it is. */
const UNPROVEN_DOMAIN = '@unproven.invalid';

/** Their session. @throws DescopeFailed */
export async function becomeUser({ subject, email, proven, refreshJwt }: Becoming, generation: Old, context: Context): Promise<Tokens> {
  const { service } = context;
  const user = await service.user({ userId: subject });
  if (!user || refreshJwt === undefined) throw new DescopeFailed('unavailable', 'Descope does not know whom it signed in');
  if (proven && !isGuest(user, generation) && !user.loginIds.some(isGuestId)) return proven;
  if (!user.hasVerifiedEmail) throw new DescopeFailed('unavailable', 'Descope does not say that the e-mail is proven');
  if (isGuest(user, generation)) await service.leaveTenant(subject, generation.tenantId);
  await tidyLoginIds(user, email, generation, context);
  const renewed = await service.refresh(refreshJwt);
  const session = readSession(renewed.sessionJwt);
  if (session.subject !== subject || kindOf(session.claims, generation) !== 'user') throw new DescopeFailed('unavailable', 'Descope still says that somebody is a guest who is none any more');
  return renewed;
}

async function tidyLoginIds(user: User, email: string, generation: Old, context: Context): Promise<void> {
  const { service } = context;
  const guestIds = user.loginIds.filter(isGuestId);
  const isNamed = user.loginIds.length > guestIds.length;
  // Nobody can be without any.
  const spare = isNamed ? guestIds : guestIds.slice(1);
  for (const loginId of spare) await service.removeLoginId(loginId);
  const [last] = guestIds;
  if (isNamed || last === undefined || !hasProven(user, email) || !(await makeWay(user, email, generation, context))) return;
  await service.renameLoginId(last, email);
}

/** Takes the e-mail off whoever is known by it and never proved it. False: it is proven by somebody else too, who keeps it. */
async function makeWay({ subject }: User, email: string, generation: Old, { service, settings: { random, report } }: Context): Promise<boolean> {
  const holder = await service.user({ loginId: email });
  if (!holder || holder.subject === subject) return true;
  if (hasProven(holder, email)) return false;
  await service.renameLoginId(email, `${randomHex(random)}${isGuest(holder, generation) ? GUEST_DOMAIN : UNPROVEN_DOMAIN}`);
  report(`Somebody proved an e-mail that was the login ID of an account which never did: that one is kept under a login ID below ${UNPROVEN_DOMAIN.slice(1)}. Mark accounts that you brought along as verified`);
  return true;
}
