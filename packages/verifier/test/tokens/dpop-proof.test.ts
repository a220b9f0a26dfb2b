import { createHmac, sign } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { calculateJwkThumbprint } from 'jose';
import { describe, expect, it } from 'vitest';
import { ProofRefused, verifyProof, type ProofContext } from '../../src/tokens/dpop-proof.ts';
import { NOW, NOW_SECONDS, type Claims } from '../fixtures.ts';
import { makePair } from '../key-pairs.ts';
import { encoded, jwt, makeSigner, sha256 } from './signers.ts';

const KEY = makeSigner('ES256');
const STRANGER = makeSigner('ES256');
const URL_OF_TOKENS = 'https://shop.example/auth/token';
const ACCESS_TOKEN = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU';
const CONTEXT: ProofContext = { method: 'POST', url: URL_OF_TOKENS, nowMs: NOW, isOurNonce: (nonce) => nonce === 'ours', nonce: 'needed' };
const HEADER: Claims = { typ: 'dpop+jwt', alg: 'ES256', jwk: KEY.jwk };
const CLAIMS: Claims = { jti: 'a1', htm: 'POST', htu: URL_OF_TOKENS, iat: NOW_SECONDS, nonce: 'ours', ath: sha256(ACCESS_TOKEN) };

const prove = (claims: Claims | string = {}, header: Claims | string = {}, signer = KEY) =>
  jwt(signer, typeof header === 'string' ? header : { ...HEADER, ...header }, typeof claims === 'string' ? claims : { ...CLAIMS, ...claims });
const outcome = (proof: string, context: Partial<ProofContext> = {}) =>
  verifyProof(proof, { ...CONTEXT, ...context }).then(() => 'accepted', (error: unknown) => (error instanceof ProofRefused ? error.problem : String(error)));

describe('the figures of RFC 9449', () => {
  const head = 'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19';
  const forTokens = `${head}.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg`;
  const forResource = `${head}.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA`;
  const jkt = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I';

  it('verify, with their thumbprint', async () => {
    expect(await verifyProof(forTokens, { ...CONTEXT, url: 'https://server.example.com/token', nowMs: 1_562_262_616_000, nonce: 'only where iat is off' })).toEqual({ thumbprint: jkt });
    expect(await verifyProof(forResource, { ...CONTEXT, method: 'GET', url: 'https://resource.example.org/protectedresource', nowMs: 1_562_262_618_000, nonce: 'unused', accessToken: ACCESS_TOKEN })).toEqual({ thumbprint: jkt });
  });

  it('name their access token', () => expect(sha256(ACCESS_TOKEN)).toBe('fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo'));
});

describe('a good proof', () => {
  it('names its key by the thumbprint that everybody computes', async () => {
    for (const signer of Array.from({ length: 20 }, () => makeSigner('ES256'))) {
      const { thumbprint } = await verifyProof(prove({}, { jwk: signer.jwk }, signer), CONTEXT);
      expect(thumbprint).toBe(await calculateJwkThumbprint(signer.jwk as never));
      expect(thumbprint).toMatch(/^[\w-]{43}$/);
    }
  });

  it.each([
    ['a browser exported', { key_ops: ['verify'], ext: true }], ['says what it is for', { use: 'sig', alg: 'ES256' }], ['has a name', { kid: 'k' }], ['has members nobody knows', { shop: 1 }],
  ])('has the same thumbprint where its key %s', async (_, members) => {
    expect(await verifyProof(prove({}, { jwk: { ...members, ...KEY.jwk } }), CONTEXT)).toEqual(await verifyProof(prove(), CONTEXT));
  });

  it.each([{ kid: 'k' }, { cty: 'x' }, { shop: 1 }])('may have what nobody knows in its header: %j', async (header) => expect(await outcome(prove({}, header))).toBe('accepted'));
  it.each([{ shop: { a: [1] } }, { exp: 1, nbf: 9e9, aud: 'x', sub: 'x' }, { ath: 7 }])('may say what nobody asks: %j', async (claims) => expect(await outcome(prove(claims))).toBe('accepted'));
  it.each(['j', 'j'.repeat(256), '%', '💶'])('may have the jti %s', async (jti) => expect(await outcome(prove({ jti }))).toBe('accepted'));
  it.each(['GET', 'DELETE', 'PROPFIND'])('of %s is good for that method', async (method) => expect(await outcome(prove({ htm: method }), { method })).toBe('accepted'));

  it('may be 4096 characters long and no longer', async () => {
    const padded = (length: number) => prove({ pad: 'p'.repeat(length) });
    let length = 2_400;
    while (padded(length + 1).length <= 4_096) length += 1;
    expect([padded(length).length > 4_090, await outcome(padded(length)), await outcome(padded(length + 1))]).toEqual([true, 'accepted', 'invalid_dpop_proof']);
  });
});

