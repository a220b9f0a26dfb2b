/** A guest's things go to the user who the guest turned out to be, and the guest goes. */
import { SUBJECT_HEADER } from '../gate/cookie.ts';
import type { GuestRow } from '../store/guests.ts';
import { Unauthorized } from '../tokens/unauthorized.ts';
import { current, refuseForeignPage } from './caller.ts';
import type { Context } from './context.ts';
import type { Kept } from './cookies.ts';
import { ServiceFailed } from './failures.ts';
import { isUnsure, judgeLooks } from './judge.ts';
import { sha256 } from '../random.ts';

export interface GuestMerge {
  /** The merge's own name, the same for every try. */
  readonly key: string;
  /** Whose things they are, as the page says; the cookies have to say so too. */
  readonly from: string;
  /** Carries the things over: once for each key, however often it is called. */
  readonly merge: (merge: { readonly from: string; readonly to: string; readonly key: string }) => Promise<void> | void;
}

export interface MergedGuest {
  readonly from: string;
  readonly to: string;
  /** For the answer: they take the guest's cookie away, where it is there. */
  readonly headers: Readonly<Record<string, string>>;
}

const MOST_TRIES = 3;

/** @throws Unauthorized; what `merge` throws */
export async function mergeGuest({ headers }: Request, { key, from, merge }: GuestMerge, context: Context): Promise<MergedGuest> {
  const isWhole = [key, from].every((text) => typeof text === 'string' && text !== '') && typeof merge === 'function';
  if (!isWhole) throw new TypeError('mergeGuest: write { key, from, merge }');
  const { sub: to } = await userOf(headers, context);
  const guest = await context.cookies.open(headers, 'guest');
  const by = await sha256(key, to);
  const row = await context.decisions.row(from);
  // Where the answer was lost, the guest's cookie may have gone with it.
  if (row?.state !== 'gone' || row.by !== by) {
    const proven = refuseUnlessOf(from, guest, to);
    await carry(proven, await begin(proven, by, context), () => merge({ from, to, key }), context);
  }
  await deleteGuest(from, context);
  return { from, to, headers: guest?.sub === from ? { 'set-cookie': context.cookies.clear('guest') } : {} };
}

/** The user whom the page means. @throws Unauthorized */
async function userOf(headers: Headers, { settings, cookies }: Context): Promise<Kept> {
  refuseForeignPage(headers, settings.origins);
  const user = await cookies.open(headers, 'user');
  if (!user || (headers.get(SUBJECT_HEADER) ?? user.sub) !== user.sub) throw new Unauthorized('token_missing', 'A merge needs the cookie of the user');
  return current('user', user, settings);
}

/** @throws Unauthorized */
function refuseUnlessOf(from: string, guest: Kept | null, to: string): Kept {
  // Another guest's things are another merge.
  if (guest?.sub !== from) throw refused('The cookie of this guest is not here');
  if (from === to || guest.gen !== 0) throw refused('These two are one person already');
  return guest;
}

/** The row to go on with. @throws Unauthorized */
async function begin({ sub, gen }: Kept, by: string, context: Context): Promise<GuestRow> {
  const { decisions } = context;
  const before = await decisions.row(sub);
  const isOurs = before?.by === by;
  const goesOn = before && isOurs && before.state === 'merging';
  const { row, decided } = goesOn ? { row: before, decided: 'guest' } : await orLater(decisions.settled(sub, gen), context);
  if (decided === 'busy') throw later();
  if (decided !== 'guest') throw refused('This guest has become a user, or is gone');
  const began = await decisions.begin(sub, row, { state: 'merging', by });
  if (!began) throw later();
  return began;
}

/** @throws Unauthorized; what the shop's own `merge` throws, and then the guest is a guest as before */
async function carry(guest: Kept, began: GuestRow, merge: () => Promise<void> | void, context: Context): Promise<void> {
  const { decisions } = context;
  try {
    await refuseUnlessGuestThere(guest, context);
    await merge();
  } catch (error) {
    await decisions.putBack(guest.sub, began);
    throw error;
  }
  if (!(await decisions.begin(guest.sub, began, { state: 'gone', by: began.by }))) throw later();
}

/** Where it fails the purge finds the guest, whose row says `gone`. */
async function deleteGuest(subject: string, { service, settings }: Context): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    try {
      return await service.deleteUser(subject);
    } catch (error) {
      if (!(error instanceof ServiceFailed)) throw error;
      if (error.failure === 'unavailable') continue;
      return settings.report(error.message);
    }
  }
}

/** @throws Unauthorized */
async function refuseUnlessGuestThere(guest: Kept, context: Context): Promise<void> {
  const looks = judgeLooks(await orLater(context.service.look(guest.sub), context));
  if (isUnsure(looks, guest, context.settings.now())) throw later();
  if (looks !== 'guest') throw refused('ZITADEL does not say that this is a guest');
}

/** What ZITADEL does not do just now is for later; what an operator has to change is reported. @throws Unauthorized */
function orLater<T>(asked: Promise<T>, { settings }: Context): Promise<T> {
  return asked.catch((error: unknown) => {
    if (!(error instanceof ServiceFailed)) throw error;
    if (error.failure === 'setting' || error.failure === 'refused') settings.report(error.message);
    throw later();
  });
}

function refused(message: string): Unauthorized {
  return new Unauthorized('ticket_refused', message);
}

function later(): Unauthorized {
  return new Unauthorized('verifier_unavailable', 'The guest cannot be merged just now: try again later');
}
