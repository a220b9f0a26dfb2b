/** Whose an access token of App ID's is, and whether they are a guest. */
import { MAX_TOKEN_LENGTH, optionalText, type Json, type SubjectKind } from '@passerby/shared';
import { readAuthorization } from '../tokens/authorization.ts';
import { downloadKeys } from '../tokens/jwks.ts';
import { KeySet } from '../tokens/key-set.ts';
import { readToken } from '../tokens/read-token.ts';
import { Unauthorized } from '../tokens/unauthorized.ts';
import { verifyToken, type Caller, type CheckParts, type TokenRules } from '../tokens/verify-token.ts';
import type { CheckedTokens } from './settings.ts';

/** Whose token it is. */
export interface Holder extends Caller {
  readonly token: string;
}

export interface TokenCheckParts extends CheckParts, Pick<CheckedTokens, 'oauthServerUrl' | 'tenantId' | 'clientId'> {}

/** The longest that a tenant can be set to, a guest's. */
export const MOST_SECONDS = 90 * 86_400;
const VERSION = 4;

export function appIdKeys({ oauthUrl, fetch, now }: Pick<CheckedTokens, 'oauthUrl' | 'fetch' | 'now'>): KeySet {
  return new KeySet({ download: () => downloadKeys({ url: `${oauthUrl}/publickeys`, fetch, algorithms: ['RS256'] }), now, unknown: 'unavailable' });
}

/** The check throws Unauthorized `token_invalid`, `token_expired`, `keys_unavailable`. */
export function createHolderCheck(parts: TokenCheckParts): (token: string) => Promise<Holder> {
  const rules: TokenRules = {
    words: { token: 'access token', issuer: 'this App ID' },
    types: /^jwt$/i,
    algorithms: ['RS256'],
    key: 'named',
    issuer: parts.oauthServerUrl,
    audience: parts.clientId,
    maxLifetimeSeconds: MOST_SECONDS,
    toleranceSeconds: 5,
  };
  return async (token) => {
    if (readToken(token, MAX_TOKEN_LENGTH)?.header['ver'] !== VERSION) throw invalid('The token is not of version 4 of App ID');
    const { subject, expiresAt, claims } = await verifyToken(token, rules, parts);
    if (optionalText(claims, 'tenant') !== parts.tenantId) throw invalid('The token is of another tenant');
    const kind = kindOf(claims);
    if (kind === null) throw invalid('The token says neither that it is of a guest nor that somebody signed in');
    return Object.freeze({ subject, kind, expiresAt: expiresAt * 1000, claims, token });
  };
}

/** Null: it is nobody's, such as an application's own token or an ID token, or says two things at once. */
function kindOf(claims: Json): SubjectKind | null {
  const scopes = (optionalText(claims, 'scope') ?? '').split(' ');
  const [method]: readonly unknown[] = Array.isArray(claims['amr']) ? claims['amr'] : [];
  const [isAnonymous, isSignedIn] = [method === 'appid_anon', scopes.includes('appid_authenticated')];
  if (isAnonymous && !isSignedIn && scopes.includes('appid_default')) return 'guest';
  return isSignedIn && typeof method === 'string' && !isAnonymous ? 'user' : null;
}

export interface CallerParts {
  readonly store: CheckedTokens['store'];
  checkToken(token: string): Promise<Holder>;
}

/** Tells who sent a request, by the access token it came with. The check throws Unauthorized: all its codes but `user_required`. */
export function createCallerCheck(parts: CallerParts): (from: Request | string) => Promise<Caller> {
  return async (from) => {
    const { subject, kind, expiresAt, claims } = await current(await parts.checkToken(typeof from === 'string' ? from : sentIn(from)), parts);
    return Object.freeze({ subject, kind, expiresAt, claims });
  };
}

/** What was issued to a guest is not the user's that the guest became: it is well signed for weeks. @throws Unauthorized `token_invalid` */
export async function current(holder: Holder, { store }: Pick<CallerParts, 'store'>): Promise<Holder> {
  if (holder.kind === 'guest' && (await store.guestRow(holder.subject))) throw invalid('This guest has become somebody else, or is gone');
  return holder;
}

function sentIn({ headers }: Request): string {
  const authorization = readAuthorization(headers);
  if (!authorization) throw new Unauthorized('token_missing', 'The request has no access token');
  if (authorization.scheme !== 'Bearer') throw invalid('The token is bound to no key: send it as a bearer token');
  return authorization.token;
}

export function invalid(message: string): Unauthorized {
  return new Unauthorized('token_invalid', message);
}
