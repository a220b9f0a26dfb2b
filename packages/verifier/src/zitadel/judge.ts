/** What is known of a guest, and what follows. No clock, no requests. */
import type { GuestRow } from '../store/guests.ts';
import type { Kept } from './cookies.ts';
import { isGuestEmail, TAG, type Looks } from './service.ts';

/** So long an upgrade is left to whoever began it; and a merge, which is the shop's own work. */
const LEFT_ALONE_MS = { upgrading: 60_000, merging: 600_000 };
/** So long ZITADEL may not know yet whom it made. */
const YOUNG_SECONDS = 60;
const DAY_MS = 86_400_000;

/** `guest`: nothing was decided. `busy`: wait. `abandoned`: whoever began it is gone. */
export type Decided = 'guest' | 'busy' | 'abandoned' | 'user' | 'over';

/** What a row says to whoever comes with a guest's cookie. */
export function judgeRow(row: GuestRow | null, gen: number, nowMs: number): Decided {
  if (row === null) return gen === 0 ? 'guest' : 'over';
  if (row.state === 'user') return 'user';
  if (row.state === 'gone') return 'over';
  // A clock that was set back makes nobody wait for longer.
  return Math.abs(nowMs - row.at) > LEFT_ALONE_MS[row.state] ? 'abandoned' : 'busy';
}

/** What ZITADEL says: a guest has the tag and an e-mail that receives none. Who lost either is none any more. */
export function judgeLooks(looks: Looks | null): 'guest' | 'untagged' | 'user' | 'missing' {
  if (!looks) return 'missing';
  if (!isGuestEmail(looks.email)) return 'user';
  return looks.tags.length > 0 ? 'guest' : 'untagged';
}

/** True where ZITADEL may only not know yet what it made; and where the tag alone is missing, which says nothing of who took it away. */
export function isUnsure(looks: ReturnType<typeof judgeLooks>, { iat }: Kept, nowMs: number): boolean {
  return looks === 'untagged' || (looks === 'missing' && nowMs / 1000 - iat < YOUNG_SECONDS);
}

/** True while the kept token has more than a minute or a tenth of its life left, whichever is less. */
export function isFresh({ exp, life }: Kept, nowMs: number): boolean {
  return exp - nowMs / 1000 > Math.min(60, life / 10);
}

/** The key that marks a guest of this day (UTC). */
export function tagOf(nowMs: number): string {
  return TAG + new Date(nowMs).toISOString().slice(0, 10).replaceAll('-', '_');
}

/** True where the newest of the keys is of a day that was over for so long; a key without a date says nothing about age. */
export function isOlder(tags: readonly string[], olderThanMs: number, nowMs: number): boolean {
  const dates = tags.map((tag) => tag.slice(TAG.length)).filter((date) => /^\d{4}_\d{2}_\d{2}$/.test(date));
  const days = dates.map((date) => Date.parse(date.replaceAll('_', '-'))).filter((day) => !Number.isNaN(day));
  return days.length > 0 && Math.max(...days) + DAY_MS <= nowMs - olderThanMs;
}
