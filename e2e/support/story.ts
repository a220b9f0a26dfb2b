/** What people live through in the shop, whatever service it signs them in with. */
import { describe, expect, it } from 'vitest';
import { plantIn, PLANTED_AT } from './planted.ts';
import type { Stage } from './stage.ts';
import { visitIn } from './visitor.ts';

export interface Telling {
  /** What the ID of a guest looks like there. */
  readonly subjects: RegExp;
  /** Whether pages have any tokens that could be planted. */
  readonly tokens?: 'exposed' | 'kept';
  /** Whether who signs in keeps the guest's ID, or moves to another one with all their things. */
  readonly linked?: 'stays' | 'moves';
  /** Where people sign in: at the provider's page (default), or on the shop's own. */
  readonly signsIn?: 'elsewhere' | 'here';
}

/** Tells the story on this stage. */
export function tellStory(stage: Stage, { subjects, tokens = 'exposed', linked = 'stays', signsIn = 'elsewhere' }: Telling): void {
  /** What was asked of the verifier but what somebody likes. */
  const asked = (): number => stage.demo.verifierRequests.filter(({ pathname }) => !/\/(attributes|metadata)$/.test(pathname)).length;

  describe('a visitor', () => {
    it(linked === 'stays' ? 'shops, signs in, and keeps the same ID and cart; later comes back to both' : 'shops, signs in, and moves to an ID of their own with the cart; later comes back to both', async () => {
      const visitor = await stage.guest();
      expect(stage.demo.shop.requests.filter(({ dest }) => dest === 'document')).toHaveLength(1);
      const guest = await visitor.subject();
      expect(guest).toMatch(subjects);
      await visitor.add('mug', 'tee', 'cap');

      await visitor.page.reload();
      await visitor.seesCart(3);
      expect(await visitor.subject()).toBe(guest);
      const second = await visitor.openTab();
      await second.seesCart(3);
      expect(await second.subject()).toBe(guest);
      expect(asked()).toBe(1);

      await visitor.signIn('google', 'ada');
      await visitor.sees('user');
      await visitor.seesCart(3);
      const subject = await visitor.subject();
      expect(subject === guest).toBe(linked === 'stays');
      await second.sees('user');
      expect(await second.subject()).toBe(subject);
      await second.seesCart(3);

      await visitor.click('checkout');
      await visitor.seesCart(0);
      await visitor.add('bag');
      await visitor.page.reload();
      await visitor.seesCart(1);
      await visitor.click('sign-out');
      await visitor.isNoLonger(subject);
      await second.isNoLonger(subject);

      const next = await visitor.openTab();
      await next.sees('guest');
      expect(await next.subject()).not.toBe(subject);
      await next.seesCart(0);
      await next.signIn('google', 'ada');
      await next.isAskedWhoToBe();
      await next.click('continue-as-user');
      await next.sees('user');
      expect(await next.subject()).toBe(subject);
      await next.seesCart(1);
    });

    it('signs in on a second device, and has the same ID and cart on both', async () => {
      const atHome = await stage.guest();
      await atHome.add('mug', 'tee');
      await atHome.signIn('google', 'ada');
      await atHome.sees('user');
      const subject = await atHome.subject();

      const onTheWay = await stage.guest();
      expect(await onTheWay.subject()).not.toBe(subject);
      await onTheWay.signIn('google', 'ada');
      await onTheWay.isAskedWhoToBe();
      await onTheWay.click('continue-as-user');
      await onTheWay.sees('user');
      expect(await onTheWay.subject()).toBe(subject);
      await onTheWay.seesCart(2);

      await onTheWay.add('pen');
      await atHome.page.reload();
      await atHome.seesCart(3);
      expect([await atHome.kind(), await atHome.subject()]).toEqual(['user', subject]);
    });

    it('who opens ten tabs at once is one guest', async () => {
      const tabs = await stage.tabs(10);
      await Promise.all(tabs.map((tab) => tab.sees('guest')));
      expect(new Set(await Promise.all(tabs.map((tab) => tab.subject()))).size).toBe(1);
      expect(asked()).toBe(1);
    });

    it('who signs out for good is nobody in every tab, and somebody else at the next visit', async () => {
      const visitor = await stage.guest();
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
      const visitor = await stage.guest();
      await visitor.add('mug');
      await visitor.click('checkout');
      await visitor.page.getByTestId('status').waitFor({ state: 'visible' });
      await visitor.add('pen');
      expect(await visitor.kind()).toBe('guest');
    });
  });

  describe('a guest who signs in', () => {
    tellWhoCancels(stage);

    it('as somebody with an account is asked, keeps the cart until they choose, and takes it along once', async () => {
      const account = await stage.accountOfAda('pen');
      const visitor = await stage.guest();
      const subject = await visitor.subject();
      await visitor.add('mug', 'tee');
      await visitor.signIn('google', 'ada');
      await visitor.isAskedWhoToBe();
      expect([await visitor.kind(), await visitor.subject()]).toEqual(['guest', subject]);
      await visitor.seesCart(2);
      await visitor.page.reload();
      await visitor.isAskedWhoToBe();
      await visitor.seesCart(2);

      await visitor.click('continue-as-user');
      await visitor.sees('user');
      expect(await visitor.subject()).toBe(account);
      await visitor.seesCart(3);
      await visitor.page.reload();
      await visitor.seesCart(3);
      expect(stage.demo.shop.carts.of(subject).count).toBe(0);
    });

    it('as somebody with an account may stay the guest', async () => {
      await stage.accountOfAda();
      const visitor = await stage.guest();
      const subject = await visitor.subject();
      await visitor.add('mug');
      await visitor.signIn('google', 'ada');
      await visitor.click('stay-guest');
      await visitor.page.getByTestId('identity-in-use').waitFor({ state: 'hidden' });
      await visitor.page.reload();
      await visitor.seesCart(1);
      expect([await visitor.kind(), await visitor.subject()]).toEqual(['guest', subject]);
    });
  });

  describe('nothing secret', () => {
    if (signsIn === 'elsewhere') it('is in an address that stays, or in the history, and no other page learns it', async () => {
      const visitor = await stage.guest();
      await visitor.page.addInitScript(() => {
        const seen: string[] = [];
        const { replaceState } = history;
        history.replaceState = function (...args) {
          replaceState.apply(this, args);
          seen.push(`${location.href} of ${history.length}`);
        };
        Object.assign(window, { seen, landedOn: history.length });
      });
      await visitor.signIn('google', 'ada');
      await visitor.sees('user');
      const { seen, length, landedOn, entries } = await visitor.page.evaluate(() => ({
        ...(window as unknown as { seen: string[]; landedOn: number }),
        length: history.length,
        entries: (window as unknown as { navigation: { entries(): { url: string }[] } }).navigation.entries().map(({ url }) => url),
      }));
      expect(seen.length).toBeGreaterThan(0);
      expect(length).toBe(landedOn);
      for (const address of [...seen, ...entries, visitor.page.url()]) expect(address).not.toMatch(/[?&](code|nonce|state|access_token|id_token)=/);
      expect(await visitor.page.evaluate(readable)).not.toMatch(/eyJ/);
    });

    if (tokens === 'exposed') it('of an attacker’s guest, planted wherever a page could find it, makes anybody that guest', async () => {
      const attacker = await stage.guest();
      const planted = { token: await attacker.token(), subject: await attacker.subject() };
      for (const path of PLANTED_AT) {
        const context = await stage.browser.newContext();
        await plantIn(context, planted.token, stage.demo.shopUrl);
        const address = stage.demo.shopUrl + path.replaceAll('TOKEN', planted.token);

        const visitor = await visitIn(context, address);
        await visitor.sees('guest');
        const subject = await visitor.subject();
        expect([subject === planted.subject, (await visitor.token()) === planted.token], path).toEqual([false, false]);
        await visitor.page.goto('about:blank');
        await visitor.page.goto(address);
        await visitor.sees('guest');
        expect(await visitor.subject(), path).toBe(subject);
        expect((await visitor.token()) === planted.token, path).toBe(false);
        await context.close();
      }
    });
  });
}

/** Where a script, or the next person, would look first. */
const readable = (): string => JSON.stringify([localStorage, sessionStorage, document.cookie, window.name, location.href, document.querySelector('[data-testid=timeline]')?.textContent]);

/** Of a guest who leaves to sign in and thinks better of it. */
export function tellWhoCancels(stage: Stage): void {
  it('and cancels is the guest they were, with their cart', async () => {
    const visitor = await stage.guest();
    const subject = await visitor.subject();
    await visitor.add('mug');
    await visitor.signIn('google', 'cancel');
    await visitor.sees('guest');
    await visitor.seesCart(1);
    expect(await visitor.subject()).toBe(subject);
    expect(await visitor.page.getByTestId('status').textContent()).toContain('Everything is as it was');
    expect(new URL(visitor.page.url()).search).toBe('');
  });
}
