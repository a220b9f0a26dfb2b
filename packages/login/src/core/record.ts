/**
 * The one record a client keeps, and what may happen to it. Pure: no await, no clock, no globals.
 * Whoever writes, writes `transition(what is stored now, what happened)` in one atomic update; an event that no longer
 * fits what is stored changes nothing. That is the compare in compare-and-set.
 */
import type { DeviceKey, Grant, LoginErrorCode, StoredSession } from '@passerby/shared';
import { changed, edit, hold, isOpen, returned, signedOut, withoutRenewal, woken, type Difference } from './at-once.ts';
import { emptyRecord, newer } from './newest.ts';
import { LONGEST_WAIT_MS } from './policy.ts';

export { emptyRecord, newer };

export type Purpose = 'guest' | 'sign_in' | 'link' | 'continue';
/** Why nobody is here. */
export type Ended = 'signed_out' | 'user_expired' | 'guest_ended';

/** How a round trip to the identity service ended, as far as it is kept. */
export interface StoredOutcome {
  readonly type: 'guest_started' | 'signed_in' | 'linked' | 'moved' | 'identity_in_use' | 'cancelled' | 'failed';
  readonly from?: string;
  readonly error?: { readonly code: LoginErrorCode; readonly message?: string };
}

/** What we keep when we send someone away. */
export interface PendingAuthorization {
  /** This round trip's own name; a merge that follows from it uses it as its stable key. */
  readonly id: string;
  /** What the callback carries to be recognised by. */
  readonly state: string;
  readonly purpose: Purpose;
  readonly connectionId: string;
  readonly codeVerifier: string;
  readonly redirectUrl: string;
  /** The same-origin path the person was on. */
  readonly returnTo: string;
  /** Present where the person was sent away in a window of its own, which is to close. */
  readonly popup?: 'popup' | undefined;
  /** Who began it; null: nobody yet. */
  readonly subject: string | null;
  /** Ms since epoch. */
  readonly startedAt: number;
  /** The query that came back, until its code is redeemed: a reload goes on from here. */
  readonly callback: string | null;
  /** The service may have redeemed the code though its answer was lost. */
  readonly unsure: boolean;
  /** The key that the session to come will be bound to. */
  readonly key?: DeviceKey | undefined;
  /** What the provider needs to know again on the way back. */
  readonly details?: Readonly<Record<string, string>> | undefined;
  readonly outcome: StoredOutcome | null;
}

/** An identity that already has another subject: the person is asked, nothing is switched. */
export interface Conflict {
  readonly id: string;
  readonly connectionId: string;
  /** The user's grant where the service issued one; null: continuing means signing in once more. */
  readonly session: StoredSession | null;
}

/** A guest's things on their way to a user; kept until the app took them. */
export interface Merge {
  readonly key: string;
  readonly from: StoredSession;
  readonly to: string;
}

export interface Backoff {
  readonly attempts: number;
  readonly until: number;
  /** What failed, for whoever has to wait. */
  readonly code: LoginErrorCode;
  /** `service`: it named the time itself, so a network that is back does not shorten it. */
  readonly by: 'service' | 'us';
}

export interface SessionRecord {
  readonly schema: 1;
  /** Drawn when the first of these records is written: storage that was cleared and filled again is another line. */
  readonly line: string;
  /** Every write adds one; all that tabs tell each other. */
  readonly version: number;
  /** Every change of the session adds one: an answer to an older turn is dropped. */
  readonly turn: number;
  readonly session: StoredSession | null;
  /** What brought who is here, and names nobody: the round trip's id, or the time at which the guest came. */
  readonly arrival?: string | undefined;
  /** The latest arrivals that were signed out: a tab that slept meanwhile brings none of them back. */
  readonly left?: readonly string[] | undefined;
  readonly ended: Ended | null;
  /** The last guest whose session ended, kept aside with its subject. */
  readonly parked: StoredSession | null;
  readonly pending: readonly PendingAuthorization[];
  readonly conflict: Conflict | null;
  readonly merges: readonly Merge[];
  /** No request for a credential before `until` (ms since epoch), from any tab. */
  readonly backoff: Backoff | null;
  /** The key that is this browser's guest, where the guest's ID follows from it: made once, and gone as soon as the guest is a user or is given up. */
  readonly guestKey?: DeviceKey | undefined;
  /** A stored value that could not be read, for whoever wants to look into it. */
  readonly aside?: unknown;
}

