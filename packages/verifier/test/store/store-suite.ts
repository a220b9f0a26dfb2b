import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/index.ts';

const NOW = 1_800_000_000_000;

/** What every store keeps. `open` gives an empty one that goes by this clock. */
export function describeStore(name: string, open: (now: () => number) => Store | Promise<Store>): void {
  const start = async () => {
    const clock = { ms: NOW };
    return { clock, store: await open(() => clock.ms) };
  };

  describe(`${name}: a bucket`, () => {
    const rate = { burst: 3, perSecond: 2 };

    it('gives its burst, then one turn at a time, and is not emptied further by being asked in vain', async () => {
      const { clock, store } = await start();
      const taken: number[] = [];
      for (let i = 0; i < 5; i += 1) taken.push(await store.takeTurn('a', rate));
      expect(taken).toEqual([0, 0, 0, 500, 500]);
      clock.ms += 500;
      expect([await store.takeTurn('a', rate), await store.takeTurn('a', rate)]).toEqual([0, 500]);
    });

    it('is its own', async () => {
      const { store } = await start();
      for (let i = 0; i < 3; i += 1) await store.takeTurn('a', rate);
      expect([await store.takeTurn('b', rate), await store.takeTurn('a', rate)]).toEqual([0, 500]);
    });

    it('gives no turn twice to those who ask at once', async () => {
      const { store } = await start();
      const waits = await Promise.all(Array.from({ length: 50 }, () => store.takeTurn('a', rate)));
      expect(waits.filter((wait) => wait === 0).length).toBe(3);
    });

    it('goes by the rate it is asked with', async () => {
      const { store } = await start();
      const slow = { burst: 1, perSecond: 0.1 };
      expect([await store.takeTurn('slow', slow), await store.takeTurn('slow', slow)]).toEqual([0, 10_000]);
    });

    it('makes nobody wait longer than one turn after a clock was set back', async () => {
      const { clock, store } = await start();
      for (let i = 0; i < 3; i += 1) await store.takeTurn('a', rate);
      clock.ms -= 86_400_000;
      expect(await store.takeTurn('a', rate)).toBe(500);
    });
  });

  describe(`${name}: a subject`, () => {
    it('about whom nothing is written is a guest', async () => {
      const { store } = await start();
      for (const session of [null, 'session']) expect(await store.standing('g_somebody', session)).toEqual({ kind: 'guest', generation: 0, revoked: false });
    });

    it('loses the session that was revoked and no other', async () => {
      const { clock, store } = await start();
      await store.revoke('one', clock.ms + 1_000);
      expect((await store.standing('g_somebody', 'one')).revoked).toBe(true);
      expect((await store.standing('g_somebody', 'other')).revoked).toBe(false);
      expect((await store.standing('g_somebody', null)).revoked).toBe(false);
    });

    it('whose session was revoked twice keeps the later end', async () => {
      const { clock, store } = await start();
      await store.revoke('one', clock.ms + 2_000);
      await store.revoke('one', clock.ms + 1_000);
      clock.ms += 1_999;
      expect((await store.standing('g_somebody', 'one')).revoked).toBe(true);
    });
  });
}
