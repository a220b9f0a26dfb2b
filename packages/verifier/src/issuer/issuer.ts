import { createIdTokenCheck } from '../tokens/id-token.ts';
import { createProviderKeys } from '../tokens/provider-keys.ts';
import { createForwardedTokenCheck, createIssuerTokenCheck } from '../tokens/issuer-token.ts';
import { usersOnly, type Caller } from '../tokens/verify-token.ts';
import type { Merge, MergeParties, Verifier } from '../verifier.ts';
import { createCurrencyCheck } from './current-token.ts';
import { createEndpoints } from './endpoints.ts';
import type { GrantParts } from './grant.ts';
import { Nonces } from './nonces.ts';
import { createMergeEndpoint } from './merge-endpoint.ts';
import { createProver } from './prove.ts';
import { createCodeRedeemer } from './redeem-code.ts';
import { createMergeRedeemer } from './redeem-merge.ts';
import { Sessions } from './sessions.ts';
import { checkIssuer, type IssuerSettings } from './settings.ts';
import { SigningKeys } from './signing-keys.ts';

export interface Issuer extends Verifier {
  /**
   * Like `verifyToken`, and one read more: refuses what was issued before a link, or in a session that was ended since, and not only when its ten minutes are over.
   * @throws Unauthorized all its codes but `user_required`
   */
  verifyCurrent(from: Request | string): Promise<Caller>;
  /**
   * Redeems a merge ticket: whose things go to whom. The same ticket and key again get the same answer.
   * @throws Unauthorized `ticket_refused`, and what `verifyToken` throws of the user's token
   */
  redeemMerge(merge: Merge): Promise<MergeParties>;
}

/**
 * An issuer of guest sessions, for shops whose identity service has none of its own (docs/protocol.md). Its handler answers discovery, keys, tokens, revocation, identities and, for the shop's servers, merges.
 * @throws TypeError where a setting cannot work
 */
export function createIssuer(given: IssuerSettings): Issuer {
  const settings = checkIssuer(given);
  const { issuer, audience, clientId, apiOrigin, apiSecret, now } = settings;
  const keys = new SigningKeys(given.keys);
  const nonces = new Nonces({ keys, now });
  const tokenParts = { issuer, audience, clientId, apiOrigin, keys, now };
  const verifyToken = createIssuerTokenCheck(tokenParts);
  const proveAt = (path: string): GrantParts['prove'] => createProver({ url: `${issuer}/${path}`, nonces, now });
  const { provider, fetch = (...args) => globalThis.fetch(...args) } = given;
  const providerKeys = provider && createProviderKeys({ ...provider, fetch, now });
  const checkIdToken = provider && providerKeys && createIdTokenCheck({ issuer: provider.issuer, keys: providerKeys, clientId: provider.clientId ?? clientId, now });
  const redeemCode = provider && createCodeRedeemer({ provider, clientId: provider.clientId ?? clientId, fetch, ready: async () => providerKeys?.ready() });
  const sessions = new Sessions({ settings, keys });
  const redeem = createMergeRedeemer({ settings, sessions });
  const redeemMerge = apiSecret === undefined ? undefined : createMergeEndpoint({ clientId, apiSecret, redeem, verifyToken: createForwardedTokenCheck(tokenParts) });
  return {
    handler: createEndpoints({ settings, keys, nonces, sessions, prove: proveAt('token'), proveIdentities: proveAt('identities'), checkIdToken, redeemCode, redeemMerge }),
    verifyToken,
    requireUser: usersOnly(verifyToken),
    verifyCurrent: createCurrencyCheck({ store: settings.store, verifyToken }),
    redeemMerge: async ({ user, ...merge }) => redeem({ ...merge, user: await verifyToken(user) }),
  };
}
