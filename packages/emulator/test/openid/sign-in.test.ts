import { decodeJwt, type JWTPayload } from 'jose';
import { describe, expect, test } from 'vitest';
import type { OpenId } from '../../src/index.ts';
import { ask, Browser, CALLBACK, ISSUER, makeOpenId, redeem, SHOP } from './support.ts';

async function claimsOf(openid: OpenId, browser: Browser, { changes = {}, form = { person: 'ada' } }: { changes?: Readonly<Record<string, string>>; form?: Readonly<Record<string, string>> } = {}): Promise<JWTPayload> {
  const asked = ask(changes);
  const back = await browser.signIn(asked, form);
  const response = await redeem(openid, asked, back.searchParams.get('code'));
  expect(response.status).toBe(200);
  return decodeJwt(((await response.json()) as { id_token: string }).id_token);
}

describe('a person', () => {
  test('chooses who they are, and comes back with a code, the state and the issuer, and nothing else', async () => {
    const openid = await makeOpenId();
    const asked = ask();
    const back = await new Browser(openid).signIn(asked);
    expect(back.href.startsWith(`${CALLBACK}?`)).toBe(true);
    expect([...back.searchParams.keys()].sort()).toEqual(['code', 'iss', 'state']);
    expect([back.searchParams.get('iss'), back.searchParams.get('state')]).toEqual([ISSUER, asked.state]);
  });

  test('is told to the shop: who, when, and by which request', async () => {
    const openid = await makeOpenId();
    const asked = ask();
    const back = await new Browser(openid).signIn(asked);
    const response = await redeem(openid, asked, back.searchParams.get('code'));
    const { id_token } = (await response.json()) as { id_token: string };
    const claims = decodeJwt(id_token);
    expect(claims).toMatchObject({ iss: ISSUER, aud: 'shop', nonce: asked.nonce, name: 'Ada Lovelace', email: 'ada@example.com', email_verified: true });
    expect(claims.sub).toMatch(/^[\w-]{43}$/);
    expect(Math.abs(Number(claims['auth_time']) - Date.now() / 1000)).toBeLessThan(60);
  });

  test('is the same one each time and after a restart, another one at another connection, and whoever they write', async () => {
    const [openid, restarted] = [await makeOpenId(), await makeOpenId()];
    const subject = async (changes: Readonly<Record<string, string>>, form: Readonly<Record<string, string>>, at = openid): Promise<unknown> => (await claimsOf(at, new Browser(at), { changes, form })).sub;
    const ada = await subject({ connection: 'google' }, { person: 'ada' });
    expect(await subject({ connection: 'google' }, { person: 'ada' })).toBe(ada);
    const others = [await subject({ connection: 'github' }, { person: 'ada' }), await subject({}, { person: 'ada' }), await subject({ connection: 'google' }, { person: 'grace' }), await subject({ connection: 'google' }, { name: 'Ada' })];
    expect(new Set([ada, ...others]).size).toBe(5);
    expect(await subject({ connection: 'google' }, { name: '  ADA ' })).toBe(others[3]);
    expect(await subject({ connection: 'google' }, { person: 'ada' }, restarted)).toBe(ada);
  });

  test('sees which connection asks, by the same hooks as on any make-believe page', async () => {
    const openid = await makeOpenId();
    const page = async (changes: Readonly<Record<string, string>>): Promise<string> => (await new Browser(openid).open(ask(changes).url)).response.text();
    const google = await page({ connection: 'google' });
    expect(google).toContain('Sign in with Google');
    for (const hook of ['person-ada', 'person-grace', 'person-name', 'person-continue', 'person-cancel']) expect(google).toContain(`data-testid="${hook}"`);
    expect(await page({ connection: 'github' })).toContain('Sign in with GitHub');
    expect(await page({})).toContain('Sign in with OpenID');
  });

  test('who cancels comes back with access_denied, the state and the issuer', async () => {
    const openid = await makeOpenId();
    const browser = new Browser(openid);
    const asked = ask();
    const page = await browser.open(asked.url);
    const [, cancel = ''] = /href="([^"]+)" data-testid="person-cancel"/.exec(await page.response.text()) ?? [];
    const { url } = await browser.open(new URL(cancel, page.url));
    expect(Object.fromEntries(url.searchParams)).toMatchObject({ error: 'access_denied', state: asked.state, iss: ISSUER });
    expect(url.searchParams.has('code')).toBe(false);
  });

  test('is asked again at the next sign-in, or not where the provider remembers; prompt=none then needs no page', async () => {
    for (const [people, sees] of [['forgotten', 'page'], ['remembered', 'code']] as const) {
      const openid = await makeOpenId({ people });
      const browser = new Browser(openid);
      await browser.signIn(ask());
      const { url } = await browser.open(ask().url);
      expect([people, url.searchParams.has('code') ? 'code' : 'page']).toEqual([people, sees]);
      const silent = await browser.open(ask({ prompt: 'none' }).url);
      expect(silent.url.searchParams.get('error')).toBe(people === 'forgotten' ? 'login_required' : null);
      const asked = await browser.open(ask({ prompt: 'login' }).url);
      expect(asked.url.pathname).toMatch(/^\/sign-in\//);
    }
  });

  test('who signs out there is asked once, and goes back to the shop', async () => {
    const openid = await makeOpenId({ people: 'remembered' });
    const browser = new Browser(openid);
    await browser.signIn(ask());
    const page = await browser.open(`${ISSUER}/logout?${new URLSearchParams({ client_id: 'shop', post_logout_redirect_uri: `${SHOP}/`, state: 's' })}`);
    const html = await page.response.text();
    expect(html).toContain('data-testid="sign-out-confirm"');
    const { url } = await browser.submit(page.url, html, { logout: 'yes' });
    expect(url.href).toBe(`${SHOP}/?state=s`);
    expect((await browser.open(ask().url)).url.pathname).toMatch(/^\/sign-in\//);
  });

  test('whose sign-in is over, or another browser\'s, is told so on a page', async () => {
    const openid = await makeOpenId();
    const browser = new Browser(openid);
    const { url } = await browser.open(ask().url);
    for (const stranger of [new Browser(openid), browser]) {
      if (stranger === browser) openid.forgetSessions();
      const { response } = await stranger.open(url);
      expect(response.status).toBe(400);
      expect(await response.text()).toContain('data-testid="error-code">sign_in_over');
    }
  });
});

