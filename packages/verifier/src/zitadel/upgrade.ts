/** A guest becomes a user: the e-mail is proven first, and whatever happens in between, the guest is a guest or a user and nothing else. */
import { networkOf } from '../gate/address.ts';
import { takeTurn } from '../gate/gate.ts';
import { later, Refused } from '../issuer/refused.ts';
import type { GuestRow } from '../store/guests.ts';
import { emailOf, nameOf, textOf, type Asked } from './asked.ts';
import { noGuest, over, type Answer, type Context } from './context.ts';
import type { Kept } from './cookies.ts';
import { ServiceFailed } from './failures.ts';
import { isUnsure, judgeLooks } from './judge.ts';
import { randomDigits, randomName, sha256 } from '../random.ts';
import type { Person } from './service.ts';
import { refuseUnlessGuest } from './session.ts';
import { takeNetworkTurn } from './start-guest.ts';

const CODE_SECONDS = 600;
const TRIES = 5;
/** Five at once, and one more an hour after each: never more than five within an hour. */
const CODES = { burst: 5, perSecond: 1 / 3_600 };
/** A household's, or an office's: one mailbox has more names than anybody can count. */
const CODES_OF_NETWORK = { burst: 20, perSecond: 1 / 300 };
/** Whoever took longer to get here leaves it: somebody may have taken over, who waits for twice as long. */
const PATIENCE_MS = 30_000;

/** `POST /upgrade`: sends a code. Nobody is asked who has this e-mail, so nothing can tell. */
export async function answerUpgrade(asked: Asked, context: Context): Promise<Answer> {
  const { settings: { store, random, now, sendCode, report } } = context;
  const [email, givenName] = [emailOf(asked.body), nameOf(asked.body, 'given_name')];
  nameOf(asked.body, 'family_name');
  await takeNetworkTurn(asked, context);
  const { sub } = await openGuest(asked, context, refuseUnlessGuest);
  await takeTurn(`codes from ${networkOf(asked.clientAddress)}`, CODES_OF_NETWORK, store);
  await takeTurn(`codes of ${sub}`, CODES, store);
  await takeTurn(`codes to ${await sha256(email.toLowerCase())}`, CODES, store);
  const [challenge, code] = [randomName(random), randomDigits(random)];
  await store.keepCode({ subject: sub, challenge, emailHash: await sha256(email), codeHash: await sha256(code, challenge), tries: TRIES, until: now() + CODE_SECONDS * 1000 });
  try {
    await sendCode({ email, code, givenName });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // Its message may hold the e-mail, and is the shop's own to tell.
    report('sendCode failed, so nobody can become a user: look at your mailer');
    throw later('The code could not be sent: try again');
  }
  return { body: { challenge, expires_in: CODE_SECONDS } };
}

/** `POST /upgrade/confirm` */
export async function answerConfirm(asked: Asked, context: Context): Promise<Answer> {
  const { body } = asked;
  const person = { email: emailOf(body), givenName: nameOf(body, 'given_name'), familyName: nameOf(body, 'family_name'), password: textOf(body, 'password', 200) };
  const [challenge, code] = [textOf(body, 'challenge', 64), textOf(body, 'code', 64)];
  await takeNetworkTurn(asked, context);
  const kept = await openGuest(asked, context);
  const before = await rowFor(kept, challenge, context);
  await proveCode({ subject: kept.sub, challenge, code, email: person.email }, context);
  if (before?.state !== 'user') await upgrade({ kept, before, challenge, person }, context);
  return { body: { subject: kept.sub } };
}

/** @throws Refused `invalid_grant`, and what `check` throws */
async function openGuest({ headers }: Asked, context: Context, check?: (kept: Kept, context: Context) => Promise<void>): Promise<Kept> {
  const kept = await context.cookies.open(headers, 'guest');
  if (!kept) throw new Refused('invalid_grant', 'There is no guest here: start one');
  await check?.(kept, context);
  return kept;
}

/** Null for a guest, or the row of this very challenge, which goes on where it stopped. @throws Refused */
async function rowFor({ sub, gen }: Kept, challenge: string, context: Context): Promise<GuestRow | null> {
  const row = await context.decisions.row(sub);
  if (row?.by === challenge && gen === 0 && (row.state === 'upgrading' || row.state === 'user')) return row;
  const { decided } = await context.decisions.settled(sub, gen);
  if (decided !== 'guest') throw noGuest(decided, context);
  return null;
}

/** @throws Refused `code_wrong`, `challenge_over` */
async function proveCode({ subject, challenge, code, email }: { readonly subject: string; readonly challenge: string; readonly code: string; readonly email: string }, { settings }: Context): Promise<void> {
  const tried = await settings.store.tryCode({ subject, challenge, emailHash: await sha256(email), codeHash: await sha256(code, challenge) });
  if (tried?.isRight) return;
  if (!tried || tried.triesLeft < 1) throw new Refused('challenge_over', 'This code is over: ask for another one');
  throw new Refused('code_wrong', 'This is not the code that was sent', { more: { tries_left: tried.triesLeft } });
}

interface Upgrade {
  readonly kept: Kept;
  /** Null: this is where it begins. */
  readonly before: GuestRow | null;
  readonly challenge: string;
  readonly person: Person;
}

async function upgrade({ kept, before, challenge, person }: Upgrade, context: Context): Promise<void> {
  const { decisions } = context;
  const { sub } = kept;
  const began = await decisions.begin(sub, before, { state: 'upgrading', by: challenge });
  if (!began) throw noGuest('busy', context);
  // Only whoever began knows that nothing of an earlier try is still on its way.
  const undo = async (): Promise<void> => (before === null ? decisions.putBack(sub, began) : undefined);
  const looks = await lookOrUndo(sub, context, undo);
  if (isUnsure(looks, kept, context.settings.now())) {
    await undo();
    throw later('ZITADEL does not know this guest yet: try again');
  }
  if (looks === 'missing') {
    await decisions.begin(sub, began, { state: 'gone', by: challenge });
    throw over('guest', context);
  }
  if (looks === 'guest') await makeUser({ sub, began, person, undo }, context);
  await decisions.finish(sub, challenge);
  // Somebody else's upgrade, which nothing here remembers.
  if (looks !== 'guest' && before === null) throw noGuest('user', context);
}

async function lookOrUndo(subject: string, { service }: Context, undo: () => Promise<void>): Promise<ReturnType<typeof judgeLooks>> {
  try {
    return judgeLooks(await service.look(subject));
  } catch (error) {
    await undo();
    throw error;
  }
}

interface Making {
  readonly sub: string;
  readonly began: GuestRow;
  readonly person: Person;
  undo(): Promise<void>;
}

/** @throws Refused, ServiceFailed; where it cannot be told whether it was done, the row stays as it is */
async function makeUser({ sub, began, person, undo }: Making, { service, settings }: Context): Promise<void> {
  if (settings.now() > began.at + PATIENCE_MS) throw later('This took too long: try again');
  try {
    await service.refuseTakenEmail(sub, person.email);
    await service.makeUser(sub, person);
  } catch (error) {
    if (!(error instanceof ServiceFailed) || error.failure === 'unavailable') throw error;
    await undo();
    if (error.failure === 'taken') throw new Refused('identity_in_use', 'Somebody has an account with this e-mail: sign in to it');
    if (error.failure === 'password') throw new Refused('password_refused', 'This password is not strong enough: take another one');
    if (error.failure === 'refused') throw new Refused('invalid_request', 'ZITADEL takes no such name or e-mail');
    throw error;
  }
}
