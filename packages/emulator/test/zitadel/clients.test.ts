/** Published clients of others, unchanged and over a socket: so that this is a ZITADEL and not a mirror of our own code. */
import { Code, ConnectError, createClient, type Client, type Interceptor } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { TextFilterMethod } from '@zitadel/proto/zitadel/filter/v2/filter_pb';
import { TextQueryMethod } from '@zitadel/proto/zitadel/object/v2/object_pb';
import { UserService } from '@zitadel/proto/zitadel/user/v2/user_service_pb';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oidc from 'openid-client';
import { afterEach, describe, expect, test } from 'vitest';
import { startZitadel, type Serving, type Zitadel } from '../../src/index.ts';
import { freePorts } from '../support/ports.ts';
import { ACCESS_TOKEN, Browser, CALLBACK, JWT, SECRET, SETTINGS, USER_ID } from './support.ts';

const running: Serving[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((serving) => serving.close()));
});

interface Served {
  readonly zitadel: Zitadel;
  readonly issuer: string;
  readonly pat: string;
  readonly accountId: string;
  readonly users: Client<typeof UserService>;
}

const asHolder = (pat: string): Interceptor => (next) => (request) => {
  request.header.set('authorization', `Bearer ${pat}`);
  return next(request);
};

const userServiceAt = (issuer: string, pat: string): Client<typeof UserService> =>
  createClient(UserService, createConnectTransport({ baseUrl: issuer, httpVersion: '1.1', useBinaryFormat: false, interceptors: [asHolder(pat)] }));

async function serve(changes: Partial<typeof SETTINGS> = {}): Promise<Served> {
  const [port = 0] = await freePorts(1);
  const issuer = `http://127.0.0.1:${port}`;
  const { zitadel, close } = await startZitadel({ ...SETTINGS, ...changes, issuer });
  running.push({ close });
  const { pat, userId: accountId } = zitadel.addServiceAccount();
  return { zitadel, issuer, pat, accountId, users: userServiceAt(issuer, pat) };
}

const makeGuest = async ({ users, zitadel }: Served, username: string): Promise<string> => {
  const { id } = await users.createUser({
    organizationId: zitadel.orgId, username,
    userType: {
      case: 'human',
      value: {
        profile: { givenName: 'Guest', familyName: 'User' }, email: { email: `${username}@guest.invalid`, verification: { case: 'isVerified', value: false } },
        metadata: [{ key: 'GUEST_2025_01_01', value: new TextEncoder().encode('created') }],
      },
    },
  });
  return id;
};

const configure = (issuer: string, client: { id: string; secret?: string } = { id: 'shop' }, algorithm = 'RS256'): Promise<oidc.Configuration> =>
  oidc.discovery(new URL(issuer), client.id, { id_token_signed_response_alg: algorithm, ...(client.secret && { client_secret: client.secret }) }, client.secret ? oidc.ClientSecretPost(client.secret) : oidc.None(), {
    execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks],
  });

const become = ({ pat }: Served, subject: string): Record<string, string> => ({
  subject_token: subject, subject_token_type: USER_ID, actor_token: pat, actor_token_type: ACCESS_TOKEN, requested_token_type: JWT, scope: 'openid profile email',
});

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

describe('openid-client', () => {
  test.each(['RS256', 'ES256'] as const)('becomes a guest by token exchange, whose tokens are good by the published %s key', async (keyAlgorithm) => {
    const served = await serve({ keyAlgorithm });
    const guest = await makeGuest(served, 'guest_1');
    const config = await configure(served.issuer, { id: 'shop' }, keyAlgorithm);
    const tokens = await oidc.genericGrantRequest(config, EXCHANGE, become(served, guest));
    expect([tokens.expires_in, tokens['issued_token_type'], tokens.scope]).toEqual([43_200, JWT, 'openid profile email']);
    const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri ?? ''));
    const { payload, protectedHeader } = await jwtVerify(tokens.access_token, keys, { issuer: served.issuer, audience: served.zitadel.projectId });
    expect(protectedHeader.alg).toBe(keyAlgorithm);
    expect(payload).toMatchObject({ sub: guest, aud: ['shop', served.zitadel.projectId], act: { iss: served.issuer, sub: served.accountId } });
    expect(tokens.claims()).toMatchObject({ sub: guest, azp: 'shop', client_id: 'shop', act: { sub: served.accountId }, given_name: 'Guest', email: 'guest_1@guest.invalid', email_verified: false, preferred_username: 'guest_1' });
    expect(await oidc.fetchUserInfo(config, tokens.access_token, guest)).toMatchObject({ sub: guest, email: 'guest_1@guest.invalid' });
  });

  test('hears why an exchange is refused', async () => {
    const served = await serve();
    const config = await configure(served.issuer);
    const failure: unknown = await oidc.genericGrantRequest(config, EXCHANGE, become(served, '1')).catch((error: unknown) => error);
    expect(failure).toMatchObject({ status: 400, error: 'invalid_request', error_description: 'subject_token invalid' });
  });

  test('signs a person in with a code, renews, asks who they are, and revokes', async () => {
    const { issuer, zitadel } = await serve();
    const config = await configure(issuer);
    const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
    const [expectedState, expectedNonce] = [oidc.randomState(), oidc.randomNonce()];
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK, scope: 'openid email offline_access', state: expectedState, nonce: expectedNonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: 'S256',
    });
    const back = await new Browser({ zitadel }).signIn({ url });
    const tokens = await oidc.authorizationCodeGrant(config, back, { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true, maxAge: 60 });
    expect(tokens.claims()).toMatchObject({ aud: ['shop', zitadel.projectId], azp: 'shop', email: 'ada@example.com', email_verified: true });
    const subject = tokens.claims()?.sub ?? '';
    const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect(renewed.refresh_token).not.toBe(tokens.refresh_token);
    expect(renewed.claims()?.sub).toBe(subject);
    expect((await oidc.fetchUserInfo(config, renewed.access_token, subject)).email).toBe('ada@example.com');
    await oidc.tokenRevocation(config, renewed.refresh_token ?? '', { token_type_hint: 'refresh_token' });
    await expect(oidc.fetchUserInfo(config, renewed.access_token, subject)).rejects.toMatchObject({ status: 401 });
    await expect(oidc.refreshTokenGrant(config, renewed.refresh_token ?? '')).rejects.toMatchObject({ error: 'invalid_grant' });
    expect(oidc.buildEndSessionUrl(config, { id_token_hint: tokens.id_token ?? '' }).pathname).toBe('/oidc/v1/end_session');
  });

  test('of a server sends its secret in the body or as Basic, and a wrong one is refused', async () => {
    const served = await serve();
    const guest = await makeGuest(served, 'guest_1');
    const parameters = become(served, guest);
    const byPost = await configure(served.issuer, { id: 'server', secret: SECRET });
    expect((await oidc.genericGrantRequest(byPost, EXCHANGE, parameters)).claims()?.aud).toEqual(['server', served.zitadel.projectId]);
    const byBasic = new oidc.Configuration(byPost.serverMetadata(), 'server', SECRET, oidc.ClientSecretBasic(SECRET));
    oidc.allowInsecureRequests(byBasic);
    const { access_token: token } = await oidc.genericGrantRequest(byBasic, EXCHANGE, parameters);
    expect(await oidc.tokenIntrospection(byBasic, token)).toMatchObject({ active: true, sub: guest, aud: ['server', served.zitadel.projectId], act: { sub: served.accountId } });
    const wrong = await configure(served.issuer, { id: 'server', secret: 'not the secret of this server at all' });
    await expect(oidc.genericGrantRequest(wrong, EXCHANGE, parameters)).rejects.toMatchObject({ error: 'invalid_client', status: 401 });
  });
});

