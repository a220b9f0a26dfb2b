/** Chromium and Firefox, both driven by playwright-core. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, firefox, type Browser as Driven, type BrowserContext, type CDPSession, type Page } from 'playwright-core';
import { chromiumArguments, chromiumPath } from '../../scripts/chromium.mjs';
import { asScript, type Browser, type Engine, type LaunchSettings, type Tab, type Visitor } from './engine.ts';

export const chromiumEngine: Engine = {
  name: 'Chromium',
  crowd: 20,
  launch: async ({ backForwardCache, freezing, thirdPartyCookies }: LaunchSettings = {}) => {
    if (freezing === 'on' || thirdPartyCookies === 'allowed') return launchUntouched(thirdPartyCookies === 'allowed' ? { profile: { cookie_controls_mode: 0, block_third_party_cookies: false } } : {});
    const browser = await chromium.launch({
      executablePath: chromiumPath('whole') ?? '',
      args: [...chromiumArguments, ...(thirdPartyCookies === 'partitioned' ? ['--disable-features=Translate'] : [])],
      // Windows that nobody clicked for are blocked, as they are for people.
      ignoreDefaultArgs: ['--disable-popup-blocking', ...(backForwardCache === 'on' ? ['--disable-back-forward-cache'] : [])],
    });
    return browserOf(browser, chromiumTab);
  },
};

export const firefoxEngine: Engine = {
  name: 'Firefox',
  crowd: 10,
  launch: async ({ privateMode, thirdPartyCookies }: LaunchSettings = {}) => {
    const browser = await firefox.launch({
      channel: 'moz-firefox',
      executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr',
      firefoxUserPrefs: {
        // Windows that nobody clicked for are blocked, as they are for people.
        'dom.disable_open_during_load': true,
        // The driver has it connect nowhere beforehand; this is what Firefox does by itself.
        'network.http.speculative-parallel-limit': 20,
        ...(privateMode === 'on' && { 'browser.privatebrowsing.autostart': true }),
        ...(thirdPartyCookies === 'allowed' && { 'network.cookie.cookieBehavior': 0 }),
        ...(thirdPartyCookies === 'blocked' && { 'network.cookie.cookieBehavior': 1 }),
      },
    });
    return browserOf(browser, firefoxTab);
  },
};

/** Chromium as a person has it, without what the driver sets on every page: a profile with these preferences. */
async function launchUntouched(preferences: object): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'engines-'));
  await mkdir(join(profile, 'Default'));
  await writeFile(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences));
  const child = spawn(chromiumPath('whole') ?? '', [...chromiumArguments, '--headless', '--remote-debugging-port=0', `--user-data-dir=${profile}`, '--ignore-certificate-errors', 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const address = await new Promise<string>((resolve, reject) => {
    void gone.then(() => reject(new Error('Chromium ended before it could be driven')));
    child.stderr.on('data', (text: Buffer) => {
      const [found] = /ws:\/\/\S+/.exec(text.toString()) ?? [];
      if (found) resolve(found);
    });
  });
  const browser = await chromium.connectOverCDP(address, { noDefaults: true });
  const [context] = browser.contexts();
  if (!context) throw new Error('Chromium has no window');
  return {
    visitor: async () => ({
      ...visitorOf(context, chromiumTab),
      close: async () => {
        await Promise.all(context.pages().map((page) => page.close()));
        await context.clearCookies();
      },
    }),
    close: async () => {
      await browser.close();
      child.kill();
      await gone;
      await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

function browserOf(browser: Driven, toTab: (page: Page) => Tab): Browser {
  return {
    visitor: async () => visitorOf(await browser.newContext({ ignoreHTTPSErrors: true }), toTab),
    close: () => browser.close(),
  };
}

function visitorOf(context: BrowserContext, toTab: (page: Page) => Tab): Visitor {
  const opened: Page[] = [];
  return {
    openTab: async (url) => {
      const page = await context.newPage();
      opened.push(page);
      const tab = toTab(page);
      await tab.goto(url);
      return tab;
    },
    popups: async () => context.pages().filter((page) => !opened.includes(page)).map(toTab),
    cookies: async (url) => (await context.cookies(url)).map(({ name, value }) => ({ name, value })),
    close: () => context.close(),
  };
}

function plain(page: Page): Tab {
  return {
    goto: async (url) => void (await page.goto(url)),
    evaluate: <R>(work: unknown, argument?: unknown): Promise<R> => page.evaluate<R>(asScript(work, argument)),
    press: (selector) => page.click(selector),
    close: () => page.close(),
  };
}

/** Its windows take the focus from each other as a person's do; a headless Chromium has each of them think that it is looked at. */
const firefoxTab = (page: Page): Tab => ({ ...plain(page), lookAt: () => page.bringToFront() });

function chromiumTab(page: Page): Tab {
  let attached: Promise<CDPSession> | undefined;
  const devTools = (): Promise<CDPSession> => (attached ??= page.context().newCDPSession(page));
  return {
    ...plain(page),
    crash: async () => {
      const gone = new Promise((resolve) => page.once('crash', resolve));
      const session = await devTools();
      // It has nobody left to answer.
      session.send('Page.crash').catch(() => undefined);
      await gone;
    },
    freeze: async () => void (await (await devTools()).send('Page.setWebLifecycleState', { state: 'frozen' })),
    thaw: async () => void (await (await devTools()).send('Page.setWebLifecycleState', { state: 'active' })),
    clearStorage: async (origin) => void (await (await devTools()).send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' })),
    limitStorage: async (origin, bytes) => void (await (await devTools()).send('Storage.overrideQuotaForOrigin', { origin, ...(bytes !== null && { quotaSize: bytes }) })),
    notRestoredBecause: () => page.evaluate<string[]>(`(() => {
      const [entry] = performance.getEntriesByType('navigation');
      return (entry?.notRestoredReasons?.reasons ?? []).map(({ reason }) => reason);
    })()`),
  };
}
