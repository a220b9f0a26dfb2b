/** A guest of the old generation becomes a user: the same one, with an e-mail that they have proven. */
import { networkOf } from '../gate/address.ts';
import { isEmail } from '../gate/email.ts';
import type { Answer } from '../gate/form-endpoints.ts';
import { takeNetworkTurn, takeTurn } from '../gate/gate.ts';
import { required, type Asked } from '../issuer/form.ts';
import { Refused } from '../issuer/refused.ts';
import { sha256 } from '../sha256.ts';
import { becomeUser } from './become-user.ts';
import { openChallenge, sealChallenge, takeTry, type Challenge, type OpenChallenge } from './challenge.ts';
import { over, refreshHolder, type Context } from './context.ts';
import { DescopeFailed } from './failures.ts';
import { keptCookie } from './kept-guest.ts';
import { hasProven, isGuest, isGuestId, loginIdOf, nameOf, ownershipOf, type Ownership } from './owner.ts';
import type { EmailUpdate, Tokens, User } from './service.ts';
import { answerSession, readSession } from './session.ts';
import type { Old } from './settings.ts';

/** Five at once, and one more an hour after each: never more than five within an hour. */
const CODES = { burst: 5, perSecond: 1 / 3_600 };
/** A household's, or an office's: one mailbox has more names than anybody can count. */
const CODES_OF_NETWORK = { burst: 20, perSecond: 1 / 300 };

/** `POST /upgrade`: sends a code, and says no more whoever has this e-mail. */
export async function answerUpgrade(asked: Asked, context: Context): Promise<Answer> {
  const { service, settings: { store } } = context;
  const [generation, email] = [oldGeneration(context), emailOf(asked)];
  await takeNetworkTurn(asked, context);
  const { subject, token } = await refreshHolder(asked, context);
  await takeTurn(`codes from ${networkOf(asked.clientAddress)}`, CODES_OF_NETWORK, store);
  await takeTurn(`codes of ${subject}`, CODES, store);
  await takeTurn(`codes to ${sha256(email.toLowerCase())}`, CODES, store);
  // By their token: that it still counts must not be found out by some codes and not by others.
  const guest = await service.me(token);
  if (guest.subject !== subject || !isGuest(guest, generation)) throw over();
  const ownership = await ownershipOf(email, guest, context);
  const sent = await sendCode({ email, guest, refreshJwt: token, ownership, generation }, context);
  return { body: { challenge: await sealChallenge({ ...sent, subject, email, ownership: nameOf(ownership) }, context) } };
}

/** `POST /upgrade/confirm`: with the code; and again, where the answer was lost. */
export async function answerConfirm(asked: Asked, context: Context): Promise<Answer> {
  const [generation, email, code, sealed] = [oldGeneration(context), emailOf(asked), required(asked.form, 'code').trim(), required(asked.form, 'challenge')];
  await takeNetworkTurn(asked, context);
  const holder = await refreshHolder(asked, context);
  const guest = await context.service.user({ userId: holder.subject });
  if (!guest || !(isGuest(guest, generation) || hasProven(guest, email))) throw over();
  const challenge = await openChallenge(sealed, { subject: holder.subject, email }, context);
  if (!challenge) throw codeOver();
  const proven = hasProven(guest, email) ? null : await prove({ challenge, code, guest }, context);
  const subject = proven ? readSession(proven.sessionJwt).subject : holder.subject;
  const tokens = await becomeUser({ subject, email, proven, refreshJwt: proven ? proven.refreshJwt : holder.token }, generation, context);
  const { body, cookies } = answerSession(tokens, context);
  // As the shop says; or Descope has made them one, because somebody got the e-mail in the last moment.
  const hasMoved = subject !== holder.subject && (challenge.sent === 'update' || generation.identityInUse === 'merge_into_existing');
  // Their cookies are somebody else's from here on.
  const kept = context.settings.sessions.by === 'cookies' && subject !== holder.subject ? [await keptCookie(holder, context)] : [];
  return { body: { ...body, ...(hasMoved && { moved_from: holder.subject }) }, cookies: [...cookies, ...kept] };
}

interface Sending {
  readonly email: string;
  readonly guest: User;
  readonly refreshJwt: string;
  readonly ownership: Ownership;
  readonly generation: Old;
}

/** What was sent, and by which login ID it is verified. Where Descope sends nothing, nothing must tell: only the operator hears of it. */
async function sendCode(sending: Sending, { service, settings: { report } }: Context): Promise<Pick<Challenge, 'sent' | 'loginId'>> {
  const { email, guest, refreshJwt, ownership: { owner, holder }, generation: { identityInUse } } = sending;
  // Descope merges whoever has the login ID, and must not take somebody else for the owner.
  const isMerged = identityInUse === 'merge_into_guest' && owner?.subject === holder?.subject;
  try {
    if (owner && !isMerged) {
      const loginId = loginIdOf(owner, email);
      if (loginId === null) return { sent: 'nothing', loginId: email };
      await service.sendSignInCode(loginId);
      return { sent: 'sign_in', loginId };
    }
    await service.sendUpdateCode({ refreshJwt, loginId: guest.subject, email, whenTaken: whenTaken(sending) });
    return { sent: 'update', loginId: email };
  } catch (error) {
    if (!(error instanceof DescopeFailed) || error.failure === 'unavailable' || error.failure === 'over') throw error;
    report(error.message);
    return { sent: 'nothing', loginId: email };
  }
}

/** Whoever proves the e-mail gets nothing of an account that never did, and nobody in it gets anything of them: not its password, nor its other ways to sign in. */
function whenTaken({ ownership: { owner, holder }, generation: { identityInUse } }: Sending): EmailUpdate['whenTaken'] {
  if (!owner && holder) return 'nothing';
  return identityInUse === 'merge_into_guest' ? 'guest_stays' : 'existing_stays';
}

interface Proof {
  readonly challenge: OpenChallenge;
  readonly code: string;
  readonly guest: User;
}

/** The session that the code brings; null: the guest has proven the e-mail meanwhile, by another request. @throws Refused `code_wrong`, `challenge_over` */
async function prove({ challenge, code, guest }: Proof, context: Context): Promise<Tokens | null> {
  const { email, ownership } = challenge;
  if (challenge.isOver || !(await takeTry(challenge, context))) throw codeOver();
  // Somebody else has it by now: Descope would make the two one, and nobody was asked.
  if (nameOf(await ownershipOf(email, guest, context)) !== ownership) throw codeOver();
  const tokens = await redeem({ challenge, code, guest }, context);
  if (tokens) return tokens;
  const after = await context.service.user({ userId: guest.subject });
  if (after && hasProven(after, email)) return null;
  // Whatever Descope's word is: it has others for whoever is known to it, and none where nothing was sent.
  throw new Refused('code_wrong', 'This is not the code that was sent');
}

async function redeem({ challenge: { sent, loginId }, code, guest }: Proof, { service }: Context): Promise<Tokens | null> {
  // A code for a new e-mail may be known by the login ID that asked for it, which is not documented.
  const loginIds = { update: [loginId, ...guest.loginIds.slice(0, 1)], sign_in: [loginId], nothing: [] }[sent];
  for (const name of loginIds) {
    try {
      return await service.verifyCode(name, code);
    } catch (error) {
      if (!(error instanceof DescopeFailed) || error.failure === 'unavailable' || error.failure === 'setting') throw error;
      if (error.failure === 'code_wrong') return null;
    }
  }
  return null;
}

function codeOver(): Refused {
  return new Refused('challenge_over', 'This code is over: ask for another one');
}

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
