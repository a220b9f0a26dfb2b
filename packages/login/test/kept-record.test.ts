import { beforeEach, describe, expect, it } from 'vitest';
import type { SessionEvent } from '../src/core/record.ts';
import type { SessionKeeper } from '../src/session-keeper.ts';
import { Bench } from './support/bench.ts';
import { grantOf, pendingOf } from './support/samples.ts';

let bench: Bench;
let told: string[];
beforeEach(() => {
  bench = new Bench();
  told = [];
});

const keep = (): SessionKeeper => {
  const { keeper } = bench.open();
  keeper.reader.subscribe(({ type }) => told.push(type));
  return keeper;
};
const guest: SessionEvent = { type: 'guest_started', grant: grantOf('user_guest', 'guest'), at: 1_000, turn: 0 };
const nothing: SessionEvent = { type: 'merged', key: 'unknown' };

describe('a browser that holds nothing about a person', () => {
  it('holds nothing after a look, nor after a change that does not fit', async () => {
    const keeper = keep();
    await bench.until(keeper.read());
    await bench.until(keeper.commit(nothing));
    expect(bench.row).toBeUndefined();
  });

  it('keeps what it holds to the letter while nobody changes it', async () => {
    const damaged = { schema: 1, nobody: 'knows' };
    bench.row = damaged;
    await bench.until(keep().commit(nothing));
    expect(bench.row).toEqual(damaged);
  });
});

it('a session that a later version of the shop wrote is found untouched by the pages of that version', async () => {
  bench.row = { schema: 2, session: 'in a way of its own' };
  const keeper = keep();
  await bench.until(keeper.read());
  await bench.until(keeper.commit(guest));
  await bench.time.pass(60_000);
  expect(bench.row).toEqual({ schema: 2, session: 'in a way of its own' });
  expect(keeper.saved).toBe(false);
  expect(told).toContain('storage_degraded');
});

describe('a guest whose storage fails', () => {
  it('is saved by the time it works again, however long that takes', async () => {
    bench.storage = 'fails';
    const keeper = keep();
    await bench.until(keeper.commit(guest));
    expect(keeper.saved).toBe(false);
    await bench.time.pass(60_000);
    expect(bench.row).toBeUndefined();
    bench.storage = 'works';
    await bench.time.pass(20_000);
    expect(bench.stored.session).toMatchObject({ subject: 'user_guest' });
    expect(keeper.saved).toBe(true);
  });

  it('waits for it once and not with every call, and the app is told once', async () => {
    bench.storage = 'hangs';
    const keeper = keep();
    const begun = bench.time.clock.monotonic();
    for (let i = 0; i < 20; i++) await bench.until(keeper.read());
    expect(bench.time.clock.monotonic() - begun).toBe(2_000);
    await bench.time.pass(30_000);
    await bench.until(keeper.read());
    expect(told).toEqual(['storage_degraded']);
  });

  it('does not undo what another tab did meanwhile: it is added to it', async () => {
    const before = bench.rememberGuest();
    const [mine, other] = [keep(), keep()];
    await bench.until(Promise.all([mine.read(), other.read()]));
    bench.storage = 'fails';
    await bench.until(mine.commit({ type: 'put_off', until: 5_000, by: 'us', code: 'server' }));
    bench.storage = 'works';
    await bench.until(other.commit({ type: 'begun', pending: pendingOf() }));
    await bench.until(other.commit({ type: 'completed', state: 'state_1', grant: grantOf('user_guest', 'user'), at: 2_000 }));
    await bench.time.pass(30_000);
    expect(bench.stored).toMatchObject({ line: before.line, session: { subject: 'user_guest', kind: 'user' }, backoff: { until: 5_000 } });
    expect(mine.snapshot()).toMatchObject({ kind: 'user' });
  });
});

it('a user who signed out while another tab slept, and whose storage was cleared, is brought back in no tab', async () => {
  bench.rememberGuest();
  const [mine, asleep] = [keep(), keep()];
  await bench.until(Promise.all([mine.reader.load(), asleep.read()]));
  await bench.until(mine.commit({ type: 'signed_out', subject: 'user_guest' }));
  bench.row = undefined;
  // It heard nothing, and writes what it knows.
  await bench.until(asleep.commit({ type: 'put_off', until: 5_000, by: 'us', code: 'server' }));
  expect(bench.stored.session).toMatchObject({ subject: 'user_guest' });
  await bench.until(mine.read());
  expect(mine.record.session).toBeNull();
  expect(bench.stored.session).toBeNull();
  await bench.until(asleep.read());
  expect(asleep.record).toMatchObject({ session: null, ended: 'signed_out' });
});
