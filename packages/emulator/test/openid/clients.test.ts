/** Published clients of others, unchanged: so that this is an OpenID provider and not a mirror of our own code. */
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { describe, expect, test } from 'vitest';
import type { OpenId } from '../../src/index.ts';
import { Browser, CALLBACK, ISSUER, makeOpenId, SHOP } from './support.ts';

const fetchFrom = (openid: OpenId) => (url: string, init: object): Promise<Response> => openid.handle(new Request(url, { ...init, headers: { ...(init as { headers?: Record<string, string> }).headers, origin: SHOP } }));

describe.each(['RS256', 'ES256'] as const)('ID tokens signed with %s', (idTokenAlgorithm) => {
  test('satisfy openid-client, from discovery to the claims', async () => {
    const openid = await makeOpenId({ idTokenAlgorithm });
    const config = await client.discovery(new URL(ISSUER), 'shop', { id_token_signed_response_alg: idTokenAlgorithm }, client.None(), {
      [client.customFetch]: fetchFrom(openid), execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
    });
    const pkceCodeVerifier = client.randomPKCECodeVerifier();
    const [expectedState, expectedNonce] = [client.randomState(), client.randomNonce()];
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK, scope: 'openid email', state: expectedState, nonce: expectedNonce, connection: 'google',
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: 'S256',
    });
    const back = await new Browser(openid).signIn({ url, verifier: pkceCodeVerifier, state: expectedState, nonce: expectedNonce });
    const tokens = await client.authorizationCodeGrant(config, back, { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true, maxAge: 60 });
    expect(tokens.claims()).toMatchObject({ iss: ISSUER, aud: 'shop', email: 'ada@example.com' });
    const info = await client.fetchUserInfo(config, tokens.access_token, tokens.claims()?.sub ?? '');
    expect(info.email).toBe('ada@example.com');
    expect(client.buildEndSessionUrl(config, { post_logout_redirect_uri: `${SHOP}/` }).pathname).toBe('/logout');
  });

  test('satisfy oauth4webapi, which checks the issuer in the callback too', async () => {
    const openid = await makeOpenId({ idTokenAlgorithm });
    const options = { [oauth.customFetch]: fetchFrom(openid), [oauth.allowInsecureRequests]: true };
    const as = await oauth.processDiscoveryResponse(new URL(ISSUER), await oauth.discoveryRequest(new URL(ISSUER), options));
    expect(as).toMatchObject({ code_challenge_methods_supported: ['S256'], authorization_response_iss_parameter_supported: true, response_types_supported: expect.arrayContaining(['code']) });
    expect(as.token_endpoint_auth_methods_supported).toContain('none');
    const shop: oauth.Client = { client_id: 'shop', id_token_signed_response_alg: idTokenAlgorithm };
    const verifier = oauth.generateRandomCodeVerifier();
    const nonce = oauth.generateRandomNonce();
    const url = new URL(as.authorization_endpoint ?? '');
    url.search = new URLSearchParams({ client_id: 'shop', redirect_uri: CALLBACK, response_type: 'code', scope: 'openid', nonce, state: 'st', code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' }).toString();
    const back = await new Browser(openid).signIn({ url, verifier, state: 'st', nonce });
    const parameters = oauth.validateAuthResponse(as, shop, back, 'st');
    const response = await oauth.authorizationCodeGrantRequest(as, shop, oauth.None(), parameters, CALLBACK, verifier, options);
    const result = await oauth.processAuthorizationCodeResponse(as, shop, response, { expectedNonce: nonce, requireIdToken: true });
    await oauth.validateApplicationLevelSignature(as, response, options);
    expect(oauth.getValidatedIdTokenClaims(result)?.sub).toMatch(/^[\w-]{43}$/);
  });
});

test('the key set holds public keys only, new ones at each start, and signs what it says', async () => {
  const keysOf = async (openid: OpenId): Promise<JSONWebKeySet> => (await (await openid.handle(new Request(`${ISSUER}/jwks`))).json()) as JSONWebKeySet;
  const openid = await makeOpenId();
  const set = await keysOf(openid);
  expect(set.keys.map(({ kty, alg, use }) => [kty, alg, use])).toEqual([['RSA', 'RS256', 'sig'], ['EC', 'ES256', 'sig']]);
  for (const key of set.keys) expect(Object.keys(key).filter((name) => ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'].includes(name))).toEqual([]);
  const others = await keysOf(await makeOpenId());
  expect(others.keys.map(({ kid }) => kid)).not.toEqual(set.keys.map(({ kid }) => kid));
  await expect(jwtVerify('a.b.c', createLocalJWKSet(set))).rejects.toThrow();
});
