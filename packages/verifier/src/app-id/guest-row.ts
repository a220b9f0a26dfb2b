/** What became of a guest, remembered for as long as the signature of any token of theirs would count: a copy may have been renewed by somebody else. */
import type { GuestRow } from '../store/guests.ts';
import type { Context } from './context.ts';
import { MOST_SECONDS, type Holder } from './token-check.ts';

type Parts = Pick<Context, 'store' | 'settings'>;

/** The guest is this user from now on. False where they are somebody else already. Again and again is the same as once. */
export async function becomes(guest: Holder, user: string, { store, settings }: Parts): Promise<boolean> {
  const row: GuestRow = { generation: 1, state: 'user', by: user, at: settings.now(), until: settings.now() + LAST_TOKEN_MS };
  if (await store.changeGuest(guest.subject, null, row)) return true;
  return isOf(await store.guestRow(guest.subject), user);
}

/** Nobody is this guest any more. */
export async function giveUp(guest: Holder, { store, settings }: Parts): Promise<void> {
  await store.changeGuest(guest.subject, null, { generation: 0, state: 'gone', by: 'logout', at: settings.now(), until: settings.now() + LAST_TOKEN_MS });
}

/** Whether a guest is this user, or nobody else yet. */
export function isOf(row: GuestRow | null, user: string): boolean {
  return row === null || (row.state === 'user' && row.by === user);
}

/** The longest life that is accepted of a token, and more than two clocks may be apart. */
const LAST_TOKEN_MS = MOST_SECONDS * 1000 + 60_000;
