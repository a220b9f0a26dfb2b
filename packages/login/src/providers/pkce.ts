/** Proof Key for Code Exchange (RFC 7636), S256 only. */
import { LoginError } from '@passerby/shared';

export interface Pkce {
  readonly codeVerifier: string;
  readonly codeChallenge: string;
}

/** @throws LoginError `insecure_context` */
export async function createPkce(crypto: Crypto): Promise<Pkce> {
  if (!crypto?.subtle) throw new LoginError('insecure_context', 'The page is not served over https (or from localhost), so there is no WebCrypto');
  const codeVerifier = randomText(crypto);
  return { codeVerifier, codeChallenge: await digest(crypto, codeVerifier) };
}

/** 256 random bits as 43 characters. */
export const randomText = (crypto: Crypto): string => base64url(crypto.getRandomValues(new Uint8Array(32)));

/** SHA-256 of a text, base64url. */
export async function digest(crypto: Crypto, text: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));
}

export const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
