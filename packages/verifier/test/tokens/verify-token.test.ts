import { createHmac, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Unauthorized } from '../../src/index.ts';
import { ACCESS_KEY, asking, base64url, CLIENT_ID, FakeWorld, GUEST_CLAIMS, LOGIN_URL, makeKey, makeToken, NOW_SECONDS, USER_CLAIMS, visit, AT_HOME, type Claims } from '../fixtures.ts';

const KEY = makeKey('key-1');
const world = () => new FakeWorld(KEY);
const verify = (token: string) => world().verifier().verifyToken(asking(token));

async function refusalOf(work: Promise<unknown>): Promise<Unauthorized> {
  const error = await work.then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(Unauthorized);
  return error as Unauthorized;
}

const codeFor = async (token: string) => (await refusalOf(verify(token))).code;

describe('a request with a good token', () => {
  it('of a service-client connection is a guest', async () => {
    expect(await verify(makeToken(KEY))).toEqual({ subject: 'user_guest', kind: 'guest', connectionId: CLIENT_ID, expiresAt: (NOW_SECONDS + 3590) * 1000, claims: GUEST_CLAIMS });
  });

  it('of a listed connection is a user', async () => {
    expect(await verify(makeToken(KEY, USER_CLAIMS))).toMatchObject({ subject: 'user_ada', kind: 'user', connectionId: 'con_google' });
  });

  it.each(['con_other', 'CON_GOOGLE', 'con_google ', '__proto__', 'ext_partner', ['con_google'], { con_google: 1 }, 0, null, '', undefined])('of connection %j is a guest: only the listed ones make users', async (azp) => {
    const caller = await verify(makeToken(KEY, { ...USER_CLAIMS, azp }));
    expect(caller.kind).toBe('guest');
    expect(caller.connectionId).toBe(typeof azp === 'string' && azp !== '' ? azp : undefined);
  });

  it.each([{ typ: 'at+jwt' }, { typ: 'application/at+jwt' }, { typ: 'AT+JWT' }, { typ: 'JWT' }, { typ: undefined }, { ver: 4 }])('is let in with the header %j', async (header) => {
    expect((await verify(makeToken(KEY, GUEST_CLAIMS, header))).subject).toBe('user_guest');
  });

  it.each(['Bearer ', 'bearer ', 'BEARER ', 'Bearer  '])('may write %j', async (scheme) => {
    const request = new Request('https://api.example/', { headers: { authorization: scheme + makeToken(KEY) } });
    expect((await world().verifier().verifyToken(request)).subject).toBe('user_guest');
  });

  it('may be checked by itself, where a body carries it', async () => {
    expect(await world().verifier().verifyToken(makeToken(KEY))).toMatchObject({ subject: 'user_guest', kind: 'guest' });
    await expect(world().verifier().verifyToken(`${makeToken(KEY)}x`)).rejects.toBeInstanceOf(Unauthorized);
    await expect(world().verifier().verifyToken('x'.repeat(20_000))).rejects.toMatchObject({ code: 'token_invalid' });
  });

  it('is let in when the clocks are 4 seconds apart', async () => {
    expect((await verify(makeToken(KEY, { ...GUEST_CLAIMS, iat: NOW_SECONDS + 4 }))).kind).toBe('guest');
    expect((await verify(makeToken(KEY, { ...GUEST_CLAIMS, exp: NOW_SECONDS - 4 }))).kind).toBe('guest');
  });

  it('of the right application is let in where one is demanded, and of another is not', async () => {
    const authress = { loginUrl: LOGIN_URL, accessKey: ACCESS_KEY, connections: ['con_google'], applicationId: 'app_shop' };
    const { verifyToken } = world().verifier({ authress });
    expect((await verifyToken(asking(makeToken(KEY)))).subject).toBe('user_guest');
    expect((await refusalOf(verifyToken(asking(makeToken(KEY, { ...GUEST_CLAIMS, client_id: 'app_other' }))))).code).toBe('token_invalid');
  });
});

