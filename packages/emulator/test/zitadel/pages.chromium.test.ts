import { decodeJwt } from 'jose';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startZitadel, type Serving, type Zitadel } from '../../src/index.ts';
import { launchChromium } from '../support/chromium.ts';
import { freePorts } from '../support/ports.ts';
import { ask, guest, makeGuest, post } from './support.ts';

let browser: Browser;
let serving: Serving;
let zitadel: Zitadel;
let shop: string;
beforeAll(async () => {
  browser = await launchChromium();
  const [port = 0, shopPort = 0] = await freePorts(2);
  shop = `http://www.shop.localhost:${shopPort}`;
  const site = { origin: shop, handle: async () => new Response('<h1>The shop</h1>', { headers: { 'content-type': 'text/html' } }) };
  const started = await startZitadel({
    issuer: `http://login.shop.localhost:${port}`, clients: [{ clientId: 'shop', redirectUris: [`${shop}/callback`], postLogoutRedirectUris: [`${shop}/`] }], sites: [site],
  });
  ({ zitadel } = started);
  serving = started;
});
afterAll(async () => {
  await browser.close();
  await serving.close();
});

/** Opens the sign-in page. */
async function begin(page: Page, changes: Readonly<Record<string, string>> = {}): Promise<{ readonly verifier: string }> {
  const { url, verifier } = ask({ redirect_uri: `${shop}/callback`, ...changes });
  await page.goto(zitadel.origins[0] + url.pathname + url.search);
  return { verifier };
}

test('a person signs in with a password, is told a wrong one, signs out, and is asked again, without JavaScript', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  const { pat } = zitadel.addServiceAccount();
  const make = { zitadel, pat, accountId: '', time: { now: Date.now() } };
  await makeGuest(make, 'user@example.com', { ...(guest('x')['human'] as object), password: { password: 'Difference-1' } });
  const { verifier } = await begin(page, { login_hint: 'user@example.com' });
  expect(await page.getByTestId('login-name').inputValue()).toBe('user@example.com');
  await page.getByTestId('login-password').fill('wrong');
  await page.getByTestId('login-submit').click();
  expect(await page.getByTestId('login-problem').textContent()).toBe('The login name or the password is wrong');
  await page.getByTestId('login-password').fill('Difference-1');
  await page.getByTestId('login-submit').click();
  await page.waitForURL(`${shop}/callback?**`);
  const { body } = await post(make, '/oauth/v2/token', { grant_type: 'authorization_code', client_id: 'shop', redirect_uri: `${shop}/callback`, code: new URL(page.url()).searchParams.get('code'), code_verifier: verifier });
  expect(decodeJwt(String(body['id_token']))).toMatchObject({ preferred_username: 'user@example.com' });
  await begin(page);
  await page.waitForURL(`${shop}/callback?**`);
  await page.goto(`${zitadel.origins[0]}/oidc/v1/end_session?${new URLSearchParams({ id_token_hint: String(body['id_token']), post_logout_redirect_uri: `${shop}/` })}`);
  expect(page.url()).toBe(`${shop}/`);
  await begin(page);
  await page.getByTestId('person-ada').click();
  await page.waitForURL(`${shop}/callback?**`);
  await begin(page, { login_hint: 'user@example.com' });
  await page.getByTestId('login-password').fill('Difference-1');
  await page.getByTestId('login-submit').click();
  await page.waitForURL(`${shop}/callback?**`);
  await begin(page, { prompt: 'create' });
  await page.getByTestId('login-cancel').click();
  await page.waitForURL(`${shop}/callback?error=access_denied**`);
  await context.close();
});
