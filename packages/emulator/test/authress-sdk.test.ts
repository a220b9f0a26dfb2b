import { ServiceClientTokenProvider, TokenVerifier } from '@authress/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createServiceClient, startAuthress, type Serving } from '../src/index.ts';
import { APP } from './support/account.ts';
import { authenticationBody, newSubject } from './support/browser.ts';
import { freePorts } from './support/ports.ts';

let loginOrigin: string;
let accessKey: string;
let serving: Serving;

beforeEach(async () => {
  const [port = 0] = await freePorts(1);
  loginOrigin = `http://127.0.0.1:${port}`;
  const client = await createServiceClient('acc_shop', 'sc_guests');
  accessKey = client.accessKey;
  serving = await startAuthress({
    loginOrigin,
    accountId: 'acc_shop',
    applications: [{ applicationId: 'app_shop', redirectOrigins: [APP] }],
    connections: [],
    serviceClients: [{ clientId: 'sc_guests', authorizationUrl: 'http://verifier.localhost:4602/v1/login', publicJwk: client.publicJwk }],
    switches: { antiAbuse: 'off' },
  });
});
afterEach(() => serving.close());

/** A guest's way over the network, with the vendor's server SDK as the verifier. */
async function becomeGuest(subject: string): Promise<{ status: number; accessToken: string }> {
  const verifier = 'a'.repeat(64);
  const post = (path: string, body: unknown): Promise<Response> => fetch(loginOrigin + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const begun = await (await post('/api/authentication', authenticationBody('sc_guests', verifier))).json();
  const asked = new URL(begun.authenticationUrl).searchParams;
  const parameter = (name: string): string => asked.get(name) ?? '';
  const url = await new ServiceClientTokenProvider(accessKey).generateUserLoginUrl(parameter('redirect_uri'), parameter('state'), parameter('client_id'), subject);
  const returned = await fetch(url, { redirect: 'manual' });
  const code = new URL(returned.headers.get('location') ?? APP).searchParams.get('code');
  const tokens = await (await post(`/api/authentication/${begun.authenticationRequestId}/tokens`, { code, code_verifier: verifier, client_id: 'app_shop', redirect_uri: `${APP}/cart` })).json();
  return { status: returned.status, accessToken: tokens.access_token };
}

describe('the published server SDK', () => {
  test('signs a guest in at the login host', async () => {
    expect(await becomeGuest(newSubject())).toMatchObject({ status: 302, accessToken: expect.stringMatching(/^ey/) });
  });

  test('verifies the guest\'s access token', async () => {
    const subject = newSubject();
    const { accessToken } = await becomeGuest(subject);
    expect(await TokenVerifier(loginOrigin, accessToken)).toMatchObject({ sub: subject, iss: loginOrigin, azp: 'sc_guests' });
  });

  test('refuses an access token somebody changed', async () => {
    const { accessToken } = await becomeGuest(newSubject());
    const [header, , signature] = accessToken.split('.');
    const payload = Buffer.from(JSON.stringify({ iss: loginOrigin, sub: 'user_admin', exp: 9_999_999_999 })).toString('base64url');
    await expect(TokenVerifier(loginOrigin, [header, payload, signature].join('.'))).rejects.toThrow('Unauthorized');
  });

  test('finds the service client\'s own key for its service tokens', async () => {
    const token = await new ServiceClientTokenProvider(accessKey, loginOrigin).getToken();
    expect(await TokenVerifier(loginOrigin, token)).toMatchObject({ sub: 'sc_guests', iss: `${loginOrigin}/v1/clients/sc_guests` });
  });
});
