import { authressKind, MAX_TOKEN_LENGTH, optionalNumber, optionalText, type Json, type SubjectKind } from '@passerby/shared';
import { errors, jwtVerify, type JWTPayload } from 'jose';
import type { KeySet } from './key-set.ts';
import { frozenCopy } from './strict-json.ts';
import { readToken } from './read-token.ts';
import { Unauthorized } from './unauthorized.ts';

/** Who sent a request. */
export interface Caller {
  readonly subject: string;
  readonly kind: SubjectKind;
  /** The connection that proved the subject. */
  readonly connectionId?: string;
  /** Milliseconds since epoch. */
  readonly expiresAt: number;
  /** Every claim of the token: frozen, and inheriting nothing. */
  readonly claims: Json;
}

export interface TokenCheckParts {
  readonly issuer: string;
  readonly connections: readonly string[];
  readonly applicationId: string | undefined;
  readonly keys: KeySet;
  now(): number;
}

/** How far the two clocks may be apart. */
const CLOCK_TOLERANCE_SECONDS = 5;
/** The longest an Authress access token can live. */
const MAX_LIFETIME_SECONDS = 24 * 3_600;

/**
 * Tells who sent a request by its bearer token. The cheap checks come first, and the signature before anything in the token is believed.
 * @see https://www.rfc-editor.org/rfc/rfc8725 (JWT best current practices), RFC 9068 §4 (access tokens)
 */
export function createTokenCheck(parts: TokenCheckParts): (from: Request | string) => Promise<Caller> {
  return async (from) => {
    const token = typeof from === 'string' ? from : bearerToken(from.headers);
    if (token.length > MAX_TOKEN_LENGTH) throw new Unauthorized('token_invalid', 'The token is too long');
    const { kid, issuer } = readToken(token);
    // Before the keys are asked for, so that a foreign token costs no request.
    if (issuer !== parts.issuer) throw new Unauthorized('token_invalid', 'The token is not from the login host');
    const key = await parts.keys.find(kid);
    if (!key) throw new Unauthorized('token_invalid', 'The token is signed with a key the login host does not have');
    return readCaller(frozenCopy(await verify(token, key, parts)), parts);
  };
}

function bearerToken(headers: Headers): string {
  const header = headers.get('authorization') ?? '';
  if (!/^bearer(?: |$)/i.test(header)) throw new Unauthorized('token_missing', 'The request has no bearer token');
  return header.slice('bearer '.length).trim();
}

async function verify(token: string, key: CryptoKey, { issuer, now }: TokenCheckParts): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['EdDSA'],
      issuer,
      requiredClaims: ['sub', 'iat', 'exp', 'client_id'],
      currentDate: new Date(now()),
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    });
    return payload;
  } catch (error) {
    // jose's errors carry the claims, so they are not kept as the cause.
    if (error instanceof errors.JWTExpired) throw new Unauthorized('token_expired', 'The token has expired');
    if (error instanceof errors.JOSEError) throw new Unauthorized('token_invalid', 'The token is forged or not valid here');
    throw error;
  }
}

function readCaller(claims: Json, { connections, applicationId, now }: TokenCheckParts): Caller {
  const subject = optionalText(claims, 'sub');
  const clientId = optionalText(claims, 'client_id');
  const issuedAt = optionalNumber(claims, 'iat');
  const expiresAt = optionalNumber(claims, 'exp');
  if (subject === undefined || clientId === undefined || issuedAt === undefined || expiresAt === undefined) throw new Unauthorized('token_invalid', 'The token lacks a claim');
  if (expiresAt - issuedAt > MAX_LIFETIME_SECONDS || issuedAt > now() / 1000 + CLOCK_TOLERANCE_SECONDS) throw new Unauthorized('token_invalid', "The token's lifetime cannot be right");
  if (isIdToken(claims, clientId)) throw new Unauthorized('token_invalid', 'The token says who signed in; it is not for calling an API');
  if (applicationId !== undefined && clientId !== applicationId) throw new Unauthorized('token_invalid', 'The token is of another application');
  const connectionId = optionalText(claims, 'azp');
  return Object.freeze({ subject, kind: authressKind(connectionId, connections), ...(connectionId !== undefined && { connectionId }), expiresAt: expiresAt * 1000, claims });
}

/** An ID token is for the application alone: its audience is the client (OpenID Connect Core §2), an access token's is the account. */
function isIdToken(claims: Json, clientId: string): boolean {
  const audience = Object.hasOwn(claims, 'aud') ? [claims['aud']].flat() : [];
  return audience.length === 1 && audience[0] === clientId;
}
