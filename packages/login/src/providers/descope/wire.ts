/** How Descope and the verifier are asked, and which words of their refusals mean something here. */
import { isLoginError, LoginError, optionalText, readClaims, type Json, type StoredSession } from '@passerby/shared';
import { parseObject, type Answer, type Refusal } from '../../core/answers.ts';
import type { ProviderPorts } from '../../ports/ports.ts';
import { ask, type FormAnswer } from '../http.ts';
import type { Settings } from './settings.ts';

const credentialsIn = ({ sessions }: Settings): RequestCredentials => (sessions === 'body' ? 'omit' : 'include');

/** Who asks: whoever has this session, or the project alone. */
interface Caller {
  readonly ports: ProviderPorts;
  readonly session: StoredSession | null;
  readonly flowNonce?: string | null;
}

/** @throws LoginError `network` */
export function askDescope(settings: Settings, path: string, body: Json, { ports, session, flowNonce }: Caller): Promise<FormAnswer> {
  const { projectId, base } = settings;
  const refreshToken = refreshTokenOf(session);
  return ask(`${base}/v1/${path}`, {
    method: 'POST', credentials: credentialsIn(settings), body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${projectId}${refreshToken ? `:${refreshToken}` : ''}`, ...(flowNonce && { 'x-descope-flow-nonce': flowNonce }) },
  }, ports);
}

export const refreshTokenOf = (session: StoredSession | null): string | undefined => (session?.renewal.type === 'refresh_token' ? session.renewal.refreshToken : undefined);

/** By a form, which needs no preflight at another origin. @throws LoginError `network`, `unsupported` */
export async function askVerifier(settings: Settings, route: string, fields: Readonly<Record<string, string>>, ports: ProviderPorts): Promise<FormAnswer> {
  const { guests } = settings;
  if (!('verifier' in guests)) throw new LoginError('unsupported', 'There is no verifier here: guests come from a flow');
  return ask(`${guests.verifier}/${route}`, { method: 'POST', body: new URLSearchParams(fields), credentials: credentialsIn(settings) }, ports);
}

/** The service's own word for what it does not take; empty: it said nothing of its own. */
export function wordOf({ status, body }: Answer): string {
  const data = status >= 400 && status < 500 ? parseObject(body) : null;
  return (data && (optionalText(data, 'error') ?? optionalText(data, 'errorCode'))) ?? '';
}

export const never: Refusal = () => false;

/** Descope read the request and says no in a word of its own: so it will the next time. */
export const isDescopesNo: Refusal = (_status, error) => /^E\d{6}$/.test(error);

/**
 * Descope's words for "this session is over": signed out, a refresh token that was used up, or too old by its own life. That is counted on Descope's clock, which the last renewal told, so a
 * device whose clock is wrong all along loses nobody.
 */
export const isOver = (session: StoredSession, now: number): Refusal => (status, error) =>
  status === 401 && (error === 'E064001' || error === 'E064006' || (error.startsWith('E06') && endOf(session) < session.issuedAt + (now - session.receivedAt)));

/** Ms since epoch on Descope's clock; Infinity where nothing tells it. */
function endOf({ renewal, accessToken, tokenType }: StoredSession): number {
  if (renewal.type === 'refresh_token') return Number(readClaims(renewal.refreshToken).exp) * 1000;
  return tokenType === 'Cookie' ? Infinity : Date.parse(optionalText(readClaims(accessToken), 'rexp') ?? '');
}

/** It says no to the credential, and not that it is over. */
export const isUnsure = (error: unknown): boolean => isLoginError(error) && error.code !== 'grant_refused' && error.status === 401 && /^E06\d{4}$/.test(error.oauthError ?? '');

/** What a renewal is asked with does not change, so what is found wrong with it now may be found right later: nobody is told to stop asking. */
export function askAgain(error: unknown): never {
  if (!isLoginError(error) || error.code !== 'config_invalid') throw error;
  throw new LoginError('response_invalid', error.message, error);
}
