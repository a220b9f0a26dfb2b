import { asObject, optionalNumber, optionalText, type Json } from '@passerby/shared';
import { readAuthorization } from './authorization.ts';
import { ProofRefused, verifyProof } from './dpop-proof.ts';
import { Unauthorized, type AuthScheme } from './unauthorized.ts';
import { verifyToken, type Caller, type CheckParts, type TokenRules, type VerifiedToken } from './verify-token.ts';

export interface IssuerTokenCheckParts extends CheckParts {
  readonly issuer: string;
  readonly audience: string;
  /** When given, only tokens of this client are accepted. */
  readonly clientId?: string | undefined;
  /** Where the world reaches this API, such as `https://api.shop.example`: what a request itself says of its host is anybody's word. Without it, tokens that are bound to a key are refused. */
  readonly apiOrigin?: string | undefined;
}

/** Tells who sent a request by the verifier's own access token (RFC 9068 §4), and where that is bound to a key, by the key (RFC 9449 §7.1). */
export function createIssuerTokenCheck(parts: IssuerTokenCheckParts): (from: Request | string) => Promise<Caller> {
  const rules = rulesOf(parts);
  return async (from) => {
    const { token, scheme } = readSent(from);
    try {
      const verified = await verifyToken(token, rules, parts);
      const bound = boundKey(verified.claims);
      if (bound === null && scheme === 'DPoP') throw invalid('The token is bound to no key: send it as a bearer token');
      if (bound !== null && bound !== (await shownKey(from, parts))) throw invalid('The token is bound to another key');
      return readCaller(verified, parts);
    } catch (error) {
      if (error instanceof Unauthorized && scheme === 'DPoP') throw error.challengedBy(scheme);
      throw error;
    }
  };
}

/** Whose access token of the verifier's own this is, for somebody who has seen the proof it came with, where it is bound to a key. */
export function createForwardedTokenCheck(parts: IssuerTokenCheckParts): (token: string) => Promise<Caller> {
  const rules = rulesOf(parts);
  return async (token) => readCaller(await verifyToken(token, rules, parts), parts);
}

function rulesOf({ issuer, audience }: IssuerTokenCheckParts): TokenRules {
  return {
    words: { token: 'access token', issuer: 'this issuer' },
    types: /^at\+jwt$/,
    algorithms: ['ES256', 'EdDSA'],
    key: 'named',
    issuer,
    audience,
    maxLifetimeSeconds: 605,
    toleranceSeconds: 5,
  };
}

function readSent(from: Request | string): { readonly token: string; readonly scheme?: AuthScheme } {
  if (typeof from === 'string') return { token: from };
  const authorization = readAuthorization(from.headers);
  if (!authorization) throw new Unauthorized('token_missing', 'The request has no access token');
  return authorization;
}

/** The thumbprint of the one key that may show the token; null where anybody may. */
function boundKey(claims: Json): string | null {
  if (!Object.hasOwn(claims, 'cnf')) return null;
  const thumbprint = optionalText(asObject(claims['cnf']) ?? {}, 'jkt');
  if (thumbprint === undefined) throw invalid('The token is bound in a way that is not known here');
  return thumbprint;
}

/** The thumbprint of the key that a bound token came with. */
async function shownKey(from: Request | string, { apiOrigin, now }: IssuerTokenCheckParts): Promise<string> {
  if (typeof from === 'string') throw invalid('The token is bound to a key: check the whole request it came with');
  const authorization = readAuthorization(from.headers);
  if (authorization?.scheme !== 'DPoP') throw invalid('The token is bound to a key: send it as DPoP, with a proof').challengedBy('DPoP');
  if (apiOrigin === undefined) throw invalid('The token is bound to a key, and this API does not know its own address: set apiOrigin');
  const proof = from.headers.get('dpop');
  if (proof === null) throw new Unauthorized('proof_invalid', 'The request has no DPoP proof');
  try {
    const url = apiOrigin + new URL(from.url).pathname;
    const isOurNonce = () => false;
    return (await verifyProof(proof, { method: from.method, url, nowMs: now(), accessToken: authorization.token, nonce: 'unused', isOurNonce })).thumbprint;
  } catch (error) {
    if (error instanceof ProofRefused) throw new Unauthorized('proof_invalid', error.message);
    throw error;
  }
}

function readCaller({ subject, expiresAt, claims }: VerifiedToken, { clientId }: IssuerTokenCheckParts): Caller {
  const client = optionalText(claims, 'client_id');
  if (client === undefined) throw invalid('The token lacks a claim');
  if (clientId !== undefined && client !== clientId) throw invalid('The token is of another client');
  const generation = optionalNumber(claims, 'gen');
  const kind = optionalText(claims, 'kind') === 'user' ? 'user' : 'guest';
  return Object.freeze({ subject, kind, ...(generation !== undefined && { generation }), expiresAt: expiresAt * 1000, claims });
}

function invalid(message: string): Unauthorized {
  return new Unauthorized('token_invalid', message);
}
