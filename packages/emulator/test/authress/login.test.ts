import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { createServiceClient } from '../../src/index.ts';
import { LOGIN, makeAccount } from '../support/account.ts';
import { assertion, Browser, locationOf, loginUrl, newSubject, subjectOf, type Assertion } from '../support/browser.ts';

describe('a guest', () => {
  test('has the subject the verifier signed, and tokens that say which service client brought it', async () => {
    const browser = new Browser(await makeAccount());
    const subject = newSubject();
    const { access_token, id_token, expires_in } = await browser.becomeGuest(subject);

    const claims = decodeJwt(access_token);
    expect(claims).toMatchObject({ iss: LOGIN, sub: subject, azp: 'sc_guests', client_id: 'app_shop', aud: ['acc_shop'], scope: 'openid profile email' });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(86_400);
    expect(expires_in).toBe(86_400);
    expect(decodeJwt(id_token)).toMatchObject({ iss: LOGIN, sub: subject, aud: 'app_shop' });
    expect(decodeJwt(id_token)).not.toHaveProperty('email');
  });

  test('carries no mark at all where the service is switched to give none', async () => {
    const { access_token } = await new Browser(await makeAccount({ guestAzp: 'absent' })).becomeGuest();
    expect(decodeJwt(access_token)).not.toHaveProperty('azp');
  });

  test('is somebody else than the next guest', async () => {
    const account = await makeAccount();
    expect(subjectOf(await new Browser(account).becomeGuest())).not.toBe(subjectOf(await new Browser(account).becomeGuest()));
  });
});

describe('an assertion is refused, and the person still can finish with a good one,', () => {
  const hour = 3600;
  const now = Math.floor(Date.now() / 1000);
  const cases: Readonly<Record<string, Assertion>> = {
    'when it expired': { claims: { iat: now - 120, exp: now - 60 } },
    'when it is from the future': { claims: { iat: now + 600, exp: now + 660 } },
    'when it lives for a day': { claims: { exp: now + 24 * hour } },
    'when it has no end': { claims: { exp: undefined } },
    'when it is for another account': { claims: { aud: 'acc_other.accounts.authress.io' } },
    'when it is for two audiences': { claims: { aud: ['acc_shop.accounts.authress.io', 'evil'] } },
    'when it is from another login host': { claims: { iss: 'http://login.evil.localhost:4601/v1/clients/sc_guests' } },
    'when its issuer is the login host itself': { claims: { iss: LOGIN } },
    'when it names another service client': { claims: { client_id: 'sc_other' } },
    'when it names no service client': { claims: { client_id: undefined } },
    'when it names nobody': { claims: { sub: undefined } },
    'when it names a service client as the guest': { sub: 'sc_guests' },
    'when its subject is not a name': { sub: 'user_1\r\nset-cookie: a=b' },
    'when it is a service token, not an assertion': { header: { typ: 'at+jwt' } },
    'when it says it is signed by nothing': { header: { alg: 'none' } },
    'when it is of an unknown key': { header: { kid: 'other' } },
  };
  for (const [when, change] of Object.entries(cases)) {
    test(when, async () => {
      const account = await makeAccount();
      account.time.now = now * 1000;
      const browser = new Browser(account);
      const begun = await browser.begin('sc_guests');
      const refused = await browser.visitVerifier(begun, change);
      expect(refused.status).toBe(400);
      expect(refused.headers.getSetCookie()).toEqual([]);
      expect(await refused.text()).toContain('InvalidAssertion');
      expect((await browser.visitVerifier(begun)).status).toBe(302);
    });
  }

  test('when another key signed it', async () => {
    const browser = new Browser(await makeAccount());
    const begun = await browser.begin('sc_guests');
    const stranger = await createServiceClient('acc_shop', 'sc_guests');
    expect((await browser.visitVerifier(begun, { accessKey: stranger.accessKey })).status).toBe(400);
  });

  test('when it is no token at all', async () => {
    const browser = new Browser(await makeAccount());
    const { id } = await browser.begin('sc_guests');
    for (const code of ['', 'x', 'a.b.c', `${'a'.repeat(20_000)}.b.c`]) expect((await browser.fetch(loginUrl(id, code))).status).toBe(400);
  });
});

