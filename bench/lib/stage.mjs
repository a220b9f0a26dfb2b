/** The stub with the clients that are measured, a Chromium, and pages in it. */
import { readFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { chromiumArguments, chromiumPath } from '../../scripts/chromium.mjs';
import { DOMAIN, openStub } from '../stub/stub.mjs';
import { bundleChunks } from './bundles.mjs';

const CLOCK = readFileSync(new URL('../page/clock.js', import.meta.url), 'utf8');
/** The certificate is one that the browser believes: what comes with any other it does not keep, and twenty tabs wait one after the other for the same file. */
const argumentsFor = ({ pin }) => [...chromiumArguments, `--ignore-certificate-errors-spki-list=${pin}`, `--host-resolver-rules=MAP *.${DOMAIN} 127.0.0.1`];
/** Nothing that is measured takes as long. */
const TIMEOUT_MS = 15_000;

/** The names of files in `clients/`. */
export const PEERS = ['auth0', 'auth0-anonymous', 'supabase', 'firebase', 'authress', 'oidc-client-ts', 'descope'];
export const OURS = ['passerby', 'passerby-authress'];

/** Opens the stage for as long as the work takes. `scripts` are further ones that the pages may load. */
export async function onStage({ clients = [], scripts = {} }, work) {
  const executablePath = chromiumPath();
  if (!executablePath) throw new Error('No Chromium was found: npm run bench installs one, or name it: CHROMIUM=/path/to/chromium');
  const bundles = await Promise.all(clients.map(bundleClient));
  const stub = await openStub(Object.assign({}, scripts, ...bundles));
  const browser = await chromium.launch({ executablePath, args: argumentsFor(stub) });
  try {
    return { ...(await work(new Stage(stub, browser))), versions: { Chromium: browser.version() } };
  } finally {
    await browser.close();
    await stub.close();
  }
}

/** What a client is called in the tables. */
export function labelOf(name) {
  const text = readFileSync(new URL(`../clients/${name}.js`, import.meta.url), 'utf8');
  return /export const label = '(.+)';/.exec(text)[1];
}

function bundleClient(name) {
  return bundleChunks(name, `import * as sdk from './clients/${name}.js'; import { start } from './page/run.js'; start(sdk);`);
}

class Stage {
  constructor(stub, browser) {
    this.stub = stub;
    this.browser = browser;
  }

  /** What every client is made with. */
  settingsFor(name) {
    const { auth, app, verifier } = this.stub.origins;
    return { auth, app, verifier, name, host: new URL(auth).host, form: this.stub.lastGuest() };
  }

  /** A browser of its own. With `clock` the pages' clocks can be moved. */
  async newContext({ clock = false } = {}) {
    const context = await this.browser.newContext();
    context.setDefaultTimeout(TIMEOUT_MS);
    if (clock) await context.addInitScript(CLOCK);
    return context;
  }

  /**
   * Does something in a browser that is started for it, with a profile, as people have one. Contexts are private windows, in which Chromium makes no connection
   * that a page asks for beforehand; nor does its headless shell.
   */
  async visitWithProfile(work) {
    const context = await chromium.launchPersistentContext('', { executablePath: chromiumPath('whole'), args: argumentsFor(this.stub) });
    context.setDefaultTimeout(TIMEOUT_MS);
    try {
      return await work(context);
    } finally {
      await context.close();
    }
  }

  /** Does something in a browser of its own. */
  async visit(work, options) {
    const context = await this.newContext(options);
    try {
      return await work(context);
    } finally {
      await context.close();
    }
  }

  /** A page that has loaded this client and not made it yet. `script` runs before the page's own. */
  async load(context, name, { query = '', script } = {}) {
    const page = await context.newPage();
    if (script) await page.addInitScript(script);
    return this.show(page, name, query);
  }

  /** The same, in a tab that is there. */
  async show(page, name, query = '') {
    await page.goto(`${this.stub.origins.app}/${name}${query}`);
    await page.waitForFunction(() => globalThis.bench ?? globalThis.isLoaded);
    return page;
  }

  /** A page with this client in it. */
  async open(context, name, options) {
    const page = await this.load(context, name, options);
    await page.evaluate((settings) => globalThis.bench.open(settings), this.settingsFor(name));
    return page;
  }

  /** A page where somebody is here, by whatever way the client has. */
  async signIn(context, name, options) {
    const page = await this.open(context, name, options);
    const mustLeave = await page.evaluate(() => !globalThis.sdk.guest);
    const token = mustLeave ? (await this.leaveAndComeBack(page, name)).token : await page.evaluate(async () => {
      await globalThis.bench.ready();
      return globalThis.bench.guest();
    });
    if (typeof token !== 'string') throw new Error(`${name} gave no token`);
    return page;
  }

  /** Signs in by leaving the page: the token, and how long it took from the call to the token. */
  async leaveAndComeBack(page, name) {
    const begun = await page.evaluate((settings) => globalThis.bench.leave(settings), this.settingsFor(name));
    await page.waitForURL((url) => url.origin === this.stub.origins.app && url.searchParams.has('code'), { waitUntil: 'commit' });
    await page.waitForFunction(() => globalThis.bench?.back);
    const { token, at } = await page.evaluate(() => globalThis.bench.back);
    return { token, ms: at - begun };
  }

  /** Slows a page's main thread down, as Chromium does it for developers; what runs on other threads is not slowed. */
  async slowDown(page, rate) {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Emulation.setCPUThrottlingRate', { rate });
    return devtools;
  }
}
