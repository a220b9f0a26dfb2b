import { describe, expect, it } from 'vitest';
import type { Exchanged } from '../../src/index.ts';
import type { SqlStore } from '../../src/sql.ts';
import { decided, sent } from './guests-suite.ts';
import { google, guest, NOW, signIn, start, user, type OpenStore } from './people.ts';

const DAY = 86_400_000;
const RATE = { burst: 2, perSecond: 1 };

/** What a cull leaves. */
export function describeCull(name: string, open: OpenStore<SqlStore>, { links }: { readonly links: number }): void {
  describe(`${name}: a cull`, () => {
    it('deletes what was stored about guests who never came back, and tells how much', async () => {
      const { clock, store } = await start(open);
      for (let i = 0; i < 5; i += 1) await store.takeTurn(`key ${i}`, RATE);
      await store.revoke('a session', NOW + 90 * DAY);
      await store.redeem({ ticketId: 'a ticket', key: 'a key', until: NOW + DAY });
      await store.exchange(signIn('one', google('ada')));
      await store.changeGuest('gone', null, decided({ state: 'gone', until: NOW + DAY }));
      await store.keepCode(sent());
      clock.ms += 200 * DAY;
      await store.takeTurn('key 0', RATE);
      expect(await store.cull({ olderThan: 90 * DAY })).toEqual({ buckets: 4, exchanges: 1, revokedSessions: 1, redeemedTickets: 1, goneGuests: 1, codes: 1 });
      expect(await store.cull({ olderThan: 90 * DAY })).toEqual({ buckets: 0, exchanges: 0, revokedSessions: 0, redeemedTickets: 0, goneGuests: 0, codes: 0 });
    });

    it('leaves every user and identity, however old', async () => {
      const { clock, store } = await start(open);
      const [ada, bob] = [await user(store, 'ada'), guest('bob')];
      await store.exchange(signIn('one', google('bob'), { gainer: bob }));
      for (const state of ['user', 'upgrading', 'merging'] as const) await store.changeGuest(state, null, decided({ state }));
      clock.ms += 10_000 * DAY;
      await store.cull({ olderThan: 0 });
      for (const state of ['user', 'upgrading', 'merging'] as const) expect(await store.guestRow(state)).toEqual(decided({ state }));
      for (const [{ subject }, identity] of [[ada, google('ada')], [bob, google('bob')]] as const) {
        expect(await store.standing(subject, null)).toEqual({ kind: 'user', generation: 1, revoked: false });
        expect(await store.identitiesOf(subject)).toEqual([{ identity, linkedAt: NOW }]);
        expect((await store.exchange(signIn(`later ${subject}`, identity)))?.subject).toBe(subject);
      }
    });

    it('leaves what still counts', async () => {
      const { clock, store } = await start(open);
      for (let i = 0; i < 2; i += 1) await store.takeTurn('a', RATE);
      await store.revoke('a session', NOW + DAY);
      await store.redeem({ ticketId: 'a ticket', key: 'a key', until: NOW + DAY });
      const one = signIn('one', google('ada'));
      const done = await store.exchange(one);
      await store.changeGuest('gone', null, decided({ state: 'gone', until: NOW + DAY }));
      await store.keepCode(sent());
      clock.ms += 900;
      expect(await store.cull({ olderThan: 0 })).toEqual({ buckets: 0, exchanges: 0, revokedSessions: 0, redeemedTickets: 0, goneGuests: 0, codes: 0 });
      expect(await store.takeTurn('a', RATE)).toBe(100);
      expect((await store.standing('g_somebody', 'a session')).revoked).toBe(true);
      expect(await store.redeem({ ticketId: 'a ticket', key: 'other', until: NOW + DAY })).toBe(false);
      expect(await store.exchanged(one.linkId)).toEqual(done);
      expect([(await store.guestRow('gone'))?.state, (await store.tryCode({ subject: 'ada', challenge: 'first', emailHash: 'e', codeHash: 'right' }))?.isRight]).toEqual(['gone', true]);
    });

    it('leaves what was over for less than it was told', async () => {
      const { clock, store } = await start(open);
      await store.revoke('a session', NOW);
      clock.ms = NOW + DAY - 1;
      expect((await store.cull({ olderThan: DAY })).revokedSessions).toBe(0);
      clock.ms = NOW + DAY;
      expect((await store.cull({ olderThan: DAY })).revokedSessions).toBe(1);
    });

    it.each([-1, Number.NaN, Infinity])('is not told %s', async (olderThan) => {
      const { store } = await start(open);
      await store.revoke('a session', NOW + DAY);
      await expect(store.cull({ olderThan })).rejects.toThrow(/olderThan/);
      expect((await store.standing('g_somebody', 'a session')).revoked).toBe(true);
    });

    it('goes through many rows in batches, and tells how far it is', async () => {
      const { clock, store } = await start(open);
      for (let i = 0; i < 2_500; i += 1) await store.revoke(`session ${i}`, NOW + (i % 2));
      clock.ms = NOW;
      const told: object[] = [];
      expect((await store.cull({ olderThan: 0, onProgress: (progress) => told.push(progress) })).revokedSessions).toBe(1_250);
      expect(told.map((progress) => ({ ...progress, deleted: 0 }))).toEqual([1_000, 2_000, 2_500].map((looked) => ({ kind: 'revokedSessions', looked, deleted: 0 })));
      expect(told.at(-1)).toMatchObject({ deleted: 1_250 });
    });

    it(`that races ${links} links takes no linked subject along`, { timeout: 120_000 }, async () => {
      const { clock, store } = await start(open);
      for (let i = 0; i < links; i += 1) await store.takeTurn(`key ${guest(`${i}`).subject}`, RATE);
      clock.ms += DAY;
      let [isOver, culls] = [false, 0];
      const culling = (async () => {
        for (; !isOver; culls += 1) await store.cull({ olderThan: 0 });
      })();
      const answers: (Exchanged | null)[] = [];
      // Twenty at a time, so that the cull has its turns; and further ones until it has had two.
      const lines = Array.from({ length: 20 }, async (_, line) => {
        for (let i = line; i < links || (culls < 2 && !isOver); i += 20) {
          const gainer = guest(`${i}`);
          await store.takeTurn(`key ${gainer.subject}`, RATE);
          answers[i] = await store.exchange(signIn(`${i}`, google(`${i}`), { gainer, until: clock.ms + 600_000 }));
        }
      });
      const end = (): void => void (isOver = true);
      await Promise.all([culling.finally(end), Promise.all(lines).then(end)]);
      expect(culls).toBeGreaterThan(1);
      expect(answers.every((answer) => answer?.outcome === 'linked')).toBe(true);
      for (const i of answers.keys()) {
        expect(await store.standing(guest(`${i}`).subject, null)).toEqual({ kind: 'user', generation: 1, revoked: false });
        expect((await store.identitiesOf(guest(`${i}`).subject)).length).toBe(1);
        expect(await store.exchanged(signIn(`${i}`, google('')).linkId)).toEqual(answers[i]);
      }
    });
  });
}
