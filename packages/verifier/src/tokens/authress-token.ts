import { authressKind, optionalText, type Json } from '@passerby/shared';
import { readAuthorization } from './authorization.ts';
import { Unauthorized } from './unauthorized.ts';
import { verifyToken, type Caller, type CheckParts, type TokenRules, type VerifiedToken } from './verify-token.ts';

export interface AuthressCheckParts extends CheckParts {
  readonly issuer: string;
  readonly connections: readonly string[];
  readonly applicationId: string | undefined;
}

/** Tells who sent a request by the bearer token that Authress gave them (RFC 9068 §4, as far as Authress goes along). */
export function createAuthressTokenCheck(parts: AuthressCheckParts): (from: Request | string) => Promise<Caller> {
  const rules: TokenRules = {
    words: { token: 'access token', issuer: 'the login host' },
    // `JWT` and none are what services sent before RFC 9068.
    types: /^(?:application\/)?(?:at\+jwt|jwt)$/i,
    algorithms: ['EdDSA'],
    key: 'named',
    issuer: parts.issuer,
    maxLifetimeSeconds: 24 * 3_600,
    toleranceSeconds: 5,
  };
  return async (from) => {
    const token = typeof from === 'string' ? from : bearerToken(from.headers);
    return readCaller(await verifyToken(token, rules, parts), parts);
  };
}

function bearerToken(headers: Headers): string {
  const authorization = readAuthorization(headers);
  if (authorization?.scheme !== 'Bearer') throw new Unauthorized('token_missing', 'The request has no bearer token');
  return authorization.token;
}

function readCaller({ subject, expiresAt, claims }: VerifiedToken, { connections, applicationId }: AuthressCheckParts): Caller {
  const clientId = optionalText(claims, 'client_id');
  if (clientId === undefined) throw new Unauthorized('token_invalid', 'The token lacks a claim');
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
