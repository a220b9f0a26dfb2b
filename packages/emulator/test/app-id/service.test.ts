import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createAppId } from '../../src/index.ts';
import { attributes, authorize, call, chooseAt, errorOf, exchange, grant, guest, locationOf, makeShop, OAUTH, ORIGIN, queryOf, SERVER, signIn, visit, write, type Shop } from './support.ts';

let shop: Shop;
beforeEach(async () => {
  shop = await makeShop();
});

const change = (switches: Partial<Shop['appId']['switches']>): void => {
  shop.appId.switches = { ...shop.appId.switches, ...switches };
};

describe('the service', () => {
  test('says where everything is, and its tokens are verified by its keys', async () => {
    const { body } = await call(shop, `GET ${OAUTH}/.well-known/openid-configuration`);
    expect(body).toMatchObject({ issuer: ORIGIN + OAUTH, token_endpoint: `${ORIGIN}${OAUTH}/token`, jwks_uri: `${ORIGIN}${OAUTH}/publickeys` });
    const keys = async (): Promise<JSONWebKeySet> => (await call(shop, `GET ${OAUTH}/publickeys`)).body as JSONWebKeySet;
    const before = await guest(shop);
    await shop.appId.rotateKeys();
    const after = await guest(shop, before.access);
    expect(after.subject).toBe(before.subject);
    for (const token of [before.access, after.id]) await jwtVerify(token, createLocalJWKSet(await keys()), { issuer: ORIGIN + OAUTH, audience: SERVER.clientId });
    shop.appId.dropOldKeys();
    expect(((await keys()).keys).length).toBe(1);
    expect([await attributes(shop, before.access), await attributes(shop, after.access)]).toEqual([401, {}]);
  });

  test('tells who somebody is', async () => {
    const [anybody, ada] = [await guest(shop), await signIn(shop, 'ada')];
    expect((await call(shop, `GET ${OAUTH}/userinfo`, { bearer: anybody.access })).body).toEqual({ sub: anybody.subject, identities: [] });
    expect((await call(shop, `POST ${OAUTH}/userinfo`, { bearer: ada.access })).body).toEqual({ sub: ada.subject, name: 'Ada Lovelace', email: 'ada@example.com', identities: [{ provider: 'google', id: 'ada' }] });
  });

  test('serves its own tenant and addresses', async () => {
    expect(errorOf(await call(shop, 'GET /oauth/v4/other/publickeys'))).toBe('404 not_found');
    expect(errorOf(await call(shop, 'GET /nowhere'))).toBe('404 not_found');
    expect(errorOf(await call(shop, `GET ${OAUTH}/token`))).toBe('405 no_such_method');
    expect((await shop.appId.handle(new Request('http://www.shop.localhost:4600/'))).status).toBe(421);
  });

  test('forgets sessions, and no people', async () => {
    const { access, refresh = '' } = await signIn(shop, 'ada');
    const begun = await authorize(shop);
    shop.appId.forgetSessions();
    expect(errorOf(await grant(shop, { grant_type: 'refresh_token', refresh_token: refresh }))).toBe('400 invalid_grant');
    expect([(await visit(shop, locationOf(begun).pathname)).status, await attributes(shop, access)]).toEqual([400, {}]);
  });

  test('fails on demand', async () => {
    shop.appId.faults.add({ route: 'POST /oauth/v4/{tenant}/token', kind: 'status', status: 503, times: 1 });
    await expect(guest(shop)).rejects.toThrow('503');
    shop.appId.faults.add({ route: 'POST /oauth/v4/{tenant}/token', kind: 'lost_answer', times: 1 });
    await expect(guest(shop)).rejects.toThrow('fetch failed');
    expect(shop.appId.log.at(-1)).toMatchObject({ route: 'POST /oauth/v4/{tenant}/token', status: 0, faults: ['lost_answer'] });
    expect(shop.appId.profiles.length).toBe(1);
  });

  test('keeps no token, code or name of a sign-in in its log', async () => {
    const { access } = await guest(shop);
    await write(shop, access, 'theme', 'dark');
    const begun = await authorize(shop, { appid_access_token: access });
    const returned = await chooseAt(shop, 'ada', begun);
    const after = await exchange(shop, returned);
    const secrets = [access, after.access, after.refresh ?? '', queryOf(returned)['code'] ?? '', locationOf(begun).pathname.split('/').at(-1) ?? ''];
    const told = JSON.stringify(shop.appId.log);
    for (const secret of secrets) expect([secret.length > 20, told.includes(secret)]).toEqual([true, false]);
    expect(shop.appId.log.map(({ pathname }) => pathname)).toContain('/api/v1/attributes/theme');
  });

  test.each([['in production', 'production', ORIGIN], ['under a real name', 'test', 'https://eu-gb.appid.cloud.ibm.com']])('does not start %s', async (_name, environment, origin) => {
    vi.stubEnv('NODE_ENV', environment);
    await expect(createAppId({ origin, clients: [] })).rejects.toThrow(environment === 'production' ? 'never runs' : 'Not a name reserved');
    vi.unstubAllEnvs();
  });
});