export type SessionEvent =
  | { readonly type: 'key_made' | 'key_spent'; readonly key: DeviceKey }
  | { readonly type: 'guest_started' | 'renewed'; readonly grant: Grant; readonly at: number; readonly turn: number }
  | { readonly type: 'refused'; readonly token: 'works' | 'over'; readonly turn: number }
  | { readonly type: 'upgraded'; readonly subject: string | null }
  | ({ readonly type: 'put_off' } & Omit<Backoff, 'attempts'>)
  | { readonly type: 'woken'; readonly until: number }
  | { readonly type: 'begun'; readonly pending: PendingAuthorization }
  | { readonly type: 'returned'; readonly state: string; readonly callback: string }
  | { readonly type: 'unsure'; readonly state: string }
  | { readonly type: 'kept'; readonly state: string; readonly details: Readonly<Record<string, string>> }
  | { readonly type: 'completed'; readonly state: string; readonly grant: Grant; readonly at: number }
  | { readonly type: 'not_completed'; readonly state: string; readonly outcome: StoredOutcome }
  | { readonly type: 'resolved'; readonly choice: 'stay_guest' | 'continue_as_user'; readonly id: string }
  | { readonly type: 'merged'; readonly key: string }
  | { readonly type: 'guest_renewed'; readonly key: string; readonly grant: Grant; readonly at: number }
  | { readonly type: 'signed_out'; readonly subject: string | null };

/** A person has this long to come back from a sign-in page. */
export const PENDING_LIFETIME_MS = 600_000;
const MAX_PENDING = 12;
/** The record after the event; the very same record where the event no longer fits it. */
export function transition(record: SessionRecord, event: SessionEvent): SessionRecord {
  return changed(record, changeBy(record, event));
}

function changeBy(record: SessionRecord, event: SessionEvent): Difference {
  const { session, pending, merges, conflict } = record;
  const late = 'turn' in event && event.turn !== record.turn;
  switch (event.type) {
    case 'key_made':
      return record.guestKey ? null : { guestKey: event.key };
    case 'key_spent':
      // Its guest is a user by now, so who is here is to be asked, and not made another guest in silence.
      return record.guestKey?.thumbprint === event.key.thumbprint ? { guestKey: undefined, ...(!session && { ended: 'user_expired' as const }) } : null;
    case 'guest_started':
      return session || late ? null : startGuest(record, received(event.grant, event.at));
    case 'renewed':
      return session && !late ? hold(record, renewed(session, received(event.grant, event.at))) : null;
    case 'refused':
      if (!session || late) return null;
      return event.token === 'over' ? end(record, session) : hold(record, withoutRenewal(session));
    case 'upgraded':
      // A user by now, whatever was asked meanwhile: to be asked to sign in, and not made another guest in silence.
      return session?.kind !== 'user' && (session?.subject ?? null) === event.subject ? { ...hold(record, null), ended: 'user_expired' } : null;
    case 'put_off':
      // Told late, after somebody was put off for longer; what is further off than any wait is a clock that moved.
      if (record.backoff && record.backoff.until > event.until && record.backoff.until - event.until <= LONGEST_WAIT_MS) return null;
      return { backoff: { attempts: (record.backoff?.attempts ?? 0) + 1, until: event.until, by: event.by, code: event.code } };
    case 'woken':
      return woken(record, event.until);
    case 'begun':
      // A write that was given up may have landed all the same.
      return pending.some(({ state }) => state === event.pending.state) ? null : { pending: [...pending, event.pending].slice(-MAX_PENDING) };
    case 'returned':
      return returned(record, event.state, event.callback);
    case 'unsure':
      return edit(record, isOpen(event.state), { unsure: true });
    case 'kept':
      return edit(record, isOpen(event.state), { details: { ...pending.find(isOpen(event.state))?.details, ...event.details } });
    case 'not_completed':
      return finish(record, isOpen(event.state), (one) => [event.outcome,
        event.outcome.type === 'identity_in_use' ? { conflict: { id: one.id, connectionId: one.connectionId, session: null } } : {}]);
    case 'completed':
      // A page that was told of a failure may have been overtaken by one that was not: what was done, was done.
      return finish(record, orFailed(event.state), (one) => complete(record, one, received(event.grant, event.at)));
    case 'resolved':
      if (conflict?.id !== event.id) return null;
      if (event.choice === 'stay_guest') return { conflict: null };
      return conflict.session && switchTo(record, conflict.session, event.id);
    case 'merged':
      return merges.some((merge) => merge.key === event.key) ? { merges: merges.filter((merge) => merge.key !== event.key) } : null;
    case 'guest_renewed':
      // Signed out meanwhile: nothing of the guest comes back.
      return merges.some((merge) => merge.key === event.key && merge.from.renewal.type !== 'none')
        ? { merges: merges.map((merge) => (merge.key === event.key ? { ...merge, from: received(event.grant, event.at) } : merge)) } : null;
    case 'signed_out':
      return signedOut(record, event.subject);
  }
}

