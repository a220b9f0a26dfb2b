import { describe, expect, test } from 'vitest';
import { GOOGLE, LOGIN, makeAccount } from '../support/account.ts';
import { Browser } from '../support/browser.ts';

const PARAMETERS = { state: 'abc', redirect_uri: `${LOGIN}/login`, client_id: 'google', response_type: 'code' };
const pageAt = async (parameters: Record<string, string>): Promise<Response> => new Browser(await makeAccount()).fetch(`${GOOGLE}/authorize?${new URLSearchParams(parameters)}`);

describe('the sign-in page of a fake connection', () => {
  test('has two people, a field for anybody else, and a way back, without a script', async () => {
    const html = await (await pageAt(PARAMETERS)).text();
    for (const id of ['person-ada', 'person-grace', 'person-name', 'person-continue', 'person-cancel']) expect(html).toContain(`data-testid="${id}"`);
    expect(html).toContain('Google');
    expect(html).not.toContain('<script');
  });

  test('can be neither framed nor kept, and is a new page each time', async () => {
    const [one, other] = [await pageAt(PARAMETERS), await pageAt(PARAMETERS)];
    expect(Object.fromEntries(one.headers)).toMatchObject({ 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    const policy = one.headers.get('content-security-policy');
    expect(policy).toMatch(/^default-src 'none'; style-src 'nonce-[a-z0-9]{26}'; base-uri 'none'; frame-ancestors 'none'$/);
    expect(other.headers.get('content-security-policy')).not.toBe(policy);
  });

  test('writes what came in the address as text, never as markup', async () => {
    const html = await (await pageAt({ ...PARAMETERS, state: '"><script>alert(1)</script>' })).text();
    expect(html).not.toContain('<script');
    expect(html).toContain('&quot;&gt;&lt;script&gt;');
  });

  test('sends nobody anywhere but to the login host', async () => {
    for (const redirect_uri of ['https://evil.example/login', `${LOGIN}/login/../x`, `${LOGIN}/logout`, `${LOGIN}.evil.example/login`, '']) {
      const response = await pageAt({ ...PARAMETERS, redirect_uri });
      expect(response.status).toBe(400);
      expect(await response.text()).not.toContain('evil.example');
    }
  });

  test('refuses a person without a name, or with an endless one', async () => {
    const browser = new Browser(await makeAccount());
    for (const name of ['', '   ', 'a'.repeat(81)]) {
      const body = new URLSearchParams({ ...PARAMETERS, name });
      expect((await browser.fetch(`${GOOGLE}/authorize`, { method: 'POST', body })).status).toBe(400);
    }
  });
});

test('a refused sign-in is a page for people, that can neither be framed nor kept', async () => {
  const response = await new Browser(await makeAccount()).fetch(`${LOGIN}/login?state=unknown&code=secretcode`);
  expect(response.status).toBe(400);
  expect(response.headers.get('content-type')).toMatch('text/html');
  expect(response.headers.get('x-frame-options')).toBe('DENY');
  expect(await response.text()).not.toContain('secretcode');
});
