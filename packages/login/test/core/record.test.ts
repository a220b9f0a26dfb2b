import type { DeviceKey } from '@passerby/shared';
import { describe, expect, it } from 'vitest';
import { emptyRecord, transition, type PendingAuthorization, type SessionEvent, type SessionRecord } from '../../src/core/record.ts';
import { noticesBetween } from '../../src/core/notice.ts';
import { grantOf, pendingOf } from '../support/samples.ts';

const after = (...events: SessionEvent[]): SessionRecord => events.reduce(transition, emptyRecord);
const guest = (turn = 0): SessionEvent => ({ type: 'guest_started', grant: grantOf('user_guest', 'guest'), at: 1_000, turn });
const begun = (change: Partial<PendingAuthorization> = {}): SessionEvent => ({ type: 'begun', pending: pendingOf({ purpose: 'link', subject: 'user_guest', ...change }) });
const back = (subject: string): SessionEvent => ({ type: 'completed', state: 'state_1', grant: grantOf(subject, 'user'), at: 2_000 });
const noticesOf = (...events: SessionEvent[]): string[] => noticesBetween(after(...events.slice(0, -1)), after(...events));

describe('a guest', () => {
  it('is here once it was started', () => {
    expect(after(guest()).session).toMatchObject({ subject: 'user_guest', kind: 'guest', receivedAt: 1_000 });
    expect(noticesOf(guest())).toEqual(['guest_started']);
  });

  it('that another tab started first stays, and the second one is dropped', () => {
    const record = after(guest());
    const second = transition(record, { type: 'guest_started', grant: grantOf('user_second', 'guest'), at: 1_001, turn: record.turn });
    expect(second).toBe(record);
  });

  it('does not start from an answer that was asked for before somebody signed out', () => {
    const record = after(guest(), { type: 'signed_out', subject: 'user_guest' });
    expect(transition(record, guest(0))).toBe(record);
  });

  it('whose renewal was refused while the token still works is served to the end of the token', () => {
    const record = after(guest(), { type: 'refused', token: 'works', turn: 1 });
    expect(record.session).toMatchObject({ subject: 'user_guest', renewal: { type: 'none' } });
  });

  it('whose renewal was refused after the token is over is parked with its subject, not erased', () => {
    const record = after(guest(), { type: 'refused', token: 'over', turn: 1 });
    expect(record).toMatchObject({ session: null, ended: 'guest_ended', parked: { subject: 'user_guest' } });
    expect(noticesOf(guest(), { type: 'refused', token: 'over', turn: 1 })).toEqual(['guest_ended']);
  });
});

describe('a guest that has become a user at the service', () => {
  const upgraded = (subject: string | null): SessionEvent => ({ type: 'upgraded', subject });

  it('is nobody here, to be asked to sign in, and is parked nowhere', () => {
    expect(after(guest(), upgraded('user_guest'))).toMatchObject({ session: null, ended: 'user_expired', parked: null });
    expect(noticesOf(guest(), upgraded('user_guest'))).toEqual(['user_expired']);
    expect(after(upgraded(null))).toMatchObject({ session: null, ended: 'user_expired' });
  });

  it('is nobody else who is here by now', () => {
    for (const record of [after(guest()), after(guest(), begun(), back('user_guest'))]) {
      for (const subject of ['user_other', null]) expect(transition(record, upgraded(subject))).toBe(record);
    }
    const user = after(guest(), begun(), back('user_guest'));
    expect(transition(user, upgraded('user_guest'))).toBe(user);
  });
});

describe('a user', () => {
  it('whose session ended is signed out and not a guest', () => {
    const record = after(guest(), begun(), back('user_guest'));
    const ended = transition(record, { type: 'refused', token: 'over', turn: record.turn });
    expect(ended).toMatchObject({ session: null, ended: 'user_expired', parked: null });
    expect(noticesBetween(record, ended)).toEqual(['user_expired']);
  });

  it('stays a user when a renewal calls it a guest', () => {
    const record = after(guest(), begun(), back('user_guest'));
    const renewed = transition(record, { type: 'renewed', grant: grantOf('user_guest', 'guest'), at: 9_000, turn: record.turn });
    expect(renewed.session?.kind).toBe('user');
  });

  it('who signed out stays signed out when a refresh answers late', () => {
    const record = after(guest(), begun(), back('user_guest'));
    const out = transition(record, { type: 'signed_out', subject: 'user_guest' });
    expect(transition(out, { type: 'renewed', grant: grantOf('user_guest', 'user'), at: 9_000, turn: record.turn })).toBe(out);
  });
});

