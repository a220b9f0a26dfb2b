import { beforeEach, describe, expect, test } from 'vitest';
import { call, claimsOf, guest, makeOtherShop, makeShop, manage, refresh, SHOP, signIn, told, tokensOf, type Shop } from './support.ts';

let shop: Shop;
beforeEach(async () => {
  shop = await makeShop();
});

const later = (seconds: number): void => {
  shop.time.now += seconds * 1000;
};

describe('a guest of the new generation', () => {
  test('has a session of ten minutes and a refresh token of 28 days, and is no user', async () => {
    const { session, refresh: token } = await guest(shop, { customClaims: { displayName: 'Guest' } });
    const claims = claimsOf(session);
    const { iat = 0 } = claims;
    expect(claims).toEqual({ danu: true, displayName: 'Guest', drn: 'DS', iss: shop.descope.projectId, sub: claims.sub, iat, exp: iat + 600, rexp: new Date((iat + 28 * 86_400) * 1000).toISOString().replace('.000Z', 'Z') });
    expect(claimsOf(token)).toMatchObject({ danu: true, displayName: 'Guest', drn: 'DSR', sub: claims.sub, exp: iat + 28 * 86_400 });
    expect(shop.descope.users).toEqual([]);
  });

  test('keeps their subject and claims for as long as their refresh token lives', async () => {
    const made = await guest(shop, { customClaims: { cart: 'c1' }, refreshDuration: 3600 });
    later(3599);
    const again = tokensOf(await refresh(shop, made.refresh));
    expect(claimsOf(again.session)).toMatchObject({ sub: claimsOf(made.session).sub, cart: 'c1', exp: claimsOf(made.refresh).exp });
    expect(again.refresh).toBe('');
    later(1);
    expect(told(await refresh(shop, made.refresh))).toBe('401 E061005');
  });

  test('cannot be given what Descope says itself', async () => {
    const { session } = await guest(shop, { customClaims: { sub: 'admin', danu: false, exp: 9_999_999_999, roles: ['admin'], tenants: { T1: {} }, color: 'red' } });
    expect(claimsOf(session)).toMatchObject({ danu: true, color: 'red', sub: expect.stringMatching(/^U2/) });
    expect(claimsOf(session)).not.toHaveProperty('roles');
    expect(claimsOf(session)).not.toHaveProperty('tenants');
  });

  test('is in the tenant that was selected, and lives as it says', async () => {
    const id = shop.descope.addTenant({ name: 'Visitors', sessionTokenSeconds: 300, refreshTokenSeconds: 86_400 });
    const { session, refresh: token } = await guest(shop, { selectedTenant: id });
    const { iat = 0 } = claimsOf(session);
    expect([claimsOf(session), claimsOf(token).exp]).toMatchObject([{ dct: id, tenants: { [id]: {} }, exp: iat + 300 }, iat + 86_400]);
    expect(told(await manage(shop, 'POST /v1/mgmt/auth/anonymous', { selectedTenant: 'T2nowhere' }))).toBe('400 E011003');
  });

  test('is signed out for good, by one session or by all', async () => {
    const made = await guest(shop);
    const answer = await call(shop, 'POST /v1/auth/logout', { token: made.refresh });
    expect(answer).toMatchObject({ status: 200, body: { sessionJwt: '', refreshJwt: '' } });
    for (const route of ['POST /v1/auth/refresh', 'GET /v1/auth/me', 'POST /v1/auth/logout']) expect(told(await call(shop, route, { token: made.refresh }))).toBe('401 E064001');
    expect(await call(shop, 'POST /v1/auth/try-refresh', { token: made.refresh })).toMatchObject({ status: 200, body: {} });
    const other = await guest(shop);
    await call(shop, 'POST /v1/auth/logoutall', { token: other.refresh });
    expect(told(await refresh(shop, other.refresh))).toBe('401 E064001');
  });

  test('is nobody to ask about, or an empty somebody', async () => {
    const made = await guest(shop);
    expect(told(await call(shop, 'GET /v1/auth/me', { token: made.refresh }))).toBe('400 E062108');
    shop.descope.switches = { ...shop.descope.switches, anonymousMe: 200 };
    expect(await call(shop, 'GET /v1/auth/me', { token: made.refresh })).toMatchObject({ status: 200, body: { userId: claimsOf(made.session).sub, loginIds: [] } });
  });
});

