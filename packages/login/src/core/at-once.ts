/**
 * What may happen before the rest of this library is loaded, and must not wait for it: somebody signs out, comes back from a sign-in page, or looks at the page
 * again. `transition` of record.ts knows these too, and everything else that may happen.
 */
import type { StoredSession } from '@passerby/shared';
import type { Merge, PendingAuthorization, SessionRecord } from './record.ts';

/** What is different afterwards; null: it no longer fits. */
export type Difference = Partial<SessionRecord> | null;

/** The next version of the record; the very same record where nothing is different. */
export const changed = (record: SessionRecord, difference: Difference): SessionRecord => (difference ? { ...record, ...difference, version: record.version + 1 } : record);

const MAX_LEFT = 12;

/** Also where nobody is here: a guest that is on its way is late from now on. */
export function signedOut(record: SessionRecord, subject: string | null): Difference {
  const { session, arrival, left = [], merges } = record;
  // Overtaken: whoever is here by now did not ask for it.
  if (session && session.subject !== subject) return null;
  return { ...hold(record, null), left: [...left, ...(arrival ? [arrival] : [])].slice(-MAX_LEFT), ended: 'signed_out', parked: null, pending: [], conflict: null, merges: merges.map(withoutKey), guestKey: undefined };
}

/** The query that somebody came back with is kept until its code is redeemed. */
export const returned = (record: SessionRecord, state: string, callback: string): Difference => edit(record, isOpen(state), { callback });

/** Every tab wakes at once; the first one ends the wait that all of them saw. */
export const woken = ({ backoff }: SessionRecord, until: number): Difference => (backoff?.by === 'us' && backoff.until === until ? { backoff: { ...backoff, until: 0 } } : null);

/** Whose session this is, or what it is worth, changes: answers to anything asked before are late from here on. */
export const hold = (record: SessionRecord, session: StoredSession | null, arrival?: string): Partial<SessionRecord> => ({
  session, turn: record.turn + 1, ended: null, backoff: null,
  // Who stays who they are, a guest that is linked too, came when they came first.
  arrival: session?.subject === record.session?.subject ? record.arrival : arrival,
  // The next guest of this device is somebody else than the one who signed in.
  ...(session?.kind === 'user' && { guestKey: undefined }),
});

export const withoutRenewal = (session: StoredSession): StoredSession => ({ ...session, renewal: { type: 'none' } });

/** What the next person at this device may find of a guest: the proof of a merge that is due, and no way to go on as it after that. */
const withoutKey = (merge: Merge): Merge => ({ ...merge, from: { ...withoutRenewal(merge.from), key: undefined } });

export const isOpen = (state: string) => (one: PendingAuthorization): boolean => one.state === state && !one.outcome;

export function edit({ pending }: SessionRecord, which: (one: PendingAuthorization) => boolean, change: Partial<PendingAuthorization>): Difference {
  const one = pending.find(which);
  return one ? { pending: pending.map((other) => (other === one ? { ...one, ...change } : other)) } : null;
}
