import { describe, expect, it } from 'vitest';
import { emptyRecord, transition, type SessionEvent, type SessionRecord } from '../../src/core/record.ts';
import { parseRecord } from '../../src/core/stored.ts';
import { grantOf, pendingOf } from '../support/samples.ts';

const events: SessionEvent[] = [
  { type: 'guest_started', grant: grantOf('user_guest', 'guest'), at: 1, turn: 0 },
  { type: 'begun', pending: pendingOf({ subject: 'user_guest' }) },
  { type: 'put_off', until: 3, by: 'us', code: 'server' },
];
const full: SessionRecord = { ...events.reduce(transition, emptyRecord), line: 'line_1' };

describe('a person whose record was damaged is nobody here, and the record is kept aside', () => {
  const session = full.session!;
  const damages: readonly (readonly [string, object])[] = [
    ['who is neither guest nor user', { session: { ...session, kind: 'admin' } }], ['without a subject', { session: { ...session, subject: '' } }], ['without a token', { session: { ...session, accessToken: '' } }],
    ['renewed in a way that nobody knows', { session: { ...session, renewal: { type: 'magic' } } }], ['with a refresh token that is none', { session: { ...session, renewal: { type: 'refresh_token', refreshToken: '' } } }],
    ['without a token, though bound to a key', { session: { ...session, accessToken: '', tokenType: 'DPoP' } }], ['with a nonce that is none', { session: { ...session, nonce: 7 } }], ['of a type of token that nobody knows', { session: { ...session, tokenType: 'Magic' } }],
    ['received at NaN', { session: { ...session, receivedAt: NaN } }], ['received at Infinity', { session: { ...session, receivedAt: Infinity } }], ['received at a text', { session: { ...session, receivedAt: '1' } }],
    ['with a life of nothing', { session: { ...session, lifetimeMs: 0 } }], ['with a life before its birth', { session: { ...session, lifetimeMs: -1 } }],
    ['of a version that can not grow', { version: 1e308 }], ['of a version before the first', { version: -1 }], ['of half a turn', { turn: 1.5 }], ['of no line', { line: '' }],
    ['of another schema', { schema: 0 }], ['that ended in a way that nobody knows', { ended: 'banned' }], ['with a parked guest that is none', { parked: {} }],
    ['with a round trip for nothing', { pending: [{ ...full.pending[0], purpose: 'fly' }] }], ['with a round trip without a state', { pending: [{ ...full.pending[0], state: '' }] }],
    ['with round trips that are no list', { pending: {} }], ['with a merge to nobody', { merges: [{ key: 'k', from: session, to: '' }] }], ['asked about nothing', { conflict: { id: 'i', connectionId: '', session: null } }],
    ['that waits for NaN', { backoff: { ...full.backoff, until: NaN } }], ['that waits for nobody', { backoff: { ...full.backoff, by: 'them' } }],
  ];
  it.each(damages)('(%s)', (_, change) => {
    const stored = { ...full, ...change };
    expect(parseRecord(stored)).toEqual({ ...emptyRecord, aside: stored });
  });

  it.each([null, 'text', 1, [], [full]])('(%j)', (stored) => {
    expect(parseRecord(stored)).toEqual({ ...emptyRecord, aside: stored });
  });
});

it('a person whose record is whole is who they were', () => {
  expect(parseRecord(full)).toBe(full);
  const byCookie = { ...full, session: { ...full.session, accessToken: '', tokenType: 'Cookie', renewal: { type: 'own_cookie' } } };
  expect(parseRecord(byCookie)).toBe(byCookie);
});

describe('a person whose key was damaged or planted is nobody here', () => {
  const ecdsa = { name: 'ECDSA', namedCurve: 'P-256' };
  const keyOf = (privateKey: unknown): object => ({ thumbprint: 't', publicJwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }, privateKey });
  const pair = (extractable: 'extractable' | 'not'): Promise<CryptoKeyPair> => crypto.subtle.generateKey(ecdsa, extractable === 'extractable', ['sign', 'verify']);

  it('and somebody where it is whole', async () => {
    const { privateKey } = await pair('not');
    const stored = { ...full, guestKey: keyOf(privateKey), session: { ...full.session, key: keyOf(privateKey) } };
    expect(parseRecord(stored)).toBe(stored);
  });

  it.each<readonly [string, () => Promise<unknown>]>([
    ['a key that can be read', async () => (await pair('extractable')).privateKey],
    ['its public half', async () => crypto.subtle.importKey('jwk', await crypto.subtle.exportKey('jwk', (await pair('not')).publicKey), ecdsa, false, ['verify'])],
    ['a key that does something else', async () => (await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits'])).privateKey],
    ['no key', async () => ({ type: 'private', extractable: false, algorithm: ecdsa, usages: ['sign'] })],
    ['nothing', async () => undefined],
  ])('(%s)', async (_what, make) => {
    for (const stored of [{ ...full, guestKey: keyOf(await make()) }, { ...full, session: { ...full.session, key: keyOf(await make()) } }]) {
      expect(parseRecord(stored)).toEqual({ ...emptyRecord, aside: stored });
    }
  });
});