describe('claims of a token', () => {
  const updateJwt = (jwt: string, customClaims: unknown, more: object = {}) => manage(shop, 'POST /v1/mgmt/jwt/update', { jwt, customClaims, ...more });

  test('are changed in a new token, which lives as long as it did or as it is told to', async () => {
    const made = await guest(shop, { customClaims: { cart: 'c1', color: 'red' } });
    later(60);
    const { jwt } = (await updateJwt(made.refresh, { cart: 'c2', danu: false, drn: 'DS' })).body;
    expect(claimsOf(String(jwt))).toMatchObject({ cart: 'c2', color: 'red', danu: true, drn: 'DSR', sub: claimsOf(made.session).sub, exp: claimsOf(made.refresh).exp });
    const short = (await updateJwt(made.refresh, {}, { refreshDuration: 60 })).body['jwt'];
    expect(Number(claimsOf(String(short)).exp) * 1000).toBe(Math.floor(shop.time.now / 1000) * 1000 + 60_000);
    expect(claimsOf(tokensOf(await refresh(shop, String(jwt))).session)).toMatchObject({ cart: 'c2' });
    await call(shop, 'POST /v1/auth/logout', { token: String(jwt) });
    expect(told(await refresh(shop, made.refresh))).toBe('401 E064001');
    expect(told(await updateJwt(made.refresh, {}))).toBe('401 E064001');
  });

  test('of a session token are gone with the next one', async () => {
    const made = await guest(shop);
    const { jwt } = (await updateJwt(made.session, { cart: 'c1' })).body;
    expect(claimsOf(String(jwt))).toMatchObject({ cart: 'c1', drn: 'DS', exp: claimsOf(made.session).exp });
    expect(claimsOf(tokensOf(await refresh(shop, made.refresh)).session)).not.toHaveProperty('cart');
  });

  test('that are not named stay, or go', async () => {
    shop.descope.switches = { ...shop.descope.switches, unnamedClaims: 'dropped' };
    const made = await guest(shop, { customClaims: { color: 'red' } });
    expect(claimsOf(String((await updateJwt(made.refresh, { cart: 'c1' })).body['jwt']))).not.toHaveProperty('color');
  });

  test('are changed in tokens of this project only, and a guest\'s where that is allowed', async () => {
    const [made, stranger] = [await guest(shop), await guest(await makeOtherShop())];
    for (const jwt of [stranger.refresh, 'no.token', `${made.refresh}x`]) expect(told(await updateJwt(jwt, {}))).toBe('401 E061005');
    shop.descope.switches = { ...shop.descope.switches, anonymousJwtUpdate: 'refused' };
    expect(told(await updateJwt(made.refresh, {}))).toBe('400 E062108');
    expect((await updateJwt((await signIn(shop, 'ada@example.com')).refresh, {})).status).toBe(200);
  });
});

