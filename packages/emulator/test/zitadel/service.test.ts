import { afterEach, describe, expect, test, vi } from 'vitest';
import { createZitadel, DEFAULT_ZITADEL_SWITCHES, startZitadel } from '../../src/index.ts';
import { Users } from '../../src/zitadel/users.ts';
import { ask, Browser, call, exchange, guest, ISSUER, makeGuest, makeShop, redeem, rpc, SETTINGS, SHOP, signIn } from './support.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('a fault', () => {
  test('comes in the place of an answer, or after the work', async () => {
    const shop = await makeShop();
    const { faults } = shop.zitadel;
    faults.add({ route: 'POST /zitadel.user.v2.UserService/CreateUser', kind: 'status', status: 503, headers: { 'retry-after': '2' }, times: 1 });
    expect((await rpc(shop, 'CreateUser', guest('guest_1'))).status).toBe(503);
    faults.add({ route: 'POST /zitadel.user.v2.UserService/CreateUser', kind: 'lost_answer', times: 1 });
    await expect(rpc(shop, 'CreateUser', guest('guest_1'))).rejects.toThrow(TypeError);
    expect((await rpc(shop, 'CreateUser', guest('guest_1'))).status).toBe(409);
    faults.add({ route: 'PATCH /v2/users/{id}', kind: 'reset', times: 1 });
    await expect(call(shop, 'PATCH /v2/users/1', { body: {} })).rejects.toThrow(TypeError);
    const waits: number[] = [];
    const slow = await makeShop({ sleep: async (ms) => void waits.push(ms) });
    slow.zitadel.faults.add({ route: 'POST /oauth/v2/token', kind: 'delay', ms: 2000 });
    expect((await exchange(slow, await makeGuest(slow))).status).toBe(200);
    expect(waits).toEqual([2000]);
  });

  test("at the token endpoint may be read by the client's pages, as its own answers may", async () => {
    const shop = await makeShop();
    const answer = (): Promise<Response> => shop.zitadel.handle(new Request(`${ISSUER}/oauth/v2/token`, { method: 'POST', headers: { origin: SHOP }, body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x', client_id: 'shop' }) }));
    expect((await answer()).headers.get('access-control-allow-origin')).toBe(SHOP);
    shop.zitadel.faults.add({ route: 'POST /oauth/v2/token', kind: 'status', status: 503 });
    expect((await answer()).headers.get('access-control-allow-origin')).toBe(SHOP);
  });

  test('has a name for each address, and none for what is not there', async () => {
    const shop = await makeShop();
    const id = await makeGuest(shop);
    await signIn(shop);
    await call(shop, `POST /v2/users/${id}/metadata/search`, { body: {} });
    for (const path of ['GET /nothing', 'PUT /v2/users', 'POST /zitadel.user.v2.UserService/ListKeys', 'GET /.well-known/openid-configuration']) await shop.zitadel.handle(new Request(ISSUER + path.split(' ')[1], { method: path.split(' ')[0] ?? '' }));
    expect(shop.zitadel.log.map(({ route, pathname, status }) => [route, pathname, status])).toEqual([
      ['POST /zitadel.user.v2.UserService/CreateUser', '/zitadel.user.v2.UserService/CreateUser', 200],
      ['GET /oauth/v2/authorize', '/oauth/v2/authorize', 303], ['GET /ui/login/{id}', '/ui/login/', 200], ['POST /ui/login/{id}', '/ui/login/', 303], ['GET /oauth/v2/authorize/{id}', '/oauth/v2/authorize/', 303],
      ['POST /oauth/v2/token', '/oauth/v2/token', 200],
      ['POST /v2/users/{id}/metadata/search', `/v2/users/${id}/metadata/search`, 200],
      [undefined, '/nothing', 404], [undefined, '/v2/users', 404], [undefined, '/zitadel.user.v2.UserService/ListKeys', 404], ['GET /.well-known/openid-configuration', '/.well-known/openid-configuration', 200],
    ]);
    expect(new Set(shop.zitadel.log.map(({ at }) => at))).toEqual(new Set([shop.time.now]));
  });
});

test('the log and the list of users tell what happened, and nothing that opens a door', async () => {
  const shop = await makeShop({ switches: { offlineAccessForPat: 'granted' } });
  const browser = new Browser(shop);
  const id = await makeGuest(shop, 'guest_1', { password: { password: 'Difference-1' } });
  const asked = ask({ scope: 'openid offline_access' });
  const back = await browser.signIn(asked, { loginName: 'guest_1', password: 'Difference-1' });
  const { body } = await redeem(shop, asked, back);
  const { body: exchanged } = await exchange(shop, id, { scope: 'openid offline_access' });
  const code = (await rpc(shop, 'SetEmail', { userId: id, email: 'a@example.com', returnCode: {} })).body['verificationCode'];
  const tokens = [body, exchanged].flatMap((one) => ['access_token', 'refresh_token', 'id_token'].map((name) => one[name]));
  const told = JSON.stringify([shop.zitadel.log, shop.zitadel.users]);
  expect(browser.secrets.length).toBeGreaterThan(1);
  for (const secret of [...browser.secrets, ...tokens, shop.pat, code, 'Difference-1', asked.verifier, asked.state, back.searchParams.get('code'), '?']) {
    expect(typeof secret).toBe('string');
    expect(told.includes(String(secret))).toBe(false);
  }
});

test('sessions and tokens can be forgotten; users, service accounts and keys stay', async () => {
  const shop = await makeShop();
  const id = await makeGuest(shop);
  const { access_token: token = '' } = await signIn(shop);
  const keys = async (): Promise<unknown> => (await call(shop, 'GET /oauth/v2/keys')).body;
  const before = await keys();
  shop.zitadel.forgetSessions();
  expect((await call(shop, 'GET /oidc/v1/userinfo', { pat: token })).status).toBe(401);
  expect([(await exchange(shop, id)).status, await keys()]).toEqual([200, before]);
  expect(JSON.stringify(before)).not.toMatch(/"(d|p|q|dp|dq|qi|k)":/);
});

test('its discovery names the paths of ZITADEL', async () => {
  const { body } = await call(await makeShop(), 'GET /.well-known/openid-configuration');
  expect(body).toMatchObject({
    issuer: ISSUER, authorization_endpoint: `${ISSUER}/oauth/v2/authorize`, token_endpoint: `${ISSUER}/oauth/v2/token`, jwks_uri: `${ISSUER}/oauth/v2/keys`, introspection_endpoint: `${ISSUER}/oauth/v2/introspect`,
    revocation_endpoint: `${ISSUER}/oauth/v2/revoke`, userinfo_endpoint: `${ISSUER}/oidc/v1/userinfo`, end_session_endpoint: `${ISSUER}/oidc/v1/end_session`,
    grant_types_supported: expect.arrayContaining(['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:token-exchange']),
  });
});

test('it answers for its own origin only, and every switch has a default', async () => {
  const { zitadel } = await makeShop();
  expect((await zitadel.handle(new Request('http://other.localhost:4601/v2/users', { method: 'POST' }))).status).toBe(421);
  expect([zitadel.origins, zitadel.switches]).toEqual([[ISSUER], DEFAULT_ZITADEL_SWITCHES]);
});

describe('it refuses to start', () => {
  test('in production', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    await expect(createZitadel(SETTINGS)).rejects.toThrow('NODE_ENV=production');
    await expect(startZitadel(SETTINGS)).rejects.toThrow('NODE_ENV=production');
  });

  test("as anybody's, or with addresses that are none", async () => {
    await expect(makeShop({ issuer: 'https://shop.zitadel.cloud' })).rejects.toThrow('reserved for tests');
    await expect(makeShop({ issuer: `${ISSUER}/` })).rejects.toThrow('Not an origin');
    await expect(makeShop({ clients: [{ clientId: 'shop', redirectUris: ['*'] }] })).rejects.toThrow('Not an address');
    await expect(makeShop({ clients: [{ clientId: 'shop', redirectUris: [], postLogoutRedirectUris: ['x'] }] })).rejects.toThrow('Not an address');
  });
});

test('the console hears nothing while all is well, and where it really failed without what was sent', async () => {
  const told: string[] = [];
  for (const method of ['log', 'info', 'warn', 'error'] as const) vi.spyOn(console, method).mockImplementation((...line: unknown[]) => void told.push(line.join(' ')));
  const shop = await makeShop();
  const { access_token: token = '' } = await signIn(shop, { changes: { scope: 'openid offline_access' } });
  await exchange(shop, await makeGuest(shop));
  expect(told).toEqual([]);
  vi.spyOn(Users.prototype, 'find').mockImplementation(() => {
    throw new Error(`failed for ${token}`);
  });
  expect(await exchange(shop, '1')).toMatchObject({ status: 500, body: { error: 'server_error' } });
  expect((await call(shop, 'GET /oidc/v1/userinfo', { pat: token })).status).toBe(500);
  expect(told.join('\n')).toMatch(/^passerby-emulator: POST \/oauth\/v2\/token failed: Error\n\s+at [^]*\npasserby-emulator: GET \/oidc\/v1\/userinfo failed: Error\n\s+at /);
  expect(told.join('\n')).not.toContain(token);
});
