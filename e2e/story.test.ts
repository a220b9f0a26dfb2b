/** The whole promise, in a real browser, on the shop as `npm start` serves it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { startDemo, type AuthressDemo } from '../examples/vanilla/src/demo.mjs';
import { openBrowser, visit, visitIn, type Visitor } from './support/visitor.ts';

let browser: Browser;
let demo: AuthressDemo;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  demo = await startDemo({ port: 0 });
});
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await demo.close();
});

const documentLoads = (): number => demo.shop.requests.filter(({ dest }) => dest === 'document').length;

async function guest(): Promise<Visitor> {
  const visitor = await visit(browser, demo.shopUrl);
  await visitor.sees('guest');
  return visitor;
}

/** Somebody who signed in once on another device, with this in the cart. */
async function accountOfAda(...skus: string[]): Promise<string> {
  const ada = await guest();
  await ada.add(...skus);
  await ada.click('sign-in-google');
  await ada.choose('ada');
  await ada.sees('user');
  const subject = await ada.subject();
  await ada.context.close();
  return subject;
}

describe('a visitor', () => {
  it('shops, signs in, and keeps the same ID and cart; later comes back to both', async () => {
    const visitor = await guest();
    expect(documentLoads()).toBe(1);
    const subject = await visitor.subject();
    expect(subject).toMatch(/^user_.{26,}$/);
    await visitor.add('mug', 'tee', 'cap');

    await visitor.page.reload();
    await visitor.seesCart(3);
    expect(await visitor.subject()).toBe(subject);
    const second = await visitor.openTab();
    await second.seesCart(3);
    expect(await second.subject()).toBe(subject);

    await visitor.click('sign-in-google');
    await visitor.choose('ada');
    await visitor.sees('user');
    await visitor.seesCart(3);
    expect(await visitor.subject()).toBe(subject);
    await second.sees('user');

    await visitor.click('sign-out');
    await visitor.sees('none');
    await second.sees('none');

    const next = await visitor.openTab();
    await next.sees('guest');
    expect(await next.subject()).not.toBe(subject);
    await next.seesCart(0);
    await next.click('sign-in-google');
    await next.choose('ada');
    await next.page.getByTestId('identity-in-use').waitFor({ state: 'visible' });
    await next.click('continue-as-user');
    await next.sees('user');
    expect(await next.subject()).toBe(subject);
    await next.seesCart(3);
  });

  it('was sent to the verifier once, whoever asked and however often', async () => {
    const visitor = await visit(browser, `${demo.shopUrl}/callback.html`);
    const settings = { authressApiUrl: demo.loginUrl, applicationId: 'app_shop', guestConnectionId: 'sc_guests', guests: 'on-demand', frameUrl: '/callback.html' };
    // As text: the page imports its script by itself.
    const { tokens, subjects } = await visitor.page.evaluate<{ tokens: number; subjects: number }>(`(async () => {
      const { LoginClient } = await import('/passerby.js');
      const login = new LoginClient(${JSON.stringify(settings)});
      const sessions = Promise.all(Array.from({ length: 20 }, () => login.authenticate()));
      const tokens = await Promise.all(Array.from({ length: 1000 }, () => login.getToken()));
      return { tokens: new Set(tokens).size, subjects: new Set((await sessions).map(({ subject }) => subject)).size };
    })()`);
    expect({ tokens, subjects }).toEqual({ tokens: 1, subjects: 1 });
    expect(demo.verifierRequests).toHaveLength(1);
  });

  it('who opens ten tabs at once is one guest', async () => {
    const context = await browser.newContext();
    const tabs = await Promise.all(Array.from({ length: 10 }, () => visitIn(context, demo.shopUrl)));
    await Promise.all(tabs.map((tab) => tab.sees('guest')));
    expect(new Set(await Promise.all(tabs.map((tab) => tab.subject()))).size).toBe(1);
    expect(demo.verifierRequests).toHaveLength(1);
  });
});

describe('a guest who signs in as somebody with an account', () => {
  it('is asked, keeps the cart until they choose, and takes it along once', async () => {
    const account = await accountOfAda('pen');
    const visitor = await guest();
    const subject = await visitor.subject();
    await visitor.add('mug', 'tee');
    await visitor.click('sign-in-google');
    await visitor.choose('ada');
    await visitor.page.getByTestId('identity-in-use').waitFor({ state: 'visible' });
    expect(await visitor.kind()).toBe('guest');
    expect(await visitor.subject()).toBe(subject);
    await visitor.seesCart(2);
    await visitor.page.reload();
    await visitor.page.getByTestId('identity-in-use').waitFor({ state: 'visible' });
    await visitor.seesCart(2);

    await visitor.click('continue-as-user');
    await visitor.sees('user');
    expect(await visitor.subject()).toBe(account);
    await visitor.seesCart(3);
    await visitor.page.reload();
    await visitor.seesCart(3);
    expect(demo.shop.carts.of(subject).count).toBe(0);
  });

  it('may stay the guest', async () => {
    await accountOfAda();
    const visitor = await guest();
    const subject = await visitor.subject();
    await visitor.add('mug');
    await visitor.click('sign-in-google');
    await visitor.choose('ada');
    await visitor.click('stay-guest');
    await visitor.page.getByTestId('identity-in-use').waitFor({ state: 'hidden' });
    expect(await visitor.kind()).toBe('guest');
    expect(await visitor.subject()).toBe(subject);
    await visitor.seesCart(1);
  });

  it.each(['redirect-error', 'error-page'] as const)('loses nothing where the service answers with %s', async (identityInUse) => {
    await accountOfAda();
    demo.authress.switches = { ...demo.authress.switches, identityInUse };
    const visitor = await guest();
    const subject = await visitor.subject();
    await visitor.add('mug');
    await visitor.click('sign-in-google');
    await visitor.choose('ada');
    if (identityInUse === 'error-page') {
      await visitor.page.getByTestId('error-code').waitFor();
      await visitor.page.goto(demo.shopUrl);
    } else {
      await visitor.page.getByTestId('identity-in-use').waitFor({ state: 'visible' });
    }
    await visitor.sees('guest');
    expect(await visitor.subject()).toBe(subject);
    await visitor.seesCart(1);
  });
});