describe('requireUser', () => {
  it('lets users in and refuses guests with 403', async () => {
    const { requireUser } = world().verifier();
    expect((await requireUser(asking(makeToken(KEY, USER_CLAIMS)))).kind).toBe('user');
    const refusal = await refusalOf(requireUser(asking(makeToken(KEY))));
    expect([refusal.code, refusal.status]).toEqual(['user_required', 403]);
  });
});

describe('a request without a token', () => {
  it.each([undefined, '', 'Basic dXNlcjpwYXNz', 'DPoP x', 'Bearertoken', 'Token x'])('%j is told that one is missing', async (authorization) => {
    const request = new Request('https://api.example/?access_token=x', { headers: authorization === undefined ? {} : { authorization } });
    expect((await refusalOf(world().verifier().verifyToken(request))).code).toBe('token_missing');
  });

  it('but with two is told that they are none', async () => {
    const headers = new Headers({ authorization: `Bearer ${makeToken(KEY)}` });
    headers.append('authorization', `Bearer ${makeToken(KEY)}`);
    expect((await refusalOf(world().verifier().verifyToken(new Request('https://api.example/', { headers })))).code).toBe('token_invalid');
  });
});

describe('a token that is over', () => {
  it('is called expired', async () => expect(await codeFor(makeToken(KEY, { ...GUEST_CLAIMS, iat: NOW_SECONDS - 3600, exp: NOW_SECONDS - 6 }))).toBe('token_expired'));
});

describe('a token with wrong claims', () => {
  const cases: Readonly<Record<string, Claims>> = {
    'no exp': { exp: undefined }, 'exp as text': { exp: String(NOW_SECONDS + 60) }, 'exp 9e99': { exp: 9e99 }, 'more than a day to live': { exp: NOW_SECONDS + 86_400 },
    'no iat': { iat: undefined }, 'iat in the future': { iat: NOW_SECONDS + 60 }, 'iat as text': { iat: '1' }, 'nbf in the future': { nbf: NOW_SECONDS + 60 }, 'nbf as text': { nbf: 'x' },
    'no sub': { sub: undefined }, 'an empty sub': { sub: '' }, 'a sub that is no text': { sub: ['user_ada'] }, 'an object as sub': { sub: { toString: 'user_ada' } },
    'no iss': { iss: undefined }, 'two issuers': { iss: [LOGIN_URL] }, 'no client_id': { client_id: undefined }, 'a client_id that is no text': { client_id: 7 },
    'the service client as issuer': { iss: `${LOGIN_URL}/v1/clients/${CLIENT_ID}` }, 'the audience of an ID token': { aud: 'app_shop' }, 'the audience of an ID token in a list': { aud: ['app_shop'] },
  };
  it.each(Object.entries(cases))('(%s) is refused', async (_, change) => expect(await codeFor(makeToken(KEY, { ...GUEST_CLAIMS, ...change }))).toBe('token_invalid'));

  it.each([`${LOGIN_URL}/`, 'http://login.shop.example', 'https://LOGIN.shop.example', `${LOGIN_URL}:443`, 'https://login.shop.example.evil.example', 'https://evil.example', `${LOGIN_URL}#`, `${LOGIN_URL}?`, ` ${LOGIN_URL}`, 'login.shop.example', 'https://example', 'https://u@login.shop.example', `${LOGIN_URL}/v1`, 'https://login.shop.example.', 'com', '*'])('of issuer %j is refused and costs no request', async (iss) => {
    const home = world();
    expect((await refusalOf(home.verifier().verifyToken(asking(makeToken(KEY, { ...GUEST_CLAIMS, iss }))))).code).toBe('token_invalid');
    expect(home.requests).toEqual([]);
  });
});

