import { optionalNumber, optionalText, type Json } from '@passerby/shared';
import { isSecure } from '../settings.ts';
import { Unauthorized } from './unauthorized.ts';
import { verifyToken, type CheckParts, type TokenRules } from './verify-token.ts';

export interface IdTokenCheckParts extends CheckParts {
  /** The provider's `issuer`, to the letter: with a slash at the end where the provider has one. */
  readonly issuer: string;
  /** The application's id at the provider. */
  readonly clientId: string;
}

/** Who signed in at the provider. */
export interface SignIn {
  readonly issuer: string;
  readonly subject: string;
  /** When the person last proved who they are, in seconds since epoch: as the provider says, or else when it issued the ID token. */
  readonly authTime: number;
}

/** How long ago an ID token may have been issued. */
const MAX_AGE_SECONDS = 300;

/** What Keycloak says of its other tokens, whose headers are those of its ID tokens. */
const OTHER_TOKEN = /^(?:bearer|refresh|offline|logout)$/i;

/**
 * Tells who signed in at an OpenID provider by their ID token (OpenID Connect Core §3.1.3.7); RS256, which every provider has, ES256 or EdDSA.
 * The check throws Unauthorized `token_invalid`, `token_expired`, `keys_unavailable`, which never holds the token or what is in it.
 * @throws TypeError where a setting cannot work
 */
export function createIdTokenCheck({ issuer, clientId, keys, now }: IdTokenCheckParts): (idToken: string, expected: { readonly nonce: string }) => Promise<SignIn> {
  refuseUnless(isSecure(issuer), 'issuer is not an https address (http is for loopback only)');
  refuseUnless(typeof clientId === 'string' && clientId !== '', "clientId is missing: write the application's id at the provider");
  const rules: TokenRules = {
    words: { token: 'ID token', issuer: 'the OpenID provider' },
    types: /^(?:application\/)?jwt$/i,
    algorithms: ['RS256', 'ES256', 'EdDSA'],
    key: 'named or only',
    issuer,
    audience: clientId,
    maxLifetimeSeconds: Infinity,
    toleranceSeconds: 30,
  };
  return async (idToken, { nonce }) => {
    const { subject, issuedAt, claims } = await verifyToken(idToken, rules, { keys, now });
    if (!isForClient(claims, clientId)) throw invalid('The ID token is for another application');
    if ((optionalText(claims, 'nonce') ?? null) !== nonce) throw invalid('The ID token is of another sign-in: its nonce differs');
    if (!/^[ -~]{1,255}$/.test(subject) || OTHER_TOKEN.test(optionalText(claims, 'typ') ?? '')) throw invalid('The token does not say who signed in');
    if (issuedAt < now() / 1000 - MAX_AGE_SECONDS) throw new Unauthorized('token_expired', 'The ID token is too old: sign in once more');
    const authTime = optionalNumber(claims, 'auth_time');
    // What lies ahead would pass for a recent sign-in until then.
    const isPast = authTime !== undefined && authTime <= now() / 1000 + rules.toleranceSeconds;
    return { issuer, subject, authTime: Math.floor(isPast ? authTime : issuedAt) };
  };
}

/** Its audience was found to hold the client; with others beside it, the provider must say whom it was issued to. */
function isForClient(claims: Json, clientId: string): boolean {
  return Object.hasOwn(claims, 'azp') ? claims['azp'] === clientId : [claims['aud']].flat().length === 1;
}

function invalid(message: string): Unauthorized {
  return new Unauthorized('token_invalid', message);
}

function refuseUnless(holds: boolean, message: string): asserts holds {
  if (!holds) throw new TypeError(`createIdTokenCheck: ${message}`);
}