/** Whose user's session waits loses its cookie to the new guest, and has to sign in once more to go on. */
function startGuest(record: SessionRecord, guest: StoredSession): Partial<SessionRecord> {
  const { conflict } = record;
  const replaced = conflict?.session?.renewal.type === 'cookie' && guest.renewal.type === 'cookie';
  return { ...hold(record, guest, String(guest.receivedAt)), ...(replaced && { conflict: { ...conflict, session: null } }) };
}

/** A person came back with a grant: the subject decides what that means. */
function complete(record: SessionRecord, one: PendingAuthorization, now: StoredSession): [StoredOutcome, Partial<SessionRecord>] {
  const { session } = record;
  const guest = guestOf(record);
  // Who is here stays; but the service's one cookie is the newcomer's by now.
  if (one.purpose === 'guest') return [{ type: 'guest_started' }, hold(record, session && session.subject !== now.subject ? replacedCookie(session, now) : now, one.id)];
  if (guest && guest.subject === now.movedFrom) return [{ type: 'moved', from: guest.subject }, switchTo(record, now, one.id)];
  // Who became a user on the way and comes back as somebody else is asked, though nobody is here.
  const strayed = one.purpose === 'link' && record.ended === 'user_expired' && one.subject !== now.subject;
  const rival = session ? session.subject !== now.subject && !(one.purpose === 'sign_in' && session.kind === 'user') : strayed;
  if (!rival) return [{ type: one.subject === now.subject && one.purpose !== 'sign_in' ? 'linked' : 'signed_in' }, { ...hold(record, now, one.id), conflict: null }];
  if (one.purpose === 'continue') return [{ type: 'signed_in' }, switchTo(record, now, one.id)];
  return [{ type: 'identity_in_use' }, {
    ...(session && hold(record, replacedCookie(session, now))), conflict: { id: one.id, connectionId: one.connectionId, session: now },
  }];
}

const end = (record: SessionRecord, session: StoredSession): Partial<SessionRecord> =>
  session.kind === 'guest'
    ? { ...hold(record, null), ended: 'guest_ended', parked: session }
    : { ...hold(record, null), ended: 'user_expired' };

/** From the guest to the user; the guest's things follow under `key`, also when its last token ended before the person chose. */
function switchTo(record: SessionRecord, user: StoredSession, key: string): Partial<SessionRecord> {
  const guest = guestOf(record);
  const merge = guest ? [{ key, from: guest, to: user.subject }] : [];
  return { ...hold(record, user, key), conflict: null, merges: [...record.merges, ...merge] };
}

/** The guest who is here, or whose last token ended just before. */
function guestOf({ session, parked, ended }: SessionRecord): StoredSession | null {
  const last = session ?? (ended === 'guest_ended' ? parked : null);
  return last?.kind === 'guest' ? last : null;
}

const orFailed = (state: string) => (one: PendingAuthorization): boolean => one.state === state && (!one.outcome || one.outcome.type === 'failed');

/** Ends one round trip; its answer is kept for whoever loads the same callback again, its secrets are not. */
function finish(record: SessionRecord, which: (one: PendingAuthorization) => boolean, by: (one: PendingAuthorization) => [StoredOutcome, Partial<SessionRecord>]): Difference {
  const one = record.pending.find(which);
  if (!one) return null;
  const [outcome, change] = by(one);
  return { ...edit(record, which, { outcome, callback: null, codeVerifier: '', key: undefined, details: undefined }), ...change };
}

const received = (grant: Grant, at: number): StoredSession => ({ ...grant, receivedAt: at });

/** A user is never turned back into a guest by a renewal. */
const renewed = (before: StoredSession, now: StoredSession): StoredSession => (before.kind === 'user' ? { ...now, kind: 'user' } : now);

/** A service that renews by cookie has one cookie: once it is the user's, the guest's token is its last. */
const replacedCookie = (guest: StoredSession, user: StoredSession): StoredSession =>
  guest.renewal.type === 'cookie' && user.renewal.type === 'cookie' ? withoutRenewal(guest) : guest;
