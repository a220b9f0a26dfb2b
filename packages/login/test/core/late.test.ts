import { describe, expect, it } from 'vitest';
import { emptyRecord, newer, transition, type PendingAuthorization, type SessionEvent, type SessionRecord } from '../../src/core/record.ts';
import { grantOf, pendingOf } from '../support/samples.ts';

const after = (...events: SessionEvent[]): SessionRecord => events.reduce(transition, emptyRecord);
const guest = (subject = 'user_guest', turn = 0): SessionEvent => ({ type: 'guest_started', grant: grantOf(subject, 'guest'), at: 1_000, turn });
const begun = (change: Partial<PendingAuthorization> = {}): SessionEvent => ({ type: 'begun', pending: pendingOf({ purpose: 'link', subject: 'user_guest', ...change }) });
const back = (subject: string, state = 'state_1'): SessionEvent => ({ type: 'completed', state, grant: grantOf(subject, 'user'), at: 2_000 });

describe('an answer that comes late', () => {
  const user = after(guest(), begun(), back('user_guest'));

  it("with the guest's next credential leaves the user's to whoever signed in meanwhile", () => {
    expect(transition(user, { type: 'renewed', grant: grantOf('user_guest', 'guest'), at: 3_000, turn: 1 })).toBe(user);
  });

  it.each(['works', 'over'] as const)('with the refusal of the guest (token: %s) does not throw out whoever signed in meanwhile', (token) => {
    expect(transition(user, { type: 'refused', token, turn: 1 })).toBe(user);
  });
});

describe('a wait', () => {
  const waiting = (by: 'us' | 'service', until: number): SessionRecord => transition(emptyRecord, { type: 'put_off', until, by, code: 'server' });

  it('is ended by the first tab that wakes up, and the next one that began meanwhile is not', () => {
    const record = waiting('us', 5_000);
    expect(transition(record, { type: 'woken', until: 5_000 }).backoff?.until).toBe(0);
    const next = waiting('us', 9_000);
    expect(transition(next, { type: 'woken', until: 5_000 })).toBe(next);
  });

  it('that the service asked for is ended by nobody', () => {
    const record = waiting('service', 5_000);
    expect(transition(record, { type: 'woken', until: 5_000 })).toBe(record);
  });

  it('knows how many came before it', () => {
    const again: SessionEvent = { type: 'put_off', until: 1, by: 'us', code: 'server' };
    expect(after(again, again, again).backoff?.attempts).toBe(3);
  });
});

describe('round trips', () => {
  it('that were begun and never ended are forgotten, the oldest first', () => {
    const many = Array.from({ length: 20 }, (_, i) => begun({ id: `id_${i}`, state: `state_${i}` }));
    expect(after(guest(), ...many).pending.map(({ state }) => state)).toEqual(Array.from({ length: 12 }, (_, i) => `state_${i + 8}`));
  });

  it('that were written twice are one', () => {
    expect(after(guest(), begun(), begun()).pending).toHaveLength(1);
  });

  it('by which a user adds an identity of somebody else change nobody, and ask', () => {
    const user = after(guest(), begun(), back('user_guest'));
    const record = after(guest(), begun(), back('user_guest'), begun({ id: 'id_2', state: 'state_2' }), back('user_ada', 'state_2'));
    expect(record.session).toMatchObject({ subject: user.session?.subject, kind: 'user' });
    expect(record.conflict).toMatchObject({ id: 'id_2', session: { subject: 'user_ada' } });
  });

  it('by which a user signs in as another user have no things to carry over', () => {
    const conflict = after(guest(), begun(), back('user_guest'), begun({ id: 'id_2', state: 'state_2' }), back('user_ada', 'state_2'));
    const record = transition(conflict, { type: 'resolved', choice: 'continue_as_user', id: 'id_2' });
    expect(record).toMatchObject({ session: { subject: 'user_ada' }, merges: [] });
  });

  it('that bring a guest by redirect tell whoever is here that the one cookie is the newcomer’s', () => {
    const record = after(begun({ purpose: 'guest', subject: null }), guest('user_first'), { type: 'completed', state: 'state_1', grant: grantOf('user_second', 'guest'), at: 2_000 });
    expect(record.session).toMatchObject({ subject: 'user_first', renewal: { type: 'none' } });
  });
});

