import type { Proof, ProofContext } from '../tokens/dpop-proof.ts';
import type { SignIn } from '../tokens/id-token.ts';
import type { Asked } from './form.ts';
import type { AuthorizationCode } from './redeem-code.ts';
import type { Sessions } from './sessions.ts';
import type { CheckedIssuer } from './settings.ts';

/** What a grant works with. */
export interface GrantParts {
  readonly settings: CheckedIssuer;
  readonly sessions: Sessions;
  /** Shows which key the sender has, by the proof in this parameter. @throws Refused `invalid_request`, `invalid_dpop_proof`, `use_dpop_nonce` */
  prove(asked: Asked, parameter: 'dpop' | 'subject_dpop', nonce: ProofContext['nonce']): Promise<Proof>;
  /** Redeems a code of the provider with the client's secret; absent where the verifier has none. @throws Refused */
  readonly redeemCode?: ((code: AuthorizationCode) => Promise<string>) | undefined;
  /** Tells who signed in at the OpenID provider; absent where there is none. @throws Unauthorized */
  readonly checkIdToken?: ((idToken: string, expected: { readonly nonce: string }) => Promise<SignIn>) | undefined;
}

/** Answers one `grant_type` with the body of its answer. @throws Refused */
export type Grant = (asked: Asked, parts: GrantParts) => Promise<object>;
