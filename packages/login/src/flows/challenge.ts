/** A guest becomes a user by what the person answers in a form of the app's own, and then signs in. */
import { isLoginError, LoginError } from '@passerby/shared';
import type { Answer, Challenge, LinkStep } from '../providers/provider.ts';
import type { Context } from './context.ts';
import type { Departure } from './authorize.ts';

/** Asks the person; null: they gave it up. */
export type AskPerson = (challenge: Challenge) => Promise<Answer | null>;

type Became = Pick<Departure, 'subject' | 'loginHint'>;

/** How often, and after how long, a code is sent in again whose answer was lost. */
const TRIES = 3;
const PAUSE_MS = 1_500;

/**
 * Has the guest who is here become a user, where the service can do that before they sign in; gives what the sign-in needs to know, or null: the person gave
 * it up, and the guest is as before. Runs the app's code, so never under the lock; nothing that was answered is stored.
 * @throws LoginError `session_changed`, `config_invalid`, retryable codes
 */
export async function becomeUser({ keeper }: Context, ask: AskPerson): Promise<Became | null> {
  const { session } = keeper.record;
  let step = session?.kind === 'guest' && keeper.provider.link?.(session);
  if (!session || !step) return {};
  while ('challenge' in step) {
    const answer = await ask(step.challenge);
    if (answer === null) return null;
    if ('type' in answer && answer.type === 'sign_in') return {};
    await keeper.read();
    // They took their time; what one guest answers is not done to another.
    if (keeper.record.session?.subject !== session.subject) throw new LoginError('session_changed', 'Somebody else is here by now: begin again');
    step = await answered(keeper, step, answer);
  }
  const { done, loginHint } = step;
  if (done === 'identity_in_use') return { loginHint };
  await keeper.commit({ type: 'upgraded', subject: session.subject });
  return { loginHint, subject: session.subject };
}

/** A code is sent in again where its answer was lost: the service goes on where it was. What has another one sent is not. */
async function answered(keeper: Context['keeper'], { challenge, answer: send }: Extract<LinkStep, { challenge: Challenge }>, answer: Answer): Promise<LinkStep> {
  for (let left = challenge.type === 'code' ? TRIES : 1; ; left--) {
    try {
      return await keeper.ask((ports) => send(answer, ports));
    } catch (error) {
      if (left === 1 || !isLoginError(error) || !error.retryable || (error.retryAfterMs ?? 0) > PAUSE_MS * TRIES) throw error;
      await keeper.ports.clock.sleep(error.retryAfterMs ?? PAUSE_MS);
    }
  }
}
