/** How a sign-in or link ended, as the app is told. */
import { LoginError } from '@passerby/shared';
import type { StoredOutcome } from '../core/record.ts';
import type { Session } from '../session-reader.ts';
import type { Context } from './context.ts';

/** How a sign-in or link ended. */
export type LinkOutcome =
  | { readonly type: 'guest_started' | 'signed_in' | 'linked'; readonly session: Session }
  | { readonly type: 'moved'; readonly from: string; readonly to: string; readonly session: Session | null }
  | { readonly type: 'identity_in_use'; readonly existing: { readonly connectionId: string; readonly subject: string | null }; readonly session: Session | null }
  | { readonly type: 'cancelled' }
  | { readonly type: 'failed'; readonly error: LoginError };

/** Where nothing is known of a callback of the service's own. */
const UNKNOWN = 'This sign-in was begun in another browser, or was given up here meanwhile: begin it again';

/** What is stored of the end of a round trip, in the app's words; null: there is nothing to tell. */
export function toOutcome({ keeper }: Context, outcome: StoredOutcome | null): LinkOutcome | null {
  const { conflict } = keeper.record;
  const session = keeper.snapshot();
  const inUse = conflict && { type: 'identity_in_use' as const, existing: { connectionId: conflict.connectionId, subject: conflict.session?.subject ?? null }, session };
  const { type, error, from } = outcome ?? {};
  switch (type) {
    case undefined:
    case 'identity_in_use':
      return inUse;
    case 'cancelled':
      return { type };
    case 'failed':
      return { type, error: new LoginError(error?.code ?? 'callback_invalid', error?.message ?? UNKNOWN) };
    case 'moved':
      return { type, from: from ?? '', to: session?.subject ?? '', session };
    default:
      // Whoever came is gone again: signed out on this very page.
      return session && { type, session };
  }
}

/** Who came in by a window. @throws LoginError `identity_in_use`, `login_denied`, or why it failed */
export function whoCame(outcome: LinkOutcome | null): Session {
  if (outcome?.type === 'failed') throw outcome.error;
  if (outcome?.type === 'identity_in_use') throw new LoginError('identity_in_use', 'This identity already has another subject: ask the person, and call resolveLink()');
  if (!outcome || !('session' in outcome) || !outcome.session) throw new LoginError('login_denied', 'The person closed the window, declined, or signed out meanwhile');
  return outcome.session;
}
