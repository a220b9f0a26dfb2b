/** ZITADEL's token endpoint: for guests by token exchange, for users by code and refresh token. */
import { optionalNumber, optionalText, readClaims, type Json } from '@passerby/shared';
import { basicAuthorization } from '../tokens/authorization.ts';
import { judgeToken, ServiceFailed, unavailable, type Grant } from './failures.ts';
import { reach } from '../reach.ts';

export interface TokenParts {
  readonly managementUrl: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly serviceToken: string;
  readonly serviceUserId: string;
  readonly fetch: typeof globalThis.fetch;
}

export interface Tokens {
  readonly accessToken: string;
  readonly expiresInSeconds: number;
  readonly refreshToken: string | undefined;
  readonly idToken: string | undefined;
}

export interface CodeGrant {
  readonly code: string;
  readonly codeVerifier: string;
  readonly redirectUri: string;
}

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const JWT = 'urn:ietf:params:oauth:token-type:jwt';
const USER_ID = 'urn:zitadel:params:oauth:token-type:user_id';
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const OTHER_ACCOUNT = 'The access token of a guest does not name serviceUserId as who acts: write the id of the service account that serviceToken belongs to';

/** Every method throws ServiceFailed. */
export class TokenEndpoint {
  readonly #parts: TokenParts;

  constructor(parts: TokenParts) {
    this.#parts = parts;
  }

  /** A guest's token, by the service account (RFC 8693 §2.1). No refresh token is asked for: the next one is had in the same way. */
  async exchange(subject: string): Promise<Tokens> {
    const tokens = await this.#ask('exchange', {
      grant_type: TOKEN_EXCHANGE, subject_token: subject, subject_token_type: USER_ID, actor_token: this.#parts.serviceToken, actor_token_type: ACCESS_TOKEN,
      requested_token_type: JWT, scope: 'openid profile email',
    });
    const claims = claimsOf(tokens.accessToken);
    if (!claims || claims['sub'] !== subject) throw new ServiceFailed(unavailable());
    // Else every guest's token would pass for a user's.
    if (!isActor(claims, this.#parts.serviceUserId)) throw new ServiceFailed({ failure: 'setting', advice: OTHER_ACCOUNT });
    return tokens;
  }

  /** `missing` where the code is over. */
  redeem({ code, codeVerifier, redirectUri }: CodeGrant): Promise<Tokens> {
    return this.#ask('code', { grant_type: 'authorization_code', code, code_verifier: codeVerifier, redirect_uri: redirectUri });
  }

  /** `missing` where the refresh token is over. */
  renew(refreshToken: string): Promise<Tokens> {
    return this.#ask('refresh', { grant_type: 'refresh_token', refresh_token: refreshToken });
  }

  /** RFC 7009 */
  async revoke(refreshToken: string): Promise<void> {
    const answer = await reach(this.#parts.fetch, `${this.#parts.managementUrl}/oauth/v2/revoke`, this.#form({ token: refreshToken, token_type_hint: 'refresh_token' }));
    if (answer.status !== 200) throw new ServiceFailed(judgeToken('refresh', answer), answer.retryAfterSeconds);
  }

  async #ask(grant: Grant, parameters: Readonly<Record<string, string>>): Promise<Tokens> {
    const answer = await reach(this.#parts.fetch, `${this.#parts.managementUrl}/oauth/v2/token`, this.#form(parameters));
    const tokens = answer.status === 200 && answer.body ? readTokens(answer.body) : null;
    if (tokens) return tokens;
    throw new ServiceFailed(answer.status === 200 ? unavailable() : judgeToken(grant, answer), answer.retryAfterSeconds);
  }

  #form(parameters: Readonly<Record<string, string>>): { readonly body: URLSearchParams; readonly headers: Readonly<Record<string, string>> } {
    const { clientId, clientSecret } = this.#parts;
    if (clientSecret === undefined) return { body: new URLSearchParams({ ...parameters, client_id: clientId }), headers: {} };
    return { body: new URLSearchParams(parameters), headers: { authorization: basicAuthorization(clientId, clientSecret) } };
  }
}

/** True where this account acts for somebody (RFC 8693 §4.1); whoever acted before it says nothing. */
export function isActor(claims: Json, serviceUserId: string): boolean {
  const act = claims['act'];
  return typeof act === 'object' && act !== null && Object.hasOwn(act, 'sub') && (act as Json)['sub'] === serviceUserId;
}

/** The claims of a token that came straight from ZITADEL; null: it is opaque. */
export function claimsOf(token: string): Json | null {
  try {
    return readClaims(token);
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}

function readTokens(body: Json): Tokens | null {
  const [accessToken, expiresInSeconds] = [optionalText(body, 'access_token'), optionalNumber(body, 'expires_in')];
  if (accessToken === undefined || expiresInSeconds === undefined || expiresInSeconds <= 0) return null;
  return { accessToken, expiresInSeconds, refreshToken: optionalText(body, 'refresh_token'), idToken: optionalText(body, 'id_token') };
}
