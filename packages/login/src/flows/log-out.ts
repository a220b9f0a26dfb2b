import { LoginError } from '@passerby/shared';
import type { Context } from './context.ts';

export interface LogOutOptions {
  /** A guest that is logged out is gone for ever, and with it whatever it has: this says that it is meant. */
  readonly discardGuest?: true;
}

/**
 * Ends the session here and in every tab, then at the service.
 * @throws LoginError `guest_would_be_lost`, `session_changed`, `storage_unavailable`; retryable codes when the service was not reached: signed out here all the same
 */
export async function logOut({ keeper }: Context, { discardGuest }: LogOutOptions): Promise<void> {
  const { session } = await keeper.read();
  if (session?.kind === 'guest' && !discardGuest) {
    throw new LoginError('guest_would_be_lost', 'A guest can not sign in again: pass { discardGuest: true } to give up this guest and its things');
  }
  await keeper.commit({ type: 'signed_out', subject: session?.subject ?? null });
  if (keeper.record.session) throw new LoginError('session_changed', 'Somebody else came meanwhile, and was not signed out: look who is here');
  const { provider } = keeper;
  // One failing does not keep the other: whoever is still signed in at the service would be signed in here again by a click.
  const parts = session ? await Promise.allSettled([keeper.ask(async (ports) => provider.endSession?.(session, ports, 'everybody')), keeper.ask(async (ports) => provider.signOutUrl?.(session, ports))]) : [];
  if (!keeper.saved) throw new LoginError('storage_unavailable', 'Signed out on this page, but storage refused to note it: reload the page and look');
  const url = parts.map((part) => part.status === 'fulfilled' && part.value).find(Boolean);
  if (url) keeper.ports.navigation.leave(url);
  for (const part of parts) if (part.status === 'rejected') throw part.reason;
}

