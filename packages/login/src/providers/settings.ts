/** What a provider does before anything is asked: checks what the app passed, and tells its own callback. */
import { LoginError } from '@passerby/shared';
import { secureUrl } from '../core/address.ts';
import type { CallbackMarks } from './provider.ts';

const PARAMETERS = ['state', 'code', 'iss', 'session_state', 'error', 'error_code', 'error_description', 'error_uri', 'scope', 'authuser', 'prompt', 'hd'];

/** Pure and synchronous; null: it is no callback. */
export function callbackMarks({ searchParams }: URL, issuer: string): CallbackMarks | null {
  const state = searchParams.get('state');
  const answered = searchParams.has('code') || searchParams.has('error');
  const origin = searchParams.get('iss') === issuer && { origin: 'service' as const };
  return state && answered ? { state, ...origin, parameters: PARAMETERS } : null;
}

/** A setting of the app's that is the address of a server. @throws LoginError `config_invalid` */
export function checkAddress(address: unknown, what: string): string {
  if (!secureUrl(address)) throw new LoginError('config_invalid', `${what} is not an https address (http works for localhost only)`);
  return address as string;
}

/** The same, of which paths are appended to. @throws LoginError `config_invalid` */
export function checkBase(address: unknown, what: string): string {
  return withoutSlash(checkAddress(address, what));
}

/** Without a regular expression: the first one costs a page that opens a fifth of a millisecond. */
const withoutSlash = (address: string): string => (address.endsWith('/') ? address.slice(0, -1) : address);

const HERE = 'https://here.invalid';

/** Where a verifier is mounted: an address, or a path that stays at this origin. @throws LoginError `config_invalid` */
export function checkMount(verifier: unknown): string {
  const isPath = typeof verifier === 'string' && verifier.startsWith('/') && URL.canParse(verifier, HERE) && new URL(verifier, HERE).origin === HERE;
  return isPath ? withoutSlash(verifier) : checkBase(verifier, 'verifier, where it is no path such as /auth,');
}

/** @throws LoginError `config_invalid` */
export function checkClientId(clientId: unknown): void {
  if (typeof clientId !== 'string' || clientId === '') throw new LoginError('config_invalid', "clientId is this application's client id at the provider");
}
