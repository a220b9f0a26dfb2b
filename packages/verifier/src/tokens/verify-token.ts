import { MAX_TOKEN_LENGTH, optionalNumber, optionalText, type Json, type SubjectKind } from '@passerby/shared';
import { errors, jwtVerify, type JWTPayload } from 'jose';
import { algorithmOf } from './public-key.ts';
import { hasForm, readToken, type TokenForm } from './read-token.ts';
import { frozenCopy } from './strict-json.ts';
import { Unauthorized } from './unauthorized.ts';

/** Who sent a request. */
export interface Caller {
  readonly subject: string;
  readonly kind: SubjectKind;
  /** The connection that proved the subject. */
  readonly connectionId?: string;
  /** 0 for what was issued to a guest, 1 for a user's, where the token says so. */
  readonly generation?: number;
  /** Milliseconds since epoch. */
  readonly expiresAt: number;
  /** Every claim of the token: frozen, and inheriting nothing. */
  readonly claims: Json;
}

/** What one kind of token must be, whoever sent it. */
export interface TokenRules extends TokenForm {
  /** For messages: what it is, and who issues it. */
  readonly words: { readonly token: 'access token' | 'ID token' | 'session token'; readonly issuer: string };
  readonly issuer: string;
  readonly audience?: string;
  readonly maxLifetimeSeconds: number;
  /** How far the two clocks may be apart. */
  readonly toleranceSeconds: number;
}

export interface KeySource {
  /** The issuer's key of this id, or, without one, its only key. @throws Unauthorized `keys_unavailable` */
  find(kid: string | null): Promise<CryptoKey | null>;
}

export interface CheckParts {
  readonly keys: KeySource;
  /** Milliseconds since epoch. */
  now(): number;
}

export interface VerifiedToken {
  readonly subject: string;
  /** Seconds since epoch, as the token says. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** Every claim of the token: frozen, and inheriting nothing. */
  readonly claims: Json;
}

/**
 * What every kind of token goes through. The cheap checks come first, and the signature before anything in the token is believed.
 * @throws Unauthorized `token_invalid`, `token_expired`, `keys_unavailable`
 * @see https://www.rfc-editor.org/rfc/rfc8725 (JWT best current practices)
 */
export async function verifyToken(token: string, rules: TokenRules, { keys, now }: CheckParts): Promise<VerifiedToken> {
  const parts = readToken(token, MAX_TOKEN_LENGTH);
  if (!parts) throw invalid(`The token is not a JWT of ${MAX_TOKEN_LENGTH} characters at most`);
  if (!hasForm(parts.header, rules)) throw invalid(`The token's header is not one of an ${rules.words.token}`);
  // Before the keys are asked for, so that a foreign token costs no request.
  if (optionalText(parts.claims, 'iss') !== rules.issuer) throw invalid(`The token is not from ${rules.words.issuer}`);
  const key = await keys.find(optionalText(parts.header, 'kid') ?? null);
  if (!key) throw invalid(`The token is signed with a key that ${rules.words.issuer} does not have`);
  return readTimes(frozenCopy(await verifySignature(token, key, rules, now())), rules, now());
}

/** The same check for what guests cannot do. */
export function usersOnly(check: (request: Request) => Promise<Caller>): (request: Request) => Promise<Caller> {
  return async (request) => {
    const caller = await check(request);
    if (caller.kind !== 'user') throw new Unauthorized('user_required', 'Guests cannot do this: sign in first');
    return caller;
  };
}

async function verifySignature(token: string, key: CryptoKey, { issuer, audience, toleranceSeconds }: TokenRules, nowMs: number): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, key, {
      // A key is for one algorithm; which one is not the token's to say.
      algorithms: [algorithmOf(key)],
      issuer,
      ...(audience !== undefined && { audience }),
      currentDate: new Date(nowMs),
      clockTolerance: toleranceSeconds,
    });
    return payload;
  } catch (error) {
    // jose's errors carry the claims, so they are not kept as the cause.
    if (error instanceof errors.JWTExpired) throw new Unauthorized('token_expired', 'The token has expired');
    if (error instanceof errors.JOSEError) throw invalid('The token is forged or not valid here');
    throw error;
  }
}

function readTimes(claims: Json, { maxLifetimeSeconds, toleranceSeconds }: TokenRules, nowMs: number): VerifiedToken {
  const subject = optionalText(claims, 'sub');
  const issuedAt = optionalNumber(claims, 'iat');
  const expiresAt = optionalNumber(claims, 'exp');
  if (subject === undefined || issuedAt === undefined || expiresAt === undefined) throw invalid('The token lacks a claim');
  if (expiresAt - issuedAt > maxLifetimeSeconds || issuedAt > nowMs / 1000 + toleranceSeconds) throw invalid("The token's lifetime cannot be right");
  return { subject, issuedAt, expiresAt, claims };
}

function invalid(message: string): Unauthorized {
  return new Unauthorized('token_invalid', message);
}