describe('a guest whose identity service fails', () => {
  const expired = { accessTokenLifetimeSeconds: 3 };
  const tokenOf = (visitor: Visitor): Promise<string> => visitor.page.evaluate(() => (window as unknown as { login: { getToken(): Promise<string> } }).login.getToken());

  beforeEach(async () => {
    await demo.close();
    demo = await startDemo({ port: 0, ...expired });
  });

  it.each([
    ['503', { kind: 'status', status: 503 }], ['429', { kind: 'status', status: 429, headers: { 'retry-after': '1' } }],
    ['HTML', { kind: 'html' }], ['a cut connection', { kind: 'reset' }],
  ] as const)('(%s) is the same guest when it is back', async (_name, fault) => {
    const visitor = await guest();
    const subject = await visitor.subject();
    const token = await tokenOf(visitor);
    demo.authress.faults.add({ route: 'PATCH /api/session', times: 2, ...fault });
    await expect.poll(() => tokenOf(visitor).catch(() => token), { timeout: 30_000, interval: 500 }).not.toBe(token);
    expect(await visitor.subject()).toBe(subject);
    expect(await visitor.kind()).toBe('guest');
    expect(demo.verifierRequests).toHaveLength(1);
  });

  it('(killed and started again) is the same guest when it is back', async () => {
    const visitor = await guest();
    const subject = await visitor.subject();
    await visitor.add('mug');
    await demo.emulator.stop();
    await visitor.page.reload();
    await visitor.sees('guest');
    expect(await visitor.subject()).toBe(subject);
    await demo.emulator.start();
    await expect.poll(() => tokenOf(visitor).then(() => 'a token', () => 'none'), { timeout: 30_000, interval: 500 }).toBe('a token');
    expect(await visitor.subject()).toBe(subject);
    expect(demo.verifierRequests).toHaveLength(1);
  });
});

describe('nothing secret', () => {
  it('is in an address that stays, or in the history, and no other page learns it', async () => {
    const visitor = await guest();
    await visitor.page.addInitScript(() => {
      const seen: string[] = [];
      const { replaceState } = history;
      history.replaceState = function (...args) {
        replaceState.apply(this, args);
        seen.push(`${location.href} of ${history.length}`);
      };
      Object.assign(window, { seen, landedOn: history.length });
    });
    await visitor.click('sign-in-google');
    await visitor.choose('ada');
    await visitor.sees('user');
    const { seen, length, landedOn, entries } = await visitor.page.evaluate(() => ({
      ...(window as unknown as { seen: string[]; landedOn: number }),
      length: history.length,
      entries: (window as unknown as { navigation: { entries(): { url: string }[] } }).navigation.entries().map(({ url }) => url),
    }));
    expect(seen.length).toBeGreaterThan(0);
    expect(length).toBe(landedOn);
    for (const address of [...seen, ...entries, visitor.page.url()]) expect(address).not.toMatch(/[?&](code|nonce|state|access_token|id_token)=/);
    const stored = await visitor.page.evaluate(() => JSON.stringify([localStorage, sessionStorage, document.cookie, window.name, document.querySelector('[data-testid=timeline]')?.textContent]));
    expect(stored).not.toMatch(/eyJ/);
  });

  it('goes to a host that a query names', async () => {
    for (const query of ['?redirect_uri=https://evil.example/login&state=s', '?state=s&redirect_uri=https://evil.example', '?redirect_uri=https://evil.example&redirect_uri=x&state=s', '?state=https://evil.example', '?redirectUrl=https://evil.example&state=s']) {
      const response = await fetch(demo.verifierUrl.replace('verifier.localhost', '127.0.0.1') + `/v1/login${query}`, { redirect: 'manual', headers: { host: new URL(demo.verifierUrl).host } });
      const location = response.headers.get('location');
      if (location === null) expect(response.status).toBe(400);
      else expect(new URL(location).origin).toBe(demo.loginUrl);
      expect(await response.text()).not.toContain('evil.example');
    }
  });
});

describe('where the login host is of another site', () => {
  it('a guest starts, but its session cookie is lost, and the app is told when the token ends', async () => {
    await demo.close();
    demo = await startDemo({ port: 0, loginHost: 'login.elsewhere.localhost', accessTokenLifetimeSeconds: 4 });
    const visitor = await guest();
    const ended = visitor.page.evaluate(() => new Promise<string[]>((resolve) => {
      const { login } = window as unknown as { login: import('@passerby/login').LoginClient };
      const told: string[] = [];
      login.subscribe(({ type }) => {
        told.push(type);
        if (type === 'guest_ended') resolve(told);
      });
      const timer = setInterval(() => void login.getToken().catch(() => clearInterval(timer)), 200);
    }));
    expect(await ended).toContain('guest_ended');
  });
});
