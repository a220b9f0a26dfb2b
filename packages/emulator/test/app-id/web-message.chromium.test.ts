import { decodeJwt } from 'jose';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startAppId, type AppId, type Serving } from '../../src/index.ts';
import { launchChromium } from '../support/chromium.ts';
import { freePorts } from '../support/ports.ts';
import { pkce } from './support.ts';

interface Message {
  readonly origin: string;
  readonly data: Readonly<Record<string, string>>;
}

let browser: Browser;
let serving: Serving;
let appId: AppId;
let shop: string;
let evil: string;
beforeAll(async () => {
  browser = await launchChromium();
  const [port = 0, shopPort = 0, evilPort = 0] = await freePorts(3);
  shop = `http://www.shop.localhost:${shopPort}`;
  evil = `http://www.evil.localhost:${evilPort}`;
  const site = (origin: string) => ({ origin, handle: async () => new Response('<!doctype html><link rel="icon" href="data:,"><title>page</title>', { headers: { 'content-type': 'text/html' } }) });
  const started = await startAppId({ origin: `http://appid.shop.localhost:${port}`, clients: [{ clientId: 'page', redirectUris: [shop] }], sites: [site(shop), site(evil)] });
  ({ appId } = started);
  serving = started;
});
afterAll(async () => {
  await browser.close();
  await serving.close();
});

async function open(origin: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await page.goto(origin);
  await page.evaluate(() => {
    const heard: Message[] = [];
    addEventListener('message', ({ origin: from, data }: MessageEvent<Message['data']>) => void heard.push({ origin: from, data }));
    Object.assign(window, { heard });
  });
  return page;
}

function addressOf(challenge: string, changes: Readonly<Record<string, string>> = {}): string {
  const query = { client_id: 'page', response_type: 'code', response_mode: 'web_message', redirect_uri: shop, scope: 'openid', state: 's1', nonce: 'n1', code_challenge: challenge, code_challenge_method: 'S256', ...changes };
  return `${appId.issuer}/authorization?${new URLSearchParams(query)}`;
}

const frame = (page: Page, address: string): Promise<unknown> =>
  page.evaluate((src) => new Promise((resolve) => {
    document.body.append(Object.assign(document.createElement('iframe'), { src, onload: resolve }));
  }), address);

const heardBy = (page: Page): Promise<Message[]> => page.evaluate(() => (window as unknown as { heard: Message[] }).heard);
const answerTo = (page: Page): Promise<Message[]> => page.waitForFunction(() => (window as unknown as { heard: Message[] }).heard.length > 0).then(() => heardBy(page));

/** The page itself asks for its tokens. */
const redeem = (page: Page, code: string | undefined, verifier: string): Promise<Readonly<Record<string, string>>> =>
  page.evaluate(async ([url, body, basic]) => {
    const answer = await fetch(url, { method: 'POST', headers: { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded' }, body });
    return answer.json();
  }, [`${appId.issuer}/token`, String(new URLSearchParams({ grant_type: 'authorization_code', redirect_uri: shop, code: code ?? '', code_verifier: verifier })), btoa(`page:${verifier}`)] as const);

test('a page starts a guest in a hidden frame, and renews the same one there', async () => {
  const page = await open(shop);
  const { verifier, challenge } = pkce();
  await frame(page, addressOf(challenge, { idp: 'appid_anon' }));
  const [answer] = await answerTo(page);
  expect(answer).toEqual({ origin: appId.origins[0], data: { type: 'authorization_response', code: expect.any(String), state: 's1' } });
  const tokens = await redeem(page, answer?.data['code'], verifier);
  expect(decodeJwt(tokens['id_token'] ?? '')).toMatchObject({ amr: ['appid_anon'], nonce: 'n1' });
  expect(tokens).not.toHaveProperty('refresh_token');
  await frame(page, addressOf(challenge, { idp: 'appid_anon', appid_access_token: tokens['access_token'] ?? '' }));
  await expect.poll(() => heardBy(page)).toHaveLength(2);
  const again = await redeem(page, (await heardBy(page))[1]?.data['code'], verifier);
  expect(decodeJwt(again['access_token'] ?? '').sub).toBe(decodeJwt(tokens['access_token'] ?? '').sub);
});

test('a person signs in or gives up in a window, whose page tells the one that opened it', async () => {
  for (const [click, told] of [['person-ada', { code: expect.any(String) }], ['person-cancel', { error: 'access_denied', error_description: expect.any(String) }]] as const) {
    const page = await open(shop);
    const { challenge } = pkce();
    const [popup] = await Promise.all([page.waitForEvent('popup'), page.evaluate((url) => void window.open(url, '', 'popup'), addressOf(challenge, { idp: 'google' }))]);
    await popup.getByTestId(click).click();
    expect(await answerTo(page)).toEqual([{ origin: appId.origins[0], data: { type: 'authorization_response', state: 's1', ...told } }]);
  }
});

test('another site hears nothing, neither in a frame nor from a window', async () => {
  const page = await open(evil);
  const { challenge } = pkce();
  const said: string[] = [];
  page.context().on('console', (message) => void said.push(message.text()));
  await frame(page, addressOf(challenge, { idp: 'appid_anon' }));
  await expect.poll(() => said.join()).toContain('frame-ancestors');
  const [popup] = await Promise.all([page.waitForEvent('popup'), page.evaluate((url) => void window.open(url, '', 'popup'), addressOf(challenge, { idp: 'appid_anon' }))]);
  await popup.waitForLoadState();
  // Messages of one window come in order: when this one was heard, the code was posted and is kept from this origin.
  await popup.evaluate(() => window.opener.postMessage({ type: 'last' }, '*'));
  expect((await answerTo(page)).map(({ data }) => data)).toEqual([{ type: 'last' }]);
});
