/** Whose a token of Descope's is, and whether they are a guest. */
import { asObject, MAX_TOKEN_LENGTH, optionalText, type Json, type SubjectKind } from '@passerby/shared';
import { downloadKeys } from '../tokens/jwks.ts';
import { KeySet } from '../tokens/key-set.ts';
import { readToken } from '../tokens/read-token.ts';
import { Unauthorized } from '../tokens/unauthorized.ts';
import { verifyToken, type Caller, type CheckParts, type TokenRules, type VerifiedToken } from '../tokens/verify-token.ts';
import type { CheckedService, Generation } from './settings.ts';

/** What a token is for: a session's calls, or its renewal. */
export type TokenUse = 'DS' | 'DSR';

/** Whose token it is. */
export interface Holder extends Caller {
  readonly use: TokenUse;
  readonly token: string;
}

export interface TokenCheckParts extends CheckParts {
  readonly projectId: string;
  readonly generation: Generation;
}

/** Longer than any shop has its session tokens live. */
const MOST_SESSION_SECONDS = 31 * 86_400;

export function descopeKeys({ managementUrl, projectId, fetch, now }: Pick<CheckedService, 'managementUrl' | 'projectId' | 'fetch' | 'now'>): KeySet {
  return new KeySet({ download: () => downloadKeys({ url: `${managementUrl}/v2/keys/${projectId}`, fetch, algorithms: ['RS256'] }), now, unknown: 'unavailable' });
}

/** Checks a token that is for one of these uses. The check throws Unauthorized `token_invalid`, `token_expired`, `keys_unavailable`. */
export function createTokenUseCheck(parts: TokenCheckParts): (token: string, uses: readonly TokenUse[]) => Promise<Holder> {
  return async (token, uses) => {
    const verified = await verifyToken(token, rulesFor(token, parts), parts);
    const use = uses.find((one) => verified.claims['drn'] === one);
    if (use === undefined) throw invalid('The token is for another use');
    return readHolder(verified, { use, token }, parts);
  };
}

/** Descope writes its issuer in several ways. Which one this token has is believed only with its signature. */
function rulesFor(token: string, { projectId }: TokenCheckParts): TokenRules {
  const issuer = optionalText(readToken(token, MAX_TOKEN_LENGTH)?.claims ?? {}, 'iss');
  return {
    words: { token: 'session token', issuer: 'this Descope project' },
    types: /^jwt$/i,
    algorithms: ['RS256'],
    key: 'named',
    issuer: issuer !== undefined && isIssuer(issuer, projectId) ? issuer : projectId,
    maxLifetimeSeconds: Infinity,
    toleranceSeconds: 5,
  };
}

/** True for the project's id, and for an address whose last or last but one segment it is. */
export function isIssuer(issuer: string, projectId: string): boolean {
  if (issuer === projectId) return true;
  if (!/^https?:\/\//.test(issuer) || !URL.canParse(issuer)) return false;
  return new URL(issuer).pathname.split('/').filter((segment) => segment !== '').slice(-2).includes(projectId);
}

function readHolder({ subject, issuedAt, expiresAt, claims }: VerifiedToken, { use, token }: Pick<Holder, 'use' | 'token'>, { generation }: TokenCheckParts): Holder {
  if (use === 'DS' && expiresAt - issuedAt > MOST_SESSION_SECONDS) throw invalid("The token's lifetime cannot be right");
  // Nobody in particular, whom a shop of the other generation would take for a user.
  if (generation.type === 'temporary_user' && claims['danu'] === true) throw invalid('The token is of a guest of the new generation');
  return Object.freeze({ subject, kind: kindOf(claims, generation), expiresAt: expiresAt * 1000, claims, use, token });
}

/** Guest or user, by what a session token says. */
export function kindOf(claims: Json, generation: Generation): SubjectKind {
  const isGuest = generation.type === 'anonymous_jwt' ? claims['danu'] === true : Object.hasOwn(asObject(claims['tenants']) ?? {}, generation.tenantId);
  return isGuest ? 'guest' : 'user';
}

export function invalid(message: string): Unauthorized {
  return new Unauthorized('token_invalid', message);
}
