/** A guest of the old generation becomes a user: the same one, with an e-mail that they have proven. */
import { networkOf } from '../gate/address.ts';
import { isEmail } from '../gate/email.ts';
import type { Answer } from '../gate/form-endpoints.ts';
import { takeNetworkTurn, takeTurn } from '../gate/gate.ts';
import { required, type Asked } from '../issuer/form.ts';
import { Refused } from '../issuer/refused.ts';
import { sha256 } from '../sha256.ts';
import { over, refreshHolder, type Context } from './context.ts';
import { DescopeFailed } from './failures.ts';
import { GUEST_DOMAIN, type Tokens, type User } from './service.ts';
import { answerSession, readSession } from './session.ts';
import type { Generation } from './settings.ts';
import { kindOf } from './token-check.ts';

/** Five at once, and one more an hour after each: never more than five within an hour. */
const CODES = { burst: 5, perSecond: 1 / 3_600 };
/** A household's, or an office's: one mailbox has more names than anybody can count. */
const CODES_OF_NETWORK = { burst: 20, perSecond: 1 / 300 };

type Old = Generation & { readonly type: 'temporary_user' };

/** `POST /upgrade`: sends a code, and says no more whoever has this e-mail. */
export async function answerUpgrade(asked: Asked, context: Context): Promise<Answer> {
  const { service, settings: { store } } = context;
  const [generation, email] = [oldGeneration(context), emailOf(asked)];
  await takeNetworkTurn(asked, context);
  const holder = await refreshHolder(asked, context);
  await takeTurn(`codes from ${networkOf(asked.clientAddress)}`, CODES_OF_NETWORK, store);
  await takeTurn(`codes of ${holder.subject}`, CODES, store);
  await takeTurn(`codes to ${await sha256(email.toLowerCase())}`, CODES, store);
  const guest = await service.user({ userId: holder.subject });
  if (!guest || !isGuest(guest, generation)) throw over();
  const owner = await ownerOf(email, guest, generation, context);
  const isUpdate = owner === 'nobody' || (owner === 'somebody' && generation.identityInUse !== 'ask');
  await (isUpdate ? sendUpdateCode({ email, guest, refreshJwt: holder.token, generation }, context) : sendSignInCode(email, context));
  return { body: { sent: true } };
}

/** `POST /upgrade/confirm`: with the code; and again, where the answer was lost. */
export async function answerConfirm(asked: Asked, context: Context): Promise<Answer> {
  const [generation, email, code] = [oldGeneration(context), emailOf(asked), required(asked.form, 'code').trim()];
  await takeNetworkTurn(asked, context);
  const holder = await refreshHolder(asked, context);
  const guest = await context.service.user({ userId: holder.subject });
  if (!guest || !(isGuest(guest, generation) || hasProven(guest, email))) throw over();
  const proven = await prove({ email, code, guest }, context);
  const subject = proven ? readSession(proven.sessionJwt).subject : holder.subject;
  const { body, cookies } = answerSession(await tidy(subject, proven, { ...context, refreshJwt: proven ? proven.refreshJwt : holder.token }), context);
  // Descope has put the guest into the other one, and deleted the guest.
  const hasMoved = subject !== holder.subject && generation.identityInUse === 'merge_into_existing';
  return { body: { ...body, ...(hasMoved && { moved_from: holder.subject }) }, cookies };
}

type Owner = 'nobody' | 'self' | 'somebody';

/** Who has this e-mail, as a login ID or proven. A guest who only wrote it somewhere has not. */
async function ownerOf(email: string, guest: User, generation: Old, { service }: Context): Promise<Owner> {
  const named = await service.user({ loginId: email });
  const found = [...(named ? [named] : []), ...(await service.usersOf(email)).filter((user) => hasProven(user, email))];
  const isOther = (user: User): boolean => user.subject !== guest.subject && (hasProven(user, email) || !isGuest(user, generation));
  if (found.some(isOther)) return 'somebody';
  return hasProven(guest, email) ? 'self' : 'nobody';
}

