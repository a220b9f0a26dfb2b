import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '@passerby/shared';
import { verifyJwt } from '../../src/tokens/verify.ts';

const ISSUER = 'https://login.example';
let pair: { readonly privateKey: CryptoKey; readonly publicKey: CryptoKey };
beforeAll(async () => {
  pair = await generateKeyPair('ES256', { extractable: true });
});

const published = async (key = pair.publicKey, more: object = {}): Promise<JWK> => ({ ...(await exportJWK(key)), kid: 'k', ...more });
const signed = (claims: object = {}, header: object = {}, key = pair.privateKey): Promise<string> =>
  new SignJWT({ iss: ISSUER, sub: 'user_guest', iat: 1_000, exp: 4_600, ...claims }).setProtectedHeader({ alg: 'ES256', kid: 'k', ...header }).sign(key);
const verified = (token: string, keys: JWK[]): Promise<Json | null> => verifyJwt(token, ISSUER, { keys });

describe('a token in a cookie', () => {
  it('of the service is believed, whatever this device thinks the time is', async () => {
    expect(await verified(await signed(), [await published()])).toMatchObject({ sub: 'user_guest' });
  });

  it('that the same key signed for another issuer makes the person nobody', async () => {
    expect(await verified(await signed({ iss: `${ISSUER}/v1/clients/sc_guests` }), [await published()])).toBeNull();
  });

  it.each(['jwk', 'jku', 'x5u', 'x5c'])('that brings a key of its own (%s) makes the person nobody, also where the service signed it', async (name) => {
    expect(await verified(await signed({}, { [name]: name === 'x5c' ? ['AAAA'] : 'https://evil.example' }), [await published()])).toBeNull();
  });

  it('that has to be understood in a way of its own makes the person nobody', async () => {
    const [head = '', body = '', signature = ''] = (await signed()).split('.');
    expect(await verified([btoa(JSON.stringify({ ...(JSON.parse(atob(head)) as object), crit: ['exp'], exp: 1 })).replaceAll('=', ''), body, signature].join('.'), [await published()])).toBeNull();
  });

  it('signed in a way that this library does not use makes the person nobody', async () => {
    const other = await generateKeyPair('ES384', { extractable: true });
    expect(await verified(await signed({}, { alg: 'ES384' }, other.privateKey), [await published(other.publicKey)])).toBeNull();
  });

  it('that is too long is not even looked at', async () => {
    expect(await verified(await signed({ pad: 'p'.repeat(16_384) }), [await published()])).toBeNull();
  });

  it('is tried again where the key set is longer than any service needs', async () => {
    const key = await published();
    expect(await verified(await signed(), [key, ...Array.from({ length: 49 }, (_, i) => ({ ...key, kid: `other${i}` }))])).toMatchObject({ sub: 'user_guest' });
    await expect(verified(await signed(), [key, ...Array.from({ length: 50 }, (_, i) => ({ ...key, kid: `other${i}` }))])).rejects.toMatchObject({ code: 'response_invalid', retryable: true });
  });

  it('signed with a key whose private half is public keeps the guest, and is tried again', async () => {
    const leaked = { ...(await exportJWK(pair.privateKey)), kid: 'k' };
    await expect(verified(await signed(), [leaked])).rejects.toMatchObject({ code: 'response_invalid', retryable: true });
  });

  it.each(['a shared secret', 'RSA'])('is not checked with %s', async (kind) => {
    const key = kind === 'RSA' ? await published((await generateKeyPair('RS256', { extractable: true })).publicKey) : { kty: 'oct', k: 'c2VjcmV0', kid: 'k' };
    await expect(verified(await signed(), [key])).rejects.toMatchObject({ code: 'response_invalid' });
  });
});
