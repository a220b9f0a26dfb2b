import { sha256 } from '../sha256.ts';
import { basicAuthorization } from '../tokens/authorization.ts';
import { Unauthorized } from '../tokens/unauthorized.ts';
import type { Caller } from '../tokens/verify-token.ts';
import type { MergeParties } from '../verifier.ts';
import { readForm, required } from './form.ts';
import type { AskedMerge } from './redeem-merge.ts';
import { Refused } from './refused.ts';

export interface MergeEndpointParts {
  readonly clientId: string;
  readonly apiSecret: string;
  redeem(merge: AskedMerge): Promise<MergeParties>;
  /** The API has seen the proof of a token that is bound to a key: its credential vouches for that. */
  verifyToken(token: string): Promise<Caller>;
}

/**
 * Redeems merge tickets for the shop's own servers, which show a credential that no page has (docs/protocol.md).
 * The work throws Refused.
 */
export function createMergeEndpoint({ clientId, apiSecret, redeem, verifyToken }: MergeEndpointParts): (request: Request) => Promise<MergeParties> {
  const expected = sha256(basicAuthorization(clientId, apiSecret));
  return async ({ headers, body }) => {
    if (headers.has('origin')) throw new Refused('unauthorized_client', 'A page redeems no merge ticket: pass it on to your server');
    // By their hashes: how long they take to compare tells nothing of the secret.
    if (sha256(headers.get('authorization') ?? '') !== expected) {
      throw new Refused('invalid_client', "The Authorization is not Basic with this issuer's clientId and apiSecret", { headers: { 'www-authenticate': 'Basic realm="passerby"' } });
    }
    const form = await readForm(headers, body);
    const [ticket, key, token] = [required(form, 'merge_ticket'), required(form, 'key'), required(form, 'access_token')];
    try {
      return await redeem({ ticket, key, user: await verifyToken(token) });
    } catch (error) {
      // A token that ended on the way is renewed, and the merge asked for again.
      if (error instanceof Unauthorized) throw new Refused(error.code === 'token_expired' ? 'temporarily_unavailable' : 'invalid_grant', error.message);
      throw error;
    }
  };
}
