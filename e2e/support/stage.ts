/** A shop anew for each test of a file, and the browsers in which people visit it. */
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { Browser } from 'playwright-core';
import type { Demo } from '../../examples/vanilla/src/demo.mjs';
import { openBrowser, visit, visitIn, type SignIn, type Visitor } from './visitor.ts';

export interface Stage<D extends Demo = Demo> {
  readonly browser: Browser;
  readonly demo: D;
  /** Closes the shop and opens another one in its place. */
  reopen(open: () => Promise<D>): Promise<void>;
  /** Somebody new, who has become a guest. */
  guest(): Promise<Visitor>;
  /** So many tabs of one new browser, at once. */
  tabs(count: number): Promise<readonly Visitor[]>;
  /** Somebody who signed in once, as Ada on another device and with this in the cart; their subject. */
  accountOfAda(...skus: string[]): Promise<string>;
}

export function onStage<D extends Demo>(open: () => Promise<D>, signIn?: (demo: D) => SignIn): Stage<D> {
  let browser: Browser;
  let demo: D;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    demo = await open();
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    await demo.close();
  });
  const guest = async (): Promise<Visitor> => {
    const visitor = await visit(browser, demo.shopUrl, signIn?.(demo));
    await visitor.sees('guest');
    return visitor;
  };
  return {
    get browser() { return browser; },
    get demo() { return demo; },
    guest,
    async reopen(another) {
      await demo.close();
      demo = await another();
    },
    async tabs(count) {
      const context = await browser.newContext();
      return Promise.all(Array.from({ length: count }, () => visitIn(context, demo.shopUrl, signIn?.(demo))));
    },
    async accountOfAda(...skus) {
      const ada = await guest();
      await ada.add(...skus);
      await ada.signIn('google', 'ada');
      await ada.sees('user');
      const subject = await ada.subject();
      await ada.context.close();
      return subject;
    },
  };
}
