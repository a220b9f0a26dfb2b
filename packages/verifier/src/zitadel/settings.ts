import type { Visit } from '../authress/login.ts';
import { checkOrigin, checkRate } from '../checks.ts';
import { isSecure } from '../settings.ts';
import type { Rate, Store } from '../store/store.ts';

export interface ZitadelSettings {
  /** ZITADEL's own origin, such as `https://shop-a1b2c3.zitadel.cloud`: the issuer of its tokens. */
  readonly issuer: string;
  /** The application's id at ZITADEL. */
  readonly clientId: string;
  /** For an application with the authentication method Basic. A secret. */
  readonly clientSecret?: string | undefined;
  /** The personal access token of the service account. A secret. */
  readonly serviceToken: string;
  /** The id of the service account: whoever else acts for somebody makes no guest of them. */
  readonly serviceUserId: string;
  /** The organization in which guests are made. */
  readonly organizationId: string;
  /** What access tokens are for; one of these is enough. Default: `clientId`. */
  readonly audience?: string | readonly string[] | undefined;
  /** 32 random bytes each, as base64url (`passerby-verifier keys seal`): the first seals cookies, the others open what they sealed. Secrets. */
  readonly sealingKeys: readonly string[];
  /** The origins of the shop's pages, such as `https://shop.example`. Nobody else's page is answered. */
  readonly origins: readonly string[];
  /** The path below which the shop's server mounts the handler. Default `/auth`. */
  readonly path?: string | undefined;
  /** What is remembered between requests: `memoryStore()` for one process that may forget. */
  readonly store: Store;
  /** Sends the code to the e-mail, by the shop's own means. */
  readonly sendCode: (message: CodeMessage) => Promise<void> | void;
  /** `exposed` hands access tokens to the shop's pages; by default they stay on the server, and the cookie is all that a page has. */
  readonly tokens?: 'kept' | 'exposed' | undefined;
  /** How long a guest who does not come back may still come back. Default 30. */
  readonly guestDays?: number | undefined;
  /** Requests per IPv4 address or IPv6 /64 (default 300 at once, then 1 a second), and those of one subject that ask ZITADEL (default 30 at once, then one in ten seconds). */
  readonly rateLimit?: { readonly network?: Rate | undefined; readonly subject?: Rate | undefined } | undefined;
  /** Judges the `captcha_response` of a guest to be: anything but `true` answers 403 `captcha_required`. */
  readonly captcha?: ((response: string, visit: Visit) => boolean | Promise<boolean>) | undefined;
  /** Your own rule for new guests, asked last: anything but `true` answers 403 `access_denied`. */
  readonly allow?: ((visit: Visit) => boolean | Promise<boolean>) | undefined;
  /** Told what an operator has to change, at most once a minute for each message. Default: the console. It never holds a secret. */
  readonly report?: ((message: string) => void) | undefined;
  /** Where this server reaches ZITADEL, for machines where its name does not resolve. Default: `issuer`. */
  readonly managementUrl?: string | undefined;
  /** Where ZITADEL's public keys are. Default: `{managementUrl}/oauth/v2/keys`. */
  readonly jwksUrl?: string | undefined;
  /** Milliseconds since epoch. */
  readonly now?: (() => number) | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Fills the bytes from a cryptographic random source. */
  readonly random?: ((bytes: Uint8Array<ArrayBuffer>) => void) | undefined;
}

/** What the shop sends to somebody who wants to be a user. */
export interface CodeMessage {
  readonly email: string;
  /** Six digits. */
  readonly code: string;
  readonly givenName: string;
}

export interface CheckedZitadel {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly serviceToken: string;
  readonly serviceUserId: string;
  readonly organizationId: string;
  readonly audience: readonly string[];
  readonly sealingKeys: readonly Uint8Array[];
  readonly origins: ReadonlySet<string>;
  readonly path: string;
  readonly store: Store;
  sendCode(message: CodeMessage): Promise<void> | void;
  readonly tokens: 'kept' | 'exposed';
  readonly guestSeconds: number;
  readonly rateLimit: { readonly network: Rate; readonly subject: Rate };
  readonly captcha: ZitadelSettings['captcha'];
  allow(visit: Visit): boolean | Promise<boolean>;
  report(message: string): void;
  readonly managementUrl: string;
  readonly jwksUrl: string;
  now(): number;
  readonly fetch: typeof globalThis.fetch;
  random(bytes: Uint8Array<ArrayBuffer>): void;
}

export const MOST_GUEST_DAYS = 400;
const STORE_METHODS = ['takeTurn', 'standing', 'revoke', 'guestRow', 'changeGuest', 'keepCode', 'tryCode'];