describe("the vendor's Connect client", () => {
  test('makes a guest, finds it by its mark, makes it a user in one call, and takes the mark away', async () => {
    const served = await serve();
    const { users, zitadel } = served;
    const id = await makeGuest(served, 'guest_1');
    const { metadata, pagination } = await users.listUserMetadata({ userId: id, filters: [{ filter: { case: 'keyFilter', value: { key: 'GUEST_', method: TextFilterMethod.STARTS_WITH } } }] });
    expect([metadata.map(({ key, value }) => [key, new TextDecoder().decode(value)]), pagination?.totalResult]).toEqual([[['GUEST_2025_01_01', 'created']], 1n]);
    const { result } = await users.listUsers({ query: { limit: 10, asc: true }, queries: [{ query: { case: 'emailQuery', value: { emailAddress: '@guest.invalid', method: TextQueryMethod.ENDS_WITH } } }] });
    expect(result.map(({ userId, username, type }) => [userId, username, type.case])).toEqual([[id, 'guest_1', 'human']]);
    await users.updateUser({
      userId: id, username: 'ada@example.com',
      userType: { case: 'human', value: { profile: { givenName: 'Ada', familyName: 'Lovelace' }, email: { email: 'ada@example.com', verification: { case: 'isVerified', value: true } }, password: { passwordType: { case: 'password', value: { password: 'Difference-1' } } } } },
    });
    await users.deleteUserMetadata({ userId: id, keys: metadata.map(({ key }) => key) });
    const { user } = await users.getUserByID({ userId: id });
    expect(user?.type).toMatchObject({ case: 'human', value: { email: { email: 'ada@example.com', isVerified: true }, profile: { givenName: 'Ada' } } });
    expect(zitadel.users.find(({ userId }) => userId === id)).toMatchObject({ username: 'ada@example.com', hasPassword: true, metadataKeys: [] });
    await users.deleteUser({ userId: id });
    await expect(users.getUserByID({ userId: id })).rejects.toMatchObject({ code: Code.NotFound });
  });

  test('hears what is wrong by its code', async () => {
    const served = await serve();
    await makeGuest(served, 'guest_1');
    const failure = async (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => (error instanceof ConnectError ? [error.code, error.rawMessage] : error));
    expect(await failure(makeGuest(served, 'Guest_1'))).toEqual([Code.AlreadyExists, 'User already exists (V3-DKcYh)']);
    expect(await failure(served.users.getUserByID({ userId: '1' }))).toEqual([Code.NotFound, 'User could not be found (QUERY-Dfbg2)']);
    expect(await failure(userServiceAt(served.issuer, 'nobody').getUserByID({ userId: '1' }))).toEqual([Code.Unauthenticated, 'Token is invalid (AUTH-7fs1e)']);
    expect(await failure(served.users.verifyEmail({ userId: '1', verificationCode: 'x' }))).toMatchObject([Code.NotFound, expect.anything()]);
  });

  test('gets no answer in binary', async () => {
    const { issuer, pat } = await serve();
    const binary = createClient(UserService, createConnectTransport({ baseUrl: issuer, httpVersion: '1.1', interceptors: [asHolder(pat)] }));
    await expect(binary.getUserByID({ userId: '1' })).rejects.toThrow('415');
  });
});
