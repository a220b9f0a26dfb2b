import { LoginError, type StoredSession } from '@passerby/shared';
import { changed, signedOut } from '../core/at-once.ts';
import type { SessionReader } from '../session-reader.ts';

export interface LogOutOptions {
  /** A guest that is logged out is gone for ever, and with it whatever it has: this says that it is meant. */
  readonly discardGuest?: true;
}

/** How signing out at the service went. */
export interface Farewell {
  /** Where the person signs out there too. */
  readonly url?: string | undefined;
  /** Why it was not told. */
  readonly failure?: unknown;
}

/**
 * Ends the session here and in every tab, then at the service: `tellService` does that, and gives the page where the person signs out there too.
 * @throws LoginError `guest_would_be_lost`, `session_changed`, `storage_unavailable`; what `tellService` throws: signed out here all the same
 */
export async function logOut(reader: SessionReader, { discardGuest }: LogOutOptions, tellService: (session: StoredSession) => Promise<Farewell>): Promise<void> {
  const { session } = await reader.read();
  if (session?.kind === 'guest' && !discardGuest) {
    throw new LoginError('guest_would_be_lost', 'A guest can not sign in again: pass { discardGuest: true } to give up this guest and its things');
  }
  await reader.update((record) => changed(record, signedOut(record, session?.subject ?? null)));
  if (reader.record.session) throw new LoginError('session_changed', 'Somebody else came meanwhile, and was not signed out: look who is here');
  const told: Farewell = session ? await tellService(session).catch((failure: unknown) => ({ failure })) : {};
  if (!reader.saved) throw new LoginError('storage_unavailable', 'Signed out on this page, but storage refused to note it: reload the page and look');
  if (told.url) reader.ports.navigation.leave(told.url);
  if ('failure' in told) throw told.failure;
}
