import { decodeJwt } from 'jose';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createServiceClient, startAuthress, type Authress, type AuthressSettings, type Serving } from '../src/index.ts';
import { launchChromium } from './support/chromium.ts';
import { makeCertificate } from './support/certificate.ts';
import { newSubject } from './support/browser.ts';
import { freePorts } from './support/ports.ts';
import { vendorPage, vendorVerifier } from './support/vendor-page.ts';

/** What the vendor's published SDK offers a page. */
interface VendorClient {
  authenticate(options: { connectionId: string; redirectUrl?: string }): Promise<{ authenticationUrl: string } | null>;
  linkIdentity(options: { connectionId: string }): Promise<void>;
  unlinkIdentity(id: string): Promise<void>;
  userSessionExists(): Promise<boolean>;
  ensureToken(): Promise<string>;
  getUserProfile(): Promise<{ linkedIdentities: { connection: { connectionId: string; userId: string } }[] }>;
  getUserIdentity(): { sub: string; name?: string } | null;
  logout(url?: string): Promise<void>;
}
declare global {
  interface Window {
    Authress: { LoginClient: new (settings: { authressApiUrl: string; applicationId: string }) => VendorClient };
    client: VendorClient;
  }
}

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

let authress: Authress;
let serving: Serving;
let context: BrowserContext;
let page: Page;
let subjects: string[];
let app: string;
let login: string;

afterEach(async () => {
  await context.close();
  await serving.close();
});

async function start(place: 'localhost' | 'two-names'): Promise<void> {
  const [appPort = 0, loginPort = 0, verifierPort = 0, googlePort = 0] = await freePorts(4);
  app = place === 'localhost' ? `http://localhost:${appPort}` : `https://www.shop.test:${appPort}`;
  login = place === 'localhost' ? `http://127.0.0.1:${loginPort}` : `https://login.shop.test:${appPort}`;
  const scheme = place === 'localhost' ? 'http' : 'https';
  const top = place === 'localhost' ? 'localhost' : 'test';
  const verifierUrl = `${scheme}://verifier.${top}:${verifierPort}/v1/login`;
  const { accessKey, publicJwk } = await createServiceClient('acc_shop', 'sc_guests');
  const verifier = vendorVerifier(verifierUrl, accessKey, newSubject);
  subjects = verifier.visits;
  const settings: AuthressSettings = {
    loginOrigin: login,
    accountId: 'acc_shop',
    applications: [{ applicationId: 'app_shop', redirectOrigins: [app] }],
    connections: [{ connectionId: 'google', origin: `${scheme}://google.${top}:${googlePort}`, name: 'Google' }],
    serviceClients: [{ clientId: 'sc_guests', authorizationUrl: verifierUrl, publicJwk }],
  };
  const https = place === 'two-names' && { https: await makeCertificate(['www.shop.test', 'login.shop.test', 'verifier.test', 'google.test']) };
  const started = await startAuthress({ ...settings, ...https, sites: [vendorPage(app), verifier] });
  ({ authress } = started);
  serving = started;
  context = await browser.newContext({ ignoreHTTPSErrors: true });
  page = await context.newPage();
  await page.goto(`${app}/cart`);
  await makeClient();
}

async function makeClient(): Promise<void> {
  await page.evaluate((authressApiUrl) => {
    window.client = new window.Authress.LoginClient({ authressApiUrl, applicationId: 'app_shop' });
  }, login);
}

/** Through a call that navigates away, back to the page, which looks for its session as every page with this SDK does. */
async function away(leave: () => Promise<void>): Promise<void> {
  const back = page.waitForEvent('load');
  await leave();
  await back;
  await makeClient();
  await page.evaluate(() => window.client.userSessionExists());
}

async function becomeGuest(): Promise<void> {
  await away(() => page.evaluate(async () => void (await window.client.authenticate({ connectionId: 'sc_guests' }))));
}

