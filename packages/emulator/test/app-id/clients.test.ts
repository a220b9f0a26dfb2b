import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { authorize, call, CALLBACK, chooseAt, claimsOf, errorOf, exchange, grant, guest, locationOf, makeShop, OAUTH, PAGE, pkce, queryOf, SHOP, signIn, tokensOf, visit, type Shop } from './support.ts';

let shop: Shop;
beforeEach(async () => {
  shop = await makeShop();
});

const codeOf = (response: Response): string => queryOf(response)['code'] ?? '';
const byCode = (code: string, changes: Readonly<Record<string, string>> = {}) => ({ grant_type: 'authorization_code', redirect_uri: CALLBACK, code, ...changes });
const codeForGuest = async (): Promise<string> => codeOf(await authorize(shop, { idp: 'appid_anon' }));

describe('a client on a server', () => {
  test('is told by its id and secret, in either form encoding or in JSON', async () => {
    const basic = 'shop-server:a secret';
    const multipart = new FormData();
    for (const [name, value] of Object.entries(byCode(await codeForGuest()))) multipart.set(name, value);
    expect((await call(shop, `POST ${OAUTH}/token`, { basic, body: multipart })).status).toBe(200);
    expect((await call(shop, `POST ${OAUTH}/token`, { basic, body: new URLSearchParams(byCode(await codeForGuest())) })).status).toBe(200);
    expect((await call(shop, `POST ${OAUTH}/token`, { basic, body: JSON.stringify(byCode(await codeForGuest())), headers: { 'content-type': 'application/json' } })).status).toBe(200);
    expect(errorOf(await call(shop, `POST ${OAUTH}/token`, { basic, body: 'what' }))).toBe('400 invalid_request');
  });

  test.each(['shop-server:another', 'shop-server:', 'nobody:a secret', 'shop-server'])('is not %j', async (basic) => {
    expect(errorOf(await grant(shop, byCode(await codeForGuest()), basic))).toBe('401 invalid_client');
  });

  test('has a code once, for a minute, for its own address and with the verifier of its challenge', async () => {
    const code = await codeForGuest();
    expect([(await grant(shop, byCode(code))).status, errorOf(await grant(shop, byCode(code)))]).toEqual([200, '400 invalid_grant']);
    expect(errorOf(await grant(shop, byCode(await codeForGuest(), { redirect_uri: SHOP })))).toBe('400 invalid_grant');
    const late = await codeForGuest();
    shop.time.now += 60_000;
    expect(errorOf(await grant(shop, byCode(late)))).toBe('400 invalid_grant');
    const { verifier, challenge } = pkce();
    const proven = async (code_verifier: string): Promise<number> => (await grant(shop, byCode(codeOf(await authorize(shop, { idp: 'appid_anon', code_challenge: challenge, code_challenge_method: 'S256' })), { code_verifier }))).status;
    expect([await proven(verifier), await proven('another'), await proven('')]).toEqual([200, 400, 400]);
  });

  test('has no code of another client', async () => {
    shop = await makeShop({ clients: [{ clientId: 'shop-server', secret: 'a secret', redirectUris: [CALLBACK] }, { clientId: 'other', secret: 'another', redirectUris: [CALLBACK] }] });
    expect(errorOf(await grant(shop, byCode(await codeForGuest()), 'other:another'))).toBe('400 invalid_grant');
  });

  test('gets no token by any other grant', async () => {
    expect(errorOf(await grant(shop, { grant_type: 'client_credentials' }))).toBe('400 unsupported_grant_type');
  });

  test('is sent nowhere but to its own addresses, to the letter', async () => {
    for (const redirect_uri of ['http://evil.example/', `${CALLBACK}/`, `${CALLBACK}?x=1`]) expect((await authorize(shop, { redirect_uri })).status).toBe(400);
    expect((await authorize(shop, { client_id: 'nobody' })).status).toBe(400);
    expect(queryOf(await authorize(shop, { response_type: 'token' }))['error']).toBe('unsupported_response_type');
    expect(queryOf(await authorize(shop, { idp: 'myspace' }))['error']).toBe('invalid_request');
  });

  test('renews a user, again and again where the service is so, and no other client does', async () => {
    const { refresh = '', subject } = await signIn(shop, 'ada');
    const renew = (token: string, basic?: string) => grant(shop, { grant_type: 'refresh_token', refresh_token: token }, basic);
    const renewed = tokensOf(await renew(refresh));
    expect([renewed.subject, claimsOf(renewed.access)['amr'], (await renew(refresh)).status]).toEqual([subject, ['google'], 200]);
    expect(errorOf(await renew(refresh, `${PAGE.clientId}:x`))).toBe('400 invalid_grant');
    shop.appId.switches = { ...shop.appId.switches, refreshTokenReuse: 'refused' };
    expect([(await renew(refresh)).status, errorOf(await renew(refresh))]).toEqual([200, '400 invalid_grant']);
    shop.time.now += 2_592_001_000;
    expect(errorOf(await renew(renewed.refresh ?? ''))).toBe('400 invalid_grant');
  });

  test('revokes what it was given, asks what is good, and says that somebody left', async () => {
    const basic = 'shop-server:a secret';
    const { refresh = '', access, id } = await signIn(shop, 'ada');
    const isActive = async (token: string): Promise<unknown> => (await call(shop, `POST ${OAUTH}/introspect`, { basic, body: new URLSearchParams({ token }) })).body;
    expect([await isActive(access), await isActive(refresh), await isActive('nonsense')]).toEqual([{ active: true }, { active: true }, { active: false }]);
    expect((await call(shop, `POST ${OAUTH}/activity_logging`, { bearer: access, body: JSON.stringify({ eventName: 'logout', id_token: id }), headers: { 'content-type': 'application/json' } })).status).toBe(200);
    for (const token of [refresh, access]) await call(shop, `POST ${OAUTH}/revoke`, { basic, body: new URLSearchParams({ token }) });
    expect([await isActive(access), await isActive(refresh)]).toEqual([{ active: false }, { active: false }]);
    expect((await call(shop, `GET ${OAUTH}/userinfo`, { bearer: access })).status).toBe(401);
    expect(errorOf(await call(shop, `POST ${OAUTH}/revoke`, { basic: 'shop-server:another', body: new URLSearchParams({ token: access }) }))).toBe('401 invalid_client');
  });

  test('leads somebody away and back again', async () => {
    const leave = (redirect_uri: string) => visit(shop, `${OAUTH}/cloud_directory/sso/logout?${new URLSearchParams({ redirect_uri, client_id: 'shop-server', all_sessions: 'false' })}`);
    expect(locationOf(await leave(CALLBACK)).href).toBe(CALLBACK);
    expect((await leave('http://evil.example/')).status).toBe(400);
  });
});

