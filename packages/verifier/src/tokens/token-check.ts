import { API_SECRET_WANTED, isApiSecret, isSecure } from '../settings.ts';
import type { Merge, MergeParties } from '../verifier.ts';
import { createIssuerTokenCheck } from './issuer-token.ts';
import { downloadKeys } from './jwks.ts';
import { KeySet } from './key-set.ts';
import { createMergeClient } from './merge-client.ts';
import { usersOnly, type Caller } from './verify-token.ts';

export interface TokenCheckSettings {
  /** The verifier's issuer, such as `https://shop.example/auth`: an address without a slash at the end. */
  readonly issuer: string;
  /** What the tokens are for, as the verifier is set to. Default: the issuer. */
  readonly audience?: string | undefined;
  /** When given, only tokens of this client are accepted. */
  readonly clientId?: string | undefined;
  /** Where the issuer's public keys are, for machines where its name does not resolve. Default: `{issuer}/jwks`. */
  readonly jwksUrl?: string | undefined;
  /** Where the world reaches this API, such as `https://api.shop.example`. Needed where the verifier binds access tokens to keys. */
  readonly apiOrigin?: string | undefined;
  /** The verifier's own `apiSecret`, for `redeemMerge`, together with `clientId`. A secret. */
  readonly apiSecret?: string | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Milliseconds since epoch. */
  readonly now?: (() => number) | undefined;
}

export interface TokenCheck {
  /** Tells who sent a request, guest or user, by its access token; or whose token this is, where a body carries one. @throws Unauthorized all its codes but `user_required` */
  verifyToken(from: Request | string): Promise<Caller>;
  /** Like `verifyToken`, and refuses guests. @throws Unauthorized also `user_required` */
  requireUser(request: Request): Promise<Caller>;
  /**
   * Redeems a merge ticket at the verifier: whose things go to whom. The same ticket and key again get the same answer.
   * @throws Unauthorized `ticket_refused`, `verifier_unavailable`, and what `verifyToken` throws of the user's token
   * @throws TypeError without `apiSecret`
   */
  redeemMerge(merge: Merge): Promise<MergeParties>;
}

/** Checks the access tokens of a verifier's issuer in a process that does not hold its private keys. @throws TypeError where a setting cannot work */
export function createTokenCheck(settings: TokenCheckSettings): TokenCheck {
  check(settings);
  const { issuer, audience = issuer, clientId, jwksUrl, apiOrigin, apiSecret } = settings;
  const now = settings.now ?? (() => Date.now());
  const fetch = settings.fetch ?? ((...args) => globalThis.fetch(...args));
  const keys = new KeySet({ download: () => downloadKeys({ url: jwksUrl ?? `${issuer}/jwks`, fetch, algorithms: ['ES256', 'EdDSA'] }), now });
  const verifyToken = createIssuerTokenCheck({ issuer, audience, clientId, apiOrigin, keys, now });
  const redeemMerge = clientId !== undefined && apiSecret !== undefined ? createMergeClient({ issuer, clientId, apiSecret, fetch, verifyToken }) : refuseMerge;
  return { verifyToken, requireUser: usersOnly(verifyToken), redeemMerge };
}

async function refuseMerge(): Promise<never> {
  throw new TypeError('createTokenCheck: redeemMerge needs apiSecret: write the one that the verifier is set to');
}

function check(settings: TokenCheckSettings): void {
  refuseUnless(typeof settings === 'object' && settings !== null, 'the settings are missing: write { issuer }');
  const { issuer, audience, clientId, jwksUrl, apiOrigin, apiSecret } = settings;
  refuseUnless(isSecure(issuer), 'issuer is not an https address (http is for loopback only): write it as in https://shop.example/auth');
  const { origin, pathname } = new URL(issuer);
  refuseUnless(issuer === origin + pathname.replace(/\/+$/, ''), `issuer is not spelled as in its tokens: write ${origin + pathname.replace(/\/+$/, '')}`);
  refuseUnless(isName(audience), "audience is not this API's name: write the one the verifier is set to, or leave it out where it has none");
  refuseUnless(isName(clientId), 'clientId is not the id of a client: write the one the browser uses, or leave it out');
  refuseUnless(jwksUrl === undefined || isSecure(jwksUrl), 'jwksUrl is not an https address (http is for loopback only): leave it out, or write where the keys are');
  refuseUnless(apiOrigin === undefined || isSecure(apiOrigin), 'apiOrigin is not an https address (http is for loopback only): write it as in https://api.shop.example');
  refuseUnless(apiOrigin === undefined || new URL(apiOrigin).origin === apiOrigin, 'apiOrigin is more than an origin, or spelled otherwise: write it as in https://api.shop.example');
  refuseUnless(apiSecret === undefined || isApiSecret(apiSecret), API_SECRET_WANTED);
  refuseUnless(apiSecret === undefined || clientId !== undefined, 'apiSecret goes with clientId: write the one that the verifier is set to');
}

function isName(text: unknown): boolean {
  return text === undefined || (typeof text === 'string' && text !== '');
}

function refuseUnless(holds: boolean, message: string): asserts holds {
  if (!holds) throw new TypeError(`createTokenCheck: ${message}`);
}
