/** What App ID's answers mean where they are not what was asked for. Decides only; sources: its own SDKs, https://cloud.ibm.com/apidocs/app-id/auth */
import { optionalText, type Json } from '@passerby/shared';
import type { ServiceAnswer } from '../reach.ts';

/**
 * `over`: the code or the token is. `unverified`: the person has something left to do at App ID first. `anonymous_forbidden`: the tenant wants no guests.
 * `token_refused`: the profiles API takes this token not, or no token at all. `refused`: anything else that is the request's own fault.
 * `setting`: an operator has to change something. `unavailable`: later it may work.
 */
export type Failure = 'over' | 'unverified' | 'anonymous_forbidden' | 'token_refused' | 'refused' | 'setting' | 'unavailable';

/** A request of ours that App ID did not do. Its message is for the operator, and holds nothing that was sent. */
export class AppIdFailed extends Error {
  override readonly name = 'AppIdFailed';
  readonly failure: Failure;
  readonly retryAfterSeconds: number | undefined;

  constructor(failure: Failure, advice: string, retryAfterSeconds?: number) {
    super(advice);
    this.failure = failure;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

const CLIENT = 'App ID does not take clientId and secret (any more): compare them with Applications, View credentials; the type is Regular web application';
const ADDRESS = 'App ID does not send guests back to guestRedirectUrl: add it to Manage authentication, Authentication settings, Web redirect URLs';
const ANONYMOUS = 'App ID refuses anonymous users: switch them on (PUT /management/v4/<tenantId>/config/tokens, anonymousAccess.enabled)';
/** Words that may be told: whatever else stands in their place may quote what was sent. */
const KNOWN = new Set(['invalid_request', 'invalid_grant', 'invalid_scope', 'unsupported_grant_type', 'unsupported_response_type', 'access_denied', 'server_error', 'temporarily_unavailable', 'FORBIDDEN', 'INVALID_ACCESS_TOKEN']);

/** The token endpoint's answer that is no token. */
export function judgeToken(what: string, { status, body, retryAfterSeconds }: Pick<ServiceAnswer, 'status' | 'body' | 'retryAfterSeconds'>): AppIdFailed {
  const error = wordIn(body);
  if (status === 429 || status < 400 || status >= 500 || error === undefined) return unavailable(what, retryAfterSeconds);
  if (status === 401 || error === 'invalid_client' || error === 'unauthorized_client') return new AppIdFailed('setting', CLIENT);
  if (status === 403 && error === 'FORBIDDEN') return new AppIdFailed('unverified', 'App ID waits for this person to be verified');
  if (error === 'invalid_grant') return new AppIdFailed('over', `App ID does not take this code or token (any more) (${what})`);
  return new AppIdFailed('refused', `App ID refused ${what} (${told(error)})`);
}

/** `/authorization` for a guest, whose answer sends nobody back with a code. `error`: the words in the address it sends to; null: it sends nobody. */
export function judgeAuthorization({ status, retryAfterSeconds }: Pick<ServiceAnswer, 'status' | 'retryAfterSeconds'>, error: { readonly word: string; readonly code: string } | null): AppIdFailed {
  if (status === 429 || status === 0 || status >= 500) return unavailable('authorization', retryAfterSeconds);
  if (error === null) return status >= 400 ? new AppIdFailed('setting', `${ADDRESS}; and compare clientId`) : unavailable('authorization');
  if (error.word === 'server_error' || error.word === 'temporarily_unavailable') return unavailable('authorization');
  if (error.word === 'access_denied') return new AppIdFailed('anonymous_forbidden', ANONYMOUS);
  if (error.code === 'INVALID_ACCESS_TOKEN') return new AppIdFailed('over', 'App ID does not take this token of a guest (any more)');
  return new AppIdFailed('setting', `App ID refused to start a guest (${told(error.word)}): compare clientId, and the type of the application`);
}

/** The profiles API. */
export function judgeProfiles(what: string, { status, isPage, retryAfterSeconds }: Pick<ServiceAnswer, 'status' | 'isPage' | 'retryAfterSeconds'>): AppIdFailed {
  if ((status === 401 || status === 403) && !isPage) return new AppIdFailed('token_refused', 'App ID refuses attributes to a token that is good: switch on User profiles, with attributes that can be changed by the app');
  if (status === 413) return new AppIdFailed('refused', 'App ID keeps 100 kB of attributes at most for one person');
  return unavailable(what, retryAfterSeconds);
}

export function unavailable(what: string, retryAfterSeconds?: number): AppIdFailed {
  return new AppIdFailed('unavailable', `App ID did not answer as it should (${what})`, retryAfterSeconds);
}

/** The token endpoint has a name of its own for what RFC 6749 §5.2 calls `error`. */
const wordIn = (body: Json | null): string | undefined => (body ? (optionalText(body, 'error') ?? optionalText(body, 'error_code')) : undefined);
const told = (word: string): string => (KNOWN.has(word) ? word : 'unknown error');
