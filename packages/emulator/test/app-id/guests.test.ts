import { beforeEach, describe, expect, test } from 'vitest';
import { attributes, authorize, CALLBACK, claimsOf, errorOf, exchange, grant, guest, headerOf, locationOf, makeOtherShop, makeShop, queryOf, signIn, tokensOf, write, type Shop } from './support.ts';

const MONTH = 2_592_000;

let shop: Shop;
beforeEach(async () => {
  shop = await makeShop();
});

describe('a guest', () => {
  test('comes back at once with a code, and nobody is made before it is exchanged', async () => {
    const answer = await authorize(shop, { idp: 'appid_anon' });
    const { origin, pathname } = locationOf(answer);
    expect([answer.status, origin + pathname, Object.keys(queryOf(answer)), queryOf(answer)['state']]).toEqual([302, CALLBACK, ['code', 'state'], 's1']);
    expect(shop.appId.profiles).toEqual([]);
    const { subject } = await exchange(shop, answer);
    expect(shop.appId.profiles).toEqual([{ id: subject, kind: 'anonymous', identity: undefined, attributes: {} }]);
  });

  test('has tokens for a month, which say that they are a guest’s', async () => {
    const { access, id, refresh, expiresIn, subject } = await guest(shop);
    const iat = Math.floor(shop.time.now / 1000);
    expect(headerOf(access)).toMatchObject({ alg: 'RS256', typ: 'JWT', ver: 4, kid: expect.any(String) });
    expect(claimsOf(access)).toMatchObject({
      iss: shop.appId.issuer, aud: ['shop-server'], version: 'v4', tenant: 'tenant_shop', sub: subject, amr: ['appid_anon'], iat, exp: iat + MONTH,
      scope: 'openid appid_default appid_readprofile appid_readuserattr appid_writeuserattr',
    });
    expect(claimsOf(id)).toMatchObject({ iss: shop.appId.issuer, aud: ['shop-server'], tenant: 'tenant_shop', sub: subject, amr: ['appid_anon'], exp: iat + MONTH });
    expect(headerOf(id)).toMatchObject({ ver: 4 });
    expect(claimsOf(id)).not.toHaveProperty('identities');
    expect([expiresIn, refresh]).toEqual([MONTH, undefined]);
  });

  test('is another one each time', async () => {
    const [one, other] = [await guest(shop), await guest(shop)];
    expect(one.subject).not.toBe(other.subject);
    expect(shop.appId.profiles.length).toBe(2);
  });

  test('is the same one with their token, for another month', async () => {
    const first = await guest(shop);
    shop.time.now += 1000 * (MONTH - 1);
    const second = await guest(shop, first.access);
    expect([second.subject, shop.appId.profiles.length]).toEqual([first.subject, 1]);
    shop.time.now += 5000;
    expect([await attributes(shop, first.access), await attributes(shop, second.access)]).toEqual([401, {}]);
  });

  test('has a refresh token where the service gives them one', async () => {
    shop.appId.switches = { ...shop.appId.switches, anonRefreshToken: 'yes' };
    const { refresh = '', subject } = await guest(shop);
    const renewed = tokensOf(await grant(shop, { grant_type: 'refresh_token', refresh_token: refresh }));
    expect([renewed.subject, claimsOf(renewed.access)['amr']]).toEqual([subject, ['appid_anon']]);
    await signIn(shop, 'ada', renewed.access);
    expect(errorOf(await grant(shop, { grant_type: 'refresh_token', refresh_token: renewed.refresh ?? '' }))).toBe('400 invalid_grant');
  });

  test('lives as long as the tenant says, and its refresh tokens are off where the tenant has none', async () => {
    shop.appId.switches = { ...shop.appId.switches, anonRefreshToken: 'yes' };
    shop.appId.tenant = { ...shop.appId.tenant, anonymousTokenSeconds: 86_400, refreshTokens: 'off' };
    const { access, expiresIn, refresh } = await guest(shop);
    expect([expiresIn, Number(claimsOf(access).exp) - Number(claimsOf(access).iat), refresh]).toEqual([86_400, 86_400, undefined]);
  });
});

