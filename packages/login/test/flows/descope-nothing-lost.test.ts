import type { Fault } from '@passerby/emulator';
import { readClaims } from '@passerby/shared';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { createShop, openPage, typing, type Shop } from '../support/descope-world.ts';
import { descopeError, jwt } from '../support/descope-samples.ts';
import { SHOP, type Tab } from '../support/world.ts';

// Each Descope makes keys of its own, which takes seconds on a machine that is busy.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

type What = Fault extends infer One ? (One extends Fault ? Omit<One, 'route' | 'times'> : never) : never;

const html = '<!doctype html><title>Welcome to the airport</title>';
const status = (code: number, body = '', headers: Record<string, string> = {}): What => ({ kind: 'status', status: code, body, headers });
const says = (code: number, errorCode: string): What => status(code, JSON.stringify(descopeError(errorCode)));

/** Whatever can come back instead of a renewal. */
const badAnswers: readonly (readonly [string, What])[] = [
  ['a refused connection', { kind: 'reset' }], ['a lost answer', { kind: 'lost_answer' }], ['a cut body', { kind: 'truncated' }], ['an answer after the time is up', { kind: 'delay', ms: 8_500 }],
  ['408', status(408)], ['425', status(425)], ['429 with seconds', status(429, '', { 'retry-after': '2' })], ['429 in Descope’s word', says(429, 'E130429')], ['500', status(500)], ['502', status(502, html)], ['503', says(503, 'E000000')],
  ['504', status(504)], ['520', status(520, html)], ['200 as HTML', { kind: 'html' }], ['200 {}', status(200, '{}')], ['200 null', status(200, 'null')], ['200 with empty tokens', status(200, '{"sessionJwt":"","refreshJwt":""}')],
  ['200 with a token that is none', status(200, '{"sessionJwt":"x"}')], ['200 with another project’s token', status(200, JSON.stringify({ sessionJwt: jwt({ iss: 'P2other', drn: 'DS', sub: 'U2', iat: 1, exp: 61 }) }))],
  ['302', status(302, '', { location: 'https://portal.test/' })], ['403 as HTML', status(403, html)], ['404 as HTML', status(404, html)], ['405 as HTML', status(405, html)], ['401 without a word', status(401, '{}')], ['451', status(451, html)], ['511', status(511, html)],
  ['400 E011001', says(400, 'E011001')], ['401 E011004', says(401, 'E011004')], ['401 E061005', says(401, 'E061005')], ['403 E064001', says(403, 'E064001')], ['404 E062108', says(404, 'E062108')],
];

async function startGuest(shop: Shop): Promise<Tab & { readonly subject: string }> {
  const tab = openPage(shop);
  return Object.assign(tab, { subject: (await shop.world.until(tab.login.authenticate())).subject });
}

describe.each(['body', 'refresh_cookie', 'cookies'] as const)('a guest of a shop whose sessions travel by %s, and whose renewal is answered by', (sessions) => {
  // One Descope for all of them, each in a browser of their own.
  let service: Shop;
  beforeAll(async () => {
    service = await createShop({ sessions });
  });

  it.each(badAnswers)('%s is the same guest, and is renewed once Descope is well', async (_name, what) => {
    const world = service.world.anotherBrowser();
    const shop = { ...service, world };
    const tab = await startGuest(shop);
    await world.time.pass(700_000);
    const heal = shop.service.faults.add({ route: 'POST /v1/auth/refresh', ...what });
    await world.until(tab.login.getToken().catch(() => undefined));
    expect(tab.login.getSession()).toMatchObject({ subject: tab.subject, kind: 'guest' });
    heal();
    await world.time.pass(300_000);
    const token = await world.until(tab.login.getToken().catch((error: unknown) => error));
    if (sessions === 'cookies') expect(token).toMatchObject({ code: 'unsupported' });
    else expect(readClaims(token as string)).toMatchObject({ sub: tab.subject });
    expect(tab.login.getSession()).toMatchObject({ subject: tab.subject, kind: 'guest', renewable: true });
    expect(world.requests.filter((one) => one === 'POST /auth/guest')).toHaveLength(1);
  });
});

it('a guest whose renewal is somebody else’s is the same guest', async () => {
  const shop = await createShop();
  const tab = await startGuest(shop);
  const stranger = { ...shop, world: shop.world.anotherBrowser() };
  const other = await startGuest(stranger);
  await shop.world.time.pass(700_000);
  const theirs = await stranger.world.until(other.login.getToken());
  shop.service.faults.add({ route: 'POST /v1/auth/refresh', kind: 'status', status: 200, body: JSON.stringify({ sessionJwt: theirs, refreshJwt: '' }), times: 1 });
  await shop.world.until(tab.login.getToken().catch(() => undefined));
  expect(tab.login.getSession()).toMatchObject({ subject: tab.subject });
  await shop.world.time.pass(60_000);
  expect(readClaims(await shop.world.until(tab.login.getToken()))).toMatchObject({ sub: tab.subject });
});

