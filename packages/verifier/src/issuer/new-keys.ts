import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { SigningKeys } from './signing-keys.ts';

/** The one that signs and two that verify: who rotates every 45 days or seldomer ends no session of 90 days. */
const KEPT = 3;

type NamedJwk = JWK & { readonly kid: string };

/** A private P-256 key, named by its thumbprint (RFC 7638). */
export async function newKey(): Promise<NamedJwk> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'ES256', use: 'sig' };
}

/** A key set with a new key in front. Of those before it only the public part is kept, and of three and more the newest two. @throws TypeError where the text is no key set of ours */
export async function rotate(set: string): Promise<{ readonly keys: readonly NamedJwk[]; readonly dropped: readonly string[] }> {
  const before = new SigningKeys(set).published().keys;
  return { keys: [await newKey(), ...before.slice(0, KEPT - 1)], dropped: before.slice(KEPT - 1).map(({ kid }) => kid) };
}
