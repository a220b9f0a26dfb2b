/** Proof of possession (RFC 9449): a key that never leaves this browser, and the proofs it signs. */
import { LoginError, type DeviceKey } from '@passerby/shared';
import { base64url, digest, randomText } from './pkce.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A key pair for ES256 whose private half nobody can read. @throws LoginError `insecure_context` */
export async function createKey(crypto: Crypto): Promise<DeviceKey> {
  if (!crypto?.subtle) throw new LoginError('insecure_context', 'The page is not served over https (or from localhost), so there is no WebCrypto');
  const { privateKey, publicKey } = await crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify']);
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', publicKey);
  // The members and their order are what RFC 7638 §3.2 hashes.
  const thumbprint = await digest(crypto, JSON.stringify({ crv: 'P-256', kty: 'EC', x, y }));
  return { thumbprint, privateKey, publicJwk: { kty: 'EC', crv: 'P-256', x, y } };
}

export interface ProofOf {
  readonly method: string;
  /** Without query and fragment. */
  readonly url: string;
  readonly nonce?: string | null | undefined;
  /** The bound token that the request carries. */
  readonly accessToken?: string | undefined;
}

/** Proves that this browser holds the key, for one request. */
export async function prove({ privateKey, publicJwk }: DeviceKey, { method, url, nonce, accessToken }: ProofOf, { crypto, now }: { readonly crypto: Crypto; now(): number }): Promise<string> {
  const claims = {
    jti: randomText(crypto), htm: method, htu: url, iat: Math.floor(now() / 1000),
    ...(nonce && { nonce }),
    ...(accessToken && { ath: await digest(crypto, accessToken) }),
  };
  const signed = [{ typ: 'dpop+jwt', alg: 'ES256', jwk: publicJwk }, claims].map((part) => base64url(new TextEncoder().encode(JSON.stringify(part)))).join('.');
  const signature = await crypto.subtle.sign(ALGORITHM, privateKey, new TextEncoder().encode(signed));
  return `${signed}.${base64url(new Uint8Array(signature))}`;
}
