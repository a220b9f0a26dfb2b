import { describe, expect, it } from 'vitest';
import { describeGuests } from './guests-suite.ts';
import { describeLinks } from './links-suite.ts';
import { describeRaces } from './races-suite.ts';
import { start, type OpenStore } from './people.ts';

/** What every store keeps. `open` gives an empty one that goes by this clock. */
export function describeStore(name: string, open: OpenStore): void {
  describeGuests(name, open);
  describeLinks(name, open);
  describeRaces(name, open);

  describe(`${name}: a bucket`, () => {
    const rate = { burst: 3, perSecond: 2 };

    it('gives its burst, then one turn at a time, and is not emptied further by being asked in vain', async () => {
      const { clock, store } = await start(open);
      const taken: number[] = [];
      for (let i = 0; i < 5; i += 1) taken.push(await store.takeTurn('a', rate));
      expect(taken).toEqual([0, 0, 0, 500, 500]);
      clock.ms += 500;
      expect([await store.takeTurn('a', rate), await store.takeTurn('a', rate)]).toEqual([0, 500]);
    });

    it('fills up to its burst and no further', async () => {
      const { clock, store } = await start(open);
      await store.takeTurn('a', rate);
      clock.ms += 86_400_000;
      const taken: number[] = [];
      for (let i = 0; i < 4; i += 1) taken.push(await store.takeTurn('a', rate));
      expect(taken).toEqual([0, 0, 0, 500]);
    });

    it('is its own', async () => {
      const { store } = await start(open);
      for (let i = 0; i < 3; i += 1) await store.takeTurn('a', rate);
      expect([await store.takeTurn('b', rate), await store.takeTurn('a', rate)]).toEqual([0, 500]);
    });

    it('gives no turn twice to those who ask at once', async () => {
      const { store } = await start(open);
      const waits = await Promise.all(Array.from({ length: 50 }, () => store.takeTurn('a', rate)));
      expect(waits.filter((wait) => wait === 0).length).toBe(3);
      expect(new Set(waits)).toEqual(new Set([0, 500]));
    });

    it('goes by the rate it is asked with', async () => {
      const { clock, store } = await start(open);
      const slow = { burst: 1, perSecond: 0.1 };
      expect([await store.takeTurn('slow', slow), await store.takeTurn('slow', slow)]).toEqual([0, 10_000]);
      clock.ms += 4_000;
      expect(await store.takeTurn('slow', slow)).toBe(6_000);
    });

    it('whose turn takes no whole number of milliseconds gives one whenever it says so', async () => {
      const { clock, store } = await start(open);
      const odd = { burst: 7, perSecond: 3 };
      for (let i = 0; i < 200; i += 1) {
        const wait = await store.takeTurn('odd', odd);
        if (wait === 0) continue;
        clock.ms += wait;
        expect(await store.takeTurn('odd', odd)).toBe(0);
      }
    });

    it('makes nobody wait longer than one turn after a clock was set back', async () => {
      const { clock, store } = await start(open);
      for (let i = 0; i < 3; i += 1) await store.takeTurn('a', rate);
      clock.ms -= 86_400_000;
      expect(await store.takeTurn('a', rate)).toBe(500);
      // From here on it fills again, as if nothing had been.
      clock.ms += 500;
      expect(await store.takeTurn('a', rate)).toBe(0);
      expect(await store.takeTurn('a', rate)).toBe(500);
    });
  });

  describe(`${name}: a subject`, () => {
    it('about whom nothing is written is a guest', async () => {
      const { store } = await start(open);
      for (const session of [null, 'session']) expect(await store.standing('g_somebody', session)).toEqual({ kind: 'guest', generation: 0, revoked: false });
    });

    it('loses the session that was revoked and no other', async () => {
      const { clock, store } = await start(open);
      await store.revoke('one', clock.ms + 1_000);
      expect((await store.standing('g_somebody', 'one')).revoked).toBe(true);
      expect((await store.standing('g_somebody', 'other')).revoked).toBe(false);
      expect((await store.standing('g_somebody', null)).revoked).toBe(false);
    });

    it('whose session was revoked twice keeps the later end', async () => {
      const { clock, store } = await start(open);
      await store.revoke('one', clock.ms + 2_000);
      await store.revoke('one', clock.ms + 1_000);
      clock.ms += 1_999;
      expect((await store.standing('g_somebody', 'one')).revoked).toBe(true);
      clock.ms += 1;
      expect((await store.standing('g_somebody', 'one')).revoked).toBe(false);
    });
  });

  describe(`${name}: a merge ticket`, () => {
    it('is used once; the same key again is the same use', async () => {
      const { clock, store } = await start(open);
      const until = clock.ms + 1_000;
      const use = (ticketId: string, key: string) => store.redeem({ ticketId, key, until });
      expect([await use('ticket', 'a'), await use('ticket', 'a'), await use('ticket', 'b'), await use('ticket', 'a'), await use('other', 'b')]).toEqual([true, true, false, true, true]);
    });

    it('is one key\'s, of a hundred that want it at once', async () => {
      const { clock, store } = await start(open);
      const use = (ticketId: string, key: string) => store.redeem({ ticketId, key, until: clock.ms + 1_000 });
      const keys = Array.from({ length: 100 }, (_, i) => `key ${i % 50}`);
      const uses = await Promise.all(keys.map((key) => use('ticket', key)));
      const winners = new Set(keys.filter((_, i) => uses[i]));
      expect([winners.size, uses.filter(Boolean).length]).toEqual([1, 2]);
    });
  });
}
