import { describe, expect, it } from 'vitest';
import { downloadKeys, usableKeys } from '../../src/tokens/jwks.ts';
import { algorithmOf, importPublicKey, readPublicKey } from '../../src/tokens/public-key.ts';
import { isRoca } from '../../src/tokens/roca.ts';
import type { Claims } from '../fixtures.ts';
import { makePair } from '../key-pairs.ts';
import { makeSigner } from './signers.ts';

const rsaOf = (modulusLength: number, publicExponent = 65_537): Claims => ({ ...makePair.rsa(modulusLength, publicExponent).publicKey.export({ format: 'jwk' }), kid: 'k' });
const rsa = rsaOf(2048);
const es = makeSigner('ES256', 'k').jwk;
const ed = makeSigner('EdDSA', 'k').jwk;
const bytesOf = (hex: string) => Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
const usable = async (jwk: Claims) => (await usableKeys([jwk], ['RS256', 'ES256', 'EdDSA'])).size === 1;

/** A modulus as the broken chips made them: a power of 65537 beyond a multiple of all small primes. */
function rocaModulus(): Buffer {
  const primes = Array.from({ length: 165 }, (_, i) => i + 3).filter((n) => Array.from({ length: n }, (_, d) => d).every((d) => d < 2 || n % d !== 0));
  const product = primes.reduce((all, prime) => all * BigInt(prime), 1n);
  const modulus = ((1n << 2047n) / product + 7n) * product + (65_537n ** 1_234n) % product;
  return bytesOf(modulus.toString(16));
}