describe('an assertion is good once:', () => {
  test('the address it came in cannot be opened again', async () => {
    const account = await makeAccount();
    const browser = new Browser(account);
    const begun = await browser.begin('sc_guests');
    const url = loginUrl(begun.id, assertion(account));
    expect((await browser.fetch(url)).status).toBe(302);
    expect((await browser.fetch(url)).status).toBe(400);
  });

  test('it does not finish another sign-in, however its signature is spelled', async () => {
    const account = await makeAccount();
    const browser = new Browser(account);
    const signed = assertion(account);
    expect((await browser.fetch(loginUrl((await browser.begin('sc_guests')).id, signed))).status).toBe(302);
    for (const again of [signed, `${signed.slice(0, -1)}${signed.endsWith('A') ? 'B' : 'A'}`]) {
      expect((await browser.fetch(loginUrl((await browser.begin('sc_guests')).id, again))).status).toBe(400);
    }
  });

  test('of a hundred at the same time one is taken', async () => {
    const account = await makeAccount();
    const browser = new Browser(account);
    const begun = await browser.begin('sc_guests');
    const signed = assertion(account);
    const answers = await Promise.all(Array.from({ length: 100 }, () => browser.fetch(loginUrl(begun.id, signed))));
    expect(answers.filter(({ status }) => status === 302)).toHaveLength(1);
  });
});

test('a verifier cannot sign in as somebody who has signed in', async () => {
  const browser = new Browser(await makeAccount());
  const ada = subjectOf(await browser.signIn('ada'));
  const refused = await browser.visitVerifier(await browser.begin('sc_guests'), { sub: ada });
  expect(refused.status).toBe(400);
});

test('a refused sign-in goes back to the application where the service is switched so', async () => {
  const browser = new Browser(await makeAccount({ refusedLogin: 'redirect-error' }));
  const begun = await browser.begin('sc_guests');
  const back = locationOf(await browser.fetch(loginUrl(begun.id, 'x')));
  expect(Object.fromEntries(back.searchParams)).toEqual({ nonce: begun.id, iss: LOGIN, error: 'invalid_request' });
});

describe('a sign-in at a fake connection', () => {
  test('of somebody never seen gives a new subject, and the same one the next time', async () => {
    const account = await makeAccount();
    const first = await new Browser(account).signIn('ada');
    const second = await new Browser(account).signIn('ada');
    expect(subjectOf(second)).toBe(subjectOf(first));
    expect(decodeJwt(first.access_token)).toMatchObject({ azp: 'google', sub: expect.stringMatching(/^user_[a-z0-9]{26}$/) });
    expect(decodeJwt(first.id_token)).toMatchObject({ name: 'Ada Lovelace', email: 'ada@example.com', email_verified: true, aud: 'app_shop' });
  });

  test('does not take the Ada of GitHub for the Ada of Google', async () => {
    const account = await makeAccount();
    expect(subjectOf(await new Browser(account).signIn('ada', 'github'))).not.toBe(subjectOf(await new Browser(account).signIn('ada', 'google')));
  });

  test('knows anybody by name, however it is written', async () => {
    const account = await makeAccount();
    const first = await new Browser(account).signIn('Žofie  Nová');
    expect(decodeJwt(first.id_token)).toMatchObject({ name: 'Žofie Nová' });
    expect(subjectOf(await new Browser(account).signIn(' žofie nová'))).toBe(subjectOf(first));
  });

  test('refuses a code that is not of this sign-in, of another connection, used, or late', async () => {
    const account = await makeAccount();
    const browser = new Browser(account);
    const [google, other, github] = [await browser.begin('google'), await browser.begin('google'), await browser.begin('github')];
    const form = new URLSearchParams({ state: google.id, redirect_uri: `${LOGIN}/login`, person: 'ada' });
    const choose = async (): Promise<URL> => locationOf(await browser.fetch(`${google.url.origin}/authorize`, { method: 'POST', body: form }));
    const asked = await choose();
    for (const begun of [other, github]) {
      const moved = new URL(asked);
      moved.searchParams.set('state', begun.id);
      expect((await browser.fetch(moved)).status).toBe(400);
    }
    const mixedUp = new URL(asked);
    mixedUp.searchParams.set('iss', github.url.origin);
    expect((await browser.fetch(mixedUp)).status).toBe(400);
    const late = await choose();
    account.time.now += 61_000;
    expect((await browser.fetch(late)).status).toBe(400);
    const fresh = await choose();
    expect((await browser.fetch(fresh)).status).toBe(302);
    expect((await browser.fetch(fresh)).status).toBe(400);
  });

  test('tells the application that the person cancelled', async () => {
    const browser = new Browser(await makeAccount());
    const { id, url } = await browser.begin('google');
    const page = await (await browser.fetch(url)).text();
    const cancel = /href="([^"]+)" data-testid="person-cancel"/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const back = locationOf(await browser.fetch(cancel));
    expect(Object.fromEntries(back.searchParams)).toEqual({ nonce: id, iss: LOGIN, error: 'access_denied' });
    expect((await browser.fetch(cancel)).status).toBe(400);
  });
});

test('a sign-in nobody finished in an hour is over', async () => {
  const account = await makeAccount();
  const browser = new Browser(account);
  const begun = await browser.begin('sc_guests');
  account.time.now += 3_600_001;
  expect((await browser.visitVerifier(begun)).status).toBe(400);
});
