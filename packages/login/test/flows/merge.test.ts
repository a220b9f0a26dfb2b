import { beforeEach, describe, expect, it } from 'vitest';
import type { GuestMerge } from '../../src/flows/merge.ts';
import { Bench } from '../support/bench.ts';
import { grantOf, pendingOf } from '../support/samples.ts';

let bench: Bench;
let offered: GuestMerge[];
beforeEach(() => {
  bench = new Bench();
  offered = [];
  Object.assign(globalThis, { reportError: () => undefined });
});

/** A guest went on as Ada; the guest's things wait for the app. */
const waiting = (): void => void bench.remember(
  { type: 'guest_started', grant: grantOf('user_guest', 'guest'), at: bench.time.wall, turn: 0 },
  { type: 'begun', pending: pendingOf({ subject: 'user_guest', startedAt: bench.time.wall }) },
  { type: 'completed', state: 'state_1', grant: grantOf('user_ada', 'user', { lifetimeMs: 86_400_000 }), at: bench.time.wall },
  { type: 'resolved', choice: 'continue_as_user', id: 'id_1' },
);
const taking = { mergeGuest: async (merge: GuestMerge) => void offered.push(merge) };
const failing = {
  mergeGuest: async (merge: GuestMerge) => {
    offered.push(merge);
    throw new Error('The cart service is down');
  },
};

describe('the things of a guest', () => {
  it('are offered to the user they are for, once, and then forgotten', async () => {
    waiting();
    const pages = [bench.open('/', taking), bench.open('/', taking)];
    await bench.until(pages[0]!.login.completeLogin());
    await bench.time.pass(120_000);
    await bench.until(pages[1]!.login.completeLogin());
    expect(offered).toMatchObject([{ from: 'user_guest', to: 'user_ada', key: 'id_1' }]);
    expect(bench.stored.merges).toEqual([]);
  });

  it('are not offered while another user is here', async () => {
    waiting();
    const { session } = bench.stored;
    bench.row = { ...bench.stored, session: { ...session, subject: 'user_bob' } };
    await bench.until(bench.open('/', taking).login.completeLogin());
    await bench.time.pass(120_000);
    expect(offered).toEqual([]);
    expect(bench.stored.merges).toHaveLength(1);
  });

  it('are not offered again after the user signed out, and wait for their return', async () => {
    waiting();
    const page = bench.open('/', failing);
    await bench.until(page.login.completeLogin());
    await bench.time.pass(10);
    expect(offered).toHaveLength(1);
    await bench.until(page.login.logOut());
    await bench.time.pass(600_000);
    expect(offered).toHaveLength(1);
    expect(bench.stored.merges).toHaveLength(1);
  });

  it('wait in the record until the app took them', async () => {
    waiting();
    const page = bench.open('/', failing);
    await bench.until(page.login.completeLogin());
    await bench.time.pass(5_000);
    expect(bench.stored.merges).toMatchObject([{ key: 'id_1' }]);
    expect(offered.length).toBeGreaterThan(1);
  });

  it('come with a proof, or with the word that it has ended', async () => {
    waiting();
    await bench.until(bench.open('/', taking).login.completeLogin());
    await bench.time.pass(10);
    expect(await offered[0]?.guestToken()).toBe('token of user_guest');
    await bench.time.pass(600_000);
    await expect(offered[0]?.guestToken()).rejects.toMatchObject({ code: 'grant_refused' });
  });
});
