/** The whole refresh and guest policy. Pure: the shell asks what to do next and does it. */
import type { LoginError, StoredSession } from '@passerby/shared';
import type { SessionEvent, SessionRecord } from './record.ts';

export type GuestPolicy = 'explicit' | 'on-demand';
/** Whether a guest may start now: as the app's policy says, or because the app asks for one with this very call. */
export type GuestWish = GuestPolicy | 'asked-for';
export type Step = 'serve' | 'serve_and_refresh' | 'refresh' | 'wait' | 'end' | 'start_guest' | 'login_required';

/** No failure puts anybody off for longer, whatever the service asks for. */
export const LONGEST_WAIT_MS = 300_000;

/** What to do so that somebody here can use a token. `ageMs` is how old the session's grant is. */
export function nextStep(record: SessionRecord, now: number, ageMs: number, guests: GuestWish): Step {
  const { session, ended } = record;
  const waiting = waitMs(record, now) > 0;
  if (!session) {
    const wasUser = ended === 'signed_out' || ended === 'user_expired';
    if (guests === 'explicit' || (guests === 'on-demand' && wasUser)) return 'login_required';
    return waiting ? 'wait' : 'start_guest';
  }
  const leftMs = session.lifetimeMs - ageMs;
  if (leftMs > marginMs(session)) return 'serve';
  const renewable = session.renewal.type !== 'none';
  if (leftMs > 0) return renewable && !waiting ? 'serve_and_refresh' : 'serve';
  if (!renewable) return 'end';
  return waiting ? 'wait' : 'refresh';
}

/** A refresh starts this long before the end: as the service wants it, or a minute, or a tenth of a short life. */
export const marginMs = ({ renewAheadMs, lifetimeMs }: StoredSession): number => renewAheadMs ?? Math.min(60_000, lifetimeMs / 10);

/** Only a grant that the service refused ends a session; every other failure keeps everything. */
export const endsSession = (error: LoginError): boolean => error.code === 'grant_refused';

/** Our verifier's word for a guest who has become a user: who is here is to be asked to sign in. */
export const becameUser = (error: LoginError): boolean => error.oauthError === 'guest_upgraded';

/** How long every tab still waits before it asks again. A deadline further off than any we set is a clock that moved. */
export function waitMs({ backoff }: SessionRecord, now: number): number {
  const left = backoff ? backoff.until - now : 0;
  return left > 0 && left <= LONGEST_WAIT_MS ? left : 0;
}

/** Jitter may come out as nothing; a service that fails at once must not be asked in a circle. */
const SHORTEST_WAIT_MS = 10;

/** When to ask again after a failure: what the service said, or half a second to half a minute with full jitter. */
export function putOffUntil(record: SessionRecord, { code, retryAfterMs }: LoginError, now: number, random: number): Extract<SessionEvent, { type: 'put_off' }> {
  const ceiling = Math.min(30_000, 500 * 2 ** (record.backoff?.attempts ?? 0));
  const ours = Math.max(SHORTEST_WAIT_MS, Math.ceil(ceiling * random));
  const theirs = Math.min(LONGEST_WAIT_MS, retryAfterMs ?? 0);
  return { type: 'put_off', code, until: now + Math.max(ours, theirs), by: theirs > ours ? 'service' : 'us' };
}