describe('a refresh token', () => {
  test('is never a session token, one of another project, or a changed one', async () => {
    const [made, stranger] = [await guest(shop), await guest(await makeOtherShop())];
    for (const token of [made.session, stranger.refresh, `${made.refresh.slice(0, -6)}AAAAAA`, 'x']) expect(told(await refresh(shop, token))).toBe('401 E061005');
    expect(told(await refresh(shop))).toBe('401 E061004');
  });

  test('is spent by each renewal where they rotate, and the new one lives no longer', async () => {
    shop.descope.switches = { ...shop.descope.switches, refreshRotates: 'yes' };
    const made = await guest(shop, { customClaims: { cart: 'c1' } });
    later(3600);
    const again = tokensOf(await refresh(shop, made.refresh));
    expect(claimsOf(again.refresh)).toMatchObject({ cart: 'c1', danu: true, exp: claimsOf(made.refresh).exp });
    expect(told(await refresh(shop, made.refresh))).toBe('401 E064006');
    expect((await refresh(shop, again.refresh)).status).toBe(200);
  });

  test('is void after the service lost its data, and verifies after its keys changed', async () => {
    const made = await guest(shop);
    await shop.descope.rotateKeys();
    expect((await refresh(shop, made.refresh)).status).toBe(200);
    const keys = async (): Promise<unknown[]> => (await call(shop, `GET /v2/keys/${shop.descope.projectId}`)).body['keys'] as unknown[];
    expect(await keys()).toHaveLength(2);
    shop.descope.dropOldKeys();
    expect(await keys()).toHaveLength(1);
    expect(told(await refresh(shop, made.refresh))).toBe('401 E061005');
    const fresh = await guest(shop);
    shop.descope.forgetSessions();
    expect(told(await refresh(shop, fresh.refresh))).toBe('401 E064001');
  });

  test('of a user who was deleted, or signed out everywhere, is over', async () => {
    const { refresh: token, userId } = await signIn(shop, 'ada@example.com');
    const other = await signIn(shop, 'ada@example.com');
    await manage(shop, 'POST /v1/mgmt/user/logout', { userId });
    for (const one of [token, other.refresh]) expect(told(await refresh(shop, one))).toBe('401 E064001');
    const again = await signIn(shop, 'ada@example.com');
    expect((await refresh(shop, again.refresh)).status).toBe(200);
    await manage(shop, 'POST /v1/mgmt/user/delete', { userId });
    expect(told(await refresh(shop, again.refresh))).toBe('401 E064001');
    shop.descope.switches = { ...shop.descope.switches, deletedUser: 'not_found' };
    expect(told(await refresh(shop, again.refresh))).toBe('401 E062108');
  });
});

describe('cookies', () => {
  const cookiesOf = ({ headers }: { readonly headers: Headers }): Record<string, string> =>
    Object.fromEntries(headers.getSetCookie().map((cookie) => [cookie.slice(0, cookie.indexOf('=')), cookie.slice(cookie.indexOf('=') + 1)]));

  test('carry the refresh token of a sign-in, and a refresh by it', async () => {
    shop = await makeShop({ cookieDomain: 'shop.localhost', switches: { sessions: 'refresh_cookie' } });
    await call(shop, 'POST /v1/auth/otp/signup-in/email', { body: { loginId: 'ada@example.com' } });
    const code = /\d{6}/.exec(shop.mails[0]?.text ?? '')?.[0];
    const answer = await call(shop, 'POST /v1/auth/otp/verify/email', { body: { loginId: 'ada@example.com', code } });
    expect(answer.body).toMatchObject({ refreshJwt: '', sessionJwt: expect.stringMatching(/^ey/), cookieDomain: 'shop.localhost' });
    const { DSR = '', DS } = cookiesOf(answer);
    expect(DSR).toMatch(/^ey[^;]+; Path=\/; Max-Age=2419199; Domain=shop\.localhost; HttpOnly; SameSite=Strict$/);
    expect(DS).toBeUndefined();
    const cookie = `other=1; DSR=${DSR.slice(0, DSR.indexOf(';'))}`;
    const renewed = await refresh(shop, undefined, { cookie });
    expect(claimsOf(String(renewed.body['sessionJwt'])).sub).toBe(shop.descope.users[0]?.userId);
    expect(cookiesOf(renewed)).toEqual({});
    const out = await call(shop, 'POST /v1/auth/logout', { headers: { cookie } });
    expect(cookiesOf(out)).toMatchObject({ DSR: expect.stringMatching(/^; Path=\/; Max-Age=0/), DS: expect.stringMatching(/^; Path=\/; Max-Age=0/) });
    expect(told(await refresh(shop, undefined, { cookie }))).toBe('401 E064001');
  });

  test('carry both tokens, Secure where the service is on https, and a server still gets them in the body', async () => {
    const baseUrl = 'https://auth.shop.example';
    shop = await makeShop({ baseUrl, appOrigins: ['https://shop.example'], switches: { sessions: 'cookies', refreshRotates: 'yes' } });
    const ask = (path: string, headers: Record<string, string>, body: unknown) => shop.descope.handle(new Request(baseUrl + path, { method: 'POST', headers, body: JSON.stringify(body) }));
    const made = await (await ask('/v1/mgmt/auth/anonymous', { authorization: `Bearer ${shop.descope.projectId}:${shop.descope.managementKey}` }, {})).json() as Record<string, string>;
    const answer = await ask('/v1/auth/refresh', { authorization: `Bearer ${shop.descope.projectId}:${made['refreshJwt']}` }, {});
    expect(await answer.json()).toMatchObject({ sessionJwt: '', refreshJwt: '' });
    const { DSR = '', DS = '' } = cookiesOf(answer);
    for (const cookie of [DSR, DS]) expect(cookie).toMatch(/^ey[^;]+; Path=\/; Max-Age=\d+; HttpOnly; Secure; SameSite=Strict$/);
    expect(claimsOf(DS.slice(0, DS.indexOf(';')))).toMatchObject({ drn: 'DS', danu: true });
  });

  test('mean nothing where the project has none', async () => {
    const made = await guest(shop);
    expect(told(await refresh(shop, undefined, { cookie: `DSR=${made.refresh}` }))).toBe('401 E061004');
  });
});