describe('a person', () => {
  test('chooses a provider, then who they are; every page says no to frames and referrers', async () => {
    const begun = await authorize(shop);
    const { pathname } = locationOf(begun);
    const [widget, provider] = [await visit(shop, pathname), await visit(shop, `${pathname}/google`)];
    for (const response of [begun, widget, provider]) expect([response.headers.get('referrer-policy'), response.headers.get('x-frame-options')]).toEqual(['no-referrer', 'DENY']);
    const html = await widget.text();
    for (const id of ['idp-google', 'idp-facebook', 'widget-cancel']) expect(html).toContain(`data-testid="${id}"`);
    expect(await provider.text()).toContain('data-testid="person-ada"');
    expect((await visit(shop, `${pathname}/myspace`)).status).toBe(400);
  });

  test('is led straight to the provider that was asked for, or is the only one', async () => {
    expect(await (await visit(shop, locationOf(await authorize(shop, { idp: 'facebook' })).pathname)).text()).toContain('Sign in with Facebook');
    shop = await makeShop({ providers: [{ idp: 'google', name: 'Google' }] });
    expect(await (await visit(shop, locationOf(await authorize(shop)).pathname)).text()).toContain('Sign in with Google');
  });

  test('at two providers is two people', async () => {
    const { pathname } = locationOf(await authorize(shop, { idp: 'facebook' }));
    const other = await exchange(shop, await visit(shop, `${pathname}/facebook`, { form: { person: 'ada' } }));
    expect(other.subject).not.toBe((await signIn(shop, 'ada')).subject);
  });

  test('signs in once with one request, within ten minutes, and needs a name', async () => {
    const begun = await authorize(shop);
    expect((await chooseAt(shop, ' ', begun)).status).toBe(400);
    expect((await chooseAt(shop, 'Bob', begun)).status).toBe(302);
    expect((await chooseAt(shop, 'Bob', begun)).status).toBe(400);
    const late = await authorize(shop);
    shop.time.now += 600_000;
    expect((await chooseAt(shop, 'ada', late)).status).toBe(400);
  });

  test('goes on by the address alone, or only with the cookie where the service is so', async () => {
    expect((await authorize(shop)).headers.getSetCookie()).toEqual([]);
    change({ widget: 'cookie' });
    const begun = await authorize(shop);
    const [cookie = ''] = begun.headers.getSetCookie().map((one) => one.split(';')[0]);
    expect([(await chooseAt(shop, 'ada', begun)).status, (await chooseAt(shop, 'ada', begun, cookie)).status]).toEqual([400, 302]);
    const [other, mine] = [await authorize(shop), cookie];
    expect((await visit(shop, locationOf(other).pathname, { cookie: mine })).status).toBe(400);
  });

  test('gets the page at once where the service is so', async () => {
    change({ widget: 'page' });
    const response = await authorize(shop);
    const [, pathname = ''] = /action="(\/sign-in\/[a-z0-9]+)\/google"/.exec(await response.text()) ?? [];
    expect([response.status, response.headers.get('referrer-policy')]).toEqual([200, 'no-referrer']);
    expect((await exchange(shop, await visit(shop, `${pathname}/google`, { form: { person: 'ada' } }))).subject).toBe(shop.appId.profiles[0]?.id);
  });
});

describe('the owner', () => {
  const config = '/management/v4/tenant_shop/config';
  const put = (path: string, body: unknown, bearer = shop.appId.iamToken) => call(shop, `PUT ${config}/${path}`, { bearer, body: JSON.stringify(body) });

  test('says how long tokens live and whether there are guests', async () => {
    expect((await call(shop, `GET ${config}/tokens`, { bearer: shop.appId.iamToken })).body).toEqual({
      access: { expires_in: 3600 }, refresh: { enabled: true, expires_in: 2_592_000 }, anonymousAccess: { enabled: true, expires_in: 2_592_000 },
    });
    const changed = await put('tokens', { access: { expires_in: 300 }, refresh: { enabled: false }, anonymousAccess: { enabled: false, expires_in: 86_400 } });
    expect(changed.body).toEqual({ access: { expires_in: 300 }, refresh: { enabled: false, expires_in: 2_592_000 }, anonymousAccess: { enabled: false, expires_in: 86_400 } });
    const { expiresIn, refresh } = await signIn(shop, 'ada');
    expect([expiresIn, refresh, queryOf(await authorize(shop, { idp: 'appid_anon' }))['error']]).toEqual([300, undefined, 'access_denied']);
    for (const body of [{ access: { expires_in: 299 } }, { anonymousAccess: { expires_in: 7_776_001 } }, { refresh: { expires_in: '86400' } }]) expect(errorOf(await put('tokens', body))).toBe('400 invalid_request');
  });

  test('says whether there are attributes, and deletes a profile with its tokens', async () => {
    const { access, subject } = await guest(shop);
    expect([(await put('users_profile', { isActive: false })).status, await attributes(shop, access)]).toEqual([204, 401]);
    expect([(await put('users_profile', { isActive: true })).status, await attributes(shop, access)]).toEqual([204, {}]);
    expect((await call(shop, `GET ${config}/users_profile`, { bearer: shop.appId.iamToken })).body).toEqual({ isActive: true });
    const remove = () => call(shop, `DELETE /management/v4/tenant_shop/users/${subject}/profile`, { bearer: shop.appId.iamToken });
    expect([(await remove()).status, await attributes(shop, access), (await remove()).status]).toEqual([204, 401, 404]);
  });

  test('is nobody without the IAM token', async () => {
    const { access } = await guest(shop);
    for (const bearer of ['', 'nonsense', access]) expect(errorOf(await put('tokens', {}, bearer))).toBe('401 unauthorized');
    expect(JSON.stringify(shop.appId.log)).not.toContain(shop.appId.iamToken);
  });
});
