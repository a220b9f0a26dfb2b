import { asObject, type Json } from '@passerby/shared';
import { calculateJwkThumbprint, compactVerify, CompactSign, errors, exportJWK, generateKeyPair } from 'jose';
import type { JWK } from 'oidc-provider';

/** One key, made at every start, with which everything is signed. */
export interface Signer {
  /** With its private part, for the library. */
  readonly jwk: JWK;
  readonly algorithm: 'RS256' | 'ES256';
  sign(payload: Json): Promise<string>;
  /** What a token of this key says, also when it is over; undefined for any other text. */
  read(token: string): Promise<Json | undefined>;
}

export async function makeSigner(algorithm: 'RS256' | 'ES256'): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  const exported = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(exported);
  return {
    jwk: { ...exported, kid, alg: algorithm, use: 'sig' } as JWK,
    algorithm,
    sign: (payload) => new CompactSign(new TextEncoder().encode(JSON.stringify(payload))).setProtectedHeader({ alg: algorithm, kid, typ: 'JWT' }).sign(privateKey),
    async read(token) {
      try {
        const { payload } = await compactVerify(token, publicKey, { algorithms: [algorithm] });
        return asObject(JSON.parse(new TextDecoder().decode(payload))) ?? undefined;
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };
}
