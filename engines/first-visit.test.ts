/** Somebody who was never here opens the shop in many tabs at once. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Visitor } from './support/engine.ts';
import { engines, measured } from './support/engines.ts';
import { startService } from './support/service.ts';
import { openShop } from './support/shop.ts';

describe.for(engines.map((engine) => [engine.name, engine] as const))('in %s, a person', ([, engine]) => {
  let browser: Browser;
  let visitor: Visitor;
  let closeShop: () => Promise<void>;
  beforeAll(async () => {
    browser = await engine.launch();
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    await visitor.close();
    await closeShop();
  });

  it.for([0, 700])(`with ${engine.crowd} tabs that ask twice at the same moment is one guest, made by a request of %i ms`, async (delayMs, context) => {
    const service = await startService({ delayMs });
    closeShop = service.close;
    visitor = await browser.visitor();
    const tabs = [];
    while (tabs.length < engine.crowd) tabs.push(await visitor.openTab(service.page()));
    for (const tab of tabs) await tab.evaluate(() => window.visit.getReady(2));
    await tabs[0]?.evaluate(() => window.visit.go());
    const answers = await Promise.all(tabs.map((tab) => tab.evaluate(() => window.visit.outcome())));
    measured(context, `${tabs.length} tabs, guest by a request of ${delayMs} ms: slowest tab ${Math.max(...answers.map(({ ms }) => ms))} ms, ${service.seen.guests} guest`);
    expect(answers.map(({ failures }) => failures)).toEqual(tabs.map(() => ({})));
    expect(new Set(answers.flatMap(({ tokens }) => tokens)).size).toBe(1);
    expect(service.seen).toEqual({ guests: 1, refreshes: 0, reuses: 0 });
  });

  it(`with ${engine.crowd} tabs that ask twice at the same moment is one guest, made in a hidden frame`, async (context) => {
    const shop = await openShop(engine);
    closeShop = shop.close;
    visitor = await browser.visitor();
    const tabs = [];
    while (tabs.length < engine.crowd) tabs.push(await visitor.openTab(`${shop.shopUrl}/callback.html`));
    for (const tab of tabs) {
      // As text: the page imports its script by itself.
      await tab.evaluate(`(async () => {
        const { LoginClient } = await import('/passerby.js');
        const login = new LoginClient({ authressApiUrl: '${shop.loginUrl}', applicationId: 'app_shop', guestConnectionId: 'sc_guests', guests: 'on-demand', frameUrl: '/callback.html' });
        const starter = new BroadcastChannel('starter');
        window.answers = new Promise((resolve) => {
          starter.onmessage = () => resolve(Promise.allSettled([login.getToken(), login.getToken()]));
        });
      })()`);
    }
    const from = performance.now();
    await tabs[0]?.evaluate(() => new BroadcastChannel('starter').postMessage('go'));
    const answers = await Promise.all(tabs.map((tab) => tab.evaluate(() => window.answers)));
    measured(context, `${tabs.length} tabs, guest in a hidden frame: all served after ${Math.round(performance.now() - from)} ms, ${shop.guests()} guest`);
    const results = answers.flat();
    expect(results.map(({ status }) => status)).toEqual(results.map(() => 'fulfilled'));
    expect(results).toHaveLength(tabs.length * 2);
    expect(new Set(results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason))).size).toBe(1);
    expect(shop.guests()).toBe(1);
  });
});

declare global {
  interface Window {
    readonly answers: Promise<PromiseSettledResult<string>[]>;
  }
}
