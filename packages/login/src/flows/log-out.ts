import { LoginError } from '@passerby/shared';
import type { Context } from './context.ts';

export interface LogOutOptions {
  /** A guest that is logged out is gone for ever, and with it whatever it has: this says that it is meant. */
  readonly discardGuest?: true;
}

/**
 * Ends the session here and in every tab, then at the service.
 * @throws LoginError `guest_would_be_lost`; retryable codes when the service was not reached: signed out here all the same
 */
export async function logOut({ keeper }: Context, { discardGuest }: LogOutOptions): Promise<void> {
  const { session } = await keeper.read();
  if (session?.kind === 'guest' && !discardGuest) {
    throw new LoginError('guest_would_be_lost', 'A guest can not sign in again: pass { discardGuest: true } to give up this guest and its things');
  }
  await keeper.commit({ type: 'signed_out' });
  if (session) await keeper.ask(async (ports) => keeper.provider.endSession?.(session, ports));
}
