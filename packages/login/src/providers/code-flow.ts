/** The page's half of an OpenID Connect code flow (OpenID Connect Core §3.1.2): where people are sent, and what they come back with. */
import { isLoginError, LoginError } from '@passerby/shared';
import { safeAddress } from './http.ts';
import type { CallbackMarks } from './provider.ts';

const PARAMETERS = ['state', 'code', 'iss', 'session_state', 'error', 'error_code', 'error_description', 'error_uri', 'scope', 'authuser', 'prompt', 'hd'];

/** Pure and synchronous; null: it is no callback. */
export function callbackMarks({ searchParams }: URL, issuer: string): CallbackMarks | null {
  const state = searchParams.get('state');
  const answered = searchParams.has('code') || searchParams.has('error');
  const origin = searchParams.get('iss') === issuer && { origin: 'service' as const };
  return state && answered ? { state, ...origin, parameters: PARAMETERS } : null;
}

/**
 * The code that came back. `promised`: the provider always names itself.
 * @throws LoginError `callback_invalid`, `login_denied`
 */
export function codeFrom(callback: URLSearchParams, issuer: string, promised?: string): string {
  // Compared as text (RFC 9207 §2.4); a provider that promised it and sent none is not the one that was asked.
  if ((callback.get('iss') ?? issuer) !== issuer || (promised && !callback.has('iss'))) throw new LoginError('callback_invalid', 'The callback is from another issuer');
  const error = callback.get('error');
  if (error === 'access_denied') throw new LoginError('login_denied', 'The person or the service declined', { oauthError: error });
  const code = callback.get('code');
  if (error || !code) throw new LoginError('callback_invalid', 'The provider came back without a code', { oauthError: error ?? undefined });
  return code;
}

/** The address with these parameters. */
export function addressWith(address: string, parameters: Readonly<Record<string, string>>): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

/** The verifier's own words for a visitor it does not let in. */
export function refusedVisitor(error: unknown): never {
  if (!isLoginError(error) || !/^(access_denied|captcha_required|guests_disabled)$/.test(error.oauthError ?? '')) throw error;
  throw new LoginError('login_denied', 'The verifier does not let this visitor in', { oauthError: error.oauthError, status: error.status });
}

/** A code or a link that was used: the same one will never do. */
export function spent(error: unknown): never {
  if (!isLoginError(error) || error.code !== 'grant_refused') throw error;
  throw new LoginError('callback_invalid', 'The code or the link was used already, or is too old: sign in again', { oauthError: error.oauthError, status: error.status });
}

const HERE = 'https://here.invalid';

/** Where a verifier is mounted: an address, or a path that stays at this origin. @throws LoginError `config_invalid` */
export function checkMount(verifier: unknown): string {
  const isPath = typeof verifier === 'string' && verifier.startsWith('/') && URL.canParse(verifier, HERE) && new URL(verifier, HERE).origin === HERE;
  return (isPath ? verifier : checkAddress(verifier, 'verifier, where it is no path such as /auth,')).replace(/\/$/, '');
}

/** A setting of the app's that is the address of a server. @throws LoginError `config_invalid` */
export function checkAddress(address: unknown, what: string): string {
  try {
    if (typeof address === 'string' && safeAddress(address)) return address;
  } catch (error) {
    if (!isLoginError(error)) throw error;
  }
  throw new LoginError('config_invalid', `${what} is not an https address (http works for localhost only)`);
}

/** @throws LoginError `config_invalid` */
export function checkClientId(clientId: unknown): void {
  if (typeof clientId !== 'string' || clientId === '') throw new LoginError('config_invalid', "clientId is this application's client id at the provider");
}
