import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { readEntries, SigningKeys } from './signing-keys.ts';

/** The one that signs, the one that will, and two that verify what they signed: who rotates every 45 days or seldomer ends no session of 90 days. */
const KEPT = 4;

export type NamedJwk = JWK & { readonly kid: string };

export interface KeyRoles {
  readonly keys: readonly NamedJwk[];
  readonly dropped: readonly string[];
}

/** A new key set: the key that signs, and the one that will sign after the first rotation. */
export async function newKeySet(): Promise<{ readonly keys: readonly NamedJwk[] }> {
  return { keys: [await newKey(), await newKey()] };
}

/**
 * The key set in which the key that was next signs, and another one is next. Every process knows a key before any process signs with it, so they may start
 * anew one after the other. Older keys stay whole: what they signed and sealed is still about. Where none was next, this one is announced only.
 * @throws TypeError where the text is no key set of ours
 */
export async function rotate(set: string): Promise<KeyRoles> {
  // Checks the text: what follows is a key set of ours.
  const isOurs = new SigningKeys(set).published().keys.length > 0;
  const [first, second, ...older] = isOurs ? (readEntries(set) as readonly NamedJwk[]) : [];
  const isNext = second !== undefined && 'd' in second;
  const keys = [...(isNext ? [second, await newKey(), first] : [first, await newKey(), second]), ...older].filter((key) => key !== undefined);
  return { keys: keys.slice(0, KEPT), dropped: keys.slice(KEPT).map(({ kid }) => kid) };
}

/** A private P-256 key, named by its thumbprint (RFC 7638). */
async function newKey(): Promise<NamedJwk> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'ES256', use: 'sig' };
}
