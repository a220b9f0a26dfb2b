import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyRecord, transition, type SessionEvent, type SessionRecord } from '../../src/core/record.ts';
import { parseRecord } from '../../src/core/stored.ts';
import { grantOf, pendingOf } from '../support/samples.ts';

const events: SessionEvent[] = [
  { type: 'guest_started', grant: grantOf('user_guest', 'guest'), at: 1, turn: 0 },
  { type: 'begun', pending: pendingOf({ subject: 'user_guest' }) },
  { type: 'completed', state: 'state_1', grant: grantOf('user_ada', 'user', { renewal: { type: 'refresh_token', refreshToken: 'r' } }), at: 2 },
  { type: 'resolved', choice: 'continue_as_user', id: 'id_1' },
  { type: 'put_off', until: 3, by: 'us', code: 'server' },
];
const full: SessionRecord = { ...events.reduce(transition, emptyRecord), line: 'line_1' };

describe('what storage held', () => {
  it('is read back as it was written', () => {
    expect(parseRecord(structuredClone(full))).toEqual(full);
    expect(parseRecord(undefined)).toBe(emptyRecord);
  });

  it('by a later version of this library is left alone', () => {
    expect(parseRecord({ schema: 2, anything: 'goes' })).toBe('newer');
  });

  it('is set aside when it is damaged, wherever the damage is', () => {
    const damage = fc.constantFrom<unknown>(undefined, null, NaN, Infinity, -1, 1.5, '', {}, [], true, new Date(0), 1e308);
    const paths = pathsOf(full);
    fc.assert(fc.property(fc.constantFrom(...paths), damage, (path, value) => {
      const stored = replace(structuredClone(full), path, value);
      const read = parseRecord(stored);
      expect(read).not.toBe('newer');
      if (read !== 'newer' && 'aside' in read) expect(read).toEqual({ ...emptyRecord, aside: stored });
    }), { numRuns: 2_000 });
  });

  it('never yields a session without a subject, a kind and a token', () => {
    fc.assert(fc.property(fc.anything({ withNullPrototype: true, withDate: true, withMap: true }), (session) => {
      const read = parseRecord({ ...full, session });
      if (read !== 'newer' && read.session) expect(read.session).toMatchObject({ subject: expect.stringMatching(/./), kind: expect.stringMatching(/^(guest|user)$/), accessToken: expect.stringMatching(/./) });
    }), { numRuns: 5_000 });
  });
});

function pathsOf(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...path]];
  return Object.entries(value).flatMap(([name, inner]) => [[...path, name], ...pathsOf(inner, [...path, name])]);
}

function replace(root: unknown, path: readonly string[], value: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  const object = root as Record<string, unknown>;
  object[first] = replace(object[first], rest, value);
  return root;
}
