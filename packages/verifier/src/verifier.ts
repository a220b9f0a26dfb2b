import { AccessKey } from './authress/access-key.ts';
import { createLogin, type Visit } from './authress/login.ts';
import { TokenBuckets } from './gate/rate-limit.ts';
import { checkAuthress, checkRateLimit, type AuthressSettings } from './settings.ts';
import { createAuthressTokenCheck } from './tokens/authress-token.ts';
import { downloadKeys } from './tokens/jwks.ts';
import { KeySet } from './tokens/key-set.ts';
import { usersOnly, type Caller } from './tokens/verify-token.ts';

export interface VerifierSettings {
  readonly authress: AuthressSettings;
  /** Guests per IPv4 address or IPv6 /64: how many at once, and how many a second after that. Default: 300 at once, then 1 a second. */
  readonly rateLimit?: { readonly burst: number; readonly perSecond: number } | undefined;
  /** Your own rule, asked last: `false` answers 403. */
  readonly allow?: ((visit: Visit) => boolean | Promise<boolean>) | undefined;
  /** Milliseconds since epoch. */
  readonly now?: (() => number) | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Fills the bytes from a cryptographic random source. */
  readonly random?: ((bytes: Uint8Array<ArrayBuffer>) => void) | undefined;
}

/** What a shop's server has in its hands when it is asked to carry a guest's things over. */
export interface Merge {
  /** From `mergeGuest({ ticket })` in the browser. */
  readonly ticket: string;
  /** The merge's own name, the same for every try. */
  readonly key: string;
  /** The request of the user who asks, or their access token where it is not bound to a key. */
  readonly user: Request | string;
}

/** Two subjects that are one person. */
export interface MergeParties {
  readonly from: string;
  readonly to: string;
}

export interface Verifier {
  /** Answers the requests that make guests; whoever is none gets a 4xx and the reason. */
  handler(request: Request, from: { readonly clientAddress: string }): Promise<Response>;
  /** Tells who sent a request, guest or user, by its bearer token; or whose token this is, where a body carries one. @throws Unauthorized all its codes but `user_required` */
  verifyToken(from: Request | string): Promise<Caller>;
  /** Like `verifyToken`, and refuses guests. @throws Unauthorized also `user_required` */
  requireUser(request: Request): Promise<Caller>;
}

/**
 * The server side of guest sessions for one Authress login host. Its handler answers `GET /v1/login`: a new guest is sent back to the login host with a signed ID.
 * @throws TypeError where a setting cannot work
 */
export function createVerifier(settings: VerifierSettings): Verifier {
  const now = settings.now ?? (() => Date.now());
  const authress = checkAuthress(settings.authress);
  const fetch = settings.fetch ?? ((...args) => globalThis.fetch(...args));
  const verifyToken = createAuthressTokenCheck({
    issuer: authress.loginUrl,
    connections: authress.connections,
    applicationId: authress.applicationId,
    keys: new KeySet({ download: () => downloadKeys({ url: authress.jwksUrl, fetch, algorithms: ['EdDSA'] }), now }),
    now,
  });
  return {
    handler: createLogin({
      loginUrl: authress.loginUrl,
      accessKey: new AccessKey(authress.accessKey),
      rateLimit: new TokenBuckets({ ...checkRateLimit(settings.rateLimit ?? { burst: 300, perSecond: 1 }), now }),
      allow: settings.allow ?? (() => true),
      random: settings.random ?? ((bytes) => void crypto.getRandomValues(bytes)),
      now,
    }),
    verifyToken,
    requireUser: usersOnly(verifyToken),
  };
}