describe('a single-page application', () => {
  const asPage = (changes: Readonly<Record<string, string>> = {}): Promise<Response> =>
    authorize(shop, { client_id: PAGE.clientId, redirect_uri: SHOP, scope: 'openid', nonce: 'n1', code_challenge: CHALLENGE, code_challenge_method: 'S256', ...changes });
  const { verifier: VERIFIER, challenge: CHALLENGE } = pkce();
  const redeem = (code: string, basic = `${PAGE.clientId}:${VERIFIER}`) => grant(shop, byCode(code, { redirect_uri: SHOP }), basic);

  test('proves itself by the verifier in the place of a secret, and gets no refresh token', async () => {
    const code = codeOf(await chooseAt(shop, 'ada', await asPage()));
    const tokens = tokensOf(await redeem(code));
    expect([claimsOf(tokens.id)['nonce'], claimsOf(tokens.access).aud, tokens.refresh]).toEqual(['n1', [PAGE.clientId], undefined]);
    expect(errorOf(await redeem(codeOf(await asPage({ idp: 'appid_anon' })), `${PAGE.clientId}:another`))).toBe('400 invalid_grant');
  });

  test('may write its challenge as the vendor’s SDK does', async () => {
    const code_challenge = Buffer.from(createHash('sha256').update(VERIFIER).digest('hex')).toString('base64');
    expect((await redeem(codeOf(await asPage({ idp: 'appid_anon', code_challenge })))).status).toBe(200);
  });

  test('needs a challenge, and has no passwords', async () => {
    for (const changes of [{ code_challenge_method: 'plain' }, { code_challenge_method: '' }]) expect(queryOf(await asPage({ idp: 'appid_anon', ...changes }))['error']).toBe('invalid_request');
    expect(queryOf(await authorize(shop, { client_id: PAGE.clientId, redirect_uri: SHOP, idp: 'appid_anon' }))['error']).toBe('invalid_request');
    expect(errorOf(await grant(shop, { grant_type: 'password' }, `${PAGE.clientId}:x`))).toBe('400 unauthorized_client');
  });

  test('gets a message for its exact origin, which nothing in it can leave, and may frame that page', async () => {
    const response = await asPage({ idp: 'appid_anon', response_mode: 'web_message', state: '</script><script>alert(1)' });
    const html = await response.text();
    expect([response.status, response.headers.get('x-frame-options'), response.headers.get('referrer-policy')]).toEqual([200, null, 'no-referrer']);
    expect(response.headers.get('content-security-policy')).toContain(`frame-ancestors ${SHOP}`);
    expect(html.match(/<script/g)?.length).toBe(1);
    expect(html).toContain(`, "${SHOP}");`);
    expect(html).toMatch(/"type":"authorization_response","code":"[a-z0-9]{43}","state":/);
  });

  test('is told by message that nobody is signed in, and that guests come by redirect where the service is so', async () => {
    expect(await (await asPage({ response_mode: 'web_message', prompt: 'none' })).text()).toContain('"error":"access_denied"');
    shop.appId.switches = { ...shop.appId.switches, anonymousWebMessage: 'refused' };
    expect(await (await asPage({ response_mode: 'web_message', idp: 'appid_anon' })).text()).toContain('"error":"invalid_request"');
    expect((await redeem(codeOf(await asPage({ idp: 'appid_anon' })))).status).toBe(200);
  });

  test('may be called from its own page only', async () => {
    const allowed = async (origin: string): Promise<string | null> => (await call(shop, `GET ${OAUTH}/publickeys`, { headers: { origin } })).headers.get('access-control-allow-origin');
    expect([await allowed(SHOP), await allowed('http://evil.example')]).toEqual([SHOP, null]);
    shop = await makeShop({ clients: [{ clientId: 'shop-server', secret: 'a secret', redirectUris: [CALLBACK] }] });
    expect(await allowed(SHOP)).toBeNull();
  });
});

test('a guest of the server and a guest of the page are told apart by whom their token is for', async () => {
  const { access } = await guest(shop);
  expect(claimsOf(access).aud).toEqual(['shop-server']);
  expect((await exchange(shop, await authorize(shop, { idp: 'appid_anon' }))).subject).not.toBe(claimsOf(access).sub);
});
