/** The whole promise, on the shop as people see it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { enter } from './support/customer.ts';
import type { Browser, Visitor } from './support/engine.ts';
import { engines } from './support/engines.ts';
import { openShop, type Shop } from './support/shop.ts';

describe.for(engines.map((engine) => [engine.name, engine] as const))('in %s', ([, engine]) => {
  let browser: Browser;
  let shop: Shop;
  let visitor: Visitor;
  beforeAll(async () => {
    browser = await engine.launch();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    shop = await openShop(engine);
    visitor = await browser.visitor();
  });
  afterEach(async () => {
    await visitor.close();
    await shop.close();
  });

  it('a visitor shops, signs in, and keeps the same ID and cart; later comes back to both', async () => {
    const first = await enter(visitor, shop.shopUrl);
    await first.sees('kind', 'guest');
    const subject = await first.reads('subject');
    expect(subject).toMatch(/^user_.{26,}$/);
    await first.add('mug', 'tee', 'cap');

    await first.tab.goto(shop.shopUrl);
    await first.sees('cart-count', '3');
    expect(await first.reads('subject')).toBe(subject);
    const second = await enter(visitor, shop.shopUrl);
    await second.sees('cart-count', '3');
    expect(await second.reads('subject')).toBe(subject);

    await first.click('sign-in-google');
    await first.click('person-ada');
    await first.sees('kind', 'user');
    await first.sees('cart-count', '3');
    expect(await first.reads('subject')).toBe(subject);
    await second.sees('kind', 'user');

    await first.click('sign-out');
    await first.sees('kind', 'none');
    await second.sees('kind', 'none');

    const next = await enter(visitor, shop.shopUrl);
    await next.sees('kind', 'guest');
    expect(await next.reads('subject')).not.toBe(subject);
    await next.sees('cart-count', '0');
    await next.click('sign-in-google');
    await next.click('person-ada');
    await next.click('continue-as-user');
    await next.sees('kind', 'user');
    expect(await next.reads('subject')).toBe(subject);
    await next.sees('cart-count', '3');
    expect(shop.guests()).toBe(2);
  });
});