describe('where the tenant forbids anonymous users', () => {
  let before: string;
  beforeEach(async () => {
    before = (await guest(shop)).access;
    shop.appId.tenant = { ...shop.appId.tenant, anonymousUsers: 'forbidden' };
  });

  test('there is no new guest, and the client is told', async () => {
    expect(queryOf(await authorize(shop, { idp: 'appid_anon' }))).toEqual({ error: 'access_denied', error_code: 'FORBIDDEN', error_description: 'Anonymous users are not allowed', state: 's1' });
  });

  test('a guest of before still has their attributes, and renews only where the service is so', async () => {
    expect((await write(shop, before, 'theme', 'dark')).status).toBe(200);
    expect(queryOf(await authorize(shop, { idp: 'appid_anon', appid_access_token: before }))['error']).toBe('access_denied');
    shop.appId.switches = { ...shop.appId.switches, anonymousRenewalWhenForbidden: 'granted' };
    expect((await guest(shop, before)).subject).toBe(claimsOf(before).sub);
    expect(queryOf(await authorize(shop, { idp: 'appid_anon' }))['error']).toBe('access_denied');
  });

  test('a guest of before can become a user', async () => {
    await write(shop, before, 'theme', 'dark');
    expect(await attributes(shop, (await signIn(shop, 'ada', before)).access)).toEqual({ theme: 'dark' });
  });
});

describe('a token that renews nobody', () => {
  const dead: readonly (readonly [string, (one: Shop) => Promise<string>])[] = [
    ['expired', async (one) => {
      const { access } = await guest(one);
      one.time.now += 1000 * (MONTH + 1);
      return access;
    }],
    ['revoked', async (one) => {
      const { access } = await guest(one);
      const answer = await one.appId.handle(new Request(`${one.appId.issuer}/revoke`, { method: 'POST', headers: { authorization: `Basic ${btoa('shop-server:a secret')}` }, body: new URLSearchParams({ token: access }) }));
      expect(answer.status).toBe(200);
      return access;
    }],
    ['attached', async (one) => {
      const { access } = await guest(one);
      await signIn(one, 'ada', access);
      return access;
    }],
    ['a user’s', async (one) => (await signIn(one, 'grace')).access],
    ['an ID token', async (one) => (await guest(one)).id],
    ['another tenant’s', async () => (await guest(await makeOtherShop())).access],
    ['no token', async () => 'nonsense'],
  ];

  test.each(dead)('because it is %s makes a new guest in silence', async (_name, make) => {
    const token = await make(shop);
    const known = shop.appId.profiles.map(({ id }) => id);
    const fresh = await guest(shop, token);
    expect(known).not.toContain(fresh.subject);
  });

  test.each(dead)('because it is %s is an error, where the service is so', async (_name, make) => {
    shop.appId.switches = { ...shop.appId.switches, deadAnonymousToken: 'error' };
    const token = await make(shop);
    expect(queryOf(await authorize(shop, { idp: 'appid_anon', appid_access_token: token }))).toMatchObject({ error: 'invalid_request', error_code: 'INVALID_ACCESS_TOKEN' });
    expect(queryOf(await authorize(shop, { appid_access_token: token }))).toMatchObject({ error: 'invalid_request' });
    shop.appId.addUser({ email: 'bob@example.com', password: 'a password', name: 'Bob' });
    expect(errorOf(await grant(shop, { grant_type: 'password', username: 'bob@example.com', password: 'a password', appid_access_token: token }))).toBe('400 invalid_request');
  });

  test('any more, since its guest became a user in the meantime, is refused with its code', async () => {
    const { access } = await guest(shop);
    const renewal = await authorize(shop, { idp: 'appid_anon', appid_access_token: access });
    await signIn(shop, 'ada', access);
    expect(errorOf(await grant(shop, { grant_type: 'authorization_code', redirect_uri: CALLBACK, code: queryOf(renewal)['code'] ?? '' }))).toBe('400 invalid_grant');
  });
});
