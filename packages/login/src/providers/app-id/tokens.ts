/** What both kinds of App ID's applications have alike: how people are sent there, and what a token says. */
import { LoginError, optionalNumber, optionalText, readClaims, text, type Grant, type Json, type SubjectKind } from '@passerby/shared';
import { addressWith, checkBase } from '../code-flow.ts';
import type { AuthorizationRequest } from '../provider.ts';

/** Of which tenant, and which of its applications. */
export interface Application {
  readonly oauthServerUrl: string;
  readonly clientId: string;
}

/** The connection that makes guests. */
export const GUESTS = 'guest';
/** The name that it has at App ID. */
export const ANONYMOUS = 'appid_anon';
/** The connection where people choose at App ID; any other is the name that one way to sign in has there, such as `google`. */
export const ANY = 'app_id';
/** What App ID's own SDKs for web pages ask for. */
const SCOPE = 'appid_default';

/** @throws LoginError `config_invalid` */
export function checkApplication({ oauthServerUrl, clientId }: Application): Application {
  // It is sent as the name of Basic authentication, which a colon ends.
  if (typeof clientId !== 'string' || !/^[!-9;-~]{1,256}$/.test(clientId)) throw new LoginError('config_invalid', 'clientId is not the client id of an application (Applications, View credentials)');
  return { clientId, oauthServerUrl: checkBase(oauthServerUrl, 'oauthServerUrl') };
}

/** Where App ID is asked for a code. */
export function authorizationUrl({ oauthServerUrl, clientId }: Application, fields: Readonly<Record<string, string>>): string {
  return addressWith(`${oauthServerUrl}/authorization`, { client_id: clientId, response_type: 'code', scope: SCOPE, ...fields });
}

/** By either name: nobody is linked to it. */
export const isGuests = (connectionId: string): boolean => connectionId === GUESTS || connectionId === ANONYMOUS;

/** A user has the identities that they have. @throws LoginError `unsupported` */
export function refuseUsers({ purpose, session }: AuthorizationRequest): void {
  if (purpose === 'link' && session?.kind === 'user') throw new LoginError('unsupported', 'App ID adds no further identity to a user');
}

/**
 * A token that came straight over TLS: its claims are checked and its signature is not (OpenID Connect Core §3.1.3.7). Another issuer's is a wrong setting, which
 * would make one more guest with each try. @throws LoginError `response_invalid`, `config_invalid`
 */
export function claimsOf(token: string, { oauthServerUrl, clientId }: Application): Json {
  const claims = readClaims(token);
  if (text(claims, 'iss') !== oauthServerUrl || ![claims.aud].flat().includes(clientId)) throw new LoginError('config_invalid', 'The token is from another issuer or for another application: compare oauthServerUrl and clientId with the service credentials');
  return claims;
}

/** Whose the access token of an answer is, and how long it lives. @throws LoginError `response_invalid`, `config_invalid` */
export function grantedBy(data: Json, application: Application): Omit<Grant, 'renewal'> {
  const accessToken = text(data, 'access_token');
  const claims = claimsOf(accessToken, application);
  const [subject, kind, issuedAt] = [text(claims, 'sub'), kindOf(claims), optionalNumber(claims, 'iat') ?? NaN];
  const lifetimeMs = Math.min(optionalNumber(data, 'expires_in') ?? Infinity, (optionalNumber(claims, 'exp') ?? 0) - issuedAt) * 1000;
  if (!(lifetimeMs > 0)) throw new LoginError('response_invalid', 'The token has no lifetime');
  return { subject, kind, accessToken, lifetimeMs, issuedAt: issuedAt * 1000 };
}

/** As the verifier reads it: the token is nobody's where it says neither or both. @throws LoginError `response_invalid` */
function kindOf(claims: Json): SubjectKind {
  const scopes = (optionalText(claims, 'scope') ?? '').split(' ');
  const [method]: readonly unknown[] = Array.isArray(claims.amr) ? claims.amr : [];
  const [isAnonymous, isSignedIn] = [method === ANONYMOUS, scopes.includes('appid_authenticated')];
  if (isAnonymous && !isSignedIn && scopes.includes(SCOPE)) return 'guest';
  if (isSignedIn && typeof method === 'string' && !isAnonymous) return 'user';
  throw new LoginError('response_invalid', 'The token says neither that it is of a guest nor that somebody signed in');
}
