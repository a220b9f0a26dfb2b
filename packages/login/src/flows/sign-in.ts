/** A person signs in; where a guest is here, its ID becomes theirs. */
import { isLoginError, LoginError, type StoredSession } from '@passerby/shared';
import type { StoredOutcome } from '../core/record.ts';
import type { Popup } from '../ports/ports.ts';
import { admit, leave, recover, type Departure } from './authorize.ts';
import { askPerson, type AskPerson } from './challenge.ts';
import type { Context } from './context.ts';
import { deliverMerges } from './merge.ts';
import { useSession } from './use-session.ts';

export interface SignIn {
  readonly connectionId: string;
  readonly redirectUrl: string | undefined;
  readonly popup?: Popup | null;
  readonly challenge?: AskPerson | undefined;
  /** Ms since epoch. */
  readonly deadline: number;
}

/**
 * Links the guest who is here, or signs in where there is none. Leaves the page, unless a window was opened for it or an earlier link turns out to be done.
 * @throws LoginError what `leave` and `link` throw
 */
export async function signIn(context: Context, request: SignIn): Promise<StoredOutcome> {
  const { keeper } = context;
  const { session, guestKey, ended } = keeper.record;
  // Also a guest whose session has ended, where the key that it follows from is still here.
  if (session?.kind === 'guest' || (guestKey && ended === 'guest_ended')) {
    try {
      return await link(context, request);
    } catch (error) {
      // Renewing the guest was refused: it is parked, and the person signs in without it. One that its key can bring back is waited for.
      if (keeper.record.session || (keeper.record.guestKey && isLoginError(error) && error.retryable)) throw error;
    }
  }
  return goAndSignIn(context, { ...request, purpose: 'sign_in' });
}

/**
 * Links an identity to whoever is here. Leaves the page, unless a window was opened for it or an earlier link turns out to be done.
 * @throws LoginError `login_required`, and what `leave` throws
 */
export async function link(context: Context, request: SignIn): Promise<StoredOutcome> {
  // The abandoned cart: a guest whose token lapsed days ago is renewed first.
  await useSession(context, { ...request, guests: context.keeper.record.guestKey ? 'on-demand' : 'explicit' });
  if (await recover(context, request.connectionId)) return { type: 'linked' };
  return goAndSignIn(context, { ...request, purpose: 'link' });
}

/** Signs the person in by what they answer on this page, where the service asks; else, or after that, at the service. */
async function goAndSignIn(context: Context, departure: Departure): Promise<StoredOutcome> {
  const subject = context.keeper.record.session?.subject ?? null;
  const asked = departure.challenge ? await askPerson(context, departure.connectionId, departure.challenge) : {};
  if (!asked) return { type: 'cancelled' };
  const { granted, ...known } = asked;
  if (!granted) return leave(context, { ...departure, ...known });
  const outcome = await admit(context, { ...departure, subject }, granted);
  void deliverMerges(context);
  return outcome;
}

/**
 * Answers an identity that is in use. Leaves the page where the service gave no session for it: the person signs in once more.
 * @throws LoginError `callback_unknown`, `config_invalid`, and what `leave` throws
 */
export async function resolveLink(context: Context, choice: 'stay_guest' | 'continue_as_user', deadline: number): Promise<void> {
  const { keeper } = context;
  const { conflict, session } = keeper.record;
  if (choice !== 'stay_guest' && choice !== 'continue_as_user') throw new LoginError('config_invalid', "resolveLink takes 'stay_guest' or 'continue_as_user'");
  if (!conflict) throw new LoginError('callback_unknown', NOTHING_TO_RESOLVE);
  if (choice === 'continue_as_user' && !conflict.session) {
    // The guest's token is the proof of the merge on return, so it has to live until then.
    if (session?.kind === 'guest') await useSession(context, { deadline }).catch((error: unknown) => { if (keeper.record.session) throw error; });
    await leave(context, { purpose: 'continue', connectionId: conflict.connectionId });
  }
  if (!(await keeper.commit({ type: 'resolved', choice, id: conflict.id }))) throw new LoginError('callback_unknown', NOTHING_TO_RESOLVE);
  if (choice === 'stay_guest') return letGo(context, conflict.session);
  // The switch is made; a hook that takes its time goes on by itself.
  const delivered = new AbortController();
  await Promise.race([deliverMerges(context).finally(() => delivered.abort()), keeper.ports.clock.sleep(deadline - keeper.ports.clock.now(), delivered.signal)]);
}

/** The session that nobody wants ends at the service too, where it is not the guest's own cookie. Not waited for: the person has chosen. */
function letGo({ keeper }: Context, unwanted: StoredSession | null): void {
  if (unwanted?.renewal.type !== 'refresh_token' && unwanted?.renewal.type !== 'own_cookie') return;
  keeper.ask(async (ports) => keeper.provider.endSession?.(unwanted, ports, 'this_one')).catch((error: unknown) => {
    // The service was not reached: it is bound to a key that is gone from here, and ends by its age.
    if (!isLoginError(error)) reportError(error);
  });
}

const NOTHING_TO_RESOLVE = 'There is no link to resolve: it was resolved already, perhaps in another tab';
