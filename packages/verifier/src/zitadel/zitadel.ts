import { createIdTokenCheck } from '../tokens/id-token.ts';
import { createProviderKeys } from '../tokens/provider-keys.ts';
import { usersOnly } from '../tokens/verify-token.ts';
import type { Verifier } from '../verifier.ts';
import { createCallerCheck } from './caller.ts';
import { Cookies, type Kept } from './cookies.ts';
import { Decisions } from './decisions.ts';
import { createZitadelEndpoints } from './endpoints.ts';
import { mergeGuest, type GuestMerge, type MergedGuest } from './merge.ts';
import { purgeGuests, type Purged, type PurgeOptions } from './purge.ts';
import { Recent } from '../recent.ts';
import { seldom } from '../seldom.ts';
import { Service } from './service.ts';
import { checkService, checkZitadel, type ZitadelSettings } from './settings.ts';
import { TokenEndpoint } from './token-endpoint.ts';

export interface Zitadel extends Verifier {
  /**
   * Carries the things of the guest of this request over to its user, at least once by the same key, and has the guest deleted.
   * @throws Unauthorized `token_missing`, `token_invalid`, `token_expired`, `ticket_refused`, and `verifier_unavailable` where it may work later; whatever `merge` throws
   */
  mergeGuest(request: Request, merge: GuestMerge): Promise<MergedGuest>;
  /** Deletes the guests whose day is over for so long; run it daily. */
  purgeGuests(options: PurgeOptions): Promise<Purged>;
}

/**
 * Guests for a ZITADEL that has none (docs/protocol-zitadel.md): its handler is mounted on the shop's own origin, and keeps every token behind a cookie.
 * @throws TypeError where a setting cannot work
 */
export function createZitadel(given: ZitadelSettings): Zitadel {
  const checked = checkZitadel(given);
  const { issuer, clientId, jwksUrl, store, fetch, now } = checked;
  const settings = { ...checked, report: seldom(checked.report, now) };
  const keys = createProviderKeys({ issuer, jwksUrl, fetch, now });
  const cookies = new Cookies(settings);
  const service = new Service(settings);
  const decisions = new Decisions({ store, service, now });
  const context = {
    settings, service, cookies, decisions, tokens: new TokenEndpoint(settings), recent: new Recent<Kept>({ now }),
    keysReady: () => keys.ready(), checkIdToken: createIdTokenCheck({ issuer, clientId, keys, now }),
  };
  const verifyToken = createCallerCheck({ ...settings, cookies, keys });
  return {
    handler: createZitadelEndpoints(context),
    verifyToken,
    requireUser: usersOnly(verifyToken),
    mergeGuest: (request, merge) => mergeGuest(request, merge, context),
    purgeGuests: (options) => purgeGuests(options, { service, decisions, report: settings.report, now }),
  };
}

/** A purge alone, as a command does it. @throws TypeError */
export function createPurge({ store, now = () => Date.now(), fetch = (...args) => globalThis.fetch(...args), report = () => undefined, ...given }: Pick<ZitadelSettings, 'issuer' | 'serviceToken' | 'managementUrl' | 'store' | 'now' | 'fetch' | 'report'>): Zitadel['purgeGuests'] {
  const service = new Service({ ...checkService(given), fetch });
  const decisions = new Decisions({ store, service, now });
  return (options) => purgeGuests(options, { service, decisions, report: seldom(report, now), now });
}
