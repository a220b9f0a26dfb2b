/** Many tabs wake up with the same expired token. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Browser } from './support/engine.ts';
import { engines, measured } from './support/engines.ts';
import { startService, type Service } from './support/service.ts';

const CALLS = 1000;
/** The first token is that short-lived; the clocks are left alone. */
const FIRST_LIFETIME_SECONDS = 2;

describe.for(engines.map((engine) => [engine.name, engine] as const))('in %s', ([, engine]) => {
  let browser: Browser;
  let service: Service;
  beforeAll(async () => {
    browser = await engine.launch();
  });
  afterAll(() => browser.close());
  afterEach(() => service.close());

  it.for([0, 50, 700, 6000])(`a person with ${engine.crowd} tabs is renewed once at a service that takes %i ms, and every tab gets the token`, async (delayMs, context) => {
    service = await startService({ lifetimeSeconds: FIRST_LIFETIME_SECONDS });
    const visitor = await browser.visitor();
    const first = await visitor.openTab(service.page());
    expect((await first.evaluate(() => window.visit.tokens(1))).served).toBe(1);
    const others = [];
    while (others.length < engine.crowd - 1) others.push(await visitor.openTab(service.page()));
    const tabs = [first, ...others];
    await new Promise((resolve) => setTimeout(resolve, FIRST_LIFETIME_SECONDS * 1000));
    Object.assign(service.settings, { delayMs, lifetimeSeconds: 3600 });

    for (const tab of tabs) await tab.evaluate((count) => window.visit.getReady(count), CALLS);
    await first.evaluate(() => window.visit.go());
    const answers = await Promise.all(tabs.map((tab) => tab.evaluate(() => window.visit.outcome())));

    measured(context, `${tabs.length} × ${CALLS} calls, service ${delayMs} ms: slowest tab ${Math.max(...answers.map(({ ms }) => ms))} ms, refreshes ${service.waits.slice(1).join(', ')} ms`);
    expect(answers.map(({ failures }) => failures)).toEqual(tabs.map(() => ({})));
    expect(answers.reduce((sum, { served }) => sum + served, 0)).toBe(tabs.length * CALLS);
    expect(new Set(answers.flatMap(({ tokens }) => tokens)).size).toBe(1);
    expect(service.seen).toEqual({ guests: 1, refreshes: 1, reuses: 0 });
    await visitor.close();
  });
});
