/** Who sent a request to the shop's API: by an access token of ZITADEL, or by the cookies. */
import { optionalText, type SubjectKind } from '@passerby/shared';
import { SUBJECT_HEADER } from '../gate/cookie.ts';
import { Refused } from '../issuer/refused.ts';
import type { Guests } from '../store/guests.ts';
import type { Store } from '../store/store.ts';
import { readAuthorization } from '../tokens/authorization.ts';
import { frozenCopy } from '../tokens/strict-json.ts';
import { Unauthorized } from '../tokens/unauthorized.ts';
import { verifyToken, type Caller, type KeySource, type TokenRules, type VerifiedToken } from '../tokens/verify-token.ts';
import { refuseUnlessOwnPage } from './asked.ts';
import type { Cookies, Kept } from './cookies.ts';
import { claimsOf, isActor } from './token-endpoint.ts';

export interface CallerParts {
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly serviceUserId: string;
  readonly origins: ReadonlySet<string>;
  readonly store: Guests & Pick<Store, 'standing'>;
  readonly cookies: Cookies;
  readonly keys: KeySource;
  now(): number;
}

/** The check throws Unauthorized: all its codes but `user_required`. */
export function createCallerCheck(parts: CallerParts): (from: Request | string) => Promise<Caller> {
  const rules: TokenRules = {
    words: { token: 'access token', issuer: 'ZITADEL' },
    types: /^(?:application\/)?(?:at\+)?jwt$/i,
    algorithms: ['RS256', 'ES256', 'EdDSA'],
    key: 'named',
    issuer: parts.issuer,
    // ZITADEL's default is twelve hours, and an operator may choose more.
    maxLifetimeSeconds: 7 * 86_400,
    toleranceSeconds: 5,
  };
  return async (from) => {
    if (typeof from === 'string') return readToken(await verifyToken(from, rules, parts), parts);
    const authorization = readAuthorization(from.headers);
    if (!authorization) return readCookies(from, parts);
    if (authorization.scheme !== 'Bearer') throw invalid('The token is bound to no key: send it as a bearer token');
    return readToken(await verifyToken(authorization.token, rules, parts), parts);
  };
}

async function readToken({ subject, expiresAt, claims }: VerifiedToken, { audience, serviceUserId, store }: CallerParts): Promise<Caller> {
  // An ID token says for whom it is and of which token it speaks (OpenID Connect Core §2), and has no name of its own.
  if (optionalText(claims, 'jti') === undefined || Object.hasOwn(claims, 'azp') || Object.hasOwn(claims, 'at_hash') || Object.hasOwn(claims, 'nonce')) throw invalid('The token says who signed in; it is not for calling an API');
  if (![claims['aud']].flat().some((one) => typeof one === 'string' && audience.includes(one))) throw invalid('The token is for another API');
  const isGuest = isActor(claims, serviceUserId);
  // What was issued to a guest is not the user's that the guest became.
  if (isGuest && (await store.guestRow(subject))) throw invalid('This guest has become somebody else, or is gone');
  return Object.freeze({ subject, kind: isGuest ? 'guest' as const : 'user' as const, expiresAt: expiresAt * 1000, claims });
}

async function readCookies({ method, headers }: Request, parts: CallerParts): Promise<Caller> {
  if (method !== 'GET' && method !== 'HEAD') refuseForeignPage(headers, parts.origins);
  const meant = headers.get(SUBJECT_HEADER);
  for (const kind of ['user', 'guest'] as const) {
    const kept = await parts.cookies.open(headers, kind);
    if (kept && (meant === null || meant === kept.sub)) return callerOf(kind, await current(kind, kept, parts));
  }
  throw new Unauthorized('token_missing', 'The request has no access token, and no cookie of whom it is for');
}

/** What a cookie holds, where its session goes on. @throws Unauthorized `token_invalid`, `token_expired` */
export async function current(kind: SubjectKind, kept: Kept, { store, now }: Pick<CallerParts, 'store' | 'now'>): Promise<Kept> {
  const isOver = kind === 'user' ? kept.sid === undefined || (await store.standing(kept.sub, kept.sid)).revoked : kept.gen !== 0 || (await store.guestRow(kept.sub)) !== null;
  if (isOver) throw invalid('This session is over');
  if (kept.exp <= now() / 1000) throw new Unauthorized('token_expired', 'The session has to be renewed');
  return kept;
}

function callerOf(kind: SubjectKind, { sub, exp, at }: Kept): Caller {
  return Object.freeze({ subject: sub, kind, expiresAt: exp * 1000, claims: frozenCopy((at === undefined ? null : claimsOf(at)) ?? { sub }) });
}

/** @throws Unauthorized `token_invalid` */
export function refuseForeignPage(headers: Headers, origins: ReadonlySet<string>): void {
  try {
    refuseUnlessOwnPage(headers, origins);
  } catch (error) {
    if (error instanceof Refused) throw invalid(`A request by cookie is only taken from the shop's own pages, as JSON: ${error.message}`);
    throw error;
  }
}

function invalid(message: string): Unauthorized {
  return new Unauthorized('token_invalid', message);
}