it('a guest whose renewals lose every answer, a hundred times, is the same guest', { timeout: 60_000 }, async () => {
  const shop = await createShop();
  const tab = await startGuest(shop);
  for (let i = 0; i < 100; i++) {
    await shop.world.time.pass(700_000);
    shop.service.faults.add({ route: 'POST /v1/auth/refresh', kind: 'lost_answer', times: 1 });
    expect(readClaims(await shop.world.until(tab.login.getToken()))).toMatchObject({ sub: tab.subject });
  }
});

const cuts: readonly (readonly [string, What])[] = [['503', status(503)], ['HTML', { kind: 'html' }], ['a cut connection', { kind: 'reset' }], ['a lost answer', { kind: 'lost_answer' }], ['half an answer', { kind: 'truncated' }]];

/** The person gives up where the page failed, and tries again a minute later: in the end they are the user, and the guest's things are there. */
async function endsWell(shop: Shop, guest: Tab & { readonly subject: string }, back: Tab, again: () => Promise<unknown>): Promise<void> {
  const { world } = shop;
  const here = (): string | undefined => back.login.getSession()?.kind;
  if (here() === 'guest') expect(readClaims(await world.until(back.login.getToken()))).toMatchObject({ sub: guest.subject });
  await world.time.pass(60_000);
  if (here() === 'guest') await again();
  if (here() === 'guest') await world.until(back.login.resolveLink('continue_as_user'));
  await world.time.pass(2_000);
  expect(back.login.getSession()).toMatchObject({ kind: 'user', subject: shop.service.users[0]?.userId });
  expect([...shop.merged.values()]).toEqual([{ from: guest.subject, to: shop.service.users[0]?.userId }]);
}

describe('a sign-in by a code that is cut at', () => {
  const steps = ['POST /v1/auth/otp/signup-in/email', 'POST /v1/auth/otp/verify/email'].flatMap((step) => cuts.map(([name, what]) => [step, name, what] as const));

  it.each(steps)('%s by %s leaves a guest or the user, and nothing of the guest is lost', async (step, _name, what) => {
    const shop = await createShop();
    const tab = await startGuest(shop);
    const sign = (): Promise<unknown> => shop.world.until(tab.login.linkIdentity({ connectionId: 'email', challenge: typing(shop, 'ada@example.com') }).catch(() => null));
    shop.service.faults.add({ route: step, times: 1, ...what });
    await sign();
    await endsWell(shop, tab, tab, sign);
  });
});

describe.each(['body', 'refresh_cookie'] as const)('a sign-in with Google, by %s, that is cut at', (sessions) => {
  const steps = ['POST /v1/auth/oauth/authorize', 'POST /v1/auth/oauth/exchange'].flatMap((step) => cuts.map(([name, what]) => [step, name, what] as const));

  it.each(steps)('%s by %s leaves a guest or the user, and nothing of the guest is lost', async (step, _name, what) => {
    const shop = await createShop({ sessions });
    const { world } = shop;
    const tab = await startGuest(shop);
    const google = { connectionId: 'google' };
    shop.service.faults.add({ route: step, times: 1, ...what });
    const address = await world.backFrom(tab, (login) => login.linkIdentity(google), 'ada').catch(() => SHOP);
    const back = openPage(shop, address);
    await world.until(back.login.completeLogin().catch(() => null));
    await endsWell(shop, tab, back, async () => {
      const again = openPage(shop, await world.backFrom(openPage(shop), (login) => login.linkIdentity(google), 'ada'));
      await world.until(again.login.completeLogin());
      if (again.login.getSession()?.kind === 'guest') await world.until(again.login.resolveLink('continue_as_user'));
    });
  });
});

describe('a sign-in whose answer was lost but for its cookie, and that is looked for in vain because of', () => {
  const unwell: readonly (readonly [string, What])[] = [...cuts.filter(([name]) => name !== 'a lost answer'), ['404 as HTML', status(404, html)], ['401 without a word', status(401, '{}')], ['400 E011001', says(400, 'E011001')], ['429', status(429)]];

  it.each(unwell)('%s, is found once Descope is well', async (_name, what) => {
    const shop = await createShop({ sessions: 'refresh_cookie' });
    const { world } = shop;
    const tab = await startGuest(shop);
    const address = await world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada');
    shop.service.faults.add({ route: 'POST /v1/auth/oauth/exchange', kind: 'truncated', times: 1 });
    const heal = shop.service.faults.add({ route: 'POST /v1/auth/try-refresh', ...what });
    const back = openPage(shop, address);
    await expect(world.until(back.login.completeLogin())).rejects.toMatchObject({ retryable: true });
    expect(back.login.getSession()).toMatchObject({ subject: tab.subject, kind: 'guest' });
    heal();
    await world.time.pass(60_000);
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'identity_in_use', existing: { subject: shop.service.users[0]?.userId }, session: { subject: tab.subject } });
  });
});
