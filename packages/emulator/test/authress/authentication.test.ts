import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createServiceClient } from '../../src/index.ts';
import { APP, GOOGLE, LOGIN, makeAccount, VERIFIER, type Account } from '../support/account.ts';
import { authenticationBody, Browser } from '../support/browser.ts';

const ask = (account: Account, changes: Record<string, unknown>): Promise<Response> =>
  new Browser(account).call('POST', '/api/authentication', authenticationBody('sc_guests', 'a'.repeat(64), { codeChallenge: undefined, codeChallengeMethod: undefined, flowType: undefined, ...changes }));

describe('whoever asks to sign in', () => {
  test('is sent to the verifier behind a service client, with what it needs to answer', async () => {
    const answer = await (await ask(await makeAccount(), {})).json();
    const url = new URL(answer.authenticationUrl);
    expect(url.origin + url.pathname).toBe(VERIFIER);
    expect(Object.fromEntries(url.searchParams)).toEqual({ client_id: 'sc_guests', redirect_uri: `${LOGIN}/login`, response_type: 'code', state: answer.authenticationRequestId });
    expect(answer.enableCredentials).toBe(true);
  });

  test('is sent to the page of a fake connection', async () => {
    const answer = await (await ask(await makeAccount(), { connectionId: 'google' })).json();
    expect(answer.authenticationUrl).toMatch(`${GOOGLE}/authorize?`);
  });

  test('is told to leave cookies out where none can be shared', async () => {
    const account = await makeAccount({}, { applications: [{ applicationId: 'app_shop', redirectOrigins: [APP, 'http://localhost:4600', 'http://shop.example'] }] });
    for (const redirectUrl of ['http://localhost:4600/', 'http://shop.example/']) {
      expect((await (await ask(account, { redirectUrl })).json()).enableCredentials).toBe(false);
    }
  });
});

describe('a sign-in is refused', () => {
  const cases: readonly (readonly [string, Record<string, unknown>])[] = [
    ['InvalidApplication', { applicationId: 'app_other' }],
    ['InvalidApplication', { applicationId: undefined }],
    ['InvalidConnection', { connectionId: 'twitter' }],
    ['InvalidConnection', { connectionId: undefined }],
    ['InvalidConnection', { connectionId: '__proto__' }],
    ['InvalidFlowType', { flowType: 'token everything' }],
    ['InvalidResponseLocation', { responseLocation: 'header' }],
    ['InvalidRequest', { audiences: 'one' }],
  ];
  for (const [errorCode, changes] of cases) {
    test(`with ${errorCode} for ${JSON.stringify(changes)}`, async () => {
      const response = await ask(await makeAccount(), changes);
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({ title: expect.any(String), errorCode, errorId: expect.any(String) });
    });
  }

  test('when its body is no JSON object', async () => {
    const browser = new Browser(await makeAccount());
    for (const body of ['', '{', '[]', 'null', '"text"']) {
      expect((await browser.fetch(`${LOGIN}/api/authentication`, { method: 'POST', from: APP, body })).status).toBe(400);
    }
  });
});

describe('a redirect URL', () => {
  const good = [`${APP}/`, `${APP}/cart`, `${APP}/cart?a=b&c=%20d`, `${APP}/#/route?x=1`, APP, 'http://localhost:4600/cart'];
  for (const redirectUrl of good) {
    test(`is taken: ${redirectUrl}`, async () => expect((await ask(await makeAccount(), { redirectUrl })).status).toBe(200));
  }

  const bad = [
    undefined, '', '/cart', 'cart', '//www.shop.localhost:4600/cart', 'http:www.shop.localhost:4600', 'javascript:alert(1)', 'data:text/html,x', `blob:${APP}/x`,
    'https://www.shop.localhost:4600/cart', 'http://www.shop.localhost/cart', 'http://www.shop.localhost:4601/cart', 'http://www.shop.localhost:46000/cart',
    'HTTP://www.shop.localhost:4600/cart', 'http://WWW.shop.localhost:4600/cart', 'http://www.shop.localhost.:4600/cart', 'http://www.shop.localhost:4600.evil.example/',
    'http://www.shop.localhost:4600@evil.example/', 'http://evil.example/www.shop.localhost:4600', 'http://evil.example#www.shop.localhost:4600', 'http://evil.example?www.shop.localhost:4600',
    'http://user@www.shop.localhost:4600/', 'http://user:password@www.shop.localhost:4600/', 'http://:@www.shop.localhost:4600/',
    'http:\\\\www.shop.localhost:4600\\cart', 'http://www.shop.localhost:4600\\cart', 'http://evil.example\\@www.shop.localhost:4600/', 'http:///www.shop.localhost:4600/', 'http:/www.shop.localhost:4600/',
    `${APP}/a/../cart`, `${APP}/./cart`, `${APP}/a/%2e%2e/cart`, `${APP}/%2E/cart`, `${APP}/ca\trt`, ` ${APP}/cart`, `${APP}/cart\n`, `${APP}/cart `, `${APP}/ä`,
    'http://xn--www-hga.shop.localhost:4600/', 'http://www%2eshop.localhost:4600/', 'http://www。shop.localhost:4600/', 'http://sub.www.shop.localhost:4600/', 'http://shop.localhost:4600/',
    'http://wwwxshop.localhost:4600/', 'http://0x7f000001:4600/', 'http://127.0.0.1:4600/', 'http://[::1]:4600/', 'http://localhost:4600.evil.example/',
  ];
  for (const redirectUrl of bad) {
    test(`is refused: ${JSON.stringify(redirectUrl)}`, async () => {
      const response = await ask(await makeAccount(), { redirectUrl });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ errorCode: 'InvalidRedirectUrl' });
    });
  }

  test('that is taken always has a registered origin, whatever letters are put into it', async () => {
    const account = await makeAccount();
    const letters = fc.constantFrom('/', '\\', '@', '#', '?', ':', '.', '%2e', '%00', 'evil.example', ' ', '\t', '//', 'ß', ';');
    await fc.assert(
      fc.asyncProperty(fc.nat(APP.length + 5), letters, async (at, letter) => {
        const whole = `${APP}/cart`;
        const redirectUrl = whole.slice(0, at) + letter + whole.slice(at);
        const response = await ask(account, { redirectUrl });
        if (response.status === 200) expect([new URL(redirectUrl).origin, redirectUrl.slice(0, APP.length)]).toEqual([APP, APP]);
      }),
      { numRuns: 400 },
    );
  });
});