describe('jwt-1: of all the ways to confuse a reader of tokens', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
  const k256 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
  const stranger = makeKey('key-1');
  const publicPem = createPublicKey(KEY.privateKey).export({ type: 'spki', format: 'pem' });
  const publicX = Buffer.from(String(KEY.jwk['x']), 'base64url');
  const ec = (hash: string, key: KeyObject) => (input: Buffer) => sign(hash, input, { key, dsaEncoding: 'ieee-p1363' });
  const mac = (secret: string | Buffer) => (input: Buffer) => createHmac('sha256', secret).update(input).digest();

  const signatures: readonly (readonly [string, unknown, (input: Buffer) => Buffer])[] = [
    ['none', 'none', () => Buffer.alloc(0)], ['nOnE', 'nOnE', () => Buffer.alloc(0)], ['empty alg', '', () => Buffer.alloc(0)], ['no alg', undefined, () => Buffer.alloc(0)],
    ['none, right signature', 'none', (input) => sign(null, input, KEY.privateKey)], ['eddsa in small', 'eddsa', (input) => sign(null, input, KEY.privateKey)], ['Ed25519', 'Ed25519', (input) => sign(null, input, KEY.privateKey)],
    ['a list of algs', ['EdDSA'], (input) => sign(null, input, KEY.privateKey)], ['null alg', null, (input) => sign(null, input, KEY.privateKey)],
    ['HS256 with the public PEM', 'HS256', mac(String(publicPem))], ['HS256 with the public key', 'HS256', mac(publicX)], ['HS256 with an empty secret', 'HS256', mac('')], ['HS256 with "secret"', 'HS256', mac('secret')],
    ['EdDSA that is HS256', 'EdDSA', mac(publicX)],
    ['RS256', 'RS256', (input) => sign('sha256', input, rsa.privateKey)], ['PS256', 'PS256', (input) => sign('sha256', input, { key: rsa.privateKey, padding: 6, saltLength: 32 })], ['RS512', 'RS512', (input) => sign('sha512', input, rsa.privateKey)],
    ['ES256', 'ES256', ec('sha256', p256.privateKey)], ['ES384', 'ES384', ec('sha384', p384.privateKey)], ['ES256K', 'ES256K', ec('sha256', k256.privateKey)],
    ['ES256 of zeros', 'ES256', () => Buffer.alloc(64)], ['EdDSA of zeros', 'EdDSA', () => Buffer.alloc(64)], ['EdDSA with nothing', 'EdDSA', () => Buffer.alloc(0)], ['EdDSA cut short', 'EdDSA', (input) => sign(null, input, KEY.privateKey).subarray(0, 63)],
    ['EdDSA of a stranger', 'EdDSA', (input) => sign(null, input, stranger.privateKey)], ['EdDSA of something else', 'EdDSA', () => sign(null, Buffer.from('x'), KEY.privateKey)],
  ];
  const types: readonly unknown[] = ['at+jwt', 'dpop+jwt', 'JWT', undefined, 'logout+jwt', 'oauth-authz-req+jwt', 'guest-assertion+jwt', 'id_token', 7, null];
  const headers: readonly (readonly [string, Claims])[] = [
    ['plain', {}], ['jwk', { jwk: stranger.jwk }], ['jku', { jku: 'https://evil.example/jwks' }], ['x5u', { x5u: 'https://evil.example/cert' }], ['x5c', { x5c: ['AAAA'] }], ['x5t', { x5t: 'AAAA' }], ['x5t#S256', { 'x5t#S256': 'AAAA' }],
    ['crit', { crit: ['exp'], exp: 1 }], ['empty crit', { crit: [] }], ['b64', { b64: false, crit: ['b64'] }], ['b64 alone', { b64: false }], ['zip', { zip: 'DEF' }], ['enc', { enc: 'A256GCM' }],
    ['no kid', { kid: undefined }], ['empty kid', { kid: '' }], ['kid as a path', { kid: '../../dev/null' }], ['kid as SQL', { kid: "x' UNION SELECT 'k' --" }], ['kid __proto__', { kid: '__proto__' }], ['kid constructor', { kid: 'constructor' }], ['kid as a list', { kid: ['key-1'] }], ['kid as a URL', { kid: 'https://evil.example/jwk' }], ['a kid of 10,000', { kid: 'k'.repeat(10_000) }],
  ];

  it('none is let in', async () => {
    const { verifyToken } = world().verifier();
    let tried = 0;
    for (const [, alg, signature] of signatures) {
      for (const typ of types) {
        for (const [, header] of headers) {
          const head = JSON.stringify({ alg, kid: 'key-1', typ, ...header });
          const signed = `${base64url(head)}.${base64url(JSON.stringify(USER_CLAIMS))}`;
          const { status } = await refusalOf(verifyToken(asking(`${signed}.${base64url(signature(Buffer.from(signed)))}`)));
          expect(status).toBe(401);
          tried += 1;
        }
      }
    }
    expect(tried).toBe(26 * 10 * 22);
  }, 60_000);

  const wrongTypes = types.filter((typ) => typ !== 'at+jwt' && typ !== 'JWT' && typ !== undefined);
  it.each(wrongTypes)('a well-signed token of typ %j is refused', async (typ) => expect(await codeFor(makeToken(KEY, USER_CLAIMS, { typ }))).toBe('token_invalid'));

  const wrongHeaders = headers.filter(([name]) => name !== 'plain');
  it.each(wrongHeaders)('a well-signed token with %s is refused', async (_, header) => expect(await codeFor(makeToken(KEY, USER_CLAIMS, header))).toBe('token_invalid'));

  it.each(['none', 'HS256', 'RS512', 'ES256', 'Ed25519'])('a token of alg %s is refused before any key is asked for', async (alg) => {
    const home = world();
    expect((await refusalOf(home.verifier().verifyToken(asking(makeToken(KEY, USER_CLAIMS, { alg }))))).code).toBe('token_invalid');
    expect(home.requests).toEqual([]);
  });

  it.each([1, 2])('a token without a kid is refused where there are %i keys', async (count) => {
    const home = count === 1 ? world() : new FakeWorld(KEY, makeKey('key-2'));
    expect((await refusalOf(home.verifier().verifyToken(asking(makeToken(KEY, USER_CLAIMS, { kid: undefined }))))).code).toBe('token_invalid');
  });

  it('a kid that two keys share is refused', async () => {
    const home = new FakeWorld(KEY, stranger, makeKey('key-2'));
    expect((await refusalOf(home.verifier().verifyToken(asking(makeToken(KEY))))).code).toBe('token_invalid');
  });

  it('a compressed payload is refused', async () => {
    const signed = `${base64url(JSON.stringify({ alg: 'EdDSA', kid: 'key-1', typ: 'at+jwt' }))}.${base64url(deflateRawSync(JSON.stringify(USER_CLAIMS)))}`;
    expect(await codeFor(`${signed}.${base64url(sign(null, Buffer.from(signed), KEY.privateKey))}`)).toBe('token_invalid');
  });

  it("our own assertion is refused, also where the login host would publish the service client's key", async () => {
    const home = world();
    const verifier = home.verifier();
    const answer = await verifier.handler(visit('?state=s'), AT_HOME);
    const code = new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? '';
    expect((await refusalOf(verifier.verifyToken(asking(code)))).code).toBe('token_invalid');
  });

  it('an ID token is refused', async () => {
    const { client_id: _clientId, scope: _scope, azp: _azp, ...rest } = GUEST_CLAIMS;
    expect(await codeFor(makeToken(KEY, { ...rest, aud: 'app_shop', email: 'ada@example.org' }, { typ: 'JWT' }))).toBe('token_invalid');
  });
});

