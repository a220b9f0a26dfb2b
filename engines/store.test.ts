/** The store under many hands. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Browser } from './support/engine.ts';
import { engines, measured } from './support/engines.ts';
import { startService, type Service } from './support/service.ts';

const UPDATES = 1000;

describe.for(engines.map((engine) => [engine.name, engine] as const))('in %s', ([, engine]) => {
  let browser: Browser;
  let service: Service;
  beforeAll(async () => {
    browser = await engine.launch();
    service = await startService();
  });
  afterAll(() => browser.close());
  afterEach(() => service.close());

  it('a thousand updates from eight tabs at once are all there', async (context) => {
    const visitor = await browser.visitor();
    const tabs = [];
    while (tabs.length < 8) tabs.push(await visitor.openTab(service.page()));
    const from = performance.now();
    await Promise.all(tabs.map((tab) => tab.evaluate((times) => window.visit.count('updates', times), UPDATES / tabs.length)));
    measured(context, `${UPDATES} updates from ${tabs.length} tabs: ${Math.round(performance.now() - from)} ms`);
    expect(await tabs[0]?.evaluate(() => window.visit.counted('updates'))).toBe(UPDATES);
    await visitor.close();
  });
});
