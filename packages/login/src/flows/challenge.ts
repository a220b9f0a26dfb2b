/** Somebody signs in by what they answer in a form of the app's own. */
import { isLoginError, LoginError, type Grant } from '@passerby/shared';
import type { Answer, Challenge, LinkStep } from '../providers/provider.ts';
import type { Context } from './context.ts';

/** Asks the person; null: they gave it up. */
export type AskPerson = (challenge: Challenge) => Promise<Answer | null>;

/** What the answers came to: who is to leave and sign in, or the grant of who is in. */
export interface Asked {
  readonly subject?: string;
  readonly loginHint?: string;
  readonly granted?: { readonly grant: Grant; readonly at: number };
}

/** How often, and after how long, a code is sent in again whose answer was lost. */
const TRIES = 3;
const PAUSE_MS = 1_500;

/**
 * Has who is here, or nobody, answer what the service asks by this connection; null: the person gave it up, and everything is as before. Runs the app's code, so
 * never under the lock; nothing that was answered is stored.
 * @throws LoginError `session_changed`, `config_invalid`, retryable codes
 */
export async function askPerson({ keeper }: Context, connectionId: string, ask: AskPerson): Promise<Asked | null> {
  const { session } = keeper.record;
  let step = keeper.provider.link?.(session, connectionId);
  if (!step) return {};
  let at = keeper.ports.clock.now();
  while ('challenge' in step) {
    const answer = await ask(step.challenge);
    if (answer === null) return null;
    if ('type' in answer && answer.type === 'sign_in') return {};
    await keeper.read();
    // They took their time; what one answers is not done to another.
    if (keeper.record.session?.subject !== session?.subject) throw new LoginError('session_changed', 'Somebody else is here by now: begin again');
    at = keeper.ports.clock.now();
    step = await answered(keeper, step, answer);
  }
  if (step.done === 'signed_in') return { granted: { grant: step.grant, at } };
  const { done, loginHint } = step;
  if (done !== 'upgraded' || !session) return { loginHint };
  await keeper.commit({ type: 'upgraded', subject: session.subject });
  return { loginHint, subject: session.subject };
}

/** A code is sent in again where its answer was lost: the service goes on where it was. What has another one sent is not. */
async function answered(keeper: Context['keeper'], { challenge, answer: send }: Extract<LinkStep, { challenge: Challenge }>, answer: Answer): Promise<LinkStep> {
  for (let left = challenge.type === 'code' ? TRIES : 1; ; left--) {
    try {
      return await keeper.ask((ports) => send(answer, ports, keeper.record.session));
    } catch (error) {
      if (left === 1 || !isLoginError(error) || !error.retryable || (error.retryAfterMs ?? 0) > PAUSE_MS * TRIES) throw error;
      await keeper.ports.clock.sleep(error.retryAfterMs ?? PAUSE_MS);
    }
  }
}