describe('RFC 9449 §4.3: a proof', () => {
  const rsa = makeSigner('RS256');
  const ed = makeSigner('EdDSA');
  const es384 = { ...makePair.ec('P-384') };
  const priv = KEY.privateKey.export({ format: 'jwk' });
  const good = prove();
  const [head = '', body = '', signature = ''] = good.split('.');
  const { iat: _iat, jti: _jti, htm: _htm, htu: _htu, ...bare } = CLAIMS;
  const raw = (input: string, bytes: Buffer) => `${input}.${bytes.toString('base64url')}`;
  const flipped = (text: string, at: number) => text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
  const half = (part: 'r' | 's') => { const bytes = Buffer.from(signature, 'base64url'); bytes.fill(0, part === 'r' ? 0 : 32, part === 'r' ? 32 : 64); return bytes; };
  const hmac = (secret: string) => (input: string) => createHmac('sha256', secret).update(input).digest();
  const bytesOf = (name: string) => Buffer.from(String(KEY.jwk[name]), 'base64url');
  const prime = Buffer.from('ffffffff00000001000000000000000000000000ffffffffffffffffffffffff', 'hex').toString('base64url');
  const rootOfB = Buffer.from('66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4', 'hex').toString('base64url');

  const mutations: Readonly<Record<string, readonly string[]>> = {
    '1: one header, so one proof': [`${good}, ${good}`, `${good},${good}`, `${good} ${good}`, `${good}\n${good}`, `${good};${good}`],
    '2: a well-formed JWT': ['', '.', '..', '...', 'a.b.c', `${head}.${body}`, `${good}.`, `.${body}.${signature}`, `${head}..${signature}`, `${good}=`, ` ${good}`, `"${good}"`, JSON.stringify({ protected: head, payload: body, signature }), `${encoded('[]')}.${body}.${signature}`, `${head}.${encoded('null')}.${signature}`, prove('{"a":'), `${head}.${body}.${signature}A`],
    '2: said once': [prove(JSON.stringify(CLAIMS).replace('{', '{"jti":"b",')), prove(JSON.stringify(CLAIMS).replace('{', '{"ht\\u0075":"https://evil.example/",')), prove({}, JSON.stringify(HEADER).replace('{', '{"alg":"none",')), prove({}, JSON.stringify(HEADER).replace('"kty"', '"x":"AAAA","kty"')), prove({}, JSON.stringify(HEADER).replace('{', `{"jwk":${JSON.stringify(STRANGER.jwk)},`))],
    '3: all its claims': [prove(JSON.stringify(bare)), ...['jti', 'htm', 'htu', 'iat'].flatMap((name) => [undefined, null, '', [], {}, [CLAIMS[name]]].map((value) => prove({ [name]: value })))],
    '3: a jti': [prove({ jti: 'j'.repeat(257) }), prove({ jti: 1 }), prove({ jti: true }), prove(`{"__proto__":${JSON.stringify(CLAIMS)}}`), prove({ jti: undefined, JTI: 'a' })],
    '4: its typ': ['JWT', 'at+jwt', 'dpop', 'DPOP+JWT', 'application/dpop+jwt', 'dpop+jwt ', '', null, 7, ['dpop+jwt'], undefined].map((typ) => prove({}, { typ })),
    '5: its alg': [
      ...['none', 'nOnE', '', 'es256', 'ES384', 'ES512', 'ES256K', 'RS256', 'PS256', 'EdDSA', 'HS256', null, ['ES256'], undefined].map((alg) => prove({}, { alg })),
      jwt({ signature: hmac(JSON.stringify(KEY.jwk)) }, { ...HEADER, alg: 'HS256' }, CLAIMS), jwt({ signature: hmac('') }, { ...HEADER, alg: 'HS256', jwk: { kty: 'oct', k: '' } }, CLAIMS), jwt({ signature: () => Buffer.alloc(0) }, { ...HEADER, alg: 'none' }, CLAIMS),
      jwt(rsa, { ...HEADER, alg: 'RS256', jwk: rsa.jwk }, CLAIMS), jwt(ed, { ...HEADER, alg: 'EdDSA', jwk: ed.jwk }, CLAIMS),
    ],
    '5: a header that says no more than it is read': [{ crit: ['exp'] }, { crit: [] }, { b64: false }, { b64: true }, { zip: 'DEF' }, { enc: 'A256GCM' }, { jku: 'https://evil.example/jwks' }, { x5u: 'https://evil.example/' }, { x5c: ['AAAA'] }, { x5t: 'AAAA' }, { 'x5t#S256': 'AAAA' }].map((header) => prove({}, header)),
    '6: a good signature': [raw(`${head}.${body}`, Buffer.alloc(64)), raw(`${head}.${body}`, half('r')), raw(`${head}.${body}`, half('s')), raw(`${head}.${body}`, Buffer.alloc(64, 255)), raw(`${head}.${body}`, Buffer.from(signature, 'base64url').subarray(0, 63)), raw(`${head}.${body}`, Buffer.concat([Buffer.from(signature, 'base64url'), Buffer.alloc(1)])), raw(`${head}.${body}`, sign('sha256', Buffer.from(`${head}.${body}`), KEY.privateKey)), flipped(good, good.length - 10), `${head}.${flipped(body, 10)}.${signature}`, `${head}.${encoded({ ...CLAIMS, jti: 'b' })}.${signature}`, raw(`${head}.${body}`, sign('sha384', Buffer.from(`${head}.${body}`), { key: KEY.privateKey, dsaEncoding: 'ieee-p1363' }))],
    '6: by its own key': [prove({}, {}, STRANGER), prove({}, { jwk: STRANGER.jwk }), prove({}, { jwk: { ...KEY.jwk, x: STRANGER.jwk['x'] } }), prove({}, { jwk: { ...KEY.jwk, y: STRANGER.jwk['y'] } }), prove({}, { jwk: { ...KEY.jwk, x: KEY.jwk['y'], y: KEY.jwk['x'] } })],
    '7: a public key': [priv, { ...KEY.jwk, d: '' }, { ...KEY.jwk, d: null }, { ...KEY.jwk, k: 'c2VjcmV0' }, { ...KEY.jwk, p: 'AQ' }, { ...KEY.jwk, oth: [] }, { ...priv, d: 'AAAA' }].map((jwk) => prove({}, { jwk })),
    '7: a P-256 key for signatures': [undefined, null, '', [], {}, [KEY.jwk], JSON.stringify(KEY.jwk), rsa.jwk, ed.jwk, es384.publicKey.export({ format: 'jwk' }), { ...KEY.jwk, kty: 'ec' }, { ...KEY.jwk, kty: 'OKP' }, { ...KEY.jwk, crv: 'P-384' }, { ...KEY.jwk, crv: 'secp256k1' }, { ...KEY.jwk, crv: undefined }, { ...KEY.jwk, use: 'enc' }, { ...KEY.jwk, alg: 'ES384' }, { ...KEY.jwk, key_ops: ['sign'] }, { kty: 'oct', k: 'c2VjcmV0' }].map((jwk) => prove({}, { jwk })),
    '7: a key in its one spelling, on the curve': [
      { ...KEY.jwk, x: undefined }, { ...KEY.jwk, y: undefined }, { ...KEY.jwk, y: '' }, { ...KEY.jwk, x: 7 }, { ...KEY.jwk, x: 'A'.repeat(43), y: 'A'.repeat(43) }, { ...KEY.jwk, y: KEY.jwk['x'] },
      { ...KEY.jwk, x: `${String(KEY.jwk['x'])}=` }, { ...KEY.jwk, x: Buffer.concat([Buffer.alloc(1), bytesOf('x')]).toString('base64url') }, { ...KEY.jwk, x: bytesOf('x').subarray(1).toString('base64url') },
      { kty: 'EC', crv: 'P-256', x: prime, y: rootOfB }, { kty: 'EC', crv: 'P-256', x: prime, y: prime },
    ].map((jwk) => prove({}, { jwk })),
    '8: the method': ['GET', 'post', 'Post', 'PUT', 'POST ', ' POST', 'POST,GET', 'OPTIONS'].map((htm) => prove({ htm })),
    '9: the address': [
      'http://shop.example/auth/token', 'https://shop.example:8443/auth/token', 'https://shop.example:80/auth/token', 'https://shop.example:0443/auth/token', 'https://evil.example/auth/token', 'https://shop.example.evil.example/auth/token', 'https://shop.example./auth/token', 'https://SHOP.example/AUTH/token',
      'https://shop.example/auth/token/', 'https://shop.example//auth/token', 'https://shop.example/auth%2Ftoken', 'https://shop.example/auth/revoke', 'https://shop.example/', 'https://shop.example', 'https://shop.example/auth/token%20', 'https://shop.example/auth/token;a', 'https://shop.example/x?/../auth/token',
      'https://u@shop.example/auth/token', 'https://u:p@shop.example/auth/token', 'https://evil.example@shop.example/auth/token', 'https://shop.example@evil.example/auth/token', 'https:/shop.example/auth/token', 'https:shop.example/auth/token', '//shop.example/auth/token', '/auth/token', 'shop.example/auth/token', 'https:\\\\shop.example\\auth\\token', 'https://shop.example\\auth\\token', 'https://shop.example/auth\\..\\auth/token',
      'https://shop.example/au\tth/token', 'https://shop.example/auth/token\n', ' https://shop.example/auth/token', 'https://shop.exa\u00admple/auth/token', 'https://ｓhop.example/auth/token', 'https://shop.example/auth/tokené', 'https://shop.example/auth/%2574oken', 'https://shop.example/auth/%74oken%', 'https://shop.example/auth/token%0', 'data:text/plain,x', 'javascript:1', 'https://', '*',
    ].map((htu) => prove({ htu })),
    '10: the nonce': ['theirs', 'OURS', 'ours ', '', null, 7, ['ours'], undefined].map((nonce) => prove({ nonce })),
    '11: the time': [null, String(NOW_SECONDS), true, [NOW_SECONDS], undefined].map((iat) => prove({ iat })).concat(prove(JSON.stringify(CLAIMS).replace(`"iat":${NOW_SECONDS}`, '"iat":1e999')), prove(JSON.stringify(CLAIMS).replace(`"iat":${NOW_SECONDS}`, '"iat":NaN'))),
    '12: the access token': [undefined, null, '', ACCESS_TOKEN, sha256(`${ACCESS_TOKEN} `), sha256('other'), `${sha256(ACCESS_TOKEN)}=`, sha256(ACCESS_TOKEN).toLowerCase(), [sha256(ACCESS_TOKEN)]].map((ath) => prove({ ath })),
  };

  it.each(Object.entries(mutations))('must have %s', async (_, proofs) => {
    expect(proofs.length).toBeGreaterThanOrEqual(5);
    expect(await outcome(good, { accessToken: ACCESS_TOKEN })).toBe('accepted');
    const accepted = [];
    for (const proof of proofs) if (!/^(invalid_dpop_proof|use_dpop_nonce)$/.test(await outcome(proof, { accessToken: ACCESS_TOKEN }))) accepted.push(proof);
    expect(accepted).toEqual([]);
  });

  it('by one changed character is refused, wherever it is', async () => {
    await fc.assert(fc.asyncProperty(fc.nat(good.length - 1), fc.constantFrom(...'Aa0-_.=% ,'), async (at, character) => {
      fc.pre(good[at] !== character);
      expect(await outcome(good.slice(0, at) + character + good.slice(at + 1))).toBe('invalid_dpop_proof');
    }), { numRuns: 500 });
  });

  it('of any text at all is refused with a code', async () => {
    await fc.assert(fc.asyncProperty(fc.string({ unit: fc.constantFrom(...'abAZ09-_.{}"=, ') }), async (text) => { expect(await outcome(text)).toBe('invalid_dpop_proof'); }), { numRuns: 1_000 });
  });

  it('of any claims at all is refused with a code', async () => {
    await fc.assert(fc.asyncProperty(fc.dictionary(fc.constantFrom(...Object.keys(CLAIMS), '__proto__', 'constructor'), fc.jsonValue()), async (claims) => { expect(await outcome(prove({ ...claims, nonce: 'theirs' }))).toMatch(/^(invalid_dpop_proof|use_dpop_nonce)$/); }), { numRuns: 300 });
  });

  it('of 20 MB is refused before it is read', async () => {
    expect(await outcome('a'.repeat(20_000_000))).toBe('invalid_dpop_proof');
    expect(await outcome(`${'a.'.repeat(10_000_000)}`)).toBe('invalid_dpop_proof');
  });

  it('is good with a point whose x is zero, and only in its one spelling', async () => {
    // Whoever has such a key: no x has more zeros, so no x has more spellings.
    const zero = Buffer.alloc(32).toString('base64url');
    const refusal = await verifyProof(prove({}, { jwk: { kty: 'EC', crv: 'P-256', x: zero, y: rootOfB } }), CONTEXT).then(() => null, (error: unknown) => error as Error);
    expect(refusal?.message).toMatch(/not signed/);
  });
});

