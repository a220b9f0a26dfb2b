/** Serves who is here, where nothing has to be done first. */
import { LoginError, type StoredSession } from '@passerby/shared';
import type { GuestWish } from '../core/policy.ts';
import type { Ended } from '../core/record.ts';
import type { SessionReader } from '../session-reader.ts';

/**
 * The session whose token works; null: it has to be renewed or started first. `renew` is called where it works now and not much longer.
 * @throws LoginError `login_required`
 */
export async function serve(reader: SessionReader, guests: GuestWish, renew: () => void): Promise<StoredSession | null> {
  await reader.caughtUp();
  const { session, ended } = reader.record;
  const step = reader.nextStep(guests);
  if (step === 'login_required') throw loginRequired(ended);
  if (step === 'serve_and_refresh') renew();
  return step === 'serve' || step === 'serve_and_refresh' ? session : null;
}

export const loginRequired = (ended: Ended | null, cause?: LoginError): LoginError =>
  new LoginError('login_required', ended === 'user_expired' ? 'The session has ended: sign in again' : 'Nobody is here: call authenticate()', { cause });
