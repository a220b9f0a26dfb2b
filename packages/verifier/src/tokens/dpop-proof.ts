import { optionalNumber, optionalText, type Json } from '@passerby/shared';
import { base64url } from 'jose';
import { sha256 } from '../sha256.ts';
import { importPublicKey, readPublicKey, type PublicKey } from './public-key.ts';
import { hasForm, readToken, type TokenForm } from './read-token.ts';
import { isSameAddress } from './same-address.ts';

/** What a proof is held against. */
export interface ProofContext {
  readonly method: string;
  /** The configured address of the endpoint. */
  readonly url: string;
  readonly nowMs: number;
  /** Tells whether a nonce of the proof is ours and still counts. */
  readonly isOurNonce: (nonce: string) => boolean;
  /** Where given, the access token the proof must name by `ath`. */
  readonly accessToken?: string;
  readonly nonce: 'needed' | 'only where iat is off' | 'unused';
}

export interface Proof {
  /** RFC 7638 thumbprint of its key, 43 characters. */
  readonly thumbprint: string;
}

/** The `error` to answer with (RFC 9449 §5, §8). */
export type ProofProblem = 'invalid_dpop_proof' | 'use_dpop_nonce';

/** Why a proof is refused; its message holds nothing of the proof. */
export class ProofRefused extends Error {
  override readonly name = 'ProofRefused';
  readonly problem: ProofProblem;

  constructor(problem: ProofProblem, message: string) {
    super(message);
    this.problem = problem;
  }
}

const FORM: TokenForm = { types: /^dpop\+jwt$/, algorithms: ['ES256'], key: 'embedded' };
const ES256 = { name: 'ECDSA', hash: 'SHA-256' } as const;
const MAX_LENGTH = 4_096;
const MAX_ID_LENGTH = 256;
/** How far the clock of a device may be off before it needs a nonce. */
const TOLERANCE_MS = 60_000;

/** The key that a DPoP proof shows its sender to have, for this very request (RFC 9449 §4.3). @throws ProofRefused */
export async function verifyProof(proof: string, context: ProofContext): Promise<Proof> {
  const token = readToken(proof, MAX_LENGTH);
  if (!token) throw invalid('The DPoP proof is not a JWT of 4096 characters at most');
  const key = hasForm(token.header, FORM) ? readPublicKey(token.header['jwk']) : null;
  if (key?.algorithm !== 'ES256') throw invalid('The DPoP proof needs the header typ dpop+jwt, alg ES256 and jwk, a public P-256 key');
  await checkClaims(token.claims, context);
  if (!(await isSignedWith(key, proof))) throw invalid('The DPoP proof is not signed with the key it names');
  // After the signature, so that a nonce is only handed to somebody with a key.
  checkAge(token.claims, context);
  return { thumbprint: sha256(JSON.stringify(key.members)) };
}

async function checkClaims(claims: Json, { method, url, accessToken }: ProofContext): Promise<void> {
  const id = optionalText(claims, 'jti');
  if (id === undefined || id.length > MAX_ID_LENGTH) throw invalid('The DPoP proof needs a jti of 1 to 256 characters');
  if (optionalText(claims, 'htm') !== method) throw invalid("The DPoP proof's htm is not the method of the request");
  if (!isSameAddress(optionalText(claims, 'htu') ?? '', url)) throw invalid("The DPoP proof's htu is not the address of the request");
  if (optionalNumber(claims, 'iat') === undefined) throw invalid('The DPoP proof needs an iat, in seconds');
  if (accessToken !== undefined && optionalText(claims, 'ath') !== sha256(accessToken)) throw invalid("The DPoP proof's ath is not of the access token");
}

/** A nonce of ours tells how old a proof is, whatever the clock of the device says. */
function checkAge(claims: Json, { nowMs, nonce: rule, isOurNonce }: ProofContext): void {
  const nonce = optionalText(claims, 'nonce');
  if (nonce === undefined && Object.hasOwn(claims, 'nonce')) throw invalid("The DPoP proof's nonce is not a text");
  const isFresh = Math.abs((optionalNumber(claims, 'iat') ?? 0) * 1000 - nowMs) <= TOLERANCE_MS;
  if (rule === 'unused') {
    if (!isFresh) throw invalid("The DPoP proof's iat is more than a minute off: make each proof when it is sent, by the clock of the service");
    return;
  }
  if (rule === 'only where iat is off' && isFresh) return;
  if (nonce === undefined || !isOurNonce(nonce)) throw new ProofRefused('use_dpop_nonce', 'The DPoP proof needs the nonce of the DPoP-Nonce header: send it once more with it');
}

async function isSignedWith(key: PublicKey, proof: string): Promise<boolean> {
  const imported = await importPublicKey(key);
  const end = proof.lastIndexOf('.');
  return imported !== null && crypto.subtle.verify(ES256, imported, new Uint8Array(base64url.decode(proof.slice(end + 1))), new TextEncoder().encode(proof.slice(0, end)));
}

function invalid(message: string): ProofRefused {
  return new ProofRefused('invalid_dpop_proof', message);
}
