import { beforeEach, describe, expect, test } from 'vitest';
import { attributes, call, errorOf, guest, makeShop, ORIGIN, signIn, write, SERVER, type Shop } from './support.ts';

let shop: Shop;
let token: string;
beforeEach(async () => {
  shop = await makeShop();
  token = (await guest(shop)).access;
});

const read = (name: string, bearer = token) => call(shop, `GET /api/v1/attributes/${encodeURIComponent(name)}`, { bearer });

describe('an attribute', () => {
  test('is written, read, listed and deleted; its body is its text', async () => {
    expect(await attributes(shop, token)).toEqual({});
    expect(await write(shop, token, 'points', '150')).toMatchObject({ status: 200, body: { points: '150' } });
    expect((await read('points')).body).toEqual({ points: '150' });
    await write(shop, token, 'points', '"151"');
    expect(await attributes(shop, token)).toEqual({ points: '"151"' });
    const deleted = await call(shop, 'DELETE /api/v1/attributes/points', { bearer: token });
    expect([deleted.status, deleted.body, await attributes(shop, token)]).toEqual([204, undefined, {}]);
    expect([errorOf(await read('points')), errorOf(await call(shop, 'DELETE /api/v1/attributes/points', { bearer: token }))]).toEqual(['404 not_found', '404 not_found']);
  });

  test.each(['a b', 'a/b', 'ä', '__proto__', '%'])('may be named %j', async (name) => {
    await write(shop, token, name, 'x');
    expect((await read(name)).body).toEqual(Object.fromEntries([[name, 'x']]));
    expect(shop.appId.profiles[0]?.attributes).toEqual(Object.fromEntries([[name, 'x']]));
  });

  test('that is named by no text is nowhere', async () => {
    expect((await call(shop, 'GET /api/v1/attributes/%FF', { bearer: token })).status).toBe(404);
  });

  test('is one person’s', async () => {
    await write(shop, token, 'theme', 'dark');
    const other = (await guest(shop)).access;
    expect([await attributes(shop, other), (await read('theme', other)).status]).toEqual([{}, 404]);
  });

  test('has one of three shapes, and a write one of two answers', async () => {
    await write(shop, token, 'theme', 'dark');
    const shapes = [];
    for (const attributeSingleShape of ['flat', 'named', 'value'] as const) {
      shop.appId.switches = { ...shop.appId.switches, attributeSingleShape };
      shapes.push((await read('theme')).body);
    }
    expect(shapes).toEqual([{ theme: 'dark' }, { name: 'theme', value: 'dark' }, 'dark']);
    shop.appId.switches = { ...shop.appId.switches, attributeWriteAnswer: 'empty' };
    expect((await write(shop, token, 'theme', 'light')).status).toBe(204);
    expect(await attributes(shop, token)).toEqual({ theme: 'light' });
  });

  test('has room for 100,000 bytes with all others, and one more is refused', async () => {
    await write(shop, token, 'a', 'x'.repeat(60_000 - 1));
    expect((await write(shop, token, 'b', 'x'.repeat(40_000))).status).toBe(413);
    expect((await write(shop, token, 'b', 'x'.repeat(40_000 - 1))).status).toBe(200);
    expect((await write(shop, token, 'b', 'y'.repeat(40_000 - 1))).status).toBe(200);
  });

  test('needs a token that is good', async () => {
    const { id } = await guest(shop);
    for (const bearer of ['', 'nonsense', id]) expect([await attributes(shop, bearer), (await write(shop, bearer, 'a', 'b')).status]).toEqual([401, 401]);
    expect((await call(shop, 'GET /api/v1/attributes')).status).toBe(401);
  });

  test('is nobody’s any more once the token is revoked; another token of theirs still is good', async () => {
    const other = (await guest(shop, token)).access;
    await call(shop, 'POST /oauth/v4/tenant_shop/revoke', { basic: `${SERVER.clientId}:${SERVER.secret}`, body: new URLSearchParams({ token }) });
    expect([await attributes(shop, token), await attributes(shop, other)]).toEqual([401, {}]);
  });

  test('is nobody’s where the tenant keeps none, which looks like a bad token; the token is good elsewhere', async () => {
    shop.appId.tenant = { ...shop.appId.tenant, profiles: 'inactive' };
    const [kept, bad] = [await call(shop, 'GET /api/v1/attributes', { bearer: token }), await call(shop, 'GET /api/v1/attributes', { bearer: 'nonsense' })];
    expect([kept.status, kept.body]).toEqual([401, bad.body]);
    expect((await call(shop, 'GET /oauth/v4/tenant_shop/userinfo', { bearer: token })).status).toBe(200);
    shop.appId.tenant = { ...shop.appId.tenant, profiles: 'active' };
    expect(await attributes(shop, token)).toEqual({});
  });
});

describe('another site’s page', () => {
  const from = { origin: 'http://www.shop.localhost:4600' };
  const allowed = async (headers = from): Promise<string | null> => (await call(shop, 'GET /api/v1/attributes', { bearer: token, headers })).headers.get('access-control-allow-origin');
  const preflight = (path: string, headers = from) => shop.appId.handle(new Request(ORIGIN + path, { method: 'OPTIONS', headers: { ...headers, 'access-control-request-method': 'PUT' } }));

  test('may not call, unless the service is so and it is a client’s', async () => {
    expect([await allowed(), (await preflight('/api/v1/attributes/theme')).status]).toEqual([null, 403]);
    shop.appId.switches = { ...shop.appId.switches, attributesCors: 'clients' };
    expect([await allowed(), await allowed({ origin: 'http://evil.example' })]).toEqual([from.origin, null]);
    const answer = await preflight('/api/v1/attributes/theme');
    expect([answer.status, answer.headers.get('access-control-allow-methods')]).toEqual([204, 'GET,POST,PUT,DELETE']);
    expect((await preflight('/api/v1/attributes/theme', { origin: 'http://evil.example' })).headers.get('access-control-allow-methods')).toBeNull();
  });
});

test('an attribute of a user is theirs, and not a guest’s who signs in elsewhere', async () => {
  const ada = await signIn(shop, 'ada');
  await write(shop, ada.access, 'theme', 'dark');
  expect(await attributes(shop, (await signIn(shop, 'grace')).access)).toEqual({});
});
