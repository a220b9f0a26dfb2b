/** The tab that asks for everybody goes away in the middle of it. */
import { afterAll, afterEach, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import type { Answers } from './page/page.ts';
import type { Browser, Tab, Visitor } from './support/engine.ts';
import { engines, enginesThatCan, measured } from './support/engines.ts';
import { startService, type Service, type ServiceSettings } from './support/service.ts';

const FIRST_LIFETIME_SECONDS = 2;
/** Longer than any of these waits: what is measured is the lock, not the call's own patience. */
const PATIENT = { deadlineMs: 40_000 };

interface Scene {
  readonly service: Service;
  readonly visitor: Visitor;
  readonly holder: Tab;
  readonly others: readonly Tab[];
  readonly waiting: readonly Promise<Answers>[];
}

/** Five tabs with an expired token, the first of which has asked a service that takes five seconds; from now on the service is as said. */
async function inTheMiddle(browser: Browser, settings: Partial<ServiceSettings> = {}): Promise<Scene> {
  const service = await startService({ lifetimeSeconds: FIRST_LIFETIME_SECONDS });
  const visitor = await browser.visitor();
  const holder = await visitor.openTab(service.page());
  await holder.evaluate(() => window.visit.tokens(1));
  const others: Tab[] = [];
  while (others.length < 4) others.push(await visitor.openTab(service.page()));
  await new Promise((resolve) => setTimeout(resolve, FIRST_LIFETIME_SECONDS * 1000));
  Object.assign(service.settings, { lifetimeSeconds: 3600, delayMs: 5_000 });
  // Nobody waits for its answer: the tab is closed, crashed or frozen before.
  holder.evaluate(() => window.visit.tokens(1)).catch(() => undefined);
  await service.refreshesArrive(1);
  Object.assign(service.settings, { delayMs: 0, ...settings });
  const waiting = others.map((tab) => tab.evaluate((options) => window.visit.tokens(10, options), PATIENT));
  // In line for the lock by then.
  await new Promise((resolve) => setTimeout(resolve, 500));
  return { service, visitor, holder, others, waiting };
}

async function everybodyGoesOn({ service, waiting }: Scene, context: TestContext, what: string): Promise<readonly string[]> {
  const from = performance.now();
  const answers = await Promise.all(waiting);
  measured(context, `${what}: the others had a token after ${Math.round(performance.now() - from)} ms; ${service.seen.refreshes} requests, ${service.seen.reuses} reuses`);
  expect(answers.map(({ failures }) => failures)).toEqual(answers.map(() => ({})));
  const tokens = [...new Set(answers.flatMap((answer) => answer.tokens))];
  expect(tokens).toHaveLength(1);
  expect(service.seen).toMatchObject({ guests: 1, reuses: 0 });
  return tokens;
}

describe.for(engines.map((engine) => [engine.name, engine] as const))('in %s, a person', ([name, engine]) => {
  let browser: Browser;
  let scene: Scene;
  beforeAll(async () => {
    browser = await engine.launch();
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    await scene.visitor.close();
    await scene.service.close();
  });

  it('who closes the tab that was renewing stays the same guest in the others', async (context) => {
    scene = await inTheMiddle(browser);
    await scene.holder.close();
    await everybodyGoesOn(scene, context, 'closed');
    expect(scene.service.seen.refreshes).toBe(2);
  });

  if (enginesThatCan('Chromium').some((able) => able.name === name)) {
    it('whose renewing tab crashes stays the same guest in the others', async (context) => {
      scene = await inTheMiddle(browser);
      await scene.holder.crash?.();
      await everybodyGoesOn(scene, context, 'crashed');
      expect(scene.service.seen.refreshes).toBe(2);
    });
  }
});

describe.for(enginesThatCan('Chromium').map((engine) => [engine.name, engine] as const))('in %s, a person', ([, engine]) => {
  let browser: Browser;
  let scene: Scene;
  afterEach(async () => {
    await browser.close();
    await scene.service.close();
  });

  async function frozen(settings: Partial<ServiceSettings>): Promise<Scene> {
    browser = await engine.launch({ freezing: 'on' });
    scene = await inTheMiddle(browser, settings);
    await scene.holder.freeze?.();
    return scene;
  }

  it('whose renewing tab freezes stays the same guest in the others, also when it thaws, where the service repeats a lost answer', async (context) => {
    const { holder, others, service } = await frozen({ replay: 'same-answer' });
    const tokens = await everybodyGoesOn(scene, context, 'frozen');
    expect(service.seen.refreshes).toBe(2);
    await holder.thaw?.();
    for (const tab of [holder, ...others]) expect(await tab.evaluate(() => window.visit.tokens(10))).toMatchObject({ served: 10, tokens });
    expect(service.seen).toMatchObject({ guests: 1, reuses: 0, refreshes: 2 });
  });

  it('whose renewing tab freezes at a slow service asks once more, not once a tab', async (context) => {
    await frozen({ replay: 'same-answer', delayMs: 3_000 });
    await everybodyGoesOn(scene, context, 'frozen, service 3 s');
    expect(scene.service.seen.refreshes).toBe(2);
  });

  it('whose renewing tab freezes at a service without mercy is told of the loss once in each tab, and is one new guest', async (context) => {
    const { holder, others, service, waiting } = await frozen({ replay: 'theft' });
    const answers = await Promise.all(waiting);
    measured(context, `frozen, strict service: ${service.seen.refreshes} requests, ${service.seen.reuses} reuses, ${service.seen.guests} guests`);
    expect(answers.map(({ served }) => served)).toEqual(answers.map(() => 10));
    expect(service.seen).toMatchObject({ guests: 2, reuses: 1 });
    for (const tab of others) expect((await tab.evaluate(() => window.visit.notices)).filter((type) => type === 'guest_ended')).toHaveLength(1);
    await holder.thaw?.();
    expect((await holder.evaluate(() => window.visit.tokens(1))).tokens).toEqual(answers[0]?.tokens);
    expect(service.seen.guests).toBe(2);
  });

  it('whose renewing tab freezes gets a token by a call with the usual patience', async (context) => {
    const { others } = await frozen({ replay: 'same-answer' });
    const answer = await others[0]?.evaluate(() => window.visit.tokens(1));
    measured(context, `frozen, default deadline: ${JSON.stringify(answer?.failures)} after ${answer?.ms} ms`);
    expect(answer?.failures).toEqual({});
    await Promise.all(scene.waiting);
  });
});
