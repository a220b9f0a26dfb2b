/** What ZITADEL's answers mean where they are not what was asked for. Decides only; docs: https://zitadel.com/docs/apis/openidoauth/endpoints, RFC 6749 §5.2, RFC 8693 §2.2.2. */
import { optionalText } from '@passerby/shared';
import type { ServiceAnswer } from '../reach.ts';

/**
 * `missing`: there is no such user. `taken`: somebody has this username. `password`: the password policy. `refused`: anything else that is the request's own fault.
 * `setting`: an operator has to change something. `unavailable`: later it may work.
 */
export type Failure = 'missing' | 'taken' | 'password' | 'refused' | 'setting' | 'unavailable';

export interface Judged {
  readonly failure: Failure;
  /** For the operator: what to change. Holds nothing that was sent. */
  readonly advice: string;
}

/** A request of ours that ZITADEL did not do. */
export class ServiceFailed extends Error {
  override readonly name = 'ServiceFailed';
  readonly failure: Failure;
  readonly retryAfterSeconds: number | undefined;

  constructor({ failure, advice }: Judged, retryAfterSeconds?: number) {
    super(advice);
    this.failure = failure;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export type Grant = 'exchange' | 'code' | 'refresh';

const NEW_TOKEN = 'ZITADEL does not take serviceToken (any more): make a new personal access token for the service account, and set it';
const MANAGER = 'The service account may not manage users: give it the role Org User Manager (ORG_USER_MANAGER) in the organization of the guests, or IAM_USER_MANAGER';
const IMPERSONATION = 'ZITADEL refuses impersonation: switch on Enable Impersonation (Instance → Security)';
const IMPERSONATOR = 'The service account may not act for guests: give it the role IAM_END_USER_IMPERSONATOR (or ORG_END_USER_IMPERSONATOR in the organization of the guests)';
const FEATURE = 'ZITADEL knows no token exchange: switch on the feature oidcTokenExchange (PUT /v2/features/instance { "oidcTokenExchange": true }), and the grant type Token Exchange on the application';
const EXCHANGE_GRANT = "The application may not exchange tokens: add the grant type Token Exchange to it (the application of clientId, in ZITADEL's console)";
const SIGN_IN_GRANTS = 'The application may not redeem codes or refresh tokens: add the grant types Authorization Code and Refresh Token to it';
const CLIENT = 'ZITADEL does not know this application: compare clientId and clientSecret with its console, and the authentication method (None for PKCE, or Basic)';
const NO_API = 'There is no UserService (v2) at issuer: compare issuer with your ZITADEL, which has to be of version 3 or newer';

/** An answer of the UserService in the Connect protocol's JSON form. */
export function judgeManagement(rpc: string, { status, body }: Pick<ServiceAnswer, 'status' | 'body'>): Judged {
  const code = body && optionalText(body, 'code');
  const message = (body && optionalText(body, 'message')) ?? '';
  if (status === 429 || status >= 500) return code === 'unimplemented' ? setting(NO_API) : unavailable();
  if (status === 404 && code !== 'not_found') return setting(NO_API);
  if (code === undefined || code === null) return unavailable();
  if (status === 401 || code === 'unauthenticated') return setting(NEW_TOKEN);
  if (status === 403 || code === 'permission_denied') return setting(MANAGER);
  // Whoever asks is not known there: the user may well be.
  if (code === 'not_found' && /AUTHZ-/.test(message)) return setting(MANAGER);
  if (code === 'not_found') return { failure: 'missing', advice: `ZITADEL has no such user (${rpc})` };
  if (code === 'already_exists' || /AlreadyExist|already exist|COMMAND-7yiox1isql|V3-DKcYh/.test(message)) return { failure: 'taken', advice: 'Somebody has this username at ZITADEL' };
  if (/password|DOMAIN-(?:HuJf6|co3Xw|VoaRj|ZBv4H|ZDLwA)/i.test(message)) return { failure: 'password', advice: "ZITADEL's password policy refuses the password" };
  return { failure: 'refused', advice: `ZITADEL refused ${rpc}${idOf(message)}${rpc === 'CreateUser' ? ': compare organizationId' : ''}` };
}

/** An answer of the token endpoint that is no token. */
export function judgeToken(grant: Grant, { status, body }: Pick<ServiceAnswer, 'status' | 'body'>): Judged {
  const error = body && optionalText(body, 'error');
  const description = (body && optionalText(body, 'error_description')) ?? '';
  if (status === 429 || status >= 500 || !error) return unavailable();
  if (error === 'invalid_client') return setting(CLIENT);
  if (error === 'unauthorized_client') return setting(grant === 'exchange' ? EXCHANGE_GRANT : SIGN_IN_GRANTS);
  if (error === 'unsupported_grant_type') return setting(grant === 'exchange' ? FEATURE : SIGN_IN_GRANTS);
  if (grant === 'exchange') return judgeExchange({ status, error, description });
  // A refresh token that is over comes as the second (seen in its sources), a code that is over as either.
  const isOver = error === 'invalid_grant' || (error === 'invalid_request' && (grant === 'code' || /RefreshToken/i.test(description)));
  return isOver ? { failure: 'missing', advice: 'ZITADEL does not take this code or refresh token (any more)' } : { failure: 'refused', advice: `ZITADEL refused the ${grant} grant${idOf(description)}` };
}

function judgeExchange({ status, error, description }: { readonly status: number; readonly error: string; readonly description: string }): Judged {
  if (/PolicyDisabled|OIDC-Fae5w/.test(description)) return setting(IMPERSONATION);
  if (/actor_token/.test(description)) return setting(NEW_TOKEN);
  if (/subject_token/.test(description)) return { failure: 'missing', advice: 'ZITADEL has no such user (token exchange)' };
  if (status === 403 || error === 'access_denied' || /permission|membership/i.test(description)) return setting(IMPERSONATOR);
  return setting(`ZITADEL refused the token exchange (${/^[a-z_]{1,40}$/.test(error) ? error : 'unknown error'})${idOf(description)}: compare the application and the service account with the guide`);
}

/** Only the name of ZITADEL's own error: what is around it may quote what was sent. */
function idOf(message: string): string {
  const id = /\b[A-Z][A-Z0-9]{2,11}-[A-Za-z0-9]{4,12}\b/.exec(message)?.[0];
  return id === undefined ? '' : ` (${id})`;
}

function setting(advice: string): Judged {
  return { failure: 'setting', advice };
}

export function unavailable(): Judged {
  return { failure: 'unavailable', advice: 'ZITADEL did not answer as it should' };
}
