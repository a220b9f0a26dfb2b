import { createHash, sign, type KeyObject, type SignKeyObjectInput } from 'node:crypto';
import type { Claims } from '../fixtures.ts';
import { makePair } from '../key-pairs.ts';

/** A key pair that signs whatever it is told to, and says of itself what it is told to. */
export interface Signer {
  readonly alg: string;
  readonly privateKey: KeyObject;
  /** Public. */
  readonly jwk: Claims;
  signature(input: string): Buffer;
}

const pair = {
  ES256: () => makePair.ec('P-256'),
  RS256: () => makePair.rsa(2048),
  EdDSA: () => makePair.ed25519(),
};

export function makeSigner(alg: keyof typeof pair, kid?: string): Signer {
  const { privateKey, publicKey } = pair[alg]();
  const key: SignKeyObjectInput = { key: privateKey, dsaEncoding: 'ieee-p1363' };
  const jwk = { ...publicKey.export({ format: 'jwk' }), ...(kid !== undefined && { kid, alg, use: 'sig' }) };
  return { alg, privateKey, jwk, signature: (input) => sign(alg === 'EdDSA' ? null : 'sha256', Buffer.from(input), key) };
}

export const encoded = (part: unknown) => Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');

/** A JWT made by hand, so that it can be wrong in any way. A part that is text is taken as it is. */
export function jwt(signer: Pick<Signer, 'signature'>, header: Claims | string, claims: Claims | string): string {
  const input = `${encoded(header)}.${encoded(claims)}`;
  return `${input}.${signer.signature(input).toString('base64url')}`;
}

export const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url');
