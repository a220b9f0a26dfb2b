import { createHash, createHmac, hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SigningKeys } from '../src/issuer/signing-keys.ts';
import { hmacSha256, sha256 } from '../src/sha256.ts';
import { makeSigningKey } from './issuer/support.ts';

describe('hashes without await', () => {
  it('are those of the platform, whatever is hashed', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.uint8Array({ minLength: 1, maxLength: 100 }), (text, key) => {
      expect(sha256(text)).toBe(createHash('sha256').update(text).digest('base64url'));
      expect(hmacSha256(key, text)).toBe(createHmac('sha256', key).update(text).digest('base64url'));
    }));
  });

  it('derive the keys that older versions derived, so that no refresh token is lost by an update', () => {
    const key = makeSigningKey('k');
    const derived = new SigningKeys({ keys: [key] }).derive('refresh token').get('k') ?? new Uint8Array();
    const expected = hkdfSync('sha256', Buffer.from(String(key['d']), 'base64url'), new Uint8Array(), 'passerby refresh token', 32);
    expect(Buffer.from(derived).toString('hex')).toBe(Buffer.from(expected).toString('hex'));
  });
});
