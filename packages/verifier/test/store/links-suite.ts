import { describe, expect, it } from 'vitest';
import { google, guest, identitiesOf, NOW, signIn, start, user, type OpenStore } from './people.ts';

/** Whose an identity is, one thing after the other. */
export function describeLinks(name: string, open: OpenStore): void {
  describe(`${name}: a guest who signs in`, () => {
    it('keeps the subject, which is a user\'s from then on', async () => {
      const { store } = await start(open);
      const ada = guest('ada');
      const done = await store.exchange(signIn('one', google('ada'), { gainer: ada }));
      expect(done).toEqual({ outcome: 'linked', subject: ada.subject, generation: 1, sessionId: 'session one', thumbprint: signIn('one', google('ada')).thumbprint, authTime: NOW / 1000 - 5 });
      expect(await store.standing(ada.subject, null)).toEqual({ kind: 'user', generation: 1, revoked: false });
      expect(await store.identitiesOf(ada.subject)).toEqual([{ identity: google('ada'), linkedAt: NOW }]);
    });

    it('comes back to it with nobody there', async () => {
      const { store } = await start(open);
      const ada = guest('ada');
      await store.exchange(signIn('one', google('ada'), { gainer: ada }));
      expect(await store.exchange(signIn('two', google('ada')))).toMatchObject({ outcome: 'signed_in', subject: ada.subject, generation: 1, sessionId: 'session two' });
    });

    it('with an identity that is another\'s changes nothing for either, and is given that other\'s session', async () => {
      const { clock, store } = await start(open);
      const [ada, bob] = [guest('ada'), await user(store, 'bob')];
      clock.ms += 5;
      expect(await store.exchange(signIn('one', google('bob'), { gainer: ada }))).toMatchObject({ outcome: 'in_use', subject: bob.subject, generation: 1, sessionId: 'session one' });
      expect(await store.standing(ada.subject, ada.sessionId)).toEqual({ kind: 'guest', generation: 0, revoked: false });
      expect(await store.identitiesOf(ada.subject)).toEqual([]);
      expect(await store.identitiesOf(bob.subject)).toEqual([{ identity: google('bob'), linkedAt: NOW }]);
      expect((await store.exchange(signIn('two', google('ada'), { gainer: ada })))?.outcome).toBe('linked');
    });

    it('but has become a user in between is refused, and the identity stays nobody\'s', async () => {
      const { store } = await start(open);
      const ada = guest('ada');
      await store.exchange(signIn('one', google('ada'), { gainer: ada }));
      expect(await store.exchange(signIn('two', google('other'), { gainer: ada }))).toBeNull();
      expect(await identitiesOf(store, ada.subject)).toEqual(['ada']);
      expect((await store.exchange(signIn('three', google('other'))))?.subject).toBe(signIn('three', google('other')).newSubject);
    });

    it('from a session that was revoked is refused, and may do so from another', async () => {
      const { clock, store } = await start(open);
      const ada = guest('ada');
      await store.revoke(ada.sessionId, clock.ms + 1_000);
      expect(await store.exchange(signIn('one', google('ada'), { gainer: ada }))).toBeNull();
      expect(await store.standing(ada.subject, null)).toMatchObject({ kind: 'guest' });
      expect((await store.exchange(signIn('one', google('ada'), { gainer: { ...ada, sessionId: 'other' } })))?.outcome).toBe('linked');
    });

    it('and says to be a user is refused', async () => {
      const { store } = await start(open);
      for (const generation of [0, 1]) expect(await store.exchange(signIn('one', google('ada'), { gainer: { ...guest('ada'), kind: 'user', generation } }))).toBeNull();
      expect(await store.identitiesOf(guest('ada').subject)).toEqual([]);
    });
  });

  describe(`${name}: whoever signs in with nobody there`, () => {
    it('is somebody new the first time, and the same from then on', async () => {
      const { store } = await start(open);
      const first = await store.exchange(signIn('one', google('ada')));
      expect(first).toMatchObject({ outcome: 'signed_in', subject: signIn('one', google('ada')).newSubject, generation: 1 });
      expect(await store.exchange(signIn('two', google('ada')))).toMatchObject({ outcome: 'signed_in', subject: first?.subject, generation: 1 });
    });

    it('is told from everybody whose name or provider is written alike', async () => {
      const { store } = await start(open);
      const alike = [['a', 'b'], ['a', 'B'], ['a', 'b '], ['a b', ''], ['a b', 'c'], ['a', 'b c'], ['a","b', 'c'], ['a', 'b","c'], ['https://a', 'b'], ['https://a/', 'b']] as const;
      for (const [i, [issuer, subject]] of alike.entries()) expect((await store.exchange(signIn(`${i}`, { issuer, subject })))?.subject).toBe(signIn(`${i}`, google('')).newSubject);
    });
  });

  describe(`${name}: a user`, () => {
    it('adds an identity and signs in by either, in the sessions that go on', async () => {
      const { clock, store } = await start(open);
      const ada = await user(store, 'ada');
      clock.ms += 5;
      expect(await store.exchange(signIn('one', google('work'), { gainer: ada }))).toMatchObject({ outcome: 'linked', subject: ada.subject, generation: 1 });
      expect(await store.identitiesOf(ada.subject)).toEqual([{ identity: google('ada'), linkedAt: NOW }, { identity: google('work'), linkedAt: NOW + 5 }]);
      for (const identity of ['ada', 'work']) expect((await store.exchange(signIn(`by ${identity}`, google(identity))))?.subject).toBe(ada.subject);
    });

    it('links their own identity once more, and nothing changes', async () => {
      const { clock, store } = await start(open);
      const ada = await user(store, 'ada');
      clock.ms += 5;
      expect(await store.exchange(signIn('one', google('ada'), { gainer: ada }))).toMatchObject({ outcome: 'linked', subject: ada.subject, generation: 1 });
      expect(await store.identitiesOf(ada.subject)).toEqual([{ identity: google('ada'), linkedAt: NOW }]);
    });

    it('does not gain another user\'s identity', async () => {
      const { store } = await start(open);
      const [ada, bob] = [await user(store, 'ada'), await user(store, 'bob')];
      expect(await store.exchange(signIn('one', google('bob'), { gainer: ada }))).toMatchObject({ outcome: 'in_use', subject: bob.subject });
      expect([await identitiesOf(store, ada.subject), await identitiesOf(store, bob.subject)]).toEqual([['ada'], ['bob']]);
    });

    it('gains nothing by a session of another generation or one that was revoked', async () => {
      const { clock, store } = await start(open);
      const ada = await user(store, 'ada');
      for (const generation of [0, 2]) expect(await store.exchange(signIn('one', google('work'), { gainer: { ...ada, generation } }))).toBeNull();
      await store.revoke(ada.sessionId, clock.ms + 1_000);
      expect(await store.exchange(signIn('one', google('work'), { gainer: ada }))).toBeNull();
      expect(await identitiesOf(store, ada.subject)).toEqual(['ada']);
    });

    it('takes an identity off, and it is nobody\'s; the last one stays', async () => {
      const { store } = await start(open);
      const ada = await user(store, 'ada');
      await store.exchange(signIn('one', google('work'), { gainer: ada }));
      expect(await store.unlink(ada.subject, google('ada'))).toBe('unlinked');
      expect(await store.unlink(ada.subject, google('ada'))).toBe('unknown');
      expect(await store.unlink(ada.subject, google('work'))).toBe('last');
      expect(await identitiesOf(store, ada.subject)).toEqual(['work']);
      expect((await store.exchange(signIn('two', google('ada'))))?.subject).toBe(signIn('two', google('ada')).newSubject);
    });

    it('takes nobody else\'s identity off', async () => {
      const { store } = await start(open);
      const [ada, bob] = [await user(store, 'ada'), await user(store, 'bob')];
      for (const who of [ada, bob]) await store.exchange(signIn(`two of ${who.subject}`, google(`second of ${who.subject}`), { gainer: who }));
      for (const [subject, identity] of [[ada.subject, google('bob')], [ada.subject, google('nobody')], [guest('eve').subject, google('ada')], [ada.subject, { ...google('ada'), issuer: 'https://other.example' }]] as const) {
        expect(await store.unlink(subject, identity)).toBe('unknown');
      }
      expect([await identitiesOf(store, ada.subject), await identitiesOf(store, bob.subject)]).toEqual([['ada', `second of ${ada.subject}`], ['bob', `second of ${bob.subject}`]]);
    });
  });

  describe(`${name}: a sign-in`, () => {
    it.each([['of a guest', guest('ada')], ['with nobody there', null]])('%s whose answer was lost has the same one again, asked for or sent again', async (_who, gainer) => {
      const { store } = await start(open);
      const one = signIn('one', google('ada'), { gainer });
      const done = await store.exchange(one);
      expect(done).not.toBeNull();
      expect(await store.exchanged(one.linkId)).toEqual(done);
      expect(await store.exchange({ ...one, sessionId: 'a later session', newSubject: 'u_somebody_later', authTime: 0 })).toEqual(done);
      expect(await identitiesOf(store, done?.subject ?? '')).toEqual(['ada']);
    });

    it('sent again by another key or with another ID token is refused, and changes nothing', async () => {
      const { store } = await start(open);
      const one = signIn('one', google('ada'), { gainer: guest('ada') });
      const done = await store.exchange(one);
      for (const other of [{ thumbprint: 'other' }, { proofId: 'other' }]) expect(await store.exchange({ ...one, ...other })).toBeNull();
      for (const gainer of [null, guest('eve')]) expect(await store.exchange({ ...one, proofId: 'other', identity: google('eve'), gainer })).toBeNull();
      expect(await store.exchanged(one.linkId)).toEqual(done);
      expect((await store.exchange(signIn('two', google('eve'))))?.subject).toBe(signIn('two', google('eve')).newSubject);
    });

    it('with an ID token that counted already is refused, and changes nothing', async () => {
      const { store } = await start(open);
      const one = signIn('one', google('ada'));
      await store.exchange(one);
      for (const gainer of [null, guest('eve')]) expect(await store.exchange(signIn('two', google('eve'), { proofId: one.proofId, gainer }))).toBeNull();
      expect(await store.exchanged(signIn('two', google('eve')).linkId)).toBeNull();
      expect(await store.standing(guest('eve').subject, null)).toMatchObject({ kind: 'guest' });
      expect((await store.exchange(signIn('three', google('eve'))))?.subject).toBe(signIn('three', google('eve')).newSubject);
    });

    it('that was refused leaves its ID token and its name unused', async () => {
      const { store } = await start(open);
      const one = signIn('one', google('ada'), { gainer: { ...guest('ada'), generation: 7 } });
      expect([await store.exchange(one), await store.exchanged(one.linkId)]).toEqual([null, null]);
      expect((await store.exchange({ ...one, gainer: guest('ada') }))?.outcome).toBe('linked');
    });

    it('is told for as long as it was to be', async () => {
      const { clock, store } = await start(open);
      const one = signIn('one', google('ada'));
      const done = await store.exchange(one);
      expect(await store.exchanged(signIn('two', google('ada')).linkId)).toBeNull();
      clock.ms = one.until - 1;
      expect(await store.exchanged(one.linkId)).toEqual(done);
      clock.ms = one.until;
      expect(await store.exchanged(one.linkId)).toBeNull();
    });
  });
}
