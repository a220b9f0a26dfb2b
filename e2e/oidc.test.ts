/** The same shop before an OpenID provider, which has no guests: the verifier issues them. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { startDemo, type OpenIdDemo } from '../examples/vanilla/src/demo.mjs';
import { openBrowser, visit, visitIn, type Visitor } from './support/visitor.ts';

let browser: Browser;
let demo: OpenIdDemo;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  demo = await startDemo({ port: 0, provider: 'oidc' });
});
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await demo.close();
});

const ONE_GUEST = [{ method: 'POST', pathname: '/token', dest: 'empty' }];

async function guest(): Promise<Visitor> {
  const visitor = await visit(browser, demo.shopUrl);
  await visitor.sees('guest');
  return visitor;
}

describe('a visitor', () => {
  it('is a guest by one request: no preflight, no frame, and nobody asks the provider', async () => {
    const visitor = await guest();
    expect(await visitor.subject()).toMatch(/^g_[\w-]{43}$/);
    expect(demo.verifierRequests).toEqual(ONE_GUEST);
    expect(demo.openid.log).toEqual([]);
    expect(demo.shop.requests.filter(({ dest }) => dest === 'iframe' || dest === 'document')).toHaveLength(1);
  });

  it('shops, reloads, opens a second tab: the same guest and cart, and not one more request for it', async () => {
    const visitor = await guest();
    const subject = await visitor.subject();
    await visitor.add('mug', 'tee', 'cap');
    await visitor.page.reload();
    await visitor.seesCart(3);
    expect(await visitor.subject()).toBe(subject);
    const second = await visitor.openTab();
    await second.seesCart(3);
    expect(await second.subject()).toBe(subject);
    expect(demo.verifierRequests).toEqual(ONE_GUEST);
  });

  it('who opens ten tabs at once is one guest', async () => {
    const context = await browser.newContext();
    const tabs = await Promise.all(Array.from({ length: 10 }, () => visitIn(context, demo.shopUrl)));
    await Promise.all(tabs.map((tab) => tab.sees('guest')));
    expect(new Set(await Promise.all(tabs.map((tab) => tab.subject()))).size).toBe(1);
    expect(demo.verifierRequests).toEqual(ONE_GUEST);
  });

  it('who signs out for good is nobody in every tab, and somebody else at the next visit', async () => {
    const visitor = await guest();
    const subject = await visitor.subject();
    await visitor.add('mug');
    const second = await visitor.openTab();
    await second.seesCart(1);
    await visitor.click('sign-out');
    await visitor.click('discard-guest');
    await visitor.sees('none');
    await second.sees('none');
    const next = await visitor.openTab();
    await next.sees('guest');
    expect(await next.subject()).not.toBe(subject);
    await next.seesCart(0);
  });

  it('is asked to sign in to check out, and may still shop', async () => {
    const visitor = await guest();
    await visitor.add('mug');
    await visitor.click('checkout');
    await visitor.page.getByTestId('status').waitFor({ state: 'visible' });
    await visitor.add('pen');
    expect(await visitor.kind()).toBe('guest');
  });
});

describe('a guest at the provider', () => {
  it('who cancels is the guest they were, with their cart', async () => {
    const visitor = await guest();
    const subject = await visitor.subject();
    await visitor.add('mug');
    await visitor.click('sign-in-google');
    await visitor.click('person-cancel');
    await visitor.sees('guest');
    await visitor.seesCart(1);
    expect(await visitor.subject()).toBe(subject);
    expect(await visitor.page.getByTestId('status').textContent()).toContain('Everything is as it was');
    expect(new URL(visitor.page.url()).search).toBe('');
  });

  it('who finds it away shops on, is told, and is sent there when it is back', async () => {
    const visitor = await guest();
    await visitor.add('mug');
    await demo.emulator.stop();
    await visitor.click('sign-in-google');
    await visitor.page.getByTestId('try-again').waitFor({ state: 'visible' });
    await visitor.add('pen');
    expect(await visitor.kind()).toBe('guest');
    const another = await guest();
    expect(await another.subject()).not.toBe(await visitor.subject());
    await demo.emulator.start();
    await visitor.click('sign-in-google');
    await visitor.page.getByTestId('person-ada').waitFor();
  });
});

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

describe('a guest who signs in', () => {
  it('keeps the same ID and cart, in every tab; later comes back to both', async () => {
    const visitor = await guest();
    const subject = await visitor.subject();
    await visitor.add('mug', 'tee');
    const second = await visitor.openTab();
    await visitor.page.bringToFront();
    await visitor.click('sign-in-google');
    await visitor.choose('ada');
    await visitor.sees('user');
    await visitor.seesCart(2);
    expect(await visitor.subject()).toBe(subject);
    await second.sees('user');

    await visitor.click('checkout');
    await visitor.seesCart(0);
    await visitor.add('bag');
    await visitor.page.reload();
    await visitor.seesCart(1);
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
    await next.seesCart(1);
  });

  it('as somebody with an account is asked, keeps the cart until they choose, and takes it along once', async () => {
    const account = await accountOfAda('pen');
    const visitor = await guest();
    const subject = await visitor.subject();
    await visitor.add('mug', 'tee');
    await visitor.click('sign-in-google');
    await visitor.choose('ada');
    await visitor.page.getByTestId('identity-in-use').waitFor({ state: 'visible' });
    expect(await visitor.kind()).toBe('guest');
    expect(await visitor.subject()).toBe(subject);
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

  it('as somebody with an account may stay the guest', async () => {
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
    await visitor.page.reload();
    await visitor.seesCart(1);
  });

  it('with GitHub is another person than with Google', async () => {
    const account = await accountOfAda('pen');
    const visitor = await guest();
    await visitor.click('sign-in-github');
    await visitor.choose('ada');
    await visitor.sees('user');
    expect(await visitor.subject()).not.toBe(account);
    await visitor.seesCart(0);
  });
});

describe('nothing secret', () => {
  it('is in an address that stays, or in the history', async () => {
    const visitor = await guest();
    await visitor.click('sign-in-google');
    await visitor.choose('ada');
    await visitor.sees('user');
    const entries = await visitor.page.evaluate(() => (window as unknown as { navigation: { entries(): { url: string }[] } }).navigation.entries().map(({ url }) => url));
    for (const address of [...entries, visitor.page.url()]) expect(address).not.toMatch(/[?&](code|nonce|state|access_token|id_token)=/);
  });

  it('is where a script or the next person would look for it', async () => {
    const visitor = await guest();
    await visitor.click('sign-in-google');
    await visitor.choose('ada');
    await visitor.sees('user');
    const stored = await visitor.page.evaluate(() => JSON.stringify([localStorage, sessionStorage, document.cookie, window.name, location.href, document.querySelector('[data-testid=timeline]')?.textContent]));
    expect(stored).not.toMatch(/eyJ/);
    expect(await visitor.context.cookies([demo.shopUrl, demo.verifierUrl])).toEqual([]);
  });
});
