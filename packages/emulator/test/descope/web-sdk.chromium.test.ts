import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type createSdk from '@descope/web-js-sdk';
import { createMailbox, startDescope, type Descope, type Mailbox, type Serving } from '../../src/index.ts';
import { launchChromium } from '../support/chromium.ts';
import { freePorts } from '../support/ports.ts';

/** The vendor's browser SDK as they publish it, one file with `Descope` as its global. */
const VENDOR_SDK = readFileSync(join(dirname(createRequire(import.meta.url).resolve('@descope/web-js-sdk')), '../index.umd.js'), 'utf8');

type Sdk = ReturnType<typeof createSdk> & { getSessionToken(): string; getRefreshToken(): string };

declare global {
  interface Window {
    Descope: typeof createSdk;
    sdk: Sdk;
  }
}

let browser: Browser;
let serving: Serving;
let descope: Descope;
let mailbox: Mailbox;
let shop: string;
let page: Page;
beforeAll(async () => {
  browser = await launchChromium();
  const [port = 0, shopPort = 0, mailPort = 0] = await freePorts(3);
  shop = `http://www.shop.localhost:${shopPort}`;
  mailbox = createMailbox(`http://mail.localhost:${mailPort}`);
  const site = {
    origin: shop,
    handle: async ({ url }: Request) =>
      new URL(url).pathname === '/sdk.js'
        ? new Response(VENDOR_SDK, { headers: { 'content-type': 'text/javascript' } })
        : new Response('<!doctype html><link rel="icon" href="data:,"><title>shop</title><script src="/sdk.js"></script>', { headers: { 'content-type': 'text/html' } }),
  };
  const started = await startDescope({ baseUrl: `http://descope.shop.localhost:${port}`, appOrigins: [shop], cookieDomain: 'shop.localhost', send: (mail) => mailbox.send(mail), sites: [site, mailbox] });
  ({ descope } = started);
  serving = started;
});
afterAll(async () => {
  await browser.close();
  await serving.close();
});
beforeEach(async () => {
  descope.switches = { ...descope.switches, sessions: 'body' };
  descope.faults.clear();
  page = await (await browser.newContext()).newPage();
  await open('/');
});

async function open(path: string): Promise<void> {
  await page.goto(shop + path);
  await page.evaluate(({ projectId, baseUrl }) => {
    window.sdk = window.Descope({ projectId, baseUrl, persistTokens: true, autoRefresh: true }) as unknown as Sdk;
  }, { projectId: descope.projectId, baseUrl: descope.origins[0] ?? '' });
}

const kept = (): Promise<{ DS: string | null; DSR: string | null }> => page.evaluate(() => ({ DS: localStorage.getItem('DS'), DSR: localStorage.getItem('DSR') }));
const claimsOf = (token: string | null): Record<string, unknown> => JSON.parse(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString());
const latestCode = (): string => /\d{6}/.exec(mailbox.mails[0]?.text ?? '')?.[0] ?? '';

test('a flow makes a guest in the browser, whose session is kept and refreshed', async () => {
  const started = await page.evaluate(async () => (await window.sdk.flow.start('anonymous')).data);
  expect(started).toMatchObject({ status: 'completed' });
  const first = await kept();
  expect(claimsOf(first.DS)).toMatchObject({ danu: true, drn: 'DS' });
  expect(await page.evaluate(async () => (await window.sdk.refresh(window.sdk.getRefreshToken())).ok)).toBe(true);
  expect(claimsOf((await kept()).DS)['sub']).toBe(claimsOf(first.DS)['sub']);
  expect((await kept()).DSR).toBe(first.DSR);
});

