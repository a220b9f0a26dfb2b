import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { ask, Browser, call, CALLBACK, ISSUER, makeGuest, makeShop, post, redeem, rpc, SHOP, signIn, type Answer, type Shop } from './support.ts';

const NO_SESSION = 'login_required';
const OFFLINE = { scope: 'openid profile email offline_access' };

/** A guest who became a user with a name and a password. */
async function makeUser(shop: Shop, username = 'user@example.com'): Promise<string> {
  const id = await makeGuest(shop);
  await rpc(shop, 'UpdateUser', { userId: id, username, human: { email: { email: username, isVerified: true }, password: { password: { password: 'Difference-1' } } } });
  return id;
}

const renew = (shop: Shop, refreshToken: string | undefined): Promise<Answer> => post(shop, '/oauth/v2/token', { grant_type: 'refresh_token', client_id: 'shop', refresh_token: refreshToken ?? '' });
const subjectOf = (tokens: Record<string, unknown>): unknown => decodeJwt(String(tokens['access_token'])).sub;

describe('a person', () => {
  test('chooses one of the fake people, who is a user from then on, and the same one each time', async () => {
    const shop = await makeShop();
    const first = await signIn(shop);
    expect(shop.zitadel.users.filter(({ kind }) => kind === 'human')).toEqual([
      { userId: subjectOf(first), username: 'ada@example.com', kind: 'human', email: 'ada@example.com', isVerified: true, givenName: 'Ada', familyName: 'Lovelace', hasPassword: false, metadataKeys: [] },
    ]);
    expect(subjectOf(await signIn(shop))).toBe(subjectOf(first));
    const anybody = await signIn(shop, { form: { name: 'Annie  Easley' } });
    expect(decodeJwt(anybody['id_token'] ?? '')).toMatchObject({ sub: subjectOf(anybody), name: 'Annie Easley', given_name: 'Annie', email: 'annie.easley@people.example', email_verified: true });
    expect(subjectOf(anybody)).not.toBe(subjectOf(first));
  });

  test('signs in with the name and the password that a shop set, whatever the case of the name', async () => {
    const shop = await makeShop();
    const id = await makeUser(shop);
    const tokens = await signIn(shop, { form: { loginName: ' User@Example.com ', password: 'Difference-1' } });
    expect(subjectOf(tokens)).toBe(id);
    expect(decodeJwt(tokens['access_token'] ?? '')).toMatchObject({ aud: ['shop', shop.zitadel.projectId] });
    expect(decodeJwt(tokens['access_token'] ?? '')['act']).toBe(undefined);
  });

  test('is told on the page that a name or a password is wrong, the same for both, and may try again', async () => {
    const shop = await makeShop();
    const id = await makeUser(shop);
    await signIn(shop);
    const browser = new Browser(shop);
    const asked = ask();
    let page = await browser.open(asked.url);
    const account = shop.zitadel.users[0]?.username ?? '';
    for (const form of [{ loginName: 'user@example.com', password: 'wrong' }, { loginName: 'user@example.com', password: '' }, { loginName: 'nobody', password: 'Difference-1' }, { loginName: 'ada@example.com', password: '' }, { loginName: account, password: '' }, { loginName: '<b>"x"' }, {}, { loginName: 'new@example.com', givenName: 'A', familyName: 'B', password: 'Difference-1' }]) {
      page = await browser.submit(page, form as Record<string, string>);
      expect(page.html).toContain('data-testid="login-problem">The login name or the password is wrong<');
      expect(page.html).not.toContain('<b>');
    }
    const { url } = await browser.submit(page, { loginName: 'user@example.com', password: 'Difference-1' });
    expect(subjectOf((await redeem(shop, asked, url)).body)).toBe(id);
  });

  test('finds the name filled in that the shop hints at, and the hooks of every make-believe page', async () => {
    const shop = await makeShop();
    const { html } = await new Browser(shop).open(ask({ login_hint: 'us"er@example.com' }).url);
    expect(html).toContain('value="us&quot;er@example.com"');
    for (const hook of ['login-name', 'login-password', 'login-submit', 'login-cancel', 'person-ada', 'person-grace', 'person-name', 'person-continue']) expect(html).toContain(`data-testid="${hook}"`);
    expect(html).not.toContain('login-problem');
  });

  test('who cancels comes back with access_denied, and cannot go on afterwards', async () => {
    const shop = await makeShop();
    const browser = new Browser(shop);
    const asked = ask();
    const page = await browser.open(asked.url);
    expect((await browser.open(`${page.url.href}/else`)).status).toBe(400);
    const { url } = await browser.open(`${page.url.href}/cancel`);
    expect([url.searchParams.get('error'), url.searchParams.get('state')]).toEqual(['access_denied', asked.state]);
    const late = await browser.submit(page, { person: 'ada' });
    expect([late.status, /error-code">([^<]+)</.exec(late.html)?.[1]]).toEqual([400, 'sign_in_over']);
  });

  test('cannot finish the sign-in of another browser', async () => {
    const shop = await makeShop();
    const page = await new Browser(shop).open(ask().url);
    expect((await new Browser(shop).submit(page, { person: 'ada' })).status).toBe(400);
  });

  test('makes an account where the shop asks for that, once for each name', async () => {
    const shop = await makeShop();
    const form = { loginName: 'new@example.com', givenName: 'Annie', familyName: 'Easley', password: 'Difference-1' };
    const tokens = await signIn(shop, { changes: { prompt: 'create', login_hint: 'new@example.com' }, form });
    expect(decodeJwt(tokens['id_token'] ?? '')).toMatchObject({ name: 'Annie Easley', email: 'new@example.com', email_verified: false });
    const browser = new Browser(shop);
    let page = await browser.open(ask({ prompt: 'create', login_hint: 'new@example.com' }).url);
    expect(page.html).toContain('value="new@example.com"');
    page = await browser.submit(page, form);
    expect(page.html).toContain('User already exists');
    page = await browser.submit(page, { ...form, loginName: 'other@example.com', password: 'short' });
    expect(page.html).toContain('Password is too short');
    expect(subjectOf(await signIn(shop, { form: { loginName: 'new@example.com', password: 'Difference-1' } }))).toBe(subjectOf(tokens));
  });
});

describe('a browser', () => {
  test('is remembered, until the person signs out or somebody else is hinted at', async () => {
    const shop = await makeShop();
    const id = await makeUser(shop);
    const browser = new Browser(shop);
    const silent = async (changes: Readonly<Record<string, string>> = {}): Promise<string | null> => (await browser.open(ask({ prompt: 'none', ...changes }).url)).url.searchParams.get('error');
    expect(await silent()).toBe(NO_SESSION);
    const ada = await signIn(shop, { browser });
    const asked = ask();
    expect(subjectOf((await redeem(shop, asked, (await browser.open(asked.url)).url)).body)).toBe(subjectOf(ada));
    expect([await silent({ id_token_hint: ada['id_token'] ?? '' }), await silent(), await silent({ login_hint: 'ADA@example.com' }), await silent({ login_hint: 'user@example.com' })]).toEqual([null, null, null, NO_SESSION]);
    const other = await signIn(shop, { browser, changes: { login_hint: 'user@example.com' }, form: { loginName: 'user@example.com', password: 'Difference-1' } });
    expect(subjectOf(other)).toBe(id);
    expect(await silent({ login_hint: 'user@example.com' })).toBe(null);
    for (const prompt of ['login', 'select_account', 'consent', 'create']) expect((await browser.open(ask({ prompt }).url)).html).toContain('login-submit');
  });

  test('is not, once its user is deleted, or the service lost its sessions', async () => {
    const shop = await makeShop();
    const browser = new Browser(shop);
    await signIn(shop, { browser });
    const silent = async (): Promise<string | null> => (await browser.open(ask({ prompt: 'none' }).url)).url.searchParams.get('error');
    expect(await silent()).toBe(null);
    const ada = await signIn(shop);
    await rpc(shop, 'DeleteUser', { userId: subjectOf(ada) });
    expect(await silent()).toBe(NO_SESSION);
    expect(subjectOf(await signIn(shop, { browser }))).not.toBe(subjectOf(ada));
    shop.zitadel.forgetSessions();
    expect(await silent()).toBe(NO_SESSION);
  });

  test('signs out at once, by the ID token or the client, and goes where the client may send it', async () => {
    const shop = await makeShop();
    const browser = new Browser(shop);
    const leave = async (parameters: Readonly<Record<string, string>>): Promise<{ url: string; status: number; error: string | null }> => {
      const { url, status } = await browser.open(`${ISSUER}/oidc/v1/end_session?${new URLSearchParams(parameters)}`);
      return { url: url.href, status, error: (await browser.open(ask({ prompt: 'none' }).url)).url.searchParams.get('error') };
    };
    const home = { post_logout_redirect_uri: `${SHOP}/` };
    const { id_token: hint = '' } = await signIn(shop, { browser });
    shop.time.now += 13 * 3_600_000;
    expect(await leave({ id_token_hint: hint, state: 'x y', ...home })).toEqual({ url: `${SHOP}/?state=x+y`, status: 303, error: NO_SESSION });
    // Whoever is signed out already comes back too.
    expect(await leave({ id_token_hint: hint, ...home })).toMatchObject({ url: `${SHOP}/`, error: NO_SESSION });
    await signIn(shop, { browser });
    expect(await leave({ client_id: 'shop', ...home })).toMatchObject({ url: `${SHOP}/`, error: NO_SESSION });
    await signIn(shop, { browser });
    const posted = await browser.open(`${ISSUER}/oidc/v1/end_session`, { method: 'POST', body: new URLSearchParams({ id_token_hint: hint, ...home }) });
    expect([posted.url.href, (await browser.open(ask({ prompt: 'none' }).url)).url.searchParams.get('error')]).toEqual([`${SHOP}/`, NO_SESSION]);
    await signIn(shop, { browser });
    expect(await leave({ id_token_hint: hint, client_id: 'plain', ...home })).toMatchObject({ status: 400, error: null });
    expect(await leave({ client_id: 'shop', post_logout_redirect_uri: 'https://evil.example/' })).toMatchObject({ status: 400, error: null });
    expect(await leave({ id_token_hint: `${hint}x`, ...home })).toMatchObject({ status: 400, error: null });
    expect(await leave({})).toMatchObject({ status: 200, error: NO_SESSION });
  });
});

describe('a refresh token', () => {
  test('comes with offline_access and without a question, also silently, and not else', async () => {
    const shop = await makeShop();
    const browser = new Browser(shop);
    expect((await signIn(shop, { browser }))['refresh_token']).toBe(undefined);
    const asked = ask({ ...OFFLINE, prompt: 'none' });
    const { body } = await redeem(shop, asked, (await browser.open(asked.url)).url);
    expect([typeof body['refresh_token'], body['scope']]).toEqual(['string', 'openid profile email offline_access']);
  });

  test('is replaced at each renewal; one that was used is refused, and the newest goes on', async () => {
    const shop = await makeShop();
    const first = await signIn(shop, { changes: OFFLINE });
    const second = await renew(shop, first['refresh_token']);
    expect(second.status).toBe(200);
    expect(subjectOf(second.body)).toBe(subjectOf(first));
    expect(await renew(shop, first['refresh_token'])).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    const third = await renew(shop, String(second.body['refresh_token']));
    expect(third.status).toBe(200);
    expect((await renew(shop, 'x')).body['error']).toBe('invalid_grant');
    expect((await post(shop, '/oauth/v2/token', { grant_type: 'refresh_token', client_id: 'plain', refresh_token: String(third.body['refresh_token']) })).body['error']).toBe('invalid_grant');
  });

  test('lives thirty days without a renewal, and ninety at most', async () => {
    const shop = await makeShop();
    const { refresh_token: idle } = await signIn(shop, { changes: OFFLINE });
    shop.time.now += 30 * 86_400_000 + 1000;
    expect((await renew(shop, idle)).body['error']).toBe('invalid_grant');
    let token = (await signIn(shop, { changes: OFFLINE }))['refresh_token'];
    for (let renewal = 0; renewal < 3; renewal += 1) {
      shop.time.now += 29 * 86_400_000;
      const { status, body } = await renew(shop, token);
      expect(status).toBe(200);
      const iat = Math.floor(shop.time.now / 1000);
      expect(decodeJwt(String(body['access_token']))).toMatchObject({ iat, exp: iat + 43_200 });
      // Who signed in did so when they did, whatever the clock says now.
      expect(Math.abs(Number(decodeJwt(String(body['id_token']))['auth_time']) - (iat - 29 * 86_400 * (renewal + 1)))).toBeLessThanOrEqual(1);
      token = String(body['refresh_token']);
    }
    shop.time.now += 3 * 86_400_000 + 1000;
    expect((await renew(shop, token)).body['error']).toBe('invalid_grant');
  });

  test('that is revoked takes its access token along; an access token that is revoked goes alone', async () => {
    const shop = await makeShop();
    const tokens = await signIn(shop, { changes: OFFLINE });
    const info = async (token: unknown): Promise<number> => (await call(shop, 'GET /oidc/v1/userinfo', { pat: String(token) })).status;
    const revoke = (token: unknown, client = 'shop'): Promise<Answer> => post(shop, '/oauth/v2/revoke', { token: String(token), client_id: client });
    expect((await revoke(tokens['access_token'], 'plain')).status).toBe(200);
    expect(await info(tokens['access_token'])).toBe(200);
    expect((await revoke(tokens['access_token'])).status).toBe(200);
    expect(await info(tokens['access_token'])).toBe(401);
    const { status, body } = await renew(shop, tokens['refresh_token']);
    expect([status, await info(body['access_token'])]).toEqual([200, 200]);
    await revoke(body['refresh_token'], 'plain');
    expect(await info(body['access_token'])).toBe(200);
    const { access_token: foreign } = await signIn(await makeShop());
    for (const token of [body['refresh_token'], body['refresh_token'], 'x', 'a.b.c', foreign]) expect((await revoke(token)).status).toBe(200);
    expect([await info(body['access_token']), (await renew(shop, String(body['refresh_token']))).body['error']]).toEqual([401, 'invalid_grant']);
  });

  test('of somebody who was deleted is refused', async () => {
    const shop = await makeShop();
    const tokens = await signIn(shop, { changes: OFFLINE });
    await rpc(shop, 'DeleteUser', { userId: subjectOf(tokens) });
    expect((await renew(shop, tokens['refresh_token'])).body['error']).toBe('invalid_grant');
  });
});

describe('a code', () => {
  test('is good once, for its verifier, address and client, and for five minutes', async () => {
    const shop = await makeShop();
    const back = async (): Promise<{ asked: ReturnType<typeof ask>; url: URL }> => {
      const asked = ask();
      return { asked, url: await new Browser(shop).signIn(asked) };
    };
    for (const changes of [{ code_verifier: 'x'.repeat(43) }, { code_verifier: null }, { redirect_uri: `${SHOP}/` }, { client_id: 'plain' }]) {
      const { asked, url } = await back();
      expect(await redeem(shop, asked, url, changes)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    }
    const { asked, url } = await back();
    expect((await redeem(shop, asked, url)).status).toBe(200);
    expect((await redeem(shop, asked, url)).body['error']).toBe('invalid_grant');
    const late = await back();
    shop.time.now += 301_000;
    expect((await redeem(shop, late.asked, late.url)).body['error']).toBe('invalid_grant');
  });

  test('goes only where the client may send people, and only with PKCE', async () => {
    const shop = await makeShop();
    const browser = new Browser(shop);
    expect((await browser.open(ask({ redirect_uri: `${CALLBACK}/x` }).url)).status).toBe(400);
    expect((await browser.open(ask({ code_challenge: null, code_challenge_method: null }).url)).url.searchParams.get('error')).toBe('invalid_request');
    expect((await browser.open(ask({ connection: 'google' }).url)).html).toContain('login-submit');
  });
});