describe('a token spelled in another way', () => {
  const token = makeToken(KEY);
  const [head = '', body = '', signature = ''] = token.split('.');
  /** The same bytes for a lax decoder: bits that no byte uses are set. */
  const looseLast = (part: string) => part.slice(0, -1) + 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.charAt('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.indexOf(part.slice(-1)) + 1);
  const spellings: Readonly<Record<string, string>> = {
    'padded signature': `${token}==`, 'padded header': `${head}=.${body}.${signature}`, 'loose last bits': `${head}.${body}.${looseLast(signature)}`, 'a space inside': `${head}.${body}. ${signature}`, 'a tab inside': `${head}.${body.slice(0, 5)}\t${body.slice(5)}.${signature}`,
    'base64 with +': `${head}.${body}.${signature.replaceAll('-', '+')}+`, 'a fourth part': `${token}.`, 'a fifth part': `${token}.a.b`, 'two parts': `${head}.${body}`, 'an empty header': `.${body}.${signature}`, 'an empty body': `${head}..${signature}`, 'only dots': '..', 'nothing': '', 'one character': 'a', 'a character too many': `${head}.${body}.${signature}A`, 'JSON serialisation': JSON.stringify({ protected: head, payload: body, signature }), 'quotes': `"${token}"`, 'a comma': `${token},`,
  };
  it.each(Object.entries(spellings))('(%s) is refused', async (_, spelled) => expect(await codeFor(spelled)).toBe('token_invalid'));

  it('by one changed character is refused, wherever it is', async () => {
    const { verifyToken } = world().verifier();
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom(...'Aa0-_.=% '), async (at, character) => {
        fc.pre(token[at] !== character);
        expect((await refusalOf(verifyToken(asking(token.slice(0, at) + character + token.slice(at + 1))))).status).toBe(401);
      }),
      { numRuns: 1_000 },
    );
  });

  it('of any text at all is refused with a code', async () => {
    const { verifyToken } = world().verifier();
    await fc.assert(fc.asyncProperty(fc.string({ unit: fc.constantFrom(...'abAZ09-_.{}"=, ') }), async (text) => { await refusalOf(verifyToken(asking(text))); }), { numRuns: 2_000 });
  });
});