it('a sign-out that was overtaken signs out nobody else', () => {
  const record = after(guest());
  expect(transition(record, { type: 'signed_out', subject: 'user_ada' })).toBe(record);
  expect(transition(record, { type: 'signed_out', subject: null })).toBe(record);
});

describe('a link', () => {
  it('that comes back with the same subject makes the guest a user', () => {
    const record = after(guest(), begun(), back('user_guest'));
    expect(record.session).toMatchObject({ subject: 'user_guest', kind: 'user' });
    expect(record.pending[0]).toMatchObject({ outcome: { type: 'linked' }, codeVerifier: '', callback: null });
    expect(noticesOf(guest(), begun(), back('user_guest'))).toEqual(['linked']);
  });

  it('that comes back with another subject changes nobody, and asks', () => {
    const record = after(guest(), begun(), back('user_ada'));
    expect(record.session).toMatchObject({ subject: 'user_guest', kind: 'guest' });
    expect(record.conflict).toMatchObject({ connectionId: 'google', session: { subject: 'user_ada' } });
    expect(noticesOf(guest(), begun(), back('user_ada'))).toEqual(['identity_in_use']);
  });

  it('that replaced the cookie of the guest tells that the guest is no longer renewed', () => {
    expect(after(guest(), begun(), back('user_ada')).session?.renewal).toEqual({ type: 'none' });
  });

  it('whose subject the service made of the guest moves the guest, whose things follow', () => {
    const moved: SessionEvent = { type: 'completed', state: 'state_1', grant: grantOf('user_new', 'user', { movedFrom: 'user_guest' }), at: 5_000 };
    const record = after(guest(), begun(), moved);
    expect(record).toMatchObject({ session: { subject: 'user_new', kind: 'user' }, conflict: null, merges: [{ key: 'id_1', from: { subject: 'user_guest' }, to: 'user_new' }] });
    expect(record.pending[0]?.outcome).toEqual({ type: 'moved', from: 'user_guest' });
    expect(noticesOf(guest(), begun(), moved)).toEqual(['moved']);
  });

  it('that took the place of a guest who is not here moves nobody, and asks', () => {
    const record = after(guest(), begun(), { type: 'completed', state: 'state_1', grant: grantOf('user_new', 'user', { movedFrom: 'user_other' }), at: 5_000 });
    expect(record).toMatchObject({ session: { subject: 'user_guest' }, conflict: { session: { subject: 'user_new' } }, merges: [] });
  });

  it('that takes the place of a guest whose last token ended on the way has their things follow all the same', () => {
    const started = after(guest(), begun());
    const ended = transition(started, { type: 'refused', token: 'over', turn: started.turn });
    const record = transition(ended, { type: 'completed', state: 'state_1', grant: grantOf('user_new', 'user', { movedFrom: 'user_guest' }), at: 5_000 });
    expect(record).toMatchObject({ session: { subject: 'user_new' }, merges: [{ from: { subject: 'user_guest' } }] });
  });

  it('is completed once, however often its callback comes', () => {
    const record = after(guest(), begun(), back('user_guest'));
    expect(transition(record, back('user_ada'))).toBe(record);
  });

  it('that was refused leaves the guest exactly as it was', () => {
    const before = after(guest(), begun());
    const record = transition(before, { type: 'not_completed', state: 'state_1', outcome: { type: 'cancelled' } });
    expect(record.session).toBe(before.session);
    expect(record.turn).toBe(before.turn);
  });

  it('of a guest that ended meanwhile signs the person in', () => {
    const record = after(guest(), begun(), { type: 'refused', token: 'over', turn: 1 }, back('user_ada'));
    expect(record).toMatchObject({ session: { subject: 'user_ada', kind: 'user' }, conflict: null, pending: [{ outcome: { type: 'signed_in' } }] });
  });

  it('is forgotten when the person signs out before it comes back', () => {
    const record = after(guest(), begun(), { type: 'signed_out', subject: 'user_guest' });
    expect(transition(record, back('user_guest'))).toBe(record);
  });
});

