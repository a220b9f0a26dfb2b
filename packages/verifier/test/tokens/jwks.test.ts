import { describe, expect, it } from 'vitest';
import { downloadKeys, usableKeys } from '../../src/tokens/jwks.ts';
import { makeKey } from '../fixtures.ts';
import { makePair } from '../key-pairs.ts';

const good = makeKey('good').jwk;
const rsa = (modulusLength: number, publicExponent = 65_537) => ({ ...makePair.rsa(modulusLength, publicExponent).publicKey.export({ format: 'jwk' }), kid: 'bad', use: 'sig', alg: 'RS256' });
const ec = (namedCurve: string) => ({ ...makePair.ec(namedCurve).publicKey.export({ format: 'jwk' }), kid: 'bad' });
const download = (body: BodyInit, init: ResponseInit = {}) => downloadKeys({ url: 'https://login.example/jwks', algorithms: ['EdDSA'], fetch: () => Promise.resolve(new Response(body, init)) });
const keySet = (...keys: unknown[]) => JSON.stringify({ keys });

describe('a key', () => {
  const bad: readonly (readonly [string, unknown])[] = [
    ['with its private part', { ...makePair.ed25519().privateKey.export({ format: 'jwk' }), kid: 'bad' }],
    ['that is a shared secret', { kty: 'oct', k: 'c2VjcmV0', kid: 'bad', alg: 'HS256' }], ['of RSA, 2048 bits', rsa(2048)], ['of RSA, 512 bits', rsa(512)], ['of RSA with exponent 3', rsa(1024, 3)],
    ['of P-256', ec('P-256')], ['of P-384', ec('P-384')], ['of secp256k1', ec('secp256k1')], ['of Ed448', { ...makePair.ed448().publicKey.export({ format: 'jwk' }), kid: 'bad' }], ['of X25519', { ...makePair.x25519().publicKey.export({ format: 'jwk' }), kid: 'bad' }],
    ['for encryption', { ...good, kid: 'bad', use: 'enc' }], ['for signing only', { ...good, kid: 'bad', key_ops: ['sign'] }], ['with operations that are no list', { ...good, kid: 'bad', key_ops: 'verify' }], ['for another algorithm', { ...good, kid: 'bad', alg: 'HS256' }],
    ['without an id', { ...good, kid: undefined }], ['with an empty id', { ...good, kid: '' }], ['with a number for an id', { ...good, kid: 1 }],
    ['without a point', { ...good, kid: 'bad', x: undefined }], ['with a short point', { ...good, kid: 'bad', x: 'AAAA' }], ['with a padded point', { ...good, kid: 'bad', x: `${String(good['x'])}=` }], ['with a loosely spelled point', { ...good, kid: 'bad', x: `${'A'.repeat(42)}B` }],
    ['that is null', null], ['that is text', 'key'], ['that is a list', [good]], ['that inherits', JSON.parse(`{"__proto__":${JSON.stringify(good)}}`)],
  ];
  it.each(bad)('%s is left out, and the one beside it stays', async (_, jwk) => {
    expect([...(await usableKeys([jwk, good, jwk], ['EdDSA'])).keys()]).toEqual(['good']);
  });

  it('may be named __proto__ without harm', async () => {
    const keys = await usableKeys([{ ...good, kid: '__proto__' }], ['EdDSA']);
    expect([keys.size, keys.get('toString')]).toEqual([1, undefined]);
  });

  it('may be listed twice; two different ones of one name are both left out', async () => {
    expect([...(await usableKeys([good, good], ['EdDSA'])).keys()]).toEqual(['good']);
    expect([...(await usableKeys([good, makeKey('good').jwk, makeKey('other').jwk], ['EdDSA'])).keys()]).toEqual(['other']);
  });

  it('can verify and nothing else', async () => {
    const key = (await usableKeys([good], ['EdDSA'])).get('good');
    expect([key?.type, key?.usages, key?.algorithm.name]).toEqual(['public', ['verify'], 'Ed25519']);
  });
});

describe('an answer of the login host', () => {
  it('is read', async () => expect([...(await download(keySet(good))).keys()]).toEqual(['good']));

  const refused: readonly (readonly [string, BodyInit, ResponseInit])[] = [
    ['HTML', '<!doctype html><title>Sign in to Wi-Fi</title>', { headers: { 'content-type': 'text/html' } }], ['nothing', '', {}], ['null', 'null', {}], ['a list', JSON.stringify([good]), {}], ['keys that are no list', '{"keys":{}}', {}], ['no keys', keySet(), {}], ['only bad keys', keySet({ kty: 'oct' }), {}], ['half an answer', keySet(good).slice(0, -5), {}],
    ['51 keys', keySet(...Array(51).fill(good)), {}], ['more than 64 KiB', keySet(good, { pad: 'p'.repeat(65_536) }), {}], ['20 MB', 'x'.repeat(20_000_000), {}], ['100,000 brackets', '['.repeat(60_000), {}],
    ['a redirect', keySet(good), { status: 302, headers: { location: 'https://evil.example/jwks' } }], ['not modified', '', { status: 200 }], ['an error with keys in it', keySet(good), { status: 500 }], ['404', keySet(good), { status: 404 }], ['201', keySet(good), { status: 201 }],
  ];
  it.each(refused)('that is %s is refused, and its words are not repeated', async (_, body, init) => {
    const error = await download(body, init).then(() => undefined, (reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(String((error as Error).message)).toMatch(/^The service's/);
    expect((error as Error).message).not.toMatch(/Wi-Fi|kty|evil/);
  });

  it('without end is given up', async () => {
    const pulled = { bytes: 0, cancelled: 'no' };
    const endless = new ReadableStream<Uint8Array>({ pull(controller) { pulled.bytes += 1_024; controller.enqueue(new Uint8Array(1_024).fill(32)); }, cancel() { pulled.cancelled = 'yes'; } });
    await expect(download(endless)).rejects.toThrow(/longer than 65536 bytes/);
    expect(pulled.cancelled).toBe('yes');
    expect(pulled.bytes).toBeLessThan(100_000);
  });

  it('is asked for in a way that follows no redirect', async () => {
    const seen: (RequestInit | undefined)[] = [];
    await downloadKeys({ url: 'https://login.example/jwks', algorithms: ['EdDSA'], fetch: (_, init) => { seen.push(init); return Promise.resolve(new Response(keySet(good))); } });
    expect(seen).toMatchObject([{ redirect: 'manual' }]);
    expect(seen[0]?.signal).toBeInstanceOf(AbortSignal);
  });
});
