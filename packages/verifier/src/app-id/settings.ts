import { checkOrigin, insist } from '../checks.ts';
import { checkGate, checkStore, type CheckedGate, type GateSettings } from '../gate/settings.ts';
import { checkListed } from '../listed-texts.ts';
import { isSecure } from '../settings.ts';
import type { Store } from '../store/store.ts';

/** What tells whose a token is: needs no secret. */
export interface AppIdTokenSettings {
  /** As the service credentials have it: `https://<region>.appid.cloud.ibm.com/oauth/v4/<tenantId>`. */
  readonly oauthServerUrl: string;
  /** The client id of the shop's application at App ID. */
  readonly clientId: string;
  /** What became of guests who signed in; a store of several processes is on a database. */
  readonly store: Pick<Store, 'guestRow'>;
  /** Where this server reaches App ID, for machines where its name does not resolve: an origin. Default: that of `oauthServerUrl`. */
  readonly serverUrl?: string | undefined;
  /** Milliseconds since epoch. */
  readonly now?: (() => number) | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
}

export interface AppIdSettings extends AppIdTokenSettings, GateSettings {
  /** The secret of that application, which is a regular web application. A secret. */
  readonly secret: string;
  readonly store: Pick<Store, 'takeTurn' | 'guestRow' | 'changeGuest'>;
  /** A redirect URL that App ID knows, for new guests: nobody is sent there. Default: the first of `origins` and a slash. */
  readonly guestRedirectUrl?: string | undefined;
  /** What pages may keep about whoever is here: names of attributes, 32 at most. Default: none. */
  readonly attributes?: readonly string[] | undefined;
  /** Told what an operator has to change, at most once a minute for each message. Default: the console. It never holds a secret. */
  readonly report?: ((message: string) => void) | undefined;
  /** Fills the bytes from a cryptographic random source. */
  readonly random?: ((bytes: Uint8Array<ArrayBuffer>) => void) | undefined;
}

export interface CheckedTokens {
  /** Where browsers find App ID, and what tokens name as their issuer. */
  readonly oauthServerUrl: string;
  /** Where this server does. */
  readonly oauthUrl: string;
  readonly profilesUrl: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly store: Pick<Store, 'guestRow'>;
  readonly fetch: typeof globalThis.fetch;
  now(): number;
}

export interface CheckedAppId extends CheckedTokens, CheckedGate {
  readonly secret: string;
  readonly store: AppIdSettings['store'];
  readonly guestRedirectUrl: string;
  readonly attributes: readonly string[];
  report(message: string): void;
  random(bytes: Uint8Array<ArrayBuffer>): void;
}

/** The settings with their defaults; what cannot work is refused here and not at the first visitor. @throws TypeError, which holds no secret */
export function checkAppId(settings: AppIdSettings): CheckedAppId {
  insist(typeof settings === 'object' && settings !== null, 'createAppId: settings are missing: write { oauthServerUrl, clientId, secret, origins, store }');
  const { secret, store, attributes = [], report, random, guestRedirectUrl } = settings;
  const gate = checkGate(settings, 'createAppId');
  insist(typeof secret === 'string' && /^[ -~]{1,1024}$/.test(secret), 'createAppId: secret is missing: write the secret of a regular web application (Applications, View credentials)');
  checkStore(store, ['takeTurn', 'guestRow', 'changeGuest'], 'createAppId');
  checkListed(attributes, 'createAppId: attributes');
  insist(report === undefined || typeof report === 'function', 'createAppId: report is not a function');
  insist(guestRedirectUrl === undefined || (isSecure(guestRedirectUrl) && !/[?#]/.test(guestRedirectUrl)), 'createAppId: guestRedirectUrl is not an https address without a query (http is for loopback only): write one of the redirect URLs that App ID has');
  return {
    ...checkTokens(settings, 'createAppId'), ...gate, secret, store, attributes: [...attributes], guestRedirectUrl: guestRedirectUrl ?? `${settings.origins[0] ?? ''}/`,
    report: report ?? ((message) => console.error('@passerby/verifier:', message)),
    random: random ?? ((bytes) => void crypto.getRandomValues(bytes)),
  };
}

/** `what`: who checks, for messages. @throws TypeError */
export function checkTokens({ oauthServerUrl, clientId, store, serverUrl, now, fetch }: AppIdTokenSettings, what: string): CheckedTokens {
  insist(isSecure(oauthServerUrl), `${what}: oauthServerUrl is not an https address (http is for loopback only): copy it from the service credentials`);
  const { origin, pathname } = new URL(oauthServerUrl);
  const tenantId = /^\/oauth\/v4\/([\w-]{1,128})$/.exec(pathname)?.[1];
  insist(tenantId !== undefined && origin + pathname === oauthServerUrl, `${what}: oauthServerUrl is not https://<region>.appid.cloud.ibm.com/oauth/v4/<tenantId>: copy it from the service credentials`);
  insist(typeof clientId === 'string' && /^[!-9;-~]{1,256}$/.test(clientId), `${what}: clientId is missing: write the client id of the application (Applications, View credentials)`);
  checkStore(store, ['guestRow'], what);
  if (serverUrl !== undefined) checkOrigin(serverUrl, `${what}: serverUrl is not an origin`);
  insist([now, fetch].every((hook) => hook === undefined || typeof hook === 'function'), `${what}: now or fetch is not a function`);
  const profilesUrl = serverUrl ?? origin;
  return { oauthServerUrl, oauthUrl: profilesUrl + pathname, profilesUrl, tenantId, clientId, store, now: now ?? (() => Date.now()), fetch: fetch ?? ((...args) => globalThis.fetch(...args)) };
}
