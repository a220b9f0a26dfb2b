import type { Fault } from '@passerby/emulator';
import { beforeEach, describe, expect, it } from 'vitest';
import { LOGIN, SHOP, World, type Tab } from '../support/world.ts';

type What = Fault extends infer One ? (One extends Fault ? Omit<One, 'route' | 'times'> : never) : never;

const html = '<!doctype html><title>Welcome to the airport</title>';
const status = (code: number, body = '', headers: Record<string, string> = {}): What => ({ kind: 'status', status: code, body, headers });

/** Whatever can come back instead of a renewal. */
const badAnswers: readonly (readonly [string, What])[] = [
  ['a refused connection', { kind: 'reset' }], ['a lost answer', { kind: 'lost_answer' }], ['a cut body', { kind: 'truncated' }], ['an answer after the time is up', { kind: 'delay', ms: 8_500 }],
  ['408', status(408)], ['425', status(425)], ['429 with seconds', status(429, '', { 'retry-after': '2' })],
  ['429 with a date', status(429, '', { 'retry-after': 'Mon, 05 Jan 2026 13:05:00 GMT' })], ['429 with nothing', status(429)],
  ['500', status(500)], ['502', status(502, html)], ['503', status(503)], ['504', status(504)], ['520', status(520, html)],
  ['200 as HTML', { kind: 'html' }], ['200 {}', status(200, '{}')], ['200 null', status(200, 'null')],
  ['200 with a token that is none', status(200, '{"access_token":"x","id_token":"y","expires_in":60}')], ['200 with a number for a token', status(200, '{"access_token":1}')],
  ['302', status(302, '', { location: 'https://portal.test/' })], ['403 as HTML', status(403, html)], ['404 as HTML', status(404, html)], ['405 as HTML', status(405, html)],
  ['401 without an OAuth error', status(401, '{}')], ['451', status(451, html)], ['511', status(511, html)],
  ['invalid_client', status(401, '{"error":"invalid_client"}')], ['unauthorized_client', status(400, '{"error":"unauthorized_client"}')],
];

describe('a guest whose renewal is answered by', () => {
  it.each(badAnswers)('%s is the same guest, with a token, once the service is well', async (_name, what) => {
    const world = await World.create();
    const tab = world.open();
    const { subject } = await world.until(tab.login.authenticate());
    await world.expireTokens();
    const heal = world.authress.faults.add({ route: 'PATCH /api/session', ...what });
    await world.until(tab.login.getToken().catch(() => undefined));
    expect(tab.login.getSession()).toMatchObject({ subject, kind: 'guest' });
    heal();
    await world.time.pass(300_000);
    expect(await world.until(tab.login.getToken())).toEqual(expect.any(String));
    expect(tab.login.getSession()).toMatchObject({ subject, kind: 'guest', renewable: true });
    expect(world.verifierRequests).toBe(1);
  });

  it.each([
    ["another subject's grant", {}], ['a token of another type', { token_type: 'mac' }],
  ])('%s is the same guest, with a token, once the service is itself again', async (_name, change) => {
    const world = await World.create();
    const tab = world.open();
    const { subject } = await world.until(tab.login.authenticate());
    await world.expireTokens();
    const browser = Object.keys(change).length > 0 ? world : world.anotherBrowser();
    if (browser !== world) await world.until(browser.open().login.authenticate());
    const renewal = await world.authress.handle(new Request(`${LOGIN}/api/session`, {
      method: 'PATCH', body: '{}', headers: { 'content-type': 'application/json', origin: SHOP, cookie: browser.jar.for(new URL(LOGIN)) },
    }));
    const body = JSON.stringify({ ...((await renewal.json()) as object), ...change });
    world.authress.faults.add({ route: 'PATCH /api/session', kind: 'status', status: 200, body, times: 1 });
    await expect(world.until(tab.login.getToken({ deadlineMs: 100 }))).rejects.toMatchObject({ code: expect.stringMatching(/session_changed|response_invalid|deadline/) });
    expect(tab.login.getSession()).toMatchObject({ subject, kind: 'guest' });
    await world.time.pass(60_000);
    expect(await world.until(tab.login.getToken())).toEqual(expect.any(String));
    expect(tab.login.getSession()).toMatchObject({ subject, kind: 'guest', renewable: true });
  });

  it('nothing at all, a thousand times, each time after the service did its work, is the same guest', { timeout: 60_000 }, async () => {
    const world = await World.create();
    const tab = world.open();
    const { subject } = await world.until(tab.login.authenticate());
    for (let i = 0; i < 1_000; i++) {
      await world.expireTokens();
      world.authress.faults.add({ route: 'PATCH /api/session', kind: 'lost_answer', times: 1 });
      expect(await world.until(tab.login.getToken())).toEqual(expect.any(String));
    }
    expect(tab.login.getSession()).toMatchObject({ subject, kind: 'guest', renewable: true });
  });
});

