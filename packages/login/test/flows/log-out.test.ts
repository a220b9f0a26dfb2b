import { beforeEach, describe, expect, it } from 'vitest';
import { Bench } from '../support/bench.ts';
import { grantOf, pendingOf } from '../support/samples.ts';

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});

const endings = { endSession: async () => void bench.asked.push('endSession') };

it('a guest who touches "sign out" is asked first', async () => {
  bench.rememberGuest();
  const page = bench.open('/', {}, endings);
  await expect(bench.until(page.login.logOut())).rejects.toMatchObject({ code: 'guest_would_be_lost' });
  expect(bench.asked).toEqual([]);
  expect(bench.stored.session).not.toBeNull();
});

it('a person who signs out while somebody else comes is told that the device is not free', async () => {
  const user = bench.remember(
    { type: 'begun', pending: pendingOf({ purpose: 'sign_in', startedAt: bench.time.wall }) },
    { type: 'completed', state: 'state_1', grant: grantOf('user_ada', 'user'), at: bench.time.wall },
  );
  const page = bench.open('/', {}, endings);
  await bench.until(page.login.completeLogin());
  bench.storage = 'slow';
  const out = page.login.logOut();
  out.catch(() => undefined);
  await bench.time.pass(700);
  bench.row = { ...user, version: user.version + 1, turn: user.turn + 1, session: { ...user.session, subject: 'user_bob' } };
  await expect(bench.until(out)).rejects.toMatchObject({ code: 'session_changed' });
  expect(bench.asked).toEqual([]);
  expect(bench.stored.session).toMatchObject({ subject: 'user_bob' });
});

describe('a person who signs out while storage fails', () => {
  it('is told that a reload may bring them back', async () => {
    bench.rememberGuest();
    const page = bench.open('/', {}, endings);
    await bench.until(page.login.completeLogin());
    bench.storage = 'fails';
    await expect(bench.until(page.login.logOut({ discardGuest: true }))).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(page.login.getSession()).toBeNull();
    expect(bench.asked).toEqual(['endSession']);
  });
});
