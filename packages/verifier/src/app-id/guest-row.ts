/** What became of a guest, remembered for as long as the signature of their last token would count. */
import type { GuestRow } from '../store/guests.ts';
import type { Context } from './context.ts';
import type { Holder } from './token-check.ts';

type Parts = Pick<Context, 'store' | 'settings'>;

/** The guest is this user from now on. False where they are somebody else already. Again and again is the same as once. */
export async function becomes(guest: Holder, user: string, { store, settings }: Parts): Promise<boolean> {
  const row: GuestRow = { generation: 1, state: 'user', by: user, at: settings.now(), until: guest.expiresAt + LEEWAY_MS };
  if (await store.changeGuest(guest.subject, null, row)) return true;
  return isOf(await store.guestRow(guest.subject), user);
}

/** Nobody is this guest any more. */
export async function giveUp(guest: Holder, { store, settings }: Parts): Promise<void> {
  await store.changeGuest(guest.subject, null, { generation: 0, state: 'gone', by: 'logout', at: settings.now(), until: guest.expiresAt + LEEWAY_MS });
}

/** Whether a guest is this user, or nobody else yet. */
export function isOf(row: GuestRow | null, user: string): boolean {
  return row === null || (row.state === 'user' && row.by === user);
}

/** How far two clocks may be apart, and more. */
const LEEWAY_MS = 60_000;