test('a flow of two screens makes a user, with the nonce that a page can read', async () => {
  const step = await page.evaluate(async () => {
    const first = (await window.sdk.flow.start('convert')).data;
    const second = (await window.sdk.flow.next(first?.executionId ?? '', first?.stepId ?? '', 'submit', 1, '1', { email: 'flow@example.com' })).data;
    return { executionId: second?.executionId ?? '', stepId: second?.stepId ?? '', screen: second?.screen?.id };
  });
  expect(step.screen).toBe('code');
  const code = latestCode();
  const done = await page.evaluate(async ({ executionId, stepId, code }) => (await window.sdk.flow.next(executionId, stepId, 'submit', 1, '1', { code })).data?.status, { ...step, code });
  expect(done).toBe('completed');
  expect(claimsOf((await kept()).DS)).not.toHaveProperty('danu');
});

test('a code by mail signs in, and signing out leaves nothing', async () => {
  await page.evaluate(async () => window.sdk.otp.signUpOrIn.email('ada@example.com'));
  const code = latestCode();
  const user = await page.evaluate(async (code) => (await window.sdk.otp.verify.email('ada@example.com', code)).data?.user, code);
  expect(user).toMatchObject({ email: 'ada@example.com', verifiedEmail: true });
  expect(await page.evaluate(async () => (await window.sdk.me(window.sdk.getRefreshToken())).data)).toMatchObject({ userId: user?.userId });
  const { DSR } = await kept();
  await page.evaluate(async () => window.sdk.logout(window.sdk.getRefreshToken()));
  expect(await kept()).toEqual({ DS: null, DSR: null });
  expect(await page.evaluate(async (token) => (await window.sdk.refresh(token ?? '')).error?.errorCode, DSR)).toBe('E064001');
});

test('the SDK forgets its tokens when `me` says no, as it does to a guest', async () => {
  await page.evaluate(async () => window.sdk.flow.start('anonymous'));
  descope.faults.add({ route: 'GET /v1/auth/me', kind: 'status', status: 404, body: '{"errorCode":"E062108","errorDescription":"User not found"}', times: 1 });
  expect((await kept()).DSR).not.toBeNull();
  expect(await page.evaluate(async () => (await window.sdk.me(window.sdk.getRefreshToken())).code)).toBe(404);
  expect(await kept()).toEqual({ DS: null, DSR: null });
  await page.evaluate(async () => window.sdk.flow.start('anonymous'));
  expect(await page.evaluate(async () => (await window.sdk.me(window.sdk.getRefreshToken())).code)).toBe(400);
  expect(await kept()).toEqual({ DS: null, DSR: null });
});

test('somebody signs in with a provider, and the code in the address is exchanged', async () => {
  const begin = async (): Promise<void> => {
    const url = await page.evaluate(async (back) => (await window.sdk.oauth.start('google', back)).data?.['url'] as string, `${shop}/back`);
    await page.goto(url);
  };
  await begin();
  await page.getByTestId('person-cancel').click();
  await page.waitForURL(`${shop}/back?err=access_denied`);
  await open('/');
  await begin();
  await page.getByTestId('person-grace').click();
  await page.waitForURL(`${shop}/back?code=**`);
  const { search } = new URL(page.url());
  await open(`/back${search}`);
  const code = new URLSearchParams(search).get('code') ?? '';
  expect(await page.evaluate(async (code) => (await window.sdk.oauth.exchange(code)).data?.user, code)).toMatchObject({ email: 'grace@example.com', name: 'Grace Hopper', OAuth: { google: true } });
});

test('tokens in cookies are never a page\'s to read, and renew a session all the same', async () => {
  descope.switches = { ...descope.switches, sessions: 'cookies' };
  await page.evaluate(async () => window.sdk.flow.start('anonymous'));
  expect(await kept()).toEqual({ DS: null, DSR: null });
  const cookies = await page.context().cookies();
  expect(cookies.map(({ name, httpOnly, sameSite, domain }) => [name, httpOnly, sameSite, domain])).toEqual(expect.arrayContaining(['DSR', 'DS'].map((name) => [name, true, 'Strict', '.shop.localhost'])));
  expect(await page.evaluate(async () => [document.cookie, (await window.sdk.refresh()).ok])).toEqual(['', true]);
});