describe('an identity that is in use', () => {
  const conflict = after(guest(), begun(), back('user_ada'));

  it('leaves the guest to whoever stays', () => {
    const record = transition(conflict, { type: 'resolved', choice: 'stay_guest', id: 'id_1' });
    expect(record).toMatchObject({ session: { subject: 'user_guest' }, conflict: null, merges: [] });
  });

  it('takes the things of the guest along for whoever goes on, under one stable key', () => {
    const record = transition(conflict, { type: 'resolved', choice: 'continue_as_user', id: 'id_1' });
    expect(record).toMatchObject({ session: { subject: 'user_ada', kind: 'user' }, conflict: null, merges: [{ key: 'id_1', from: { subject: 'user_guest' }, to: 'user_ada' }] });
    expect(transition(record, { type: 'resolved', choice: 'continue_as_user', id: 'id_1' })).toBe(record);
  });

  it('asks the user to sign in once more when a new guest has taken the cookie', () => {
    const ended = transition(conflict, { type: 'refused', token: 'over', turn: conflict.turn });
    const record = transition(ended, { type: 'guest_started', grant: grantOf('user_next', 'guest'), at: 9_000, turn: ended.turn });
    expect(record).toMatchObject({ session: { subject: 'user_next' }, conflict: { connectionId: 'google', session: null } });
  });

  it('keeps the guest in the record until the app took its things', () => {
    const moved = transition(conflict, { type: 'resolved', choice: 'continue_as_user', id: 'id_1' });
    expect(transition(moved, { type: 'merged', key: 'id_1' }).merges).toEqual([]);
  });
});

it('adds one to the version with every change and with nothing else', () => {
  const record = after(guest(), begun());
  expect(record.version).toBe(2);
  expect(transition(record, { type: 'merged', key: 'unknown' })).toBe(record);
});

describe('a round trip that is over', () => {
  const linked = after(guest(), begun(), back('user_guest'));
  const failed: SessionEvent = { type: 'not_completed', state: 'state_1', outcome: { type: 'failed', error: { code: 'grant_refused', message: '' } } };
  const late: readonly SessionEvent[] = [failed, back('user_evil'), { type: 'returned', state: 'state_1', callback: '?code=c' }, { type: 'unsure', state: 'state_1' }, { type: 'kept', state: 'state_1', details: { idToken: 't' } }];

  it.each(late.map((event) => [event.type, event] as const))('hears nothing more that comes late (%s)', (_type, event) => {
    expect(transition(linked, event)).toBe(linked);
  });

  it('as failed, and was done all the same by another page, is done', () => {
    expect(transition(after(guest(), begun(), failed), back('user_guest'))).toMatchObject({ session: { subject: 'user_guest', kind: 'user' }, pending: [{ outcome: { type: 'linked' } }] });
  });

  it('as cancelled stays cancelled', () => {
    const cancelled = after(guest(), begun(), { type: 'not_completed', state: 'state_1', outcome: { type: 'cancelled' } });
    expect(transition(cancelled, back('user_guest'))).toBe(cancelled);
  });
});

describe('the key that a guest follows from', () => {
  const keyOf = (thumbprint: string): DeviceKey => ({ thumbprint, publicJwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }, privateKey: {} as CryptoKey });
  const made = after({ type: 'key_made', key: keyOf('first') });

  it('is the first that was made, whoever else makes one', () => {
    expect(transition(made, { type: 'key_made', key: keyOf('second') })).toBe(made);
  });

  it('is let go once its guest is a user, and who is here is asked then, not made another guest', () => {
    expect(transition(made, { type: 'key_spent', key: keyOf('first') })).toMatchObject({ guestKey: undefined, ended: 'user_expired' });
    expect(transition(made, { type: 'key_spent', key: keyOf('other') })).toBe(made);
  });

  it('is let go without a word about who is here by now', () => {
    const here = transition(made, guest());
    expect(transition(here, { type: 'key_spent', key: keyOf('first') })).toMatchObject({ guestKey: undefined, ended: null, session: { subject: 'user_guest' } });
  });
});
