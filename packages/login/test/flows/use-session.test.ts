import { LoginError } from '@passerby/shared';
import { beforeEach, expect, it } from 'vitest';
import { Bench } from '../support/bench.ts';
import { grantOf } from '../support/samples.ts';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});

it('a person who signed out elsewhere is nobody on a page that comes back from the cache, however slowly it reads', async () => {
  bench.rememberGuest();
  bench.channel = 'silent';
  const [old, other] = [bench.open(), bench.open()];
  await bench.until(old.login.getToken());
  await bench.until(other.login.logOut({ discardGuest: true }));
  bench.storage = 'slow';
  old.happens('back');
  await expect(bench.until(old.login.getToken())).rejects.toMatchObject({ code: 'login_required' });
});

it('a page that comes back from the cache asks for nobody who signed out meanwhile', async () => {
  bench.rememberGuest();
  bench.channel = 'silent';
  const identities = async (): Promise<[]> => {
    bench.asked.push('identities');
    return [];
  };
  const [old, other] = [bench.open('/', {}, { identities }), bench.open()];
  await bench.until(old.login.getIdentities());
  await bench.until(other.login.logOut({ discardGuest: true }));
  bench.storage = 'slow';
  old.happens('back');
  await expect(bench.until(old.login.getIdentities())).rejects.toMatchObject({ code: 'login_required' });
  expect(bench.asked).toEqual(['identities']);
});

it('a visitor is told at once how long the service asked everybody to wait', async () => {
  bench.remember({ type: 'put_off', until: bench.time.wall + 60_000, by: 'service', code: 'rate_limited' });
  const page = bench.open();
  const from = bench.time.clock.monotonic();
  await expect(bench.until(page.login.authenticate())).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: 60_000 });
  expect(bench.time.clock.monotonic()).toBe(from);
  expect(bench.asked).toEqual([]);
});

it('a visitor of a page that forbids frames leaves at once', async () => {
  bench.travel = async () => {
    bench.asked.push('travel');
    bench.frames = 'forbidden';
    throw new LoginError('frame_blocked', 'Forbidden');
  };
  const { startGuest: _none, ...framed } = bench.provider;
  Object.assign(bench, { provider: framed });
  const page = bench.open();
  const from = bench.time.clock.monotonic();
  page.login.authenticate().catch(() => undefined);
  while (page.departed === null) await bench.until(bench.time.clock.sleep(1));
  expect(bench.time.clock.monotonic() - from).toBeLessThan(50);
  expect(bench.asked).toEqual(['travel']);
});

it('a guest whose renewal fails for a moment has a token all the same', async () => {
  bench.rememberGuest();
  let tries = 0;
  const page = bench.open('/', {}, {
    refresh: async ({ subject, kind }) => {
      if (++tries < 3) throw new LoginError('network', 'Gone');
      return bench.answer('refresh', grantOf(subject, kind));
    },
  });
  await bench.time.pass(600_000);
  expect(await bench.until(page.login.getToken())).toMatch(/^token of user_guest \d/);
  expect(tries).toBe(3);
});