describe('a published key', () => {
  it.each([['Ed25519', ed, 'EdDSA'], ['P-256', es, 'ES256'], ['RSA, 2048 bits', rsa, 'RS256'], ['RSA, 3072 bits', rsaOf(3072), 'RS256']] as const)('of %s verifies with its one algorithm', async (_, jwk, algorithm) => {
    const key = readPublicKey(jwk);
    const imported = key && await importPublicKey(key);
    expect([key?.algorithm, imported?.type, imported?.usages, imported?.extractable, imported && algorithmOf(imported)]).toEqual([algorithm, 'public', ['verify'], false, algorithm]);
  });

  it.each([['Ed25519', ed], ['P-256', es], ['RSA', rsa]])('of %s may say what it is for', async (_, jwk) => {
    const { alg: _alg, use: _use, ...bare } = jwk;
    const algorithm = readPublicKey(bare)?.algorithm;
    for (const more of [{}, { use: 'sig' }, { alg: algorithm }, { key_ops: ['verify'] }, { x5c: ['AAAA'], x5t: 'A' }, { shop: 1 }]) expect(await usable({ ...bare, ...more })).toBe(true);
    for (const more of [{ use: 'enc' }, { alg: 'HS256' }, { alg: 'PS256' }, { alg: 'RSA-OAEP' }, { key_ops: ['encrypt'] }, { key_ops: [] }, { use: null }]) expect(await usable({ ...bare, ...more }), JSON.stringify(more)).toBe(false);
  });

  const secrets = [makePair.ed25519(), makePair.ec('P-256'), makePair.rsa(2048)].map(({ privateKey }) => ({ ...privateKey.export({ format: 'jwk' }), kid: 'k' }));
  it.each(secrets)('whose private half is published beside it vouches for nobody ($kty)', async (jwk) => expect(await usable(jwk)).toBe(false));
  it.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])('with the member %s vouches for nobody', async (name) => {
    for (const jwk of [ed, es, rsa]) for (const value of ['AQ', '', null]) expect(await usable({ ...jwk, [name]: value })).toBe(false);
  });

  const n = String(rsa['n']);
  const modulus = Buffer.from(n, 'base64url');
  const weak: Readonly<Record<string, Claims>> = {
    '512 bits': rsaOf(512), '1024 bits': rsaOf(1024), '2047 bits': { ...rsa, n: Buffer.concat([Buffer.from([0x7f]), modulus.subarray(1)]).toString('base64url') }, 'more than 8192 bits': { ...rsa, n: Buffer.alloc(1_025, 255).toString('base64url') },
    'exponent 3': rsaOf(2048, 3), 'exponent 1': { ...rsa, e: 'AQ' }, 'exponent 65537 with a zero before': { ...rsa, e: 'AAEAAQ' }, 'no exponent': { ...rsa, e: undefined }, 'a number for an exponent': { ...rsa, e: 65_537 },
    'no modulus': { ...rsa, n: undefined }, 'a modulus with a zero before': { ...rsa, n: Buffer.concat([Buffer.alloc(1), modulus]).toString('base64url') }, 'a padded modulus': { ...rsa, n: `${n}=` }, 'an empty modulus': { ...rsa, n: '' }, 'the modulus of a broken chip': { ...rsa, n: rocaModulus().toString('base64url') },
  };
  it.each(Object.entries(weak))('of RSA with %s vouches for nobody', async (_, jwk) => expect(await usable(jwk)).toBe(false));

  it('of a broken chip is told from every good one', () => {
    expect(rocaModulus().length).toBe(256);
    expect(isRoca(rocaModulus())).toBe(true);
    for (let i = 0; i < 20; i += 1) expect(isRoca(Buffer.from(String(rsaOf(1024)['n']), 'base64url'))).toBe(false);
  });

  const points: Readonly<Record<string, Claims>> = {
    'off the curve': { ...es, y: es['x'] }, 'at zero': { ...es, x: 'A'.repeat(43), y: 'A'.repeat(43) }, 'with a long coordinate': { ...es, x: Buffer.concat([Buffer.alloc(1), Buffer.from(String(es['x']), 'base64url')]).toString('base64url') }, 'with a padded coordinate': { ...es, x: `${String(es['x'])}=` }, 'with half a coordinate': { ...es, y: 'AAAA' }, 'without a coordinate': { ...es, y: undefined },
    'of P-384': { ...makePair.ec('P-384').publicKey.export({ format: 'jwk' }), kid: 'k' }, 'of secp256k1': { ...makePair.ec('secp256k1').publicKey.export({ format: 'jwk' }), kid: 'k' }, 'of P-384 that says P-256': { ...makePair.ec('P-384').publicKey.export({ format: 'jwk' }), crv: 'P-256', kid: 'k' },
  };
  it.each(Object.entries(points))('that is a point %s vouches for nobody', async (_, jwk) => expect(await usable(jwk)).toBe(false));

  it('of a kind that nobody asked for is left out, and does not hide the one of its name', async () => {
    expect([...(await usableKeys([rsa, es, ed], ['EdDSA'])).values()].map((key) => key.algorithm.name)).toEqual(['Ed25519']);
    expect((await usableKeys([rsa, es], ['RS256', 'ES256'])).size).toBe(0);
    await expect(downloadKeys({ url: 'https://id.example/certs', algorithms: ['EdDSA'], fetch: () => Promise.resolve(Response.json({ keys: [rsa, es] })) })).rejects.toThrow(/no key in it for EdDSA/);
  });

  it('without a name is kept where it is the only one', async () => {
    const { kid: _kid, ...nameless } = es;
    expect([...(await usableKeys([nameless], ['ES256'])).keys()]).toEqual(['']);
    expect([...(await usableKeys([nameless, nameless], ['ES256'])).keys()]).toEqual(['']);
    expect([...(await usableKeys([nameless, ed], ['ES256', 'EdDSA'])).keys()]).toEqual(['k']);
    for (const kid of ['', 7, null, ['k']]) expect((await usableKeys([{ ...es, kid }], ['ES256'])).size).toBe(0);
  });

  it('that is for no algorithm of ours is a mistake of the program', async () => {
    const { publicKey } = await crypto.subtle.generateKey({ name: 'RSA-PSS', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' }, true, ['sign', 'verify']);
    expect(() => algorithmOf(publicKey)).toThrow(TypeError);
  });
});