describe('pages', () => {
  const REFRESH = 'http://descope.shop.localhost:4601/v1/auth/refresh';
  const preflight = (origin: string) => shop.descope.handle(new Request(REFRESH, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } }));

  test('of the shop may call, with everything the SDK sends', async () => {
    const { status, headers } = await preflight(SHOP);
    expect([status, headers.get('access-control-allow-origin'), headers.get('access-control-allow-credentials')]).toEqual([204, SHOP, 'true']);
    const allowed = headers.get('access-control-allow-headers')?.split(',');
    for (const name of 'authorization,content-type,x-descope-project-id,x-descope-sdk-name,x-descope-sdk-session-id,x-descope-sdk-version,x-descope-flow-nonce,x-descope-refresh-cookie-name'.split(',')) expect(allowed).toContain(name);
    const answer = await refresh(shop, undefined, { origin: SHOP });
    expect([answer.headers.get('access-control-allow-origin'), answer.headers.get('access-control-expose-headers')]).toEqual([SHOP, 'Retry-After, X-Descope-Flow-Nonce']);
  });

  test.each(['http://evil.example', `${SHOP}.evil.example`, SHOP.toUpperCase(), 'null'])('of %s may not', async (origin) => {
    const asked = await preflight(origin);
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    const made = await guest(shop);
    const answer = await call(shop, 'POST /v1/auth/logout', { token: made.refresh, headers: { origin } });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    expect((await refresh(shop, made.refresh)).status).toBe(200);
  });

  test('read a faulty answer of the service, and none of a box in between', async () => {
    shop.descope.faults.add({ route: 'POST /v1/auth/refresh', kind: 'status', status: 503, times: 1 });
    shop.descope.faults.add({ route: 'POST /v1/auth/refresh', kind: 'html', cors: 'absent', times: 1 });
    shop.descope.faults.add({ route: 'POST /v1/auth/logout', kind: 'lost_answer', times: 1 });
    const made = await guest(shop);
    const ask = (path: string) => shop.descope.handle(new Request(`http://descope.shop.localhost:4601${path}`, { method: 'POST', headers: { origin: SHOP, authorization: `Bearer ${shop.descope.projectId}:${made.refresh}` } }));
    const seen = [await ask('/v1/auth/refresh'), await ask('/v1/auth/refresh')];
    expect(seen.map(({ status, headers }) => [status, headers.get('access-control-allow-origin')])).toEqual([[503, SHOP], [200, null]]);
    await expect(ask('/v1/auth/logout')).rejects.toThrow(TypeError);
    expect((await ask('/v1/auth/refresh')).status).toBe(401);
    expect(shop.descope.log.slice(-4).map(({ route, status, faults }) => [route, status, ...faults])).toEqual([
      ['POST /v1/auth/refresh', 503, 'status'], ['POST /v1/auth/refresh', 200, 'html'], ['POST /v1/auth/logout', 0, 'lost_answer'], ['POST /v1/auth/refresh', 401],
    ]);
  });
});

