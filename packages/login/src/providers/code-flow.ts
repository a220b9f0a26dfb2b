/** The page's half of an OpenID Connect code flow (OpenID Connect Core §3.1.2): where people are sent, and what they come back with. */
import { isLoginError, LoginError } from '@passerby/shared';

export { callbackMarks, checkAddress, checkBase, checkClientId, checkMount } from './settings.ts';

/**
 * Compared as text (RFC 9207 §2.4). `promised`: the provider always names itself; one that did not is not the one that was asked.
 * @throws LoginError `callback_invalid`
 */
export function checkIssuer(callback: URLSearchParams, issuer: string, promised?: string): void {
  if ((callback.get('iss') ?? issuer) !== issuer || (promised && !callback.has('iss'))) throw new LoginError('callback_invalid', 'The callback is from another issuer');
}

/**
 * The code that came back.
 * @throws LoginError `callback_invalid`, `login_denied`
 */
export function codeFrom(callback: URLSearchParams, issuer: string, promised?: string): string {
  checkIssuer(callback, issuer, promised);
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
