/** What Descope's answers mean where they are not what was asked for. Decides only; errors: https://docs.descope.com/common-errors */
import { optionalText } from '@passerby/shared';
import type { ServiceAnswer } from '../reach.ts';

/**
 * `missing`: there is no such user. `over`: the token is. `code_wrong`, `code_over`: so is the code. `refused`: anything else that is the request's own fault.
 * `setting`: an operator has to change something. `unavailable`: later it may work.
 */
export type Failure = 'missing' | 'over' | 'code_wrong' | 'code_over' | 'refused' | 'setting' | 'unavailable';

/** By what is asked: the shop's key, somebody's token, a code, or a password. */
export type Api = 'management' | 'token' | 'code' | 'password';

/** A request of ours that Descope did not do. Its message is for the operator, and holds nothing that was sent. */
export class DescopeFailed extends Error {
  override readonly name = 'DescopeFailed';
  readonly failure: Failure;
  readonly retryAfterSeconds: number | undefined;

  constructor(failure: Failure, advice: string, retryAfterSeconds?: number) {
    super(advice);
    this.failure = failure;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

const NEW_KEY = 'Descope does not take managementKey for this project (any more): make a new management key, and compare projectId';
const USER_UNKNOWN = /^E(?:062108|112102)$/;

/** `what` names the call, such as `user/create`. */
export function judge(api: Api, what: string, { status, body, retryAfterSeconds }: Pick<ServiceAnswer, 'status' | 'body' | 'retryAfterSeconds'>): DescopeFailed {
  const code = (body && optionalText(body, 'errorCode')) ?? '';
  const fail = (failure: Failure, advice: string): DescopeFailed => new DescopeFailed(failure, advice, retryAfterSeconds);
  // Whatever has no code of Descope's own was written by something in between.
  if (status < 400 || status === 429 || status >= 500 || !/^E\d{6}$/.test(code)) return fail('unavailable', `Descope did not answer as it should (${what})`);
  if (USER_UNKNOWN.test(code)) return fail(api === 'token' ? 'over' : 'missing', `Descope has no such user (${what})`);
  if (api === 'code') return fail(judgeCode(code), `Descope did not take a code (${what}, ${code})`);
  if (api === 'token' && status === 401 && code.startsWith('E06')) return fail('over', `Descope does not take this token any more (${what}, ${code})`);
  if (api === 'management' && (status === 401 || status === 403)) return fail('setting', NEW_KEY);
  return fail('refused', `Descope refused ${what} (${code})`);
}

function judgeCode(code: string): Failure {
  if (code === 'E061102') return 'code_wrong';
  return code.startsWith('E06') ? 'code_over' : 'refused';
}
