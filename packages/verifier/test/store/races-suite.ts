import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Exchanged, Store } from '../../src/index.ts';
import { google, guest, identitiesOf, NOW, signIn, start, user, type OpenStore } from './people.ts';

const HUNDRED = Array.from({ length: 100 }, (_, i) => i);

/** Whose an identity is, where many want it at once. */
export function describeRaces(name: string, open: OpenStore): void {
  const outcomesOf = (answers: readonly (Exchanged | null)[]): Readonly<Record<string, number>> => {
    const counts: Record<string, number> = {};
    for (const answer of answers) counts[answer?.outcome ?? 'refused'] = (counts[answer?.outcome ?? 'refused'] ?? 0) + 1;
    return counts;
  };

  describe(`${name}: of a hundred at once`, () => {
    it('one links a guest to one of two identities, and the other identity is still to be had', async () => {
      const { store } = await start(open);
      const ada = guest('ada');
      const answers = await Promise.all(HUNDRED.map((i) => store.exchange(signIn(`${i}`, google(`identity ${i % 2}`), { gainer: ada }))));
      expect(outcomesOf(answers)).toEqual({ linked: 1, refused: 99 });
      expect(await store.standing(ada.subject, ada.sessionId)).toEqual({ kind: 'user', generation: 1, revoked: false });
      const [won] = await identitiesOf(store, ada.subject);
      expect(await identitiesOf(store, ada.subject)).toEqual([won]);
      const winner = await store.exchange(signIn('later', google(`${won}`)));
      const loser = await store.exchange(signIn('later still', google(won === 'identity 0' ? 'identity 1' : 'identity 0'), { gainer: guest('bob') }));
      expect([winner?.subject, loser?.outcome]).toEqual([ada.subject, 'linked']);
    });

    it('one of two guests gains an identity, and the other is the guest they were', async () => {
      const { store } = await start(open);
      const guests = [guest('ada'), guest('bob')] as const;
      const answers = await Promise.all(HUNDRED.map((i) => store.exchange(signIn(`${i}`, google('one'), { gainer: guests[i % 2 === 0 ? 0 : 1] }))));
      const winner = answers.find((answer) => answer?.outcome === 'linked');
      const loser = guests.find(({ subject }) => subject !== winner?.subject);
      expect(outcomesOf(answers)).toEqual({ linked: 1, refused: 49, in_use: 50 });
      for (const answer of answers) if (answer) expect(answer.subject).toBe(winner?.subject);
      expect(await store.standing(loser?.subject ?? '', loser?.sessionId ?? null)).toEqual({ kind: 'guest', generation: 0, revoked: false });
      expect([await identitiesOf(store, winner?.subject ?? ''), await identitiesOf(store, loser?.subject ?? '')]).toEqual([['one'], []]);
      expect((await store.exchange(signIn('later', google('two'), { gainer: loser ?? null })))?.outcome).toBe('linked');
    });

    it('all have the same answer who send the same sign-in', async () => {
      const { store } = await start(open);
      const one = signIn('one', google('ada'), { gainer: guest('ada') });
      const answers = await Promise.all(HUNDRED.map((i) => store.exchange({ ...one, sessionId: `session ${i}` })));
      expect(outcomesOf(answers)).toEqual({ linked: 100 });
      expect(new Set(answers.map((answer) => answer?.sessionId)).size).toBe(1);
    });

    it('all are the same person who sign in by one identity that nobody had', async () => {
      const { store } = await start(open);
      const answers = await Promise.all(HUNDRED.map((i) => store.exchange(signIn(`${i}`, google('ada')))));
      expect(outcomesOf(answers)).toEqual({ signed_in: 100 });
      expect(new Set(answers.map((answer) => answer?.subject)).size).toBe(1);
      expect(new Set(answers.map((answer) => answer?.generation))).toEqual(new Set([1]));
    });

    it('one uses an ID token', async () => {
      const { store } = await start(open);
      const answers = await Promise.all(HUNDRED.map((i) => store.exchange(signIn(`${i}`, google(`identity ${i}`), { gainer: guest(`${i}`), proofId: 'the one' }))));
      expect(outcomesOf(answers)).toEqual({ linked: 1, refused: 99 });
      const kinds = await Promise.all(HUNDRED.map(async (i) => (await store.standing(guest(`${i}`).subject, null)).kind));
      expect(kinds.filter((kind) => kind === 'user').length).toBe(1);
    });

    it('all but one take an identity off a user who has a hundred', async () => {
      const { store } = await start(open);
      const ada = await user(store, 'ada', google('identity 0'));
      for (const i of HUNDRED.slice(1)) await store.exchange(signIn(`${i}`, google(`identity ${i}`), { gainer: ada }));
      const answers = await Promise.all(HUNDRED.map((i) => store.unlink(ada.subject, google(`identity ${i}`))));
      expect([answers.filter((answer) => answer === 'unlinked').length, answers.filter((answer) => answer === 'last').length]).toEqual([99, 1]);
      expect((await identitiesOf(store, ada.subject)).length).toBe(1);
    });
  });

  it(`${name}: whatever happens at once, each identity is one subject's and each user has one`, { timeout: 120_000 }, async () => {
    const [identities, people] = [['one', 'two', 'three'], ['ada', 'bob', 'cyd']];
    const act = fc.record({ kind: fc.constantFrom('link', 'sign in', 'unlink', 'revoke'), who: fc.constantFrom(...people), identity: fc.constantFrom(...identities), proof: fc.nat(30) });
    await fc.assert(fc.asyncProperty(fc.array(act, { minLength: 2, maxLength: 40 }), async (acts) => {
      const { store } = await start(open);
      const answers = await Promise.all(acts.map(async ({ kind, who, identity, proof }, i): Promise<Exchanged | null> => {
        if (kind === 'unlink') return (await store.unlink(guest(who).subject, google(identity)), null);
        if (kind === 'revoke') return (await store.revoke(guest(who).sessionId, NOW + 1), null);
        return store.exchange(signIn(`${i}`, google(identity), { proofId: `${proof}`, gainer: kind === 'link' ? guest(who) : null }));
      }));
      await checkWhole(store, [...people.map((who) => guest(who).subject), ...answers.flatMap((answer) => answer?.subject ?? [])]);
    }), { numRuns: 25 });
  });
}

/** Each subject is a guest without an identity, or a user with one or more; and no identity is two subjects'. */
async function checkWhole(store: Store, subjects: readonly string[]): Promise<void> {
  const taken: string[] = [];
  for (const subject of new Set(subjects)) {
    const [owned, standing] = [await identitiesOf(store, subject), await store.standing(subject, null)];
    expect(standing).toEqual(owned.length > 0 ? { kind: 'user', generation: 1, revoked: false } : { kind: 'guest', generation: 0, revoked: false });
    taken.push(...owned);
  }
  expect(new Set(taken).size).toBe(taken.length);
}
