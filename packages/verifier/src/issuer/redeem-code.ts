import { asObject, optionalText } from '@passerby/shared';
import { basicAuthorization } from '../tokens/authorization.ts';
import { askJson, type JsonAnswer } from '../tokens/download-json.ts';
import { findEndpoint } from '../tokens/provider-keys.ts';
import { Refused } from './refused.ts';
import type { ProviderSettings } from './settings.ts';

export interface AuthorizationCode {
  readonly code: string;
  readonly codeVerifier: string;
  readonly redirectUri: string;
}

export interface CodeParts {
  /** Resolves once the provider's keys are at hand: a code is spent by redeeming it. @throws Unauthorized `keys_unavailable` */
  ready(): Promise<unknown>;
  readonly provider: ProviderSettings;
  readonly clientId: string;
  readonly fetch: typeof globalThis.fetch;
}

/** A page that has lost patience by then (8 s) meets the request that is still under way. */
const MAX_WAIT_MS = 4_000;

/**
 * Redeems authorization codes for ID tokens with the client's secret, for providers that want one (RFC 6749 §4.1.3). The page has the code and its
 * verifier; the secret never leaves the server.
 */
export function createCodeRedeemer({ provider, clientId, fetch, ready }: CodeParts): ((code: AuthorizationCode) => Promise<string>) | undefined {
  const { issuer, clientSecret } = provider;
  if (clientSecret === undefined) return undefined;
  let endpoint = provider.tokenUrl;
  const authorization = basicAuthorization(clientId, clientSecret);
  const underWay = new Map<string, Promise<string>>();
  const redeem = async ({ code, codeVerifier, redirectUri }: AuthorizationCode): Promise<string> => {
    const body = new URLSearchParams({ grant_type: 'authorization_code', code, code_verifier: codeVerifier, redirect_uri: redirectUri });
    const answer = await reach(async () => {
      await ready();
      endpoint ??= await findEndpoint(issuer, 'token_endpoint', fetch);
      return askJson(endpoint, { fetch, method: 'POST', body, headers: { authorization }, waitMs: MAX_WAIT_MS });
    });
    return readIdToken(answer);
  };
  // A page that lost patience asks again while the provider still thinks: a code must not be sent there twice.
  return (asked) => {
    const name = JSON.stringify([asked.code, asked.codeVerifier, asked.redirectUri]);
    const running = underWay.get(name) ?? redeem(asked).finally(() => underWay.delete(name));
    underWay.set(name, running);
    return running;
  };
}

async function reach<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    // What went wrong may quote what was sent.
    if (error instanceof Error) throw unavailable();
    throw error;
  }
}

function readIdToken({ status, body }: JsonAnswer): string {
  const data = asObject(body);
  const idToken = status === 200 && data ? optionalText(data, 'id_token') : undefined;
  if (idToken !== undefined) return idToken;
  const error = data && optionalText(data, 'error');
  if (error === 'invalid_grant') throw new Refused('invalid_grant', 'The OpenID provider does not take this code (again): sign in once more');
  if (error === 'invalid_client' || error === 'unauthorized_client') throw new Refused('unauthorized_client', "The OpenID provider refuses this verifier's clientId or clientSecret");
  throw unavailable();
}

function unavailable(): Refused {
  return new Refused('temporarily_unavailable', 'The OpenID provider did not answer as it should: try again', { headers: { 'retry-after': '2' } });
}