describe('what is refused', () => {
  test('a redirect address that is not registered to the letter: on a page, and nobody is sent there', async () => {
    const openid = await makeOpenId();
    for (const redirect_uri of [`${SHOP}`, `${SHOP}/callback.html?x=1`, `${SHOP}/cart`, 'https://evil.example/callback.html', `${SHOP}@evil.example/`, 'javascript:alert(1)']) {
      const { response } = await new Browser(openid).open(ask({ redirect_uri }).url);
      expect([redirect_uri, response.status, response.headers.get('location')]).toEqual([redirect_uri, 400, null]);
      expect(await response.text()).toContain('data-testid="error-code">invalid_redirect_uri');
    }
  });

  test('a sign-in without PKCE, with a plain challenge, or with a connection nobody knows: sent back with the reason', async () => {
    const openid = await makeOpenId();
    for (const changes of [{ code_challenge: null, code_challenge_method: null }, { code_challenge_method: 'plain' }, { connection: 'nobody' }]) {
      const { url } = await new Browser(openid).open(ask(changes).url);
      expect([url.origin, url.searchParams.get('error'), url.searchParams.get('iss')]).toEqual([SHOP, 'invalid_request', ISSUER]);
    }
    const { url } = await new Browser(openid).open(ask({ response_type: 'id_token' }).url);
    expect(url.searchParams.has('id_token') || url.hash.includes('id_token=')).toBe(false);
  });

  test('a code with another verifier, without one, with another address, or for the second time', async () => {
    const openid = await makeOpenId();
    const outcomes = [];
    for (const changes of [{ code_verifier: 'x'.repeat(43) }, { code_verifier: null }, { redirect_uri: `${SHOP}/` }]) {
      const asked = ask();
      const back = await new Browser(openid).signIn(asked);
      const response = await redeem(openid, asked, back.searchParams.get('code'), { changes });
      outcomes.push([response.status, ((await response.json()) as { error: string }).error]);
    }
    expect(outcomes).toEqual([[400, 'invalid_grant'], [400, 'invalid_grant'], [400, 'invalid_grant']]);
    const asked = ask();
    const code = (await new Browser(openid).signIn(asked)).searchParams.get('code');
    expect((await redeem(openid, asked, code)).status).toBe(200);
    expect((await redeem(openid, asked, code)).status).toBe(400);
  });

  test('a page of another origin: it learns nothing, and the code is still good for the shop', async () => {
    const openid = await makeOpenId();
    const asked = ask();
    const code = (await new Browser(openid).signIn(asked)).searchParams.get('code');
    for (const origin of ['https://evil.example', 'http://shop.localhost:4600', 'null']) {
      const response = await redeem(openid, asked, code, { origin });
      expect([origin, response.status, response.headers.get('access-control-allow-origin')]).toEqual([origin, 400, null]);
    }
    const response = await redeem(openid, asked, code);
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([200, SHOP]);
  });

  test('a way out of sign-out that is not registered', async () => {
    const openid = await makeOpenId();
    const { response } = await new Browser(openid).open(`${ISSUER}/logout?${new URLSearchParams({ client_id: 'shop', post_logout_redirect_uri: 'https://evil.example/' })}`);
    expect([response.status, response.headers.get('location')]).toEqual([400, null]);
  });
});