describe('a device whose clock is off', () => {
  const at = (seconds: number, nonce?: string) => prove({ iat: NOW_SECONDS + seconds, nonce });
  const DAY = 86_400;

  it.each([-60, -59, 0, 59, 60, 0.5])('by %d s needs no nonce to become a guest', async (off) => expect(await outcome(at(off), { nonce: 'only where iat is off' })).toBe('accepted'));
  it.each([-DAY, -61, -60.5, 60.5, 61, DAY, -NOW_SECONDS, 1e15, -1e15])('by %d s is asked for one, and is served with it', async (off) => {
    expect(await outcome(at(off), { nonce: 'only where iat is off' })).toBe('use_dpop_nonce');
    expect(await outcome(at(off, 'theirs'), { nonce: 'only where iat is off' })).toBe('use_dpop_nonce');
    expect(await outcome(at(off, 'ours'), { nonce: 'only where iat is off' })).toBe('accepted');
    expect(await outcome(at(off, 'ours'), { nonce: 'needed' })).toBe('accepted');
  });
  it.each([-61, 61, DAY, -DAY])('by %d s is refused where nonces are not used, whatever it brings', async (off) => {
    expect(await outcome(at(off), { nonce: 'unused' })).toBe('invalid_dpop_proof');
    expect(await outcome(at(off, 'ours'), { nonce: 'unused' })).toBe('invalid_dpop_proof');
  });
  it('by nothing needs the nonce where it is needed, and is told so', async () => {
    expect(await outcome(at(0), { nonce: 'needed' })).toBe('use_dpop_nonce');
    expect(await outcome(at(0, 'theirs'), { nonce: 'needed' })).toBe('use_dpop_nonce');
    expect(await outcome(at(0, 'ours'), { nonce: 'needed' })).toBe('accepted');
  });
  it('and whose old nonce nobody needs becomes a guest with it', async () => expect(await outcome(at(0, 'theirs'), { nonce: 'only where iat is off' })).toBe('accepted'));
  it.each(['needed', 'only where iat is off', 'unused'] as const)('gets no nonce without a key (nonce %s)', async (nonce) => {
    expect(await outcome(prove({ nonce: undefined, iat: 1 }, {}, STRANGER), { nonce })).toBe('invalid_dpop_proof');
    expect(await outcome(prove({ nonce: 7 }), { nonce })).toBe('invalid_dpop_proof');
  });
  it('meets an error of the nonce check as it is', async () => {
    await expect(verifyProof(prove(), { ...CONTEXT, isOurNonce: () => { throw new TypeError('broken'); } })).rejects.toThrow('broken');
  });
});

it('a refusal never tells the proof, nor what is in it', async () => {
  const CANARY = 'canary-5f2a77';
  const proofs = [prove({ jti: CANARY.repeat(30) }), prove({ htm: CANARY }), prove({ htu: `https://${CANARY}/` }), prove({ ath: CANARY }), prove({ nonce: CANARY }), prove({}, { typ: CANARY }), prove({}, { jwk: { ...KEY.jwk, x: CANARY } }), prove({ pad: CANARY }, {}, STRANGER), prove(`{"a":"${CANARY}`), CANARY];
  for (const proof of proofs) {
    const error = await verifyProof(proof, { ...CONTEXT, accessToken: ACCESS_TOKEN }).then(() => null, (reason: unknown) => reason);
    expect(error).toBeInstanceOf(ProofRefused);
    const text = `${inspect(error, { depth: 9, showHidden: true })}\n${JSON.stringify(error)}`;
    expect(text).not.toContain(CANARY);
    for (const part of proof.split('.')) expect(text).not.toContain(part.slice(0, 12));
  }
});
