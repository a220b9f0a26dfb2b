/** Somebody here whose token can be used: what `getToken()` waits for. */
import { isLoginError, LoginError, type LoginErrorCode, type StoredSession } from '@passerby/shared';
import { endsSession, waitMs, type GuestWish } from '../core/policy.ts';
import type { Context } from './context.ts';
import { loginRequired } from './serve.ts';
import { startGuest } from './start-guest.ts';

export interface Wish {
  readonly guests?: GuestWish;
  /** Where a guest comes from; default: the client's `guestConnectionId`. */
  readonly connectionId?: string | undefined;
  /** Ms since epoch. */
  readonly deadline: number;
}

/**
 * The session with a token that works now, renewed or started where needed.
 * @throws LoginError `login_required`, `session_changed`, `config_invalid`, retryable codes with `retryAfterMs`; where it starts a guest, what startGuest() throws
 */
export async function useSession(context: Context, { guests = 'explicit', connectionId, deadline }: Wish): Promise<StoredSession> {
  const { keeper } = context;
  const { clock } = keeper.ports;
  let failure: LoginError | null = null;
  for (;;) {
    await keeper.caughtUp();
    const { record } = keeper;
    const { session } = record;
    const step = keeper.nextStep(guests);
    switch (step) {
      case 'serve_and_refresh':
        // Its failure is in the record, where the next caller finds it; this one has a token.
        keeper.renew().catch((error: unknown) => { if (!isLoginError(error)) reportError(error); });
        return session as StoredSession;
      case 'serve':
        return session as StoredSession;
      case 'end':
        await keeper.commit({ type: 'refused', token: 'over', turn: record.turn });
        break;
      case 'login_required':
        throw loginRequired(record.ended, failure ?? undefined);
      case 'wait': {
        const ms = waitMs(record, clock.now());
        if (clock.now() + ms > deadline) throw later({ failure, code: record.backoff?.code ?? 'server', ms });
        await keeper.pause(ms);
        break;
      }
      case 'refresh':
      case 'start_guest':
        try {
          await (step === 'refresh' ? keeper.renew() : startGuest(context, guests, connectionId));
        } catch (error) {
          // A refusal has changed the record, and a failure has put off the next try: both are for the next look.
          if (!isLoginError(error) || !(error.retryable || endsSession(error)) || keeper.ports.frame.isForbidden()) throw error;
          failure = error;
        }
    }
  }
}

const later = ({ failure, code, ms }: { failure: LoginError | null; code: LoginErrorCode; ms: number }): LoginError =>
  failure
    ? new LoginError(failure.code, failure.message, { ...failure, cause: failure.cause, retryAfterMs: ms })
    : new LoginError(code, 'The last request failed, here or in another tab; everything is kept, and it is tried again after a pause', { retryAfterMs: ms });
