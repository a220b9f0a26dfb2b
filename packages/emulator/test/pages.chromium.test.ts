import { createHash } from 'node:crypto';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createServiceClient, startAuthress, type Serving } from '../src/index.ts';
import { newSubject } from './support/browser.ts';
import { launchChromium } from './support/chromium.ts';
import { freePorts } from './support/ports.ts';
import { vendorPage, vendorVerifier } from './support/vendor-page.ts';

const VERIFIER = 'a'.repeat(64);
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

let serving: Serving;
let context: BrowserContext;
let page: Page;
let app: string;
let login: string;

afterEach(async () => {
  await context.close();
  await serving.close();
});

async function start({ loginHost = 'login.shop.localhost', script = 'runs' }: { loginHost?: string; script?: 'runs' | 'is off' } = {}): Promise<void> {
  const [appPort = 0, loginPort = 0, verifierPort = 0, googlePort = 0] = await freePorts(4);
  app = `http://www.shop.localhost:${appPort}`;
  login = `http://${loginHost}:${loginPort}`;
  const verifierUrl = `http://verifier.localhost:${verifierPort}/v1/login`;
  const { accessKey, publicJwk } = await createServiceClient('acc_shop', 'sc_guests');
  serving = await startAuthress({
    loginOrigin: login,
    accountId: 'acc_shop',
    applications: [{ applicationId: 'app_shop', redirectOrigins: [app] }],
    connections: [{ connectionId: 'google', origin: `http://google.localhost:${googlePort}`, name: 'Google' }],
    serviceClients: [{ clientId: 'sc_guests', authorizationUrl: verifierUrl, publicJwk }],
    switches: { antiAbuse: 'off' },
    sites: [vendorPage(app), vendorVerifier(verifierUrl, accessKey, newSubject)],
  });
  context = await browser.newContext({ javaScriptEnabled: script === 'runs' });
  page = await context.newPage();
}

function begin(connectionId: string): { body: Record<string, string>; url: string } {
  const body = { connectionId, applicationId: 'app_shop', redirectUrl: `${app}/callback`, codeChallenge: CHALLENGE, codeChallengeMethod: 'S256', flowType: 'code', responseLocation: 'query' };
  return { body, url: `${login}/api/authentication` };
}

describe('a hidden frame', () => {
  /** Starts a guest in a frame, exchanges its code, and asks for a renewal by the session cookie alone. */
  async function startInFrame(): Promise<{ exchanged: number; renewed: number }> {
    await page.goto(app);
    return page.evaluate(async ({ url, body, verifier }) => {
      const call = (method: string, to: string, data: unknown): Promise<Response> =>
        fetch(to, { method, credentials: 'include', headers: { 'content-type': 'application/json' }, body: JSON.stringify(data) });
      const begun = await (await call('POST', url, body)).json();
      const frame = document.createElement('iframe');
      frame.hidden = true;
      frame.src = begun.authenticationUrl;
      const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
      document.body.append(frame);
      await loaded;
      const code = new URL(frame.contentWindow?.location.href ?? '').searchParams.get('code');
      const exchanged = await call('POST', `${url}/${begun.authenticationRequestId}/tokens`, { code, code_verifier: verifier });
      const renewed = await call('PATCH', url.replace('authentication', 'session'), {});
      return { exchanged: exchanged.status, renewed: renewed.status };
    }, { ...begin('sc_guests'), verifier: VERIFIER });
  }

  test('is enough to start a guest: no page navigates, and the session can be renewed', async () => {
    await start();
    expect(await startInFrame()).toEqual({ exchanged: 200, renewed: 200 });
  });

  test('starts a guest at a login host of another site too, whose session cookie the browser then withholds', async () => {
    await start({ loginHost: 'login.elsewhere.localhost' });
    expect(await startInFrame()).toEqual({ exchanged: 200, renewed: 404 });
  });
});

test('the sign-in page works without JavaScript, and wears its style', async () => {
  await start({ script: 'is off' });
  const { body, url } = begin('google');
  const begun = await (await fetch(url.replace(/\/\/[^:]+/, '//127.0.0.1'), { method: 'POST', body: JSON.stringify(body) })).json();
  await page.goto(begun.authenticationUrl);
  expect(await page.getByTestId('person-ada').evaluate((button) => getComputedStyle(button).display)).toBe('flex');
  await page.getByTestId('person-name').fill('Katherine Johnson');
  await page.getByTestId('person-continue').click();
  await page.waitForURL(`${app}/callback?**`);
  expect([...new URL(page.url()).searchParams.keys()]).toEqual(['nonce', 'iss', 'code']);
});