describe('a request that is not one', () => {
  test('is told so in Descope\'s own form', async () => {
    const errorOf = async (route: string, options: Parameters<typeof call>[2]): Promise<unknown> => {
      const { body } = await call(shop, route, options);
      expect(Object.keys(body)).toEqual(['errorCode', 'errorDescription', 'errorMessage']);
      return body['errorCode'];
    };
    const token = shop.descope.managementKey;
    expect(await errorOf('POST /v1/auth/otp/signup-in/email', { body: '{' })).toBe('E011001');
    expect(await errorOf('POST /v1/auth/otp/signup-in/email', { body: '[]' })).toBe('E011001');
    expect(await errorOf('POST /v1/auth/otp/signup-in/email', { body: {} })).toBe('E011003');
    expect(await errorOf('POST /v1/auth/otp/signup-in/email', { body: { loginId: 7 } })).toBe('E011003');
    expect(await errorOf('POST /v1/auth/otp/signup-in/email', { body: { loginId: 'no e-mail' } })).toBe('E011003');
    expect(await errorOf('POST /v1/mgmt/auth/anonymous', { token, body: { refreshDuration: -1 } })).toBe('E011003');
    expect(await errorOf('POST /v1/mgmt/auth/anonymous', { token, body: { customClaims: [] } })).toBe('E011003');
    expect(await errorOf('GET /v1/mgmt/auth/anonymous', {})).toBe('E011001');
    expect(await errorOf('POST /v9/nowhere', {})).toBe('E011001');
  });

  test('is refused without the project, and without its management key', async () => {
    const ask = (authorization: string | undefined, path = '/v1/auth/refresh') =>
      shop.descope.handle(new Request(`http://descope.shop.localhost:4601${path}`, { method: 'POST', headers: authorization === undefined ? {} : { authorization } }));
    const { projectId, managementKey } = shop.descope;
    for (const authorization of [undefined, 'Bearer P2other', `Basic ${projectId}`, `Bearer ${projectId}x`]) expect((await (await ask(authorization)).json()).errorCode).toBe('E011004');
    for (const key of [`Bearer ${projectId}`, `Bearer ${projectId}:`, `Bearer ${projectId}:${managementKey}x`]) expect((await ask(key, '/v1/mgmt/auth/anonymous')).status).toBe(401);
    const made = await guest(shop);
    expect((await ask(`Bearer ${projectId}:${made.refresh}:key-of-the-server`)).status).toBe(200);
  });
});

test('two projects know nothing of each other, and neither runs in production or under a real name', async () => {
  const other = await makeShop();
  await signIn(other, 'ada@example.com');
  expect([shop.descope.users, shop.mails, shop.descope.log]).toEqual([[], [], []]);
  await expect(makeShop({ baseUrl: 'https://api.descope.com' })).rejects.toThrow('Not a name reserved for tests');
  await expect(makeShop({ projectId: 'P2short' })).rejects.toThrow('projectId');
  await expect(makeShop({ appOrigins: ['http://www.shop.localhost:4600/'] })).rejects.toThrow('Not an origin');
});
