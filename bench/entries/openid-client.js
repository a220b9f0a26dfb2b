/** A library of single steps; what an application writes around them is here. */
import * as openid from 'openid-client';

const redirectUrl = 'https://www.example.com/';
let configuration;
let pending;
let tokens;

const discovered = async () => (configuration ??= await openid.discovery(new URL('https://login.example.com'), 'shop', undefined, openid.None()));

export async function signIn() {
  pending = { verifier: openid.randomPKCECodeVerifier(), state: openid.randomState() };
  const challenge = await openid.calculatePKCECodeChallenge(pending.verifier);
  location.assign(openid.buildAuthorizationUrl(await discovered(), { redirect_uri: redirectUrl, scope: 'openid offline_access', state: pending.state, code_challenge: challenge, code_challenge_method: 'S256' }));
}

export async function callback() {
  tokens = await openid.authorizationCodeGrant(await discovered(), new URL(location.href), { pkceCodeVerifier: pending.verifier, expectedState: pending.state });
}

export async function token() {
  tokens = await openid.refreshTokenGrant(await discovered(), tokens.refresh_token);
  return tokens.access_token;
}
