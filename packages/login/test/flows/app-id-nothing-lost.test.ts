import type { Fault } from '@passerby/emulator';
import { readClaims } from '@passerby/shared';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { createShop, DAY, link, openPage, startGuest, type Guest, type Shop } from '../support/app-id-world.ts';
import { SHOP, type Tab } from '../support/world.ts';

// Each App ID makes keys of its own, which takes seconds on a machine that is busy.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

type What = Fault extends infer One ? (One extends Fault ? Omit<One, 'route' | 'times'> : never) : never;

const html = '<!doctype html><title>Welcome to the airport</title>';
const status = (code: number, body = '', headers: Record<string, string> = {}): What => ({ kind: 'status', status: code, body, headers });
const says = (code: number, error: string): What => status(code, JSON.stringify({ error, error_description: 'No' }));

/** Whatever can come back instead of what was asked for. */
const badAnswers: readonly (readonly [string, What])[] = [
  ['a refused connection', { kind: 'reset' }], ['a lost answer', { kind: 'lost_answer' }], ['a cut body', { kind: 'truncated' }], ['an answer after the time is up', { kind: 'delay', ms: 8_500 }],
  ['408', status(408)], ['425', status(425)], ['429 with seconds', status(429, '', { 'retry-after': '2' })], ['429 in App ID’s words', status(429, '{"error_code":"too many requests","error_description":"too many requests"}')],
  ['500', status(500)], ['502', status(502, html)], ['503', says(503, 'server_error')], ['504', status(504)], ['520', status(520, html)],
  ['200 as HTML', { kind: 'html' }], ['200 {}', status(200, '{}')], ['200 null', status(200, 'null')], ['200 with an empty token', status(200, '{"access_token":""}')], ['200 with a token that is none', status(200, '{"access_token":"x"}')],
  ['302', status(302, '', { location: 'https://portal.test/' })], ['403 as HTML', status(403, html)], ['404 as HTML', status(404, html)], ['405 as HTML', status(405, html)], ['401 without a word', status(401, '{}')], ['451', status(451, html)], ['511', status(511, html)],
  ['400 invalid_request', says(400, 'invalid_request')], ['401 invalid_client', says(401, 'invalid_client')], ['403 FORBIDDEN', status(403, '{"error_code":"FORBIDDEN","error_description":"Pending User Verification"}')],
];

const AUTHORIZATION = 'GET /oauth/v4/{tenant}/authorization';
const TOKEN = 'POST /oauth/v4/{tenant}/token';

describe.each([AUTHORIZATION, TOKEN, 'GET /oauth/v4/{tenant}/publickeys'])('a guest who is renewed, where %s is answered by', (route) => {
  // One App ID for all of them, each in a browser of their own.
  let service: Shop;
  beforeAll(async () => {
    service = await createShop();
  });

  it.each(badAnswers)('%s is the same guest, and is renewed once App ID is well', async (_name, what) => {
    const shop = { ...service, world: service.world.anotherBrowser() };
    const { world } = shop;
    const tab = await startGuest(shop);
    await world.time.pass(16 * DAY);
    const heal = shop.service.faults.add({ route, ...what });
    await world.until(tab.login.getToken());
    await world.time.pass(9_000);
    expect(tab.login.getSession()).toMatchObject({ subject: tab.subject, kind: 'guest', renewable: true });
    heal();
    await world.time.pass(300_000);
    await world.until(tab.login.getToken());
    await world.time.pass(5_000);
    const { sub, exp } = readClaims(await world.until(tab.login.getToken()));
    expect(sub).toBe(tab.subject);
    expect(exp).toBeGreaterThan(world.time.wall / 1000 + 29 * 86_400);
    expect(world.requests.filter((one) => one === 'POST /auth/guest')).toHaveLength(1);
  });
});

it('a guest whose renewals lose every answer, a hundred times, is the same guest', { timeout: 120_000 }, async () => {
  const shop = await createShop();
  const tab = await startGuest(shop);
  for (let i = 0; i < 100; i++) {
    await shop.world.time.pass(16 * DAY);
    shop.world.loseAnswers(1);
    await shop.world.until(tab.login.getToken());
    await shop.world.time.pass(30_000);
    await shop.world.until(tab.login.getToken());
    await shop.world.time.pass(1_000);
    expect(readClaims(await shop.world.until(tab.login.getToken()))).toMatchObject({ sub: tab.subject });
  }
  expect(shop.service.profiles).toHaveLength(1);
});

const cuts: readonly (readonly [string, What])[] = [['503', status(503)], ['HTML', { kind: 'html' }], ['a cut connection', { kind: 'reset' }], ['a lost answer', { kind: 'lost_answer' }], ['half an answer', { kind: 'truncated' }]];

/** The person gives up where the page failed, and tries again a minute later: in the end they are the user, and the guest's things are there. */
async function endsWell(shop: Shop, guest: Guest, back: Tab): Promise<void> {
  const { world } = shop;
  if (back.login.getSession()?.kind === 'guest') expect(readClaims(await world.until(back.login.getToken()))).toMatchObject({ sub: guest.subject });
  await world.time.pass(60_000);
  const last = back.login.getSession()?.kind === 'guest' ? (await link(shop, back)).back : back;
  if (last.login.getSession()?.kind === 'guest') await world.until(last.login.resolveLink('continue_as_user'));
  await world.time.pass(2_000);
  const user = shop.service.profiles.find(({ kind }) => kind === 'identified')?.id;
  expect(last.login.getSession()).toMatchObject({ kind: 'user', subject: user });
  expect([...shop.merged.values()].map(({ from, to }) => ({ from, to }))).toEqual(user === guest.subject ? [] : [{ from: guest.subject, to: user }]);
}

describe.each(['yes', 'no'] as const)('a sign-in (subject kept: %s) that is cut at', (linkKeepsSub) => {
  const steps = [AUTHORIZATION, TOKEN, 'GET /api/v1/attributes'].flatMap((step) => cuts.map(([name, what]) => [step, name, what] as const));

  it.each(steps)('%s by %s leaves a guest or the user, and nothing of the guest is lost', async (step, _name, what) => {
    const shop = await createShop({ switches: { linkKeepsSub } });
    const { world } = shop;
    const tab = await startGuest(shop);
    const google = { connectionId: 'google' };
    if (step !== TOKEN) shop.service.faults.add({ route: step, times: 1, ...what });
    const address = await world.backFrom(tab, (login) => login.linkIdentity(google), 'ada').catch(() => SHOP);
    if (step === TOKEN) shop.service.faults.add({ route: step, times: 1, ...what });
    const back = openPage(shop, address);
    await world.until(back.login.completeLogin().catch(() => null));
    await endsWell(shop, tab, back);
  });
});

describe('a sign-in whose guest is attached afterwards, and that is cut there by', () => {
  it.each(cuts)('%s leaves a guest or the user, and nothing of the guest is lost', async (_name, what) => {
    const shop = await createShop({ switches: { widget: 'cookie' } });
    const { world } = shop;
    const tab = await startGuest(shop);
    const address = await world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada');
    const back = openPage(shop, address);
    shop.service.faults.add({ route: 'GET /api/v1/attributes', times: 1, ...what });
    await world.until(back.login.completeLogin().catch(() => null));
    await endsWell(shop, tab, back);
  });
});
