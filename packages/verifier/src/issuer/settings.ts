import type { Visit } from '../authress/login.ts';
import { checkOrigin, checkRate } from '../checks.ts';
import { API_SECRET_WANTED, isApiSecret, isSecure } from '../settings.ts';
import type { Rate, Store } from '../store/store.ts';
import type { PrivateKeySet } from './signing-keys.ts';

export interface IssuerSettings {
  /** The address the world knows this issuer by, such as `https://verifier.shop.example` or `https://shop.example/guests`. */
  readonly issuer: string;
  /** A JSON Web Key Set with private keys, or its JSON text, as `passerby-verifier keys generate` makes it: the first key signs, all are published. A secret. */
  readonly keys: string | PrivateKeySet | undefined;
  /** The shop's own name for its application; its pages send it as `client_id`. */
  readonly clientId: string;
  /** The origins of the shop's pages, such as `https://shop.example`. Nobody else's page gets a guest. */
  readonly origins: readonly string[];
  /** What is remembered between requests: `memoryStore()` for one process that may forget. */
  readonly store: Store;
  /** Where people sign in: an OpenID provider, whose ID tokens become sessions here. Without it there are only guests. */
  readonly provider?: ProviderSettings | undefined;
  /** What access tokens are for: the shop's API. Default: the issuer. */
  readonly audience?: string | undefined;
  /** How long an access token lives; 600, the default, at most. */
  readonly accessTokenSeconds?: number | undefined;
  /** How long a session that is not used lives. Default 90. */
  readonly refreshDays?: number | undefined;
  /** `DPoP` binds access tokens to the browser's key; the API then needs a proof with each request. Default `Bearer`. */
  readonly accessTokenType?: 'Bearer' | 'DPoP' | undefined;
  /** Where the world reaches your API, such as `https://api.shop.example`. Needed where access tokens are bound: what a request itself says of its host is anybody's word. */
  readonly apiOrigin?: string | undefined;
  /** What an API in another process shows when it redeems a merge ticket: 32 random bytes or more, as text. A secret; never in a page. Without it only `redeemMerge` of this very object does. */
  readonly apiSecret?: string | undefined;
  /** New guests per IPv4 address or IPv6 /64 (default 300 at once, then 1 a second), and grants per guest (default 30 at once, then one in ten seconds). */
  readonly rateLimit?: { readonly network?: Rate | undefined; readonly key?: Rate | undefined } | undefined;
  /** Judges the `captcha_response` of a guest to be: anything but `true` answers 403 `captcha_required`. */
  readonly captcha?: ((response: string, visit: Visit) => boolean | Promise<boolean>) | undefined;
  /** Your own rule, asked last: anything but `true` answers 403 `access_denied`. */
  readonly allow?: ((visit: Visit) => boolean | Promise<boolean>) | undefined;
  /** Milliseconds since epoch. */
  readonly now?: (() => number) | undefined;
  /** Asks for the provider's keys. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Fills the bytes from a cryptographic random source. */
  readonly random?: ((bytes: Uint8Array<ArrayBuffer>) => void) | undefined;
}

export interface ProviderSettings {
  /** The provider's `issuer`, to the letter: with a slash at the end where the provider has one. */
  readonly issuer: string;
  /** The application's id at the provider; default: the issuer's own `clientId`. */
  readonly clientId?: string | undefined;
  /** For a provider that wants one from web clients (Google): then the page has the verifier redeem its codes. A secret. */
  readonly clientSecret?: string | undefined;
  /** Where the provider's keys are; default: where its discovery document says. */
  readonly jwksUrl?: string | undefined;
  /** Where its token endpoint is, likewise. */
  readonly tokenUrl?: string | undefined;
}

export interface CheckedIssuer {
  readonly issuer: string;
  readonly clientId: string;
  readonly origins: ReadonlySet<string>;
  readonly store: Store;
  readonly audience: string;
  readonly accessTokenSeconds: number;
  readonly refreshSeconds: number;
  readonly accessTokenType: 'Bearer' | 'DPoP';
  readonly apiOrigin: string | undefined;
  readonly apiSecret: string | undefined;
  readonly rateLimit: { readonly network: Rate; readonly key: Rate };
  readonly captcha: IssuerSettings['captcha'];
  allow(visit: Visit): boolean | Promise<boolean>;
  now(): number;
  random(bytes: Uint8Array<ArrayBuffer>): void;
}

