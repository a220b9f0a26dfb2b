import { describe, expect, test } from 'vitest';
import { APP, LOGIN, makeAccount, type Account } from './support/account.ts';
import { Browser } from './support/browser.ts';
import type { Fault } from '../src/index.ts';

async function guestOf(account: Account): Promise<{ browser: Browser; renew: () => Promise<Response> }> {
  const browser = new Browser(account);
  await browser.becomeGuest();
  return { browser, renew: () => browser.call('PATCH', '/api/session', {}) };
}

describe('a fault', () => {
  test('of a status answers with it, its headers and its body, and the page can read it', async () => {
    const account = await makeAccount();
    const { renew } = await guestOf(account);
    account.authress.faults.add({ route: 'PATCH /api/session', kind: 'status', status: 503, headers: { 'retry-after': '7' }, body: '{"errorCode":"Busy"}' });
    const response = await renew();
    expect([response.status, response.headers.get('retry-after'), await response.text(), response.headers.get('access-control-allow-origin')]).toEqual([503, '7', '{"errorCode":"Busy"}', APP]);
  });

  test('of a status from a box in between carries no CORS headers', async () => {
    const account = await makeAccount();
    const { renew } = await guestOf(account);
    account.authress.faults.add({ route: 'PATCH /api/session', kind: 'status', status: 502, cors: 'absent' });
    expect((await renew()).headers.has('access-control-allow-origin')).toBe(false);
  });

  test('of HTML is a page with 200, as a captive portal gives it', async () => {
    const account = await makeAccount();
    const { renew } = await guestOf(account);
    account.authress.faults.add({ route: 'PATCH /api/session', kind: 'html' });
    const response = await renew();
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html']);
    expect(await response.text()).toContain('<!doctype html>');
  });

  test('of a truncated answer gives half of the body', async () => {
    const account = await makeAccount();
    const { renew } = await guestOf(account);
    account.authress.faults.add({ route: 'PATCH /api/session', kind: 'truncated' });
    const response = await renew();
    expect(response.status).toBe(200);
    await expect(response.json()).rejects.toThrow(SyntaxError);
  });

  test('of a reset cuts the connection before anything is done', async () => {
    const account = await makeAccount();
    const { browser, renew } = await guestOf(account);
    account.authress.faults.add({ route: 'DELETE /api/session', kind: 'reset' });
    await expect(browser.call('DELETE', '/api/session')).rejects.toThrow(TypeError);
    expect((await renew()).status).toBe(200);
  });

  test('of a lost answer does the work, and cuts the connection', async () => {
    const account = await makeAccount();
    const { browser, renew } = await guestOf(account);
    account.authress.faults.add({ route: 'DELETE /api/session', kind: 'lost_answer' });
    await expect(browser.call('DELETE', '/api/session')).rejects.toThrow(TypeError);
    expect((await renew()).status).toBe(404);
  });

  test('of a delay waits on the clock it was given, and then works', async () => {
    const waits: number[] = [];
    const account = await makeAccount({}, { sleep: async (ms) => void waits.push(ms) });
    const { renew } = await guestOf(account);
    account.authress.faults.add({ route: 'PATCH /api/session', kind: 'delay', ms: 30_000 });
    expect((await renew()).status).toBe(200);
    expect(waits).toEqual([30_000]);
  });

  test('of a delay before a cut connection does both', async () => {
    const waits: number[] = [];
    const account = await makeAccount({}, { sleep: async (ms) => void waits.push(ms) });
    const { renew } = await guestOf(account);
    account.authress.faults.add({ route: 'PATCH /api/session', kind: 'reset' });
    account.authress.faults.add({ route: 'PATCH /api/session', kind: 'delay', ms: 5 });
    await expect(renew()).rejects.toThrow(TypeError);
    expect(waits).toEqual([5]);
  });
});

describe('faults happen', () => {
  const busy: Fault = { route: 'PATCH /api/session', kind: 'status', status: 503 };

  test('as often as they were asked for', async () => {
    const account = await makeAccount();
    const { renew } = await guestOf(account);
    account.authress.faults.add({ ...busy, times: 2 });
    expect([(await renew()).status, (await renew()).status, (await renew()).status]).toEqual([503, 503, 200]);
  });

  test('until they are cleared, or taken back', async () => {
    const account = await makeAccount();
    const { renew } = await guestOf(account);
    account.authress.faults.add(busy);
    expect([(await renew()).status, (await renew()).status]).toEqual([503, 503]);
    account.authress.faults.clear();
    expect((await renew()).status).toBe(200);
    const takeBack = account.authress.faults.add(busy);
    expect((await renew()).status).toBe(503);
    takeBack();
    expect((await renew()).status).toBe(200);
  });

  test('one after another', async () => {
    const account = await makeAccount();
    const { renew } = await guestOf(account);
    account.authress.faults.add({ ...busy, times: 1 });
    account.authress.faults.add({ ...busy, status: 429, times: 1 });
    expect([(await renew()).status, (await renew()).status, (await renew()).status]).toEqual([503, 429, 200]);
  });

  test('only on their route, or on every one', async () => {
    const account = await makeAccount();
    const { browser, renew } = await guestOf(account);
    account.authress.faults.add({ ...busy, route: 'POST /api/authentication/{id}/tokens' });
    expect((await renew()).status).toBe(200);
    expect((await browser.call('POST', '/api/authentication/abc/tokens', {})).status).toBe(503);
    account.authress.faults.add({ ...busy, route: '*', status: 500 });
    expect((await renew()).status).toBe(500);
    expect((await browser.fetch(`${LOGIN}/login`)).status).toBe(500);
  });

  test('after the preflight, which is always answered', async () => {
    const account = await makeAccount();
    account.authress.faults.add({ route: '*', kind: 'reset' });
    expect((await new Browser(account).fetch(`${LOGIN}/api/session`, { method: 'OPTIONS', from: APP })).status).toBe(204);
  });
});