/** The settings with their defaults; what cannot work is refused here and not at the first visitor. @throws TypeError, which holds no secret */
export function checkZitadel(settings: ZitadelSettings): CheckedZitadel {
  refuseUnless(typeof settings === 'object' && settings !== null, 'settings are missing: write { issuer, clientId, serviceToken, serviceUserId, organizationId, sealingKeys, origins, store, sendCode }');
  const { clientId, clientSecret, serviceUserId, organizationId, audience = clientId, origins, path = '/auth', store, sendCode, tokens = 'kept', guestDays = 30, rateLimit = {}, captcha, allow, report } = settings;
  const { issuer, serviceToken, managementUrl } = checkService(settings);
  const { jwksUrl = `${managementUrl}/oauth/v2/keys` } = settings;
  refuseUnless(isName(clientId), "clientId is missing: write the application's client id at ZITADEL");
  refuseUnless(clientSecret === undefined || (typeof clientSecret === 'string' && clientSecret !== ''), 'clientSecret is not a secret: leave it out where the application has none (PKCE)');
  refuseUnless(isName(serviceUserId), 'serviceUserId is missing: write the id of the service account, as its page at ZITADEL shows it');
  refuseUnless(isName(organizationId), 'organizationId is missing: write the id of the organization in which guests are to be made');
  refuseUnless([audience].flat().every(isName) && [audience].flat().length > 0, "audience is empty: leave it out, or write what your access tokens are for, such as the project's id");
  refuseUnless(isSecure(jwksUrl), 'jwksUrl is not an https address (http is for loopback only): leave it out, or write where the keys are');
  refuseUnless(Array.isArray(origins) && origins.length > 0, "origins is missing: list the origins of the shop's pages, such as https://shop.example");
  for (const origin of origins) checkOrigin(origin, 'createZitadel: origins holds something that is not an origin');
  refuseUnless(typeof path === 'string' && /^(?:\/[\w.~-]+)+$/.test(path), "path is not one: write it with a slash in front and none behind, such as '/auth'");
  refuseUnless(STORE_METHODS.every((name) => typeof Object(store)[name] === 'function'), 'store is missing: write memoryStore() for one process, or a store on a database');
  refuseUnless(typeof sendCode === 'function', 'sendCode is missing: write the function that sends { email, code, givenName }');
  refuseUnless(tokens === 'kept' || tokens === 'exposed', "tokens is neither 'kept' nor 'exposed'");
  refuseUnless(Number.isSafeInteger(guestDays) && guestDays >= 1 && guestDays <= MOST_GUEST_DAYS, `guestDays is not a whole number from 1 to ${MOST_GUEST_DAYS}`);
  refuseUnless([captcha, allow, report].every((hook) => hook === undefined || typeof hook === 'function'), 'captcha, allow or report is not a function');
  return {
    issuer, clientId, clientSecret, serviceToken, serviceUserId, organizationId, audience: [audience].flat(), sealingKeys: readSealingKeys(settings.sealingKeys), origins: new Set(origins), path, store, sendCode,
    tokens, guestSeconds: guestDays * 86_400, captcha, allow: allow ?? (() => true), managementUrl, jwksUrl,
    rateLimit: { network: checkRate(rateLimit.network ?? { burst: 300, perSecond: 1 }, 'createZitadel: rateLimit.network'), subject: checkRate(rateLimit.subject ?? { burst: 30, perSecond: 0.1 }, 'createZitadel: rateLimit.subject') },
    report: report ?? ((message) => console.error('@passerby/verifier:', message)),
    now: settings.now ?? (() => Date.now()),
    fetch: settings.fetch ?? ((...args) => globalThis.fetch(...args)),
    random: settings.random ?? ((bytes) => void crypto.getRandomValues(bytes)),
  };
}

/** What is needed to speak to ZITADEL for the service account. @throws TypeError, which holds no secret */
export function checkService({ issuer, serviceToken, managementUrl = issuer }: Pick<ZitadelSettings, 'issuer' | 'serviceToken' | 'managementUrl'>): { readonly issuer: string; readonly serviceToken: string; readonly managementUrl: string } {
  checkOrigin(issuer, 'createZitadel: issuer is not the origin of your ZITADEL');
  checkOrigin(managementUrl, 'createZitadel: managementUrl is not an origin');
  refuseUnless(isName(serviceToken), 'serviceToken is missing: write a personal access token of the service account');
  return { issuer, serviceToken, managementUrl };
}

function readSealingKeys(keys: readonly string[]): readonly Uint8Array[] {
  refuseUnless(Array.isArray(keys) && keys.length > 0 && keys.length <= 5, 'sealingKeys is missing: list one to five keys as `passerby-verifier keys seal` makes them');
  return keys.map((key) => {
    refuseUnless(typeof key === 'string' && /^[\w-]{43}$/.test(key), 'sealingKeys holds something that is not 32 bytes as base64url: `passerby-verifier keys seal` makes one');
    return Uint8Array.from(atob(key.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
  });
}

function isName(text: unknown): text is string {
  return typeof text === 'string' && /^[!-~]{1,1024}$/.test(text);
}

function refuseUnless(holds: boolean, message: string): asserts holds {
  if (!holds) throw new TypeError(`createZitadel: ${message}`);
}
