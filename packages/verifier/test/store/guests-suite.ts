import { describe, expect, it } from 'vitest';
import type { GuestRow, SentCode } from '../../src/index.ts';
import { NOW, start, type OpenStore } from './people.ts';

const HUNDRED = Array.from({ length: 100 }, (_, i) => i);

export const decided = (changes: Partial<GuestRow> = {}): GuestRow => ({ generation: 1, state: 'upgrading', by: 'one', at: NOW, until: null, ...changes });
export const sent = (changes: Partial<SentCode> = {}): SentCode => ({ subject: 'ada', challenge: 'first', emailHash: 'e', codeHash: 'right', tries: 5, until: NOW + 600_000, ...changes });
const given = (changes: Partial<SentCode> = {}) => {
  const { subject, challenge, emailHash, codeHash } = sent(changes);
  return { subject, challenge, emailHash, codeHash };
};

/** What was decided about guests of a service that has none, and the codes that were sent to them. */
export function describeGuests(name: string, open: OpenStore): void {
  describe(`${name}: a guest`, () => {
    it('about whom nothing was decided has no row', async () => {
      const { store } = await start(open);
      expect(await store.guestRow('ada')).toBeNull();
      expect([await store.changeGuest('ada', null, null), await store.changeGuest('ada', decided(), null), await store.changeGuest('ada', decided(), decided({ at: NOW + 1 }))]).toEqual([true, false, false]);
      expect(await store.guestRow('ada')).toBeNull();
    });

    it('is changed by whoever knows the row as it is, to the letter, and by nobody else', async () => {
      const { store } = await start(open);
      const first = decided();
      expect(await store.changeGuest('ada', null, first)).toBe(true);
      expect(await store.guestRow('ada')).toEqual(first);
      for (const other of [null, decided({ generation: 0 }), decided({ state: 'merging' }), decided({ by: 'two' }), decided({ at: NOW + 1 })]) {
        expect([await store.changeGuest('ada', other, decided({ state: 'gone' })), await store.changeGuest('ada', other, null)]).toEqual([false, false]);
      }
      expect([await store.guestRow('ada'), await store.guestRow('bob')]).toEqual([first, null]);
      const second = decided({ state: 'user', at: NOW + 0.5 });
      expect([await store.changeGuest('ada', first, second), await store.guestRow('ada')]).toEqual([true, second]);
      expect([await store.changeGuest('ada', second, null), await store.guestRow('ada')]).toEqual([true, null]);
    });

    it('is changed once by a hundred at once, whatever they know', async () => {
      const { store } = await start(open);
      for (const before of [null, decided()]) {
        const changes = await Promise.all(HUNDRED.map((i) => store.changeGuest('ada', before, decided({ by: `${i}`, at: NOW + 1 }))));
        expect(changes.filter(Boolean).length).toBe(1);
        const row = await store.guestRow('ada');
        expect(row?.by).toBe(`${changes.indexOf(true)}`);
        await store.changeGuest('ada', row, decided());
      }
      const gone = await Promise.all(HUNDRED.map(() => store.changeGuest('ada', decided(), null)));
      expect(gone.filter(Boolean).length).toBe(1);
    });

    it('whose row is over has none, and the next one takes its place', async () => {
      const { clock, store } = await start(open);
      const gone = decided({ state: 'gone', until: NOW + 1_000 });
      await store.changeGuest('ada', null, gone);
      clock.ms = NOW + 999;
      expect([await store.guestRow('ada'), await store.changeGuest('ada', null, decided())]).toEqual([gone, false]);
      clock.ms = NOW + 1_000;
      expect(await store.guestRow('ada')).toBeNull();
      // Also for whoever still knows it.
      expect([await store.changeGuest('ada', gone, null), await store.changeGuest('ada', gone, decided({ by: 'two' }))]).toEqual([false, false]);
      expect([await store.changeGuest('ada', null, decided()), await store.guestRow('ada')]).toEqual([true, decided()]);
    });
  });

  describe(`${name}: a code`, () => {
    it('is right as often as it is sent again, and wrong five times', async () => {
      const { store } = await start(open);
      await store.keepCode(sent());
      const wrong = given({ codeHash: 'wrong' });
      expect([await store.tryCode(given()), await store.tryCode(given())]).toEqual(Array(2).fill({ isRight: true, triesLeft: 5 }));
      for (const triesLeft of [4, 3, 2, 1]) expect(await store.tryCode(wrong)).toEqual({ isRight: false, triesLeft });
      expect(await store.tryCode(given())).toEqual({ isRight: true, triesLeft: 1 });
      expect(await store.tryCode(wrong)).toEqual({ isRight: false, triesLeft: 0 });
      expect([await store.tryCode(wrong), await store.tryCode(given())]).toEqual([null, null]);
    });

    it('has five tries for a hundred who guess at once', async () => {
      const { store } = await start(open);
      await store.keepCode(sent());
      const tried = await Promise.all(HUNDRED.map((i) => store.tryCode(given({ codeHash: `wrong ${i}` }))));
      expect(tried.flatMap((one) => (one ? [one.triesLeft] : [])).sort()).toEqual([0, 1, 2, 3, 4]);
      expect(await store.tryCode(given())).toBeNull();
    });

    it('is of its guest, challenge and e-mail, and costs nobody else a try', async () => {
      const { store } = await start(open);
      await store.keepCode(sent());
      for (const changes of [{ subject: 'bob' }, { challenge: 'other' }, { emailHash: 'other' }]) expect(await store.tryCode(given({ ...changes, codeHash: 'wrong' }))).toBeNull();
      expect(await store.tryCode(given())).toEqual({ isRight: true, triesLeft: 5 });
    });

    it('takes the place of the one before, and is over at its end', async () => {
      const { clock, store } = await start(open);
      await store.keepCode(sent({ tries: 1 }));
      await store.keepCode(sent({ challenge: 'second', emailHash: 'f', codeHash: 'other', until: NOW + 1_000 }));
      expect(await store.tryCode(given())).toBeNull();
      const second = given({ challenge: 'second', emailHash: 'f', codeHash: 'other' });
      clock.ms = NOW + 999;
      expect(await store.tryCode(second)).toEqual({ isRight: true, triesLeft: 5 });
      clock.ms = NOW + 1_000;
      expect(await store.tryCode(second)).toBeNull();
    });
  });
}
