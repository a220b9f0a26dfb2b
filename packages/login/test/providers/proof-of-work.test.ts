import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { proveWork } from '../../src/providers/proof-of-work.ts';
import { hasherOf } from '../../src/providers/sha256.ts';

const sha256 = (message: Uint8Array): string => hex(hasherOf(message).hash());
const hex = (words: Int32Array): string => [...words].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
const byNode = (message: Uint8Array | string): string => createHash('sha256').update(message).digest('hex');

describe('the proof of work', () => {
  // Both were captured from the vendor's own SDK.
  it.each([
    [1795256077648, ['sc_1', 'app_1'], 'v2;1795256077648;2855;00DUXvhfQPJnPA7aRcwN_ZpVtbHam191-udCdoRhFDA'],
    [1795256078026, ['con_g', 'app_1'], 'v2;1795256078026;1080;00BGEdczhNLTmvt7hLIp3f348p2u_Ery12sOhgB-ntM'],
  ])('at %i is the one the vendor computes', async (time, values, expected) => {
    expect(await proveWork(values, { now: () => time, breathe: () => Promise.resolve() })).toBe(expected);
  });

  it('lets the page breathe when it takes long', async () => {
    let time = 1795256077648;
    let breaths = 0;
    await proveWork(['sc_1', 'app_1'], { now: () => (breaths === 0 && time++, time), breathe: async () => void breaths++ });
    expect(breaths).toBeGreaterThan(0);
  });
});

describe('SHA-256', () => {
  it('agrees with Node for every text', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
      expect(sha256(Buffer.from(text))).toBe(byNode(text));
    }));
  });

  it.each([0, 1, 55, 56, 63, 64, 65, 119, 120, 128])('agrees with Node at %i bytes', (length) => {
    expect(sha256(Buffer.alloc(length, 'a'))).toBe(byNode('a'.repeat(length)));
  });

  it('agrees with Node after each change to the message', () => {
    const hasher = hasherOf(Buffer.alloc(100, 'a'));
    for (let i = 0; i < hasher.message.length; i++) {
      hasher.message[i] = i;
      expect(hex(hasher.hash())).toBe(byNode(hasher.message));
    }
  });
});