describe('a token that says something twice', () => {
  const claims = JSON.stringify(GUEST_CLAIMS);
  const header = JSON.stringify({ alg: 'EdDSA', kid: 'key-1', typ: 'at+jwt' });
  const twice: readonly (readonly [string, string, string])[] = [
    ['the subject', claims.replace('{', '{"sub":"user_ada",'), header], ['the subject, spelled with an escape', claims.replace('{', '{"s\\u0075b":"user_ada",'), header], ['a name in a nested object', claims.replace('{', '{"x":{"a":1,"a":2},'), header],
    ['the kid', claims, header.replace('{', '{"kid":"key-2",')], ['the alg', claims, header.replace('{', '{"alg":"none",')],
  ];
  it.each(twice)('(%s) is refused', async (_, body, head) => expect(await codeFor(makeToken(KEY, body, head))).toBe('token_invalid'));
});

describe('a token that is too much', () => {
  it('(20 MB) is refused before it is read, and costs no request', async () => {
    const home = world();
    expect((await refusalOf(home.verifier().verifyToken(asking('a'.repeat(20_000_000))))).code).toBe('token_invalid');
    expect(home.requests).toEqual([]);
  });
  it('(one character above 16 KiB) is refused', async () => {
    const padded = (length: number) => makeToken(KEY, { ...GUEST_CLAIMS, pad: 'p'.repeat(length) });
    let length = 11_000;
    while (padded(length).length <= 16_384) length += 1;
    expect(await codeFor(padded(length))).toBe('token_invalid');
    expect((await verify(padded(length - 1))).kind).toBe('guest');
  });
  it.each([['brackets', '['.repeat(5_000) + ']'.repeat(5_000)], ['braces', '{"a":'.repeat(1_500) + '1' + '}'.repeat(1_500)], ['digits', '9'.repeat(10_000)], ['escapes', `"${'\\\\'.repeat(5_000)}"`], ['names', `{${Array.from({ length: 1_000 }, (_, i) => `"${i}":0`).join(',')}}`], ['blanks', `"a"${' '.repeat(10_000)}`]])('(%s) is answered', async (_, value) => {
    const outcome = await verify(makeToken(KEY, JSON.stringify(GUEST_CLAIMS).replace('{', `{"x":${value},`))).then((caller) => caller.kind, (error: unknown) => (error as Unauthorized).code);
    expect(['guest', 'token_invalid']).toContain(outcome);
  });
});