describe('a proof of work', () => {
  /** What the published browser SDK computes. */
  function work(time: number, values: string): string {
    for (let n = 1; ; n++) {
      const hash = createHash('sha256').update(`${time};${n};${values}`).digest('base64url');
      if (hash.startsWith('00')) return `v2;${time};${n};${hash}`;
    }
  }

  test('that was captured from the published browser SDK is taken', async () => {
    const { publicJwk } = await createServiceClient('acc_1', 'sc_1');
    const account = await makeAccount({ antiAbuse: 'required' }, {
      applications: [{ applicationId: 'app_1', redirectOrigins: [APP] }],
      serviceClients: [{ clientId: 'sc_1', authorizationUrl: VERIFIER, publicJwk }],
      clock: () => 1795256077648,
    });
    const antiAbuseHash = 'v2;1795256077648;2855;00DUXvhfQPJnPA7aRcwN_ZpVtbHam191-udCdoRhFDA';
    expect((await ask(account, { applicationId: 'app_1', connectionId: 'sc_1', antiAbuseHash })).status).toBe(200);
  });

  test('covers the audiences too', async () => {
    const account = await makeAccount({ antiAbuse: 'required' });
    const audiences = ['a', 'b'];
    expect((await ask(account, { audiences, antiAbuseHash: work(account.time.now, 'sc_guests|app_shop|a,b') })).status).toBe(200);
    expect((await ask(account, { audiences, antiAbuseHash: work(account.time.now, 'sc_guests|app_shop') })).status).toBe(400);
  });

  test('is good once, and for five minutes', async () => {
    const account = await makeAccount({ antiAbuse: 'required' });
    const antiAbuseHash = work(account.time.now, 'sc_guests|app_shop');
    expect((await ask(account, { antiAbuseHash })).status).toBe(200);
    expect((await ask(account, { antiAbuseHash })).status).toBe(400);
    for (const time of [account.time.now - 300_001, account.time.now + 300_001]) {
      expect((await ask(account, { antiAbuseHash: work(time, 'sc_guests|app_shop') })).status).toBe(400);
    }
    account.authress.switches.antiAbuseReplay = 'accepted';
    expect((await ask(account, { antiAbuseHash })).status).toBe(200);
  });

  test('that was not worked for is refused', async () => {
    const account = await makeAccount({ antiAbuse: 'required' });
    const lazy = createHash('sha256').update(`${account.time.now};1;sc_guests|app_shop`).digest('base64url');
    for (const antiAbuseHash of ['', 'v2', `v2;${account.time.now};1;${lazy}`, `v1;${work(account.time.now, 'sc_guests|app_shop').slice(3)}`]) {
      const response = await ask(account, { antiAbuseHash });
      expect(await response.json()).toMatchObject({ errorCode: 'InvalidAntiAbuseHash' });
    }
  });

  test('may be absent where it is optional, but then not wrong', async () => {
    const account = await makeAccount({ antiAbuse: 'optional' });
    expect((await ask(account, {})).status).toBe(200);
    expect((await ask(account, { antiAbuseHash: 'v2;1;1;00' })).status).toBe(400);
    account.authress.switches.antiAbuse = 'off';
    expect((await ask(account, { antiAbuseHash: 'v2;1;1;00' })).status).toBe(200);
    account.authress.switches.antiAbuse = 'required';
    expect((await ask(account, {})).status).toBe(400);
  });
});