describe('a question', () => {
  const conflict = after(guest(), begun(), back('user_ada'));

  it('is not answered by an answer to an older one', () => {
    expect(transition(conflict, { type: 'resolved', choice: 'continue_as_user', id: 'id_0' })).toBe(conflict);
    expect(transition(conflict, { type: 'resolved', choice: 'stay_guest', id: 'id_0' })).toBe(conflict);
  });

  it('is gone when the person signs out', () => {
    expect(transition(conflict, { type: 'signed_out', subject: 'user_guest' }).conflict).toBeNull();
  });
});

describe('the things of a guest', () => {
  const conflict = after(guest(), begun(), back('user_ada'));

  it('follow to the user also when the last token ended before the person chose', () => {
    const ended = transition(conflict, { type: 'refused', token: 'over', turn: conflict.turn });
    expect(transition(ended, { type: 'resolved', choice: 'continue_as_user', id: 'id_1' }).merges).toMatchObject([{ key: 'id_1', from: { subject: 'user_guest' }, to: 'user_ada' }]);
  });

  it('do not follow somebody who was never that guest', () => {
    const ended = after(guest(), { type: 'refused', token: 'over', turn: 1 });
    const asked: SessionRecord = { ...ended, ended: null, conflict: conflict.conflict };
    expect(transition(asked, { type: 'resolved', choice: 'continue_as_user', id: 'id_1' })).toMatchObject({ session: { subject: 'user_ada' }, merges: [] });
  });

  it('that was given up at sign-out are forgotten', () => {
    const ended = after(guest(), { type: 'refused', token: 'over', turn: 1 }, guest('user_next', 2), { type: 'signed_out', subject: 'user_next' });
    expect(ended.parked).toBeNull();
  });

  it('wait for the app though the things of another guest were taken', () => {
    const merge = { from: conflict.session!, to: 'user_ada' };
    const record: SessionRecord = { ...conflict, merges: [{ ...merge, key: 'id_1' }, { ...merge, key: 'id_2' }] };
    expect(transition(record, { type: 'merged', key: 'id_1' }).merges.map(({ key }) => key)).toEqual(['id_2']);
  });
});

describe('of two records', () => {
  const mine: SessionRecord = { ...after(guest(), begun()), line: 'line_1' };

  it('of one line the later one holds, however late it was read', () => {
    const older: SessionRecord = { ...after(guest()), line: 'line_1' };
    expect(newer(mine, older)).toBe(mine);
    expect(newer(older, mine)).toBe(mine);
  });

  it('of two lines the stored one holds, which all other tabs see', () => {
    const stored: SessionRecord = { ...after(guest('user_next')), line: 'line_2' };
    expect(stored.version).toBeLessThan(mine.version);
    expect(newer(mine, stored)).toBe(stored);
  });

  it('of two lines the own one holds where nobody is in the stored one', () => {
    expect(newer(mine, { ...after(begun()), line: 'line_2' })).toBe(mine);
    expect(newer(mine, emptyRecord)).toBe(mine);
  });

  it.each([
    ['a user', [guest(), begun(), back('user_guest')]],
    ['the guest that the user was', [guest()]],
  ] as const)('of two lines the own one holds where the stored one brings back %s who was signed out', (_who, events) => {
    const out: SessionRecord = { ...after(guest(), begun(), back('user_guest'), { type: 'signed_out', subject: 'user_guest' }), line: 'line_1' };
    expect(newer(out, { ...after(...events), line: 'line_2' })).toBe(out);
  });

  it('of two lines the stored one holds where somebody who was signed out has signed in again', () => {
    const signedIn = (id: string): SessionEvent[] => [begun({ id, purpose: 'sign_in', subject: null }), back('user_ada')];
    const out: SessionRecord = { ...after(...signedIn('id_1'), { type: 'signed_out', subject: 'user_ada' }), line: 'line_1' };
    const again: SessionRecord = { ...after(...signedIn('id_2')), line: 'line_2' };
    expect(newer(out, again)).toBe(again);
  });

  it('of which the stored one was damaged, what was damaged is kept aside', () => {
    expect(newer(mine, { ...emptyRecord, aside: 'x' })).toEqual({ ...mine, aside: 'x' });
  });
});
