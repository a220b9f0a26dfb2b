import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { APP, LOGIN, makeAccount } from '../support/account.ts';
import { Browser, locationOf, newSubject, subjectOf } from '../support/browser.ts';

describe('a session', () => {
  test('gives fresh tokens of the same subject, in the body', async () => {
    const account = await makeAccount();
    const browser = new Browser(account);
    const first = await browser.becomeGuest();
    account.time.now += 3_600_000;
    const response = await browser.call('PATCH', '/api/session', {});
    const fresh = await response.json();
    expect(Object.keys(fresh)).toEqual(['access_token', 'id_token', 'expires_in']);
    expect(subjectOf(fresh)).toBe(subjectOf(first));
    expect((decodeJwt(fresh.access_token).iat ?? 0) - (decodeJwt(first.access_token).iat ?? 0)).toBe(3600);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  test('gives them in cookies where the service is switched so', async () => {
    const browser = new Browser(await makeAccount({ sessionAnswer: 'cookies' }));
    const subject = newSubject();
    await browser.becomeGuest(subject);
    const response = await browser.call('PATCH', '/api/session', {});
    expect(await response.json()).toEqual({});
    expect(decodeJwt(browser.cookies.get('authorization') ?? '')).toMatchObject({ sub: subject });
    expect(decodeJwt(browser.cookies.get('user') ?? '')).toMatchObject({ sub: subject });
  });

  for (const status of [400, 404, 409] as const) {
    test(`that does not exist is a ${status} with an error code`, async () => {
      const response = await new Browser(await makeAccount({ sessionMissingStatus: status })).call('PATCH', '/api/session', {});
      expect(response.status).toBe(status);
      expect(await response.json()).toEqual({ title: expect.any(String), errorCode: 'SessionNotFound', errorId: expect.any(String) });
    });
  }

  test('lives for thirty days after its last renewal', async () => {
    const account = await makeAccount();
    const browser = new Browser(account);
    await browser.becomeGuest();
    const day = 86_400_000;
    for (const days of [29, 29]) {
      account.time.now += days * day;
      expect((await browser.call('PATCH', '/api/session', {})).status).toBe(200);
    }
    account.time.now += 30 * day;
    expect((await browser.call('PATCH', '/api/session', {})).status).toBe(404);
  });

  test('lives for thirty days in all where the service is switched so', async () => {
    const account = await makeAccount({ sessionExpiry: 'fixed' });
    const browser = new Browser(account);
    await browser.becomeGuest();
    account.time.now += 29 * 86_400_000;
    expect((await browser.call('PATCH', '/api/session', {})).headers.getSetCookie()).toEqual([]);
    account.time.now += 86_400_000;
    expect((await browser.call('PATCH', '/api/session', {})).status).toBe(404);
  });

  test('is nobody else than whose cookie it is', async () => {
    const account = await makeAccount();
    const browser = new Browser(account);
    await browser.becomeGuest();
    const [name, value] = [...browser.cookies][0] ?? ['', ''];
    const [ref] = value.split('.');
    for (const guessed of ['', ref ?? '', `${ref}.`, `${ref}.undefined`, `${ref}.${ref}`, '__proto__.x']) {
      const thief = new Browser(account);
      thief.cookies.set(name, guessed);
      expect((await thief.call('PATCH', '/api/session', {})).status).toBe(404);
    }
  });

  test('ends when the service forgets it, and the people stay known', async () => {
    const account = await makeAccount();
    const browser = new Browser(account);
    const ada = subjectOf(await browser.signIn('ada'));
    account.authress.forgetSessions();
    expect((await browser.call('PATCH', '/api/session', {})).status).toBe(404);
    expect(subjectOf(await browser.signIn('ada'))).toBe(ada);
  });
});

describe('logging out', () => {
  test('ends the session and takes every cookie back', async () => {
    const account = await makeAccount({ sessionAnswer: 'cookies' });
    const browser = new Browser(account);
    const { access_token } = await browser.becomeGuest();
    await browser.call('PATCH', '/api/session', {});
    const kept = new Map(browser.cookies);
    expect((await browser.call('DELETE', '/api/session')).status).toBe(200);
    expect([...browser.cookies]).toEqual([]);
    for (const [name, value] of kept) browser.cookies.set(name, value);
    expect((await browser.call('PATCH', '/api/session', {})).status).toBe(404);
    expect((await browser.call('GET', '/api/session/profile', undefined, { authorization: `Bearer ${access_token}` })).status).toBe(401);
  });

  test('of nobody is no error', async () => {
    expect((await new Browser(await makeAccount()).call('DELETE', '/api/session')).status).toBe(200);
  });

  test('by navigation sends the person back to the shop', async () => {
    const browser = new Browser(await makeAccount());
    await browser.becomeGuest();
    const response = await browser.fetch(`${LOGIN}/logout?${new URLSearchParams({ redirect_uri: `${APP}/bye`, client_id: 'app_shop' })}`);
    expect(response.status).toBe(307);
    expect(locationOf(response).href).toBe(`${APP}/bye`);
    expect((await browser.call('PATCH', '/api/session', {})).status).toBe(404);
  });

  test('by navigation sends nobody anywhere else', async () => {
    const browser = new Browser(await makeAccount());
    await browser.becomeGuest();
    for (const query of ['', '?redirect_uri=https%3A%2F%2Fevil.example%2F', `?client_id=app_other&redirect_uri=${encodeURIComponent(APP)}`]) {
      const response = await browser.fetch(`${LOGIN}/logout${query}`);
      expect([response.status, response.headers.get('location')]).toEqual([400, null]);
    }
    expect((await browser.call('PATCH', '/api/session', {})).status).toBe(200);
  });
});

test('a profile is for whoever has a session, and a guest has no identities', async () => {
  const browser = new Browser(await makeAccount());
  expect((await browser.call('GET', '/api/session/profile')).status).toBe(401);
  await browser.becomeGuest();
  expect(await (await browser.call('GET', '/api/session/profile')).json()).toEqual({ linkedIdentities: [] });
});
