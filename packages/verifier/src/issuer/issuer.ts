import { createIdTokenCheck } from '../tokens/id-token.ts';
import { createIssuerTokenCheck } from '../tokens/issuer-token.ts';
import { usersOnly } from '../tokens/verify-token.ts';
import type { Verifier } from '../verifier.ts';
import { createEndpoints } from './endpoints.ts';
import { Nonces } from './nonces.ts';
import { createProver } from './prove.ts';
import { createCodeRedeemer } from './redeem-code.ts';
import { Sessions } from './sessions.ts';
import { checkIssuer, type IssuerSettings } from './settings.ts';
import { SigningKeys } from './signing-keys.ts';

/**
 * An issuer of guest sessions, for shops whose identity service has none of its own (docs/protocol.md). Its handler answers discovery, keys, tokens and revocation.
 * @throws TypeError where a setting cannot work
 */
export function createIssuer(given: IssuerSettings): Verifier {
  const settings = checkIssuer(given);
  const { issuer, audience, clientId, apiOrigin, now } = settings;
  const keys = new SigningKeys(given.keys);
  const nonces = new Nonces({ keys, now });
  const verifyToken = createIssuerTokenCheck({ issuer, audience, clientId, apiOrigin, keys, now });
  const prove = createProver({ url: `${issuer}/token`, nonces, now });
  const { provider, fetch = (...args) => globalThis.fetch(...args) } = given;
  const redeemCode = provider && createCodeRedeemer({ provider, clientId: provider.clientId ?? clientId, fetch });
  const checkIdToken = provider && createIdTokenCheck({ ...provider, clientId: provider.clientId ?? clientId, fetch, now });
  return {
    handler: createEndpoints({ settings, keys, nonces, sessions: new Sessions({ settings, keys }), prove, checkIdToken, redeemCode }),
    verifyToken,
    requireUser: usersOnly(verifyToken),
  };
}
