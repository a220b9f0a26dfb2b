import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { APP, LOGIN, makeAccount, type Account } from '../support/account.ts';
import { Browser, locationOf, type Begun } from '../support/browser.ts';

async function comeBack(account: Account, changes: Record<string, unknown>): Promise<{ browser: Browser; begun: Begun; response: Response; query: Record<string, string>; cookies: string[] }> {
  const browser = new Browser(account);
  const begun = await browser.begin('sc_guests', changes);
  const response = await browser.visitVerifier(begun);
  return { browser, begun, response, query: Object.fromEntries(locationOf(response).searchParams), cookies: response.headers.getSetCookie() };
}

const named = (cookies: readonly string[], name: string): string | undefined => cookies.find((cookie) => cookie.startsWith(`${name}=`));

describe('a person comes back', () => {
  test('with tokens in cookies of the parent domain, when the shop asked for nothing special', async () => {
    const { begun, query, cookies } = await comeBack(await makeAccount(), { flowType: undefined, responseLocation: undefined });
    expect(query).toEqual({ nonce: begun.id, iss: LOGIN });
    expect(named(cookies, 'authorization')).toMatch(/; Path=\/; Max-Age=86400; Domain=shop\.localhost; Secure; SameSite=Strict$/);
    expect(named(cookies, 'user')).toMatch(/; Domain=shop\.localhost; Secure; SameSite=Strict$/);
    expect(decodeJwt(/=([^;]+)/.exec(named(cookies, 'user') ?? '')?.[1] ?? '')).toMatchObject({ aud: 'app_shop' });
  });

  test('with a code in a cookie', async () => {
    const { browser, begun, query, cookies } = await comeBack(await makeAccount(), { flowType: 'code', responseLocation: 'cookie' });
    expect(query).toEqual({ nonce: begun.id, iss: LOGIN, code: 'cookie' });
    expect(named(cookies, 'auth-code')).toMatch(/; Max-Age=60; Domain=shop\.localhost; Secure; SameSite=Strict$/);
    expect(named(cookies, 'authorization')).toBeUndefined();
    expect((await browser.exchange(begun, browser.cookies.get('auth-code') ?? '')).status).toBe(200);
  });

  test('with a code in the query, and no token anywhere', async () => {
    const { begun, query, cookies } = await comeBack(await makeAccount(), { flowType: 'code token id_token', responseLocation: 'query' });
    expect(query).toEqual({ nonce: begun.id, iss: LOGIN, code: expect.stringMatching(/^[a-z0-9]{43}$/) });
    expect(cookies).toEqual([expect.stringMatching(/^authress-session=/)]);
  });

  test('with tokens in the query of a localhost page', async () => {
    const { begun, query } = await comeBack(await makeAccount(), { flowType: undefined, responseLocation: undefined, redirectUrl: 'http://localhost:4600/cart?a=b#c' });
    expect(query).toEqual({ a: 'b', nonce: begun.id, iss: LOGIN, access_token: expect.any(String), id_token: expect.any(String), expires_in: '86400' });
  });

  test('with a code in the query of a localhost page', async () => {
    const { query } = await comeBack(await makeAccount(), { flowType: 'code', responseLocation: 'cookie', redirectUrl: 'http://localhost:4600/' });
    expect(query).toMatchObject({ code: expect.stringMatching(/^[a-z0-9]{43}$/) });
  });

  test('with only what it asked for', async () => {
    const { cookies } = await comeBack(await makeAccount(), { flowType: 'id_token', responseLocation: 'cookie' });
    expect(named(cookies, 'authorization')).toBeUndefined();
    expect(named(cookies, 'user')).toBeDefined();
    const none = await comeBack(await makeAccount(), { flowType: undefined, responseLocation: 'none' });
    expect(none.query).toEqual({ nonce: none.begun.id, iss: LOGIN });
    expect(none.cookies).toHaveLength(1);
  });

  test('to a shop of another site: a code still reaches it, tokens do not', async () => {
    const redirectOrigins = ['http://shop.example'];
    const account = await makeAccount({}, { applications: [{ applicationId: 'app_shop', redirectOrigins: [APP, ...redirectOrigins] }] });
    const redirectUrl = 'http://shop.example/';
    expect((await comeBack(account, { flowType: 'code', responseLocation: 'cookie', redirectUrl })).query).toHaveProperty('code');
    const tokens = await comeBack(account, { flowType: undefined, responseLocation: 'cookie', redirectUrl });
    expect(Object.keys(tokens.query)).toEqual(['nonce', 'iss']);
    expect(tokens.cookies).toHaveLength(1);
  });

  test('with a session cookie only the login host sees', async () => {
    const { cookies } = await comeBack(await makeAccount(), {});
    expect(named(cookies, 'authress-session')).toMatch(/^authress-session=[a-z0-9]{26}\.[a-z0-9]{26}; Path=\/; Max-Age=2592000; HttpOnly; Secure; SameSite=Lax$/);
    const changed = await makeAccount({ sessionCookieName: 'sid', sessionCookieSameSite: 'None' });
    expect(named((await comeBack(changed, {})).cookies, 'sid')).toMatch(/HttpOnly; Secure; SameSite=None$/);
  });

  test('by an answer that can neither be framed nor kept, and that tells the shop nothing about where it came from', async () => {
    const { response } = await comeBack(await makeAccount(), {});
    expect(response.status).toBe(302);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-frame-options': 'DENY',
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
  });

  test('from a link with tokens, not a code, where the service never answers links by code', async () => {
    const browser = new Browser(await makeAccount({ linkFlow: 'never-code' }));
    await browser.becomeGuest();
    const begun = await browser.begin('google', { linkIdentity: true });
    expect([...locationOf(await browser.signInAs('ada', begun)).searchParams.keys()]).not.toContain('code');
  });
});
