import { Recent } from '../recent.ts';
import { seldom } from '../seldom.ts';
import { createIdTokenCheck } from '../tokens/id-token.ts';
import { usersOnly } from '../tokens/verify-token.ts';
import type { Verifier } from '../verifier.ts';
import type { Context, Issued } from './context.ts';
import { createAppIdEndpoints } from './endpoints.ts';
import { mergeGuest, type GuestAndUser, type Merged } from './merge.ts';
import { Service } from './service.ts';
import { checkAppId, checkTokens, type AppIdSettings, type AppIdTokenSettings } from './settings.ts';
import { appIdKeys, createCallerCheck, createHolderCheck } from './token-check.ts';

export interface AppId extends Verifier {
  /**
   * Tells whose a guest's things were and whose they are now, and gives the user the listed attributes of the guest that the user has none of; call it where the
   * guest's things are merged.
   * @throws Unauthorized `token_invalid`, `token_expired`, `keys_unavailable`, and `verifier_unavailable` where it may work later
   */
  mergeGuest(both: GuestAndUser): Promise<Merged>;
}

/**
 * Guests for a tenant of IBM App ID (docs/protocol-app-id.md): its handler starts them, renews them and redeems sign-ins, because all of that takes the secret.
 * @throws TypeError where a setting cannot work
 */
export function createAppId(given: AppIdSettings): AppId {
  const checked = checkAppId(given);
  const { oauthServerUrl, tenantId, clientId, store, now } = checked;
  const settings = { ...checked, report: seldom(checked.report, now) };
  const keys = appIdKeys(settings);
  const checkToken = createHolderCheck({ oauthServerUrl, tenantId, clientId, keys, now });
  const context: Context = {
    settings, store, checkToken, service: new Service(settings), recent: new Recent<Issued>({ now }),
    keysReady: () => keys.ready(), checkIdToken: createIdTokenCheck({ issuer: oauthServerUrl, clientId, keys, now }),
  };
  const verifyToken = createCallerCheck(context);
  return {
    handler: createAppIdEndpoints(context),
    verifyToken,
    requireUser: usersOnly(verifyToken),
    mergeGuest: (both) => mergeGuest(both, context),
  };
}

/**
 * `verifyToken` and `requireUser` alone, without the secret, for an API apart: with a store on the database that the verifier has.
 * @throws TypeError where a setting cannot work
 */
export function createAppIdTokenCheck(given: AppIdTokenSettings): Pick<AppId, 'verifyToken' | 'requireUser'> {
  const settings = checkTokens(given, 'createAppIdTokenCheck');
  const verifyToken = createCallerCheck({ store: settings.store, checkToken: createHolderCheck({ ...settings, keys: appIdKeys(settings) }) });
  return { verifyToken, requireUser: usersOnly(verifyToken) };
}