const MAX_ACCESS_TOKEN_SECONDS = 600;
const MAX_REFRESH_DAYS = 400;

/** The settings with their defaults; what cannot work is refused here and not at the first visitor. @throws TypeError */
export function checkIssuer(settings: IssuerSettings): CheckedIssuer {
  refuseUnless(typeof settings === 'object' && settings !== null, 'settings are missing: write { issuer, keys, clientId, origins, store }');
  const { issuer, clientId, origins, store, audience = issuer, accessTokenSeconds = MAX_ACCESS_TOKEN_SECONDS, refreshDays = 90, accessTokenType = 'Bearer', apiOrigin, apiSecret, rateLimit = {}, captcha, allow } = settings;
  checkAddress(issuer);
  refuseUnless(typeof clientId === 'string' && /^[!-~]{1,256}$/.test(clientId), "clientId is missing: write your own name for the application, such as 'shop'; its pages use the same");
  refuseUnless(Array.isArray(origins) && origins.length > 0, "origins is missing: list the origins of the shop's pages, such as https://shop.example");
  for (const origin of origins) checkOrigin(origin, 'createIssuer: origins holds something that is not an origin');
  if (apiOrigin !== undefined) checkOrigin(apiOrigin, 'createIssuer: apiOrigin is not an origin');
  refuseUnless(apiSecret === undefined || isApiSecret(apiSecret), API_SECRET_WANTED);
  checkProvider(settings.provider);
  refuseUnless(['takeTurn', 'standing', 'revoke', 'exchange', 'exchanged', 'redeem', 'identitiesOf', 'unlink'].every((name) => typeof Object(store)[name] === 'function'), 'store is missing: write memoryStore() for one process, or a store on a database');
  refuseUnless(typeof audience === 'string' && audience !== '', 'audience is empty: leave it out, or write the address of your API');
  refuseUnless(isWithin(accessTokenSeconds, MAX_ACCESS_TOKEN_SECONDS), `accessTokenSeconds is not a whole number from 1 to ${MAX_ACCESS_TOKEN_SECONDS}: nothing ends an access token but its age`);
  refuseUnless(isWithin(refreshDays, MAX_REFRESH_DAYS), `refreshDays is not a whole number from 1 to ${MAX_REFRESH_DAYS}`);
  refuseUnless(accessTokenType === 'Bearer' || accessTokenType === 'DPoP', "accessTokenType is neither 'Bearer' nor 'DPoP'");
  refuseUnless([captcha, allow].every((hook) => hook === undefined || typeof hook === 'function'), 'captcha or allow is not a function: leave it out, or write one that returns true for whom it lets in');
  return {
    issuer, clientId, origins: new Set(origins), store, audience, accessTokenSeconds, refreshSeconds: refreshDays * 86_400, accessTokenType, apiOrigin, apiSecret, captcha,
    rateLimit: { network: checkRate(rateLimit.network ?? { burst: 300, perSecond: 1 }, 'createIssuer: rateLimit.network'), key: checkRate(rateLimit.key ?? { burst: 30, perSecond: 0.1 }, 'createIssuer: rateLimit.key') },
    allow: allow ?? (() => true),
    now: settings.now ?? (() => Date.now()),
    random: settings.random ?? ((bytes) => void crypto.getRandomValues(bytes)),
  };
}

function checkProvider(provider: ProviderSettings | undefined): void {
  if (provider === undefined) return;
  for (const name of ['issuer', 'jwksUrl', 'tokenUrl'] as const) {
    const address = provider[name];
    const isLeftOut = address === undefined && name !== 'issuer';
    refuseUnless(isLeftOut || isSecure(address), `provider.${name} is not an https address (http is for loopback only)`);
  }
}

/** Tokens name the issuer to the letter, so there is one spelling of it (RFC 8414 §2). */
function checkAddress(issuer: string): void {
  refuseUnless(isSecure(issuer), 'issuer is not an https address (http is for loopback only): write it as in https://verifier.shop.example');
  const { origin, pathname } = new URL(issuer);
  const address = `${origin}${pathname.replace(/\/+$/, '')}`;
  refuseUnless(address === issuer, `issuer is more than an origin and a path, or spelled unusually: write ${address}`);
}

function isWithin(value: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= 1 && value <= most;
}

function refuseUnless(holds: boolean, message: string): asserts holds {
  if (!holds) throw new TypeError(`createIssuer: ${message}`);
}
