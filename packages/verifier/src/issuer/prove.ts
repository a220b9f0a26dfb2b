import { ProofRefused, verifyProof } from '../tokens/dpop-proof.ts';
import type { GrantParts } from './grant.ts';
import type { Nonces } from './nonces.ts';
import { Refused } from './refused.ts';

export interface ProverParts {
  /** The configured address of the endpoint. */
  readonly url: string;
  readonly nonces: Nonces;
  now(): number;
}

/** Reads the DPoP proof of a request: from its own parameter, or from the header, where a client sends no other (RFC 9449 §4.3, check 1). */
export function createProver({ url, nonces, now }: ProverParts): GrantParts['prove'] {
  return async ({ form, headers }, parameter, nonce) => {
    const inForm = form.get(parameter) ?? null;
    const inHeader = parameter === 'dpop' ? headers.get('dpop') : null;
    if (inForm !== null && inHeader !== null) throw new Refused('invalid_request', 'A DPoP proof is in the header and in the form: send one of them');
    const proof = inForm ?? inHeader;
    if (proof === null) throw new Refused('invalid_dpop_proof', `There is no DPoP proof: send one as ${parameter}`);
    try {
      return await verifyProof(proof, { method: 'POST', url, nowMs: now(), isOurNonce: (text) => nonces.isOurs(text), nonce });
    } catch (error) {
      if (error instanceof ProofRefused) throw new Refused(error.problem, error.message);
      throw error;
    }
  };
}
