/** A device whose clock is wrong, or jumps. The clock is a shim of Date that is there before the client; the service's clock is right. */
import { describe, expect, it } from 'vitest';
import { enter } from './support/customer.ts';
import { engines, measured } from './support/engines.ts';
import { sceneIn } from './support/scene.ts';
import { startService } from './support/service.ts';
import { openShop } from './support/shop.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const clockOff = (ms: number): string => `
  {
    const RealDate = Date;
    let offMs = ${ms};
    window.jump = (more) => { offMs += more; };
    window.Date = class extends RealDate {
      constructor(...args) { super(...(args.length === 0 ? [RealDate.now() + offMs] : args)); }
      static now() { return RealDate.now() + offMs; }
    };
  }`;

declare global {
  interface Window {
    readonly jump: (ms: number) => void;
  }
}

describe.for(engines.map((engine) => [engine.name, engine] as const))('in %s', ([, engine]) => {
  const scene = sceneIn(engine, startService);

  it.for([['a day ahead', DAY_MS], ['a day behind', -DAY_MS]] as const)('a person whose clock is %s is a guest as ever, with no request more, also in the next tab and after a reload', async ([, off]) => {
    const first = await scene.visitor.openTab(scene.place.page(clockOff(off)));
    const { tokens } = await first.evaluate(() => window.visit.tokens(100));
    const second = await scene.visitor.openTab(scene.place.page(clockOff(off)));
    await first.goto(scene.place.page(clockOff(off)));
    for (const tab of [first, second]) expect(await tab.evaluate(() => window.visit.tokens(100))).toMatchObject({ served: 100, tokens });
    expect(scene.place.seen).toEqual({ guests: 1, refreshes: 0, reuses: 0 });
  });

  it.for([['a day ahead', DAY_MS], ['a day behind', -DAY_MS]] as const)('a guest whose clock is %s signs in and is the same', async ([, off]) => {
    const tab = await scene.visitor.openTab(scene.place.page(clockOff(off)));
    await tab.evaluate(() => window.visit.tokens(1));
    const subject = await tab.evaluate(() => window.visit.login.getSession()?.subject);
    await tab.evaluate(() => void window.visit.login.linkIdentity({ connectionId: 'google' }));
    await expect.poll(() => tab.evaluate(() => window.visit.login.completeLogin().then((outcome) => outcome?.type ?? 'nothing')).catch(() => 'away'), { timeout: 20_000 }).toBe('linked');
    expect(await tab.evaluate(() => window.visit.login.getSession())).toMatchObject({ kind: 'user', subject });
  });

  it.for([['ahead', DAY_MS], ['back', -DAY_MS]] as const)('a person whose clock is put %s by a day costs at most one renewal in all tabs together', async ([, jump]) => {
    const tabs = [await scene.visitor.openTab(scene.place.page(clockOff(0))), await scene.visitor.openTab(scene.place.page(clockOff(0)))];
    for (const tab of tabs) await tab.evaluate(() => window.visit.tokens(1));
    for (const tab of tabs) await tab.evaluate((ms) => window.jump(ms), jump);
    const answers = await Promise.all(tabs.map((tab) => tab.evaluate(() => window.visit.tokens(100))));
    for (const answer of answers) expect(answer).toMatchObject({ served: 100, failures: {} });
    expect(scene.place.seen).toMatchObject({ guests: 1, reuses: 0 });
    expect(scene.place.seen.refreshes).toBeLessThanOrEqual(1);
  });

  it('a person whose device slept for eight hours costs one renewal in all tabs together', async (context) => {
    const tabs = [await scene.visitor.openTab(scene.place.page(clockOff(0))), await scene.visitor.openTab(scene.place.page(clockOff(0))), await scene.visitor.openTab(scene.place.page(clockOff(0)))];
    for (const tab of tabs) await tab.evaluate(() => window.visit.tokens(1));
    for (const tab of tabs) await tab.evaluate((ms) => window.jump(ms), 8 * HOUR_MS);
    const answers = await Promise.all(tabs.map((tab) => tab.evaluate(() => window.visit.tokens(100))));
    for (const answer of answers) expect(answer).toMatchObject({ served: 100, failures: {} });
    expect(new Set(answers.flatMap(({ tokens }) => tokens)).size).toBe(1);
    expect(scene.place.seen).toEqual({ guests: 1, refreshes: 1, reuses: 0 });
    measured(context, `slept 8 h: ${scene.place.seen.refreshes} renewal for ${tabs.length} tabs`);
  });

  it.for([['a day ahead', DAY_MS], ['a day behind', -DAY_MS]] as const)("a customer of a shop whose own clocks are %s of the device's shops and signs in", async ([, off]) => {
    // Seen from the person's device it is the world that is off.
    const shop = await openShop(engine, { clock: () => Date.now() - off });
    // Nobody knows whether the service looks at the time in the client's proof of work; one that does refuses every wrong clock.
    shop.authress.switches.antiAbuseMaxAgeSeconds = 2 * DAY_MS;
    const customer = await enter(scene.visitor, shop.shopUrl);
    await customer.sees('kind', 'guest');
    const subject = await customer.reads('subject');
    await customer.add('mug');
    await customer.click('sign-in-google');
    await customer.click('person-ada');
    await customer.sees('kind', 'user');
    expect(await customer.reads('subject')).toBe(subject);
    await customer.sees('cart-count', '1');
    expect(shop.renewals().length).toBeLessThanOrEqual(1);
    await shop.close();
  });
});