async function sendUpdateCode({ email, guest, refreshJwt, generation }: { readonly email: string; readonly guest: User; readonly refreshJwt: string; readonly generation: Old }, { service, settings }: Context): Promise<void> {
  try {
    await service.sendUpdateCode({ refreshJwt, loginId: guest.subject, email, whoSurvives: generation.identityInUse === 'merge_into_existing' ? 'existing' : 'guest' });
  } catch (error) {
    if (!(error instanceof DescopeFailed) || error.failure !== 'refused') throw error;
    settings.report(error.message);
    throw new Refused('invalid_request', 'Descope sends no code to this login_id');
  }
}

/** Whoever is known and may not sign in by a code is told nothing, for nothing must tell that they are known. */
async function sendSignInCode(email: string, { service, settings }: Context): Promise<void> {
  try {
    await service.sendSignInCode(email);
  } catch (error) {
    if (!(error instanceof DescopeFailed) || error.failure === 'unavailable') throw error;
    settings.report(error.message);
  }
}

interface Proof {
  readonly email: string;
  readonly code: string;
  readonly guest: User;
}

/** The session that the code brings; null: the guest has proven the e-mail already, by a request whose answer was lost or is still to come. @throws Refused `code_wrong`, `challenge_over` */
async function prove({ email, code, guest }: Proof, { service }: Context): Promise<Tokens | null> {
  const refused: DescopeFailed[] = [];
  // A code for a new e-mail may be known by the login ID that asked for it, which is not documented.
  for (const loginId of [email, ...guest.loginIds.slice(0, 1)]) {
    try {
      return await service.verifyCode(loginId, code);
    } catch (error) {
      if (!(error instanceof DescopeFailed) || error.failure === 'unavailable' || error.failure === 'setting') throw error;
      refused.push(error);
    }
    if (refused.at(-1)?.failure === 'code_wrong') break;
  }
  const after = await service.user({ userId: guest.subject });
  if (after && hasProven(after, email)) return null;
  if (refused.some(({ failure }) => failure === 'code_wrong' || failure === 'refused')) throw new Refused('code_wrong', 'This is not the code that was sent');
  throw new Refused('challenge_over', 'This code is over: ask for another one');
}

/** Takes what makes a guest off somebody who has proven an e-mail: also off whom Descope put the guest into. @throws DescopeFailed */
async function tidy(subject: string, proven: Tokens | null, { refreshJwt, ...context }: Context & { readonly refreshJwt: string | undefined }): Promise<Tokens> {
  const { service } = context;
  const generation = oldGeneration(context);
  const user = await service.user({ userId: subject });
  if (!user || refreshJwt === undefined) throw new DescopeFailed('unavailable', 'Descope does not know whom it signed in');
  const guestIds = user.loginIds.filter(isGuestId);
  if (proven && !isGuest(user, generation) && guestIds.length === 0) return proven;
  if (!user.hasVerifiedEmail) throw new DescopeFailed('unavailable', 'Descope does not say that the e-mail is proven');
  if (isGuest(user, generation)) await service.leaveTenant(subject, generation.tenantId);
  // Nobody can be without any.
  if (guestIds.length < user.loginIds.length) for (const loginId of guestIds) await service.removeLoginId(loginId);
  const renewed = await service.refresh(refreshJwt);
  const session = readSession(renewed.sessionJwt);
  if (session.subject !== subject || kindOf(session.claims, generation) !== 'user') throw new DescopeFailed('unavailable', 'Descope still says that somebody is a guest who is none any more');
  return renewed;
}

const isGuest = ({ tenantIds }: User, { tenantId }: Old): boolean => tenantIds.includes(tenantId);
const hasProven = (user: User, email: string): boolean => user.hasVerifiedEmail && user.email.toLowerCase() === email.toLowerCase();
export const isGuestId = (loginId: string): boolean => loginId.toLowerCase().endsWith(GUEST_DOMAIN);

/** One e-mail address and nothing else: Descope mails it. @throws Refused `invalid_request` */
function emailOf({ form }: Asked): string {
  const email = required(form, 'login_id').trim();
  if (email.length > 200 || /\p{C}/u.test(email) || !isEmail(email)) throw new Refused('invalid_request', 'login_id is not an e-mail address');
  if (isGuestId(email)) throw new Refused('invalid_request', 'login_id is one that receives no mail');
  return email;
}

/** @throws Refused `invalid_request` */
function oldGeneration({ settings: { generation } }: Context): Old {
  if (generation.type !== 'temporary_user') throw new Refused('invalid_request', 'There is nothing at this address', { status: 404 });
  return generation;
}
