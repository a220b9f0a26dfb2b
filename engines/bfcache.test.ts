/** Back to a page that the browser kept, after something happened in another tab. */
import { afterAll, afterEach, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import type { Browser, Tab, Visitor } from './support/engine.ts';
import { engines, measured } from './support/engines.ts';
import { startService, type Service } from './support/service.ts';

/** An app that asks for a token the moment its page is shown again, and that heard of it before the client did. */
const WATCHING = `
  addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return;
    window.asked = window.visit.login.getToken().catch((error) => error.code ?? String(error));
  });`;

declare global {
  interface Window {
    asked?: Promise<string>;
  }
}

describe.for(engines.map((engine) => [engine.name, engine] as const))('in %s', ([, engine]) => {
  let browser: Browser;
  let service: Service;
  let visitor: Visitor;
  beforeAll(async () => {
    browser = await engine.launch({ backForwardCache: 'on' });
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    await visitor.close();
    await service.close();
  });

  /** A tab that went on from the shop's page, and another tab on it. */
  async function wentOn(): Promise<{ away: Tab; other: Tab; oldToken: string | undefined }> {
    service = await startService();
    visitor = await browser.visitor();
    const away = await visitor.openTab(service.page(WATCHING));
    const { tokens: [oldToken] } = await away.evaluate(() => window.visit.tokens(1));
    await away.evaluate((url) => void setTimeout(() => { location.href = url; }), service.blank);
    await settled(away, service.blank);
    const other = await visitor.openTab(service.page());
    await other.evaluate(() => window.visit.tokens(1));
    return { away, other, oldToken };
  }

  async function settled(tab: Tab, url: string): Promise<void> {
    await expect.poll(() => tab.evaluate(() => (document.readyState === 'complete' ? location.href : '')).catch(() => ''), { timeout: 20_000 }).toBe(url);
  }

  async function goBack(tab: Tab, context: TestContext): Promise<boolean> {
    // Some drivers have no Back of their own that works; the page's does.
    await tab.evaluate(() => void setTimeout(() => history.back()));
    await settled(tab, service.page(WATCHING));
    const cameBack = await tab.evaluate(() => window.cameBack);
    const reasons = cameBack ? [] : ((await tab.notRestoredBecause?.()) ?? []);
    measured(context, cameBack ? 'Back showed the page that was kept' : `Back loaded the page anew ${reasons.join(', ')}`);
    return cameBack;
  }

  it('a page that was left is kept for Back', async (context) => {
    const { away } = await wentOn();
    expect(await goBack(away, context)).toBe(true);
  });

  it('a person who signed out in another tab is signed out on the page that Back shows, and its old token is not served', async (context) => {
    const { away, other, oldToken } = await wentOn();
    await other.evaluate(() => window.visit.login.logOut({ discardGuest: true }));
    const cameBack = await goBack(away, context);
    const asked = await away.evaluate(async () => (await window.asked) ?? (await window.visit.login.getToken().catch((error: { code: string }) => error.code)));
    expect(asked).toBe('login_required');
    expect(await away.evaluate(() => window.visit.login.getSession())).toBeNull();
    expect(await away.evaluate(() => window.visit.tokens(1))).toMatchObject({ served: 0, failures: { login_required: 1 } });
    if (cameBack) expect(await away.evaluate(() => window.visit.notices)).toEqual(['guest_started', 'signed_out']);
    expect(oldToken).toBeDefined();
    expect(service.seen.guests).toBe(1);
  });

  it('a guest who signed in in another tab is a user on the page that Back shows, and its old token is not served', async (context) => {
    const { away, other, oldToken } = await wentOn();
    const subject = await other.evaluate(() => window.visit.login.getSession()?.subject);
    await other.evaluate(() => void window.visit.login.linkIdentity({ connectionId: 'google' }));
    await expect.poll(() => other.evaluate(() => window.visit.login.completeLogin().then((outcome) => outcome?.type ?? 'nothing')).catch(() => 'away'), { timeout: 20_000 }).toBe('linked');
    const cameBack = await goBack(away, context);
    const asked = await away.evaluate(async () => (await window.asked) ?? (await window.visit.login.getToken()));
    expect(asked).toMatch(/^at\./);
    expect(asked).not.toBe(oldToken);
    expect(await away.evaluate(() => window.visit.login.getSession())).toMatchObject({ kind: 'user', subject });
    if (cameBack) expect(await away.evaluate(() => window.visit.notices)).toEqual(['guest_started', 'linked']);
  });
});