async function linkGoogle(person: 'person-ada' | 'person-cancel'): Promise<void> {
  await page.evaluate(() => window.client.linkIdentity({ connectionId: 'google' }));
  await page.getByTestId(person).waitFor();
  await away(() => page.getByTestId(person).click());
}

async function token(): Promise<Record<string, unknown>> {
  return decodeJwt(await page.evaluate(() => window.client.ensureToken()));
}

describe('the published browser SDK on a page of localhost', () => {
  beforeEach(() => start('localhost'));

  test('makes a guest through a service client', async () => {
    await becomeGuest();
    expect(await token()).toMatchObject({ iss: login, sub: subjects[0], azp: 'sc_guests' });
    expect(page.url()).toBe(`${app}/cart`);
  });

  test('links Google to the guest, whose subject stays', async () => {
    await becomeGuest();
    await linkGoogle('person-ada');
    expect(await token()).toMatchObject({ sub: subjects[0], azp: 'google' });
    expect(await page.evaluate(() => window.client.getUserIdentity())).toMatchObject({ name: 'Ada Lovelace' });
    expect(await page.evaluate(() => window.client.getUserProfile())).toEqual({ linkedIdentities: [{ connection: { connectionId: 'google', userId: 'ada' } }] });
  });

  test('keeps the guest of a person who cancels at Google', async () => {
    await becomeGuest();
    await linkGoogle('person-cancel');
    expect(await token()).toMatchObject({ sub: subjects[0], azp: 'sc_guests' });
  });

  test('logs out by navigation', async () => {
    await becomeGuest();
    await away(() => page.evaluate(() => void window.client.logout()));
    expect(await page.evaluate(() => window.client.userSessionExists())).toBe(false);
    expect(authress.log.map(({ route }) => route)).toContain('GET /logout');
  });
});

describe('the published browser SDK on two HTTPS names of one port', () => {
  beforeEach(() => start('two-names'));

  test('makes a guest through a service client, with cookies', async () => {
    await becomeGuest();
    expect(await token()).toMatchObject({ iss: login, sub: subjects[0], azp: 'sc_guests' });
    const cookies = await context.cookies();
    expect(cookies.find(({ name }) => name === 'authress-session')).toMatchObject({ domain: 'login.shop.test', httpOnly: true, secure: true, sameSite: 'Lax' });
    expect(cookies.find(({ name }) => name === 'authorization')).toMatchObject({ domain: '.shop.test', httpOnly: false, secure: true, sameSite: 'Strict' });
  });

  for (const sessionAnswer of ['body', 'cookies'] as const) {
    test(`resumes the session of a page that lost everything, when it is answered with ${sessionAnswer}`, async () => {
      authress.switches.sessionAnswer = sessionAnswer;
      await becomeGuest();
      await context.clearCookies({ name: /^(?!authress-session)/ });
      await page.evaluate(() => localStorage.clear());
      await page.reload();
      await makeClient();
      expect(await token()).toMatchObject({ sub: subjects[0] });
      expect(authress.log.filter(({ route }) => route === 'PATCH /api/session').map(({ status }) => status)).toEqual([200]);
      expect(subjects).toHaveLength(1);
    });
  }

  test('links Google to the guest by its cookie, and the subject stays', async () => {
    await becomeGuest();
    await linkGoogle('person-ada');
    expect(await token()).toMatchObject({ sub: subjects[0], azp: 'google' });
    expect(await page.evaluate(() => window.client.getUserProfile())).toEqual({ linkedIdentities: [{ connection: { connectionId: 'google', userId: 'ada' } }] });
  });

  test('logs out, and the session is gone for good', async () => {
    await becomeGuest();
    await page.evaluate(() => window.client.logout());
    expect((await context.cookies()).map(({ name }) => name)).toEqual([]);
    await page.reload();
    await makeClient();
    expect(await page.evaluate(() => window.client.userSessionExists())).toBe(false);
    expect(authress.log.filter(({ method }) => method === 'PATCH').map(({ status }) => status)).toEqual([404]);
  });
});