describe('the claims of a caller', () => {
  const hostile = ['__proto__', 'constructor', 'prototype', 'toString', 'then', 'hasOwnProperty', 'valueOf'];

  it('are only what the token says, whatever it says', async () => {
    const body = JSON.stringify(GUEST_CLAIMS).replace('{', `{${hostile.map((name) => `"${name}":{"is_admin":true,"sub":"user_root"}`).join(',')},`);
    const caller = await verify(makeToken(KEY, body));
    expect(Object.getPrototypeOf(caller.claims)).toBeNull();
    expect(Object.getPrototypeOf(caller.claims['then'])).toBeNull();
    expect(caller.subject).toBe('user_guest');
    expect('is_admin' in caller.claims).toBe(false);
    expect(('is_admin' in {}), 'Object.prototype').toBe(false);
    expect(Object.keys(caller.claims)).toEqual(Object.keys(JSON.parse(body) as object));
    await expect(Promise.resolve(caller.claims)).resolves.toBe(caller.claims);
  });

  it('are not inherited: a token without a sub does not get one from __proto__', async () => {
    const { sub: _sub, ...rest } = GUEST_CLAIMS;
    expect(await codeFor(makeToken(KEY, JSON.stringify(rest).replace('{', '{"__proto__":{"sub":"user_root"},')))).toBe('token_invalid');
  });

  it('cannot be changed, however deep', async () => {
    const caller = await verify(makeToken(KEY, { ...GUEST_CLAIMS, nested: { list: [{ a: 1 }] } }));
    const nested = caller.claims['nested'] as { list: { a: number }[] };
    expect(() => { (caller as { subject: string }).subject = 'user_root'; }).toThrow(TypeError);
    expect(() => { (caller.claims as Record<string, unknown>)['sub'] = 'user_root'; }).toThrow(TypeError);
    expect(() => { nested.list.push({ a: 2 }); }).toThrow(TypeError);
    expect(() => { (nested.list[0] ?? { a: 0 }).a = 2; }).toThrow(TypeError);
  });
});

describe('a refusal', () => {
  it('never tells the token, nor what is in it', async () => {
    const CANARY = 'canary-5f2a77';
    const tokens = [makeToken(KEY, { ...GUEST_CLAIMS, exp: NOW_SECONDS - 600, iat: NOW_SECONDS - 900, email: CANARY }), makeToken(makeKey('key-1'), { ...GUEST_CLAIMS, email: CANARY }), makeToken(KEY, { ...GUEST_CLAIMS, email: CANARY }, { kid: CANARY }), makeToken(KEY, { ...GUEST_CLAIMS, sub: undefined, email: CANARY }), `${CANARY}.${CANARY}.${CANARY}`, makeToken(KEY, { ...GUEST_CLAIMS, iss: CANARY }), makeToken(KEY, `{"a":"${CANARY}`)];
    for (const token of tokens) {
      const refusal = await refusalOf(verify(token));
      const answer = refusal.response();
      const text = [inspect(refusal, { depth: 9, showHidden: true }), JSON.stringify(refusal), refusal.stack, await answer.text(), ...answer.headers.values()].join('\n');
      expect(text).not.toContain(CANARY);
      for (const part of token.split('.')) expect(text).not.toContain(part.slice(0, 12));
    }
  });
});
