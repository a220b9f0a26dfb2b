/** A person signs in by a code that is mailed to them: the two questions, whoever mails it. What was answered is held by these functions alone. */
import { LoginError, type Grant, type Json, type StoredSession } from '@passerby/shared';
import { judge, oauthRefusal, type Answer as HttpAnswer } from '../../core/answers.ts';
import type { ProviderPorts } from '../../ports/ports.ts';
import type { Answer, Challenge, LinkStep } from '../provider.ts';
import { wordOf } from './wire.ts';

/** Who asks, with the credentials of by now, and by which ports. */
export interface Asker {
  readonly ports: ProviderPorts;
  readonly session: StoredSession | null;
}

/** Redeems the code that the person typed. */
export type Confirm = (code: string, asker: Asker) => Promise<Grant | 'wrong' | 'over'>;
/** Mails a code to this e-mail. */
export type Send = (loginId: string, asker: Asker) => Promise<Confirm | 'refused'>;

type Refused = Extract<Challenge, { type: 'login_id' }>['refused'];

export function askLoginId(send: Send, refused?: Refused): LinkStep {
  return {
    challenge: { type: 'login_id', refused },
    async answer(answer, ports, session) {
      const loginId = loginIdOf(answer);
      const confirm = isEmail(loginId) ? await send(loginId, { ports, session }) : 'refused';
      return confirm === 'refused' ? askLoginId(send, 'login_id') : askCode(send, loginId, confirm);
    },
  };
}

function askCode(send: Send, sentTo: string, confirm: Confirm, refused?: 'code'): LinkStep {
  return {
    challenge: { type: 'code', sentTo, refused },
    async answer(answer, ports, session) {
      if (!('code' in answer) || typeof answer.code !== 'string' || answer.code === '') throw new LoginError('config_invalid', 'A code is answered with { code }');
      const came = await confirm(answer.code.trim(), { ports, session });
      if (came === 'wrong') return askCode(send, sentTo, confirm, 'code');
      return came === 'over' ? askLoginId(send, 'code') : { done: 'signed_in', grant: came };
    },
  };
}

/** Asks for the e-mail alone: the link is mailed when the sign-in begins. */
export function askForLink(refused?: 'login_id'): LinkStep {
  return {
    challenge: { type: 'login_id', refused },
    async answer(answer) {
      const loginHint = loginIdOf(answer);
      return isEmail(loginHint) ? { done: 'known', loginHint } : askForLink('login_id');
    },
  };
}

/** The two requests behind a code, at Descope or at the verifier. */
export interface Mailing {
  send(loginId: string, asker: Asker): Promise<HttpAnswer>;
  /** `sent`: the answer to the first of them. */
  confirm(typed: { readonly loginId: string; readonly code: string; readonly sent: Json }, asker: Asker): Promise<HttpAnswer>;
  /** `begunAt`: when the code was asked for. */
  toGrant(data: Json, asker: Asker, begunAt: number): Grant;
}

export function byMail({ send, confirm, toGrant }: Mailing): Send {
  return async (loginId, asker) => {
    const begunAt = asker.ports.now();
    const answered = await send(loginId, asker);
    if (answered.status === 400 && /^(E01100[34]|invalid_request)$/.test(wordOf(answered))) return 'refused';
    const sent = judge(answered, asker.ports.now(), oauthRefusal);
    return async (code, later) => {
      const answer = await confirm({ loginId, code, sent }, later);
      return codeRefused(wordOf(answer)) ?? toGrant(judge(answer, later.ports.now(), oauthRefusal), later, begunAt);
    };
  };
}

/** What the word for a code that is not taken asks for: another try, or another code; null: it is about something else. */
export function codeRefused(word: string): 'wrong' | 'over' | null {
  if (/^(E061102|code_wrong)$/.test(word)) return 'wrong';
  return /^(E06|E10|challenge_over$)/.test(word) ? 'over' : null;
}

/** @throws LoginError `config_invalid` */
function loginIdOf(answer: Answer): string {
  if (!('loginId' in answer) || typeof answer.loginId !== 'string') throw new LoginError('config_invalid', 'An e-mail is answered with { loginId }');
  return answer.loginId.trim();
}

const isEmail = (text: string): boolean => /^[^\s@]+@[^\s@]+$/.test(text);
