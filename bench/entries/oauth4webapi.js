/** A library of single steps; what an application writes around them is here. */
import * as oauth from 'oauth4webapi';

const client = { client_id: 'shop' };
const issuer = new URL('https://login.example.com');
const redirectUrl = 'https://www.example.com/';
let server;
let pending;
let tokens;

const discovered = async () => (server ??= await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer)));

export async function signIn() {
  const { authorization_endpoint: endpoint } = await discovered();
  pending = { verifier: oauth.generateRandomCodeVerifier(), state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce() };
  const url = new URL(endpoint);
  url.search = new URLSearchParams({
    client_id: 'shop', redirect_uri: redirectUrl, response_type: 'code', scope: 'openid offline_access', state: pending.state, nonce: pending.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier), code_challenge_method: 'S256',
  });
  location.assign(url);
}

export async function callback() {
  const answer = oauth.validateAuthResponse(await discovered(), client, new URL(location.href), pending.state);
  const response = await oauth.authorizationCodeGrantRequest(server, client, oauth.None(), answer, redirectUrl, pending.verifier);
  tokens = await oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: pending.nonce, requireIdToken: true });
}

export async function token() {
  const response = await oauth.refreshTokenGrantRequest(await discovered(), client, oauth.None(), tokens.refresh_token);
  tokens = await oauth.processRefreshTokenResponse(server, client, response);
  return tokens.access_token;
}
