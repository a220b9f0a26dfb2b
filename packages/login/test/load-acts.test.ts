/** What is loaded later: a page that needs nothing of it does without, and one that can't get it loses nothing. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { GuestMerge } from '../src/flows/merge.ts';
import { Bench, type Page } from './support/bench.ts';
import { grantOf, pendingOf } from './support/samples.ts';

const LIFE = 600_000;

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});

describe('a guest with a token that works', () => {
  beforeEach(() => {
    bench.rememberGuest();
  });

  it('is served it before anything else is loaded', async () => {
    const page = bench.open();
    expect(await bench.until(page.login.completeLogin())).toBeNull();
    expect(await bench.until(page.login.getToken())).toBe('token of user_guest');
    expect(bench.fetched).toBe(0);
  });

  it('has everything at hand when the page has had a moment', async () => {
    bench.idle = Promise.resolve();
    const page = bench.open();
    await bench.until(page.login.getToken());
    await bench.time.pass(1);
    expect(bench.fetched).toBe(1);
    bench.flows = 'gone';
    await bench.time.pass(LIFE);
    expect(await bench.until(page.login.getToken())).toBe('token of user_guest 1');
    expect(bench.fetched).toBe(1);
  });

  it('is served to its end where the rest can not be loaded, is told why then, and goes on once it can', async () => {
    bench.flows = 'gone';
    const page = bench.open();
    await bench.time.pass(LIFE - 30_000);
    expect(await bench.until(page.login.getToken())).toBe('token of user_guest');
    await bench.time.pass(60_000);
    await expect(bench.until(page.login.getToken())).rejects.toMatchObject({ code: 'network', retryable: true });
    expect(bench.stored.session).toMatchObject({ subject: 'user_guest' });
    bench.flows = 'there';
    expect(await bench.until(page.login.getToken())).toBe('token of user_guest 1');
    expect(bench.asked).toEqual(['refresh']);
  });

  it('and signs out is signed out in every tab, though the rest can not be loaded', async () => {
    bench.flows = 'gone';
    const [page, other] = [bench.open(), bench.open()];
    await bench.until(other.login.completeLogin());
    await expect(bench.until(page.login.logOut({ discardGuest: true }))).rejects.toMatchObject({ code: 'network' });
    await bench.time.pass(1);
    expect([page.login.getSession(), other.login.getSession()]).toEqual([null, null]);
    expect(bench.stored).toMatchObject({ session: null, ended: 'signed_out' });
  });
});

it('who signs out where neither the rest can be loaded nor storage works is told that a reload may bring them back', async () => {
  bench.rememberGuest();
  bench.flows = 'gone';
  const page = bench.open();
  await bench.until(page.login.completeLogin());
  bench.storage = 'fails';
  await expect(bench.until(page.login.logOut({ discardGuest: true }))).rejects.toMatchObject({ code: 'storage_unavailable' });
});

describe('a visitor whose page can not load the rest', () => {
  beforeEach(() => {
    bench.flows = 'gone';
  });

  it('is told so, is asked for nowhere and stored nowhere, and is a guest with the next call', async () => {
    const page = bench.open();
    await expect(bench.until(page.login.authenticate())).rejects.toMatchObject({ code: 'network', retryable: true });
    expect([bench.asked, bench.row]).toEqual([[], undefined]);
    bench.flows = 'there';
    expect(await bench.until(page.login.authenticate())).toMatchObject({ kind: 'guest' });
  });

  it('still hears at once that nobody is here', async () => {
    await expect(bench.until(bench.open().login.getToken())).rejects.toMatchObject({ code: 'login_required' });
  });

  it('comes back from a sign-in with a clean address bar, and is in with the next call', async () => {
    bench.remember({ type: 'begun', pending: pendingOf({ state: 'state_1', startedAt: bench.time.wall }) });
    const page = bench.open('/?state=state_1&code=secret');
    const completed = page.login.completeLogin();
    expect(page.address.search).toBe('');
    await expect(bench.until(completed)).rejects.toMatchObject({ code: 'network' });
    bench.flows = 'there';
    expect(await bench.until(page.login.completeLogin())).toMatchObject({ type: 'signed_in' });
  });

  it('comes back from a sign-in, and is in after a reload', async () => {
    bench.remember({ type: 'begun', pending: pendingOf({ state: 'state_1', startedAt: bench.time.wall }) });
    await expect(bench.until(bench.open('/?state=state_1&code=secret').login.completeLogin())).rejects.toMatchObject({ code: 'network' });
    bench.flows = 'there';
    expect(await bench.until(bench.open('/').login.completeLogin())).toMatchObject({ type: 'signed_in' });
  });
});

describe('a guest whose connection stalls while the page loads the rest', () => {
  const network = { code: 'network', retryable: true };
  let page: Page;
  beforeEach(() => {
    bench.rememberGuest();
    bench.flows = 'stalls';
    page = bench.open('/', { apiOrigins: ['https://api.example'] });
  });

  it('is told so by every call that needs it, and goes on once it comes', async () => {
    const { login } = page;
    const told = await bench.until(Promise.allSettled([login.attributes.list(), login.getIdentities(), login.linkIdentity({ connectionId: 'google' }), login.fetch('https://api.example/cart')]));
    expect(told).toMatchObject(Array(4).fill({ status: 'rejected', reason: network }));
    expect(await bench.until(login.getToken())).toBe('token of user_guest');
    bench.flows = 'there';
    await bench.time.pass(LIFE);
    expect(await bench.until(login.getToken())).toBe('token of user_guest 1');
  });

  it('is left with no window that stays open', async () => {
    let isOpen = true;
    page.ports.navigation.openPopup = () => ({ go: () => undefined, close: () => void (isOpen = false), isGivenUp: () => false });
    await expect(bench.until(page.login.linkIdentity({ connectionId: 'google', mode: 'popup' }))).rejects.toMatchObject(network);
    expect(isOpen).toBe(false);
  });

  it('and gives a request up is free at once', async () => {
    const asked = new AbortController();
    const answer = page.login.fetch('https://api.example/cart', { signal: asked.signal });
    await bench.time.pass(1);
    asked.abort();
    const before = bench.time.wall;
    await expect(bench.until(answer)).rejects.toMatchObject({ name: 'AbortError' });
    expect(bench.time.wall).toBe(before);
  });

  it('and signs out is signed out, and told that the service does not know yet', async () => {
    await expect(bench.until(page.login.logOut({ discardGuest: true }))).rejects.toMatchObject(network);
    expect(bench.stored).toMatchObject({ session: null, ended: 'signed_out' });
  });
});

it('the things of a guest are offered as soon as the rest can be loaded', async () => {
  bench.rememberGuest();
  const guest = bench.stored.session;
  bench.row = { ...bench.stored, merges: [{ key: 'merge_1', from: guest, to: 'user_1' }], session: { ...grantOf('user_1', 'user'), receivedAt: bench.time.wall } };
  bench.flows = 'gone';
  const offered: string[] = [];
  const page = bench.open('/', { mergeGuest: async ({ key }: GuestMerge) => void offered.push(key) });
  await bench.until(page.login.completeLogin());
  await bench.time.pass(1);
  expect(offered).toEqual([]);
  bench.flows = 'there';
  await bench.time.pass(60_000);
  expect(offered).toEqual(['merge_1']);
});

it.each([['nobody is here', 1], ['a guest is here', 0]] as const)('where %s, a page connects %i times to where guests come from before it asks', async (who, times) => {
  if (who === 'a guest is here') bench.rememberGuest();
  const guestsFrom = { href: 'https://verifier.example', crossOrigin: 'anonymous' } as const;
  const { login } = bench.open('/', {}, { guestsFrom });
  expect(bench.connected).toEqual([]);
  await bench.until(login.completeLogin());
  expect([bench.connected, bench.asked]).toEqual([Array(times).fill(guestsFrom), []]);
  await bench.until(login.authenticate());
  expect(bench.connected.length).toBe(times);
});

it('a thousand calls of a first visit fetch it once', async () => {
  const page = bench.open('/', { guests: 'on-demand' });
  const tokens = await bench.until(Promise.all(Array.from({ length: 1_000 }, () => page.login.getToken())));
  expect(new Set(tokens).size).toBe(1);
  expect([bench.fetched, bench.asked]).toEqual([1, ['startGuest']]);
});