describe('a link that is cut at', () => {
  const steps = ['POST /api/authentication', 'GET /login', 'POST /api/authentication/{id}/tokens'] as const;
  const faults: readonly (readonly [string, What])[] = [['503', status(503)], ['HTML', { kind: 'html' }], ['a cut connection', { kind: 'reset' }], ['a lost answer', { kind: 'lost_answer' }], ['half an answer', { kind: 'truncated' }]];
  const cuts = steps.flatMap((step) => faults.map(([name, what]) => [step, name, what] as const));

  it.each(cuts)('%s by %s leaves a working guest or the user it became, never half of it', async (step, _name, what) => {
    const world = await World.create();
    const tab = world.open();
    const { subject } = await world.until(tab.login.authenticate());
    world.authress.faults.add({ route: step, times: 1, ...what });

    const address = await world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada').catch(() => '/');
    // Who is left on a page of the service goes back to the shop by hand.
    const back = world.open(new URL(address, SHOP).origin === SHOP ? address : '/');
    await world.until(back.login.completeLogin().catch(() => null));
    expect(back.login.getSession()).toMatchObject({ subject });
    expect(await world.until(back.login.getToken())).toEqual(expect.any(String));

    await world.time.pass(60_000);
    if (back.login.getSession()?.kind === 'user') return;
    const second = back.login.linkIdentity({ connectionId: 'google' });
    const left = world.departureOf(back);
    // Where the service had linked them all the same, the second try just says so.
    if ((await world.until(Promise.race([second.then(() => 'linked'), left.then(() => 'left')]))) === 'left') {
      const again = await world.signIn(back, () => second, 'ada');
      expect(await world.until(again.login.completeLogin())).toMatchObject({ type: 'linked', session: { subject, kind: 'user' } });
    } else {
      expect(await second).toMatchObject({ type: 'linked', session: { subject, kind: 'user' } });
    }
  });
});

describe('a hundred people who link the same identity at once', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });

  it('have one winner, and every loser a guest that works', { timeout: 60_000 }, async () => {
    const people = Array.from({ length: 100 }, () => world.anotherBrowser());
    const tabs: Tab[] = [];
    for (const person of people) {
      const tab = person.open();
      await world.until(tab.login.authenticate());
      tabs.push(tab);
    }
    const guests = tabs.map(({ login }) => login.getSession()?.subject);
    const addresses: string[] = [];
    for (const [i, person] of people.entries()) addresses.push(await person.backFrom(tabs[i]!, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada'));
    const back = people.map((person, i) => person.open(addresses[i]));
    const outcomes = await world.until(Promise.all(back.map(({ login }) => login.completeLogin())));
    expect(outcomes.filter((outcome) => outcome?.type === 'linked')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome?.type === 'identity_in_use')).toHaveLength(99);
    for (const [i, { login }] of back.entries()) {
      expect(login.getSession()?.subject).toBe(guests[i]);
      expect(await world.until(login.getToken())).toEqual(expect.any(String));
    }
  });
});
