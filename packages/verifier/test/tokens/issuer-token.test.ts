import { createHmac } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createIssuerTokenCheck, type IssuerTokenCheckParts } from '../../src/tokens/issuer-token.ts';
import { usableKeys } from '../../src/tokens/jwks.ts';
import { Unauthorized } from '../../src/tokens/unauthorized.ts';
import { usersOnly } from '../../src/tokens/verify-token.ts';
import { NOW, NOW_SECONDS, type Claims } from '../fixtures.ts';
import { jwt, makeSigner, sha256, type Signer } from './signers.ts';

const ISSUER = 'https://shop.example/auth';
const API = 'https://api.shop.example';
const KEY = makeSigner('ES256', 'es');
const ED = makeSigner('EdDSA', 'ed');
const RSA = makeSigner('RS256', 'rs');
const STRANGER = makeSigner('ES256', 'es');
const DEVICE = makeSigner('ES256');
const THUMBPRINT = sha256(JSON.stringify({ crv: 'P-256', kty: 'EC', x: DEVICE.jwk['x'], y: DEVICE.jwk['y'] }));
const GUEST: Claims = { iss: ISSUER, aud: 'shop-api', sub: `g_${THUMBPRINT}`, client_id: 'shop', iat: NOW_SECONDS - 10, exp: NOW_SECONDS + 590, jti: 'j', sid: 's', kind: 'guest', gen: 0 };
const USER: Claims = { ...GUEST, sub: 'u_ada', kind: 'user', gen: 1, auth_time: NOW_SECONDS - 10 };
const BOUND: Claims = { ...GUEST, cnf: { jkt: THUMBPRINT } };

const keys = await usableKeys([KEY.jwk, ED.jwk, RSA.jwk], ['ES256', 'EdDSA', 'RS256']);
const check = (parts: Partial<IssuerTokenCheckParts> = {}) =>
  createIssuerTokenCheck({ issuer: ISSUER, audience: 'shop-api', apiOrigin: API, now: () => NOW, keys: { find: (kid) => Promise.resolve(keys.get(kid ?? '') ?? null) }, ...parts });
const token = (claims: Claims = GUEST, header: Claims | string = {}, signer: Signer = KEY) =>
  jwt(signer, typeof header === 'string' ? header : { typ: 'at+jwt', alg: signer.alg, kid: signer.jwk['kid'], ...header }, claims);
const codeOf = (work: Promise<unknown>) => work.then(() => 'let in', (error: unknown) => (error instanceof Unauthorized ? error.code : String(error)));
const refusalOf = async (work: Promise<unknown>) => {
  const error = await work.then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(Unauthorized);
  return error as Unauthorized;
};

const asking = (authorization?: string, proofs: readonly string[] = [], url = 'http://localhost/cart?open=1', method = 'GET') => {
  const headers = new Headers(authorization === undefined ? {} : { authorization });
  for (const proof of proofs) headers.append('dpop', proof);
  return new Request(url, { method, headers });
};
const prove = (accessToken: string, claims: Claims = {}, signer = DEVICE) =>
  jwt(signer, { typ: 'dpop+jwt', alg: 'ES256', jwk: signer.jwk }, { jti: 'p', htm: 'GET', htu: `${API}/cart`, iat: NOW_SECONDS, ath: sha256(accessToken), ...claims });

describe("a request with the verifier's own token", () => {
  it('is a guest, with its generation', async () => {
    expect(await check()(asking(`Bearer ${token()}`))).toEqual({ subject: `g_${THUMBPRINT}`, kind: 'guest', generation: 0, expiresAt: (NOW_SECONDS + 590) * 1000, claims: GUEST });
  });
  it('is a user', async () => expect(await check()(asking(`bearer ${token(USER, {}, ED)}`))).toMatchObject({ subject: 'u_ada', kind: 'user', generation: 1 }));
  it.each(['USER', 'user ', 'admin', '', ['user'], { user: 1 }, true, 1, null, undefined])('of kind %j is a guest', async (kind) => expect((await check()(token({ ...USER, kind }))).kind).toBe('guest'));
  it.each([undefined, '1', null])('of generation %j has none', async (gen) => expect(await check()(token({ ...GUEST, gen }))).not.toHaveProperty('generation'));
  it.each(['shop-api', ['shop-api'], ['other', 'shop-api']])('for the audience %j is let in', async (aud) => expect((await check()(token({ ...GUEST, aud }))).kind).toBe('guest'));
  it('cannot be changed', async () => expect(Object.isFrozen(await check()(token()))).toBe(true));
  it('of the right client is let in where one is demanded, and of another is not', async () => {
    expect(await codeOf(check({ clientId: 'shop' })(token()))).toBe('let in');
    expect(await codeOf(check({ clientId: 'other' })(token()))).toBe('token_invalid');
  });
  it('is refused to guests where a user is needed', async () => {
    const requireUser = usersOnly(check());
    expect((await requireUser(asking(`Bearer ${token(USER)}`))).kind).toBe('user');
    expect(await codeOf(requireUser(asking(`Bearer ${token()}`)))).toBe('user_required');
  });
  it('may live ten minutes and no longer', async () => {
    expect(await codeOf(check()(token({ ...GUEST, iat: NOW_SECONDS, exp: NOW_SECONDS + 600 })))).toBe('let in');
    expect(await codeOf(check()(token({ ...GUEST, iat: NOW_SECONDS, exp: NOW_SECONDS + 606 })))).toBe('token_invalid');
    expect(await codeOf(check()(token({ ...GUEST, iat: NOW_SECONDS - 600, exp: NOW_SECONDS - 6 })))).toBe('token_expired');
    expect(await codeOf(check()(token({ ...GUEST, iat: NOW_SECONDS + 6 })))).toBe('token_invalid');
  });
});

describe("jwt-1: what is not the verifier's own access token", () => {
  const claims: Readonly<Record<string, Claims>> = {
    'for another API': { aud: 'other' }, 'for nobody': { aud: undefined }, 'for a part of the name': { aud: 'shop-api-2' }, 'for a list without the name': { aud: ['other', ['shop-api']] }, 'for an object': { aud: { 'shop-api': 1 } },
    'of another issuer': { iss: 'https://evil.example' }, 'of the issuer with a slash': { iss: `${ISSUER}/` }, 'of the origin': { iss: 'https://shop.example' }, 'of two issuers': { iss: [ISSUER] }, 'of no issuer': { iss: undefined },
    'without sub': { sub: undefined }, 'with an empty sub': { sub: '' }, 'without client_id': { client_id: undefined }, 'without iat': { iat: undefined }, 'without exp': { exp: undefined }, 'with exp as text': { exp: '9' }, 'not valid yet': { nbf: NOW_SECONDS + 60 },
  };
  it.each(Object.entries(claims))('(%s) is refused', async (_, change) => expect(await codeOf(check()(token({ ...GUEST, ...change })))).toBe('token_invalid'));

  const types = ['at+jwt ', 'AT+JWT', 'application/at+jwt', 'JWT', 'jwt', 'dpop+jwt', 'rt+jwt', 'refresh+jwt', 'id_token', 'logout+jwt', '', 7, null, ['at+jwt'], undefined];
  it.each(types)('(typ %j) is refused, well signed', async (typ) => expect(await codeOf(check()(token(USER, { typ })))).toBe('token_invalid'));

  const headers: readonly Claims[] = [
    { jwk: STRANGER.jwk }, { jwk: null }, { jku: 'https://evil.example/jwks' }, { x5u: 'https://evil.example/' }, { x5c: ['AAAA'] }, { x5t: 'A' }, { 'x5t#S256': 'A' }, { crit: ['exp'] }, { crit: [] }, { b64: false }, { zip: 'DEF' }, { enc: 'A256GCM' },
    { kid: undefined }, { kid: '' }, { kid: ['es'] }, { kid: '__proto__' }, { kid: 'constructor' }, { kid: '../es' }, { kid: 'es2' }, { kid: 'ed' }, { kid: 'rs' },
    { alg: 'none' }, { alg: 'nOnE' }, { alg: '' }, { alg: 'es256' }, { alg: ['ES256'] }, { alg: 'EdDSA' }, { alg: 'RS256' }, { alg: 'HS256' }, { alg: undefined },
  ];
  it.each(headers)('(header %j) is refused, well signed', async (header) => expect(await codeOf(check()(token(USER, header)))).toBe('token_invalid'));

  it('is none of another signature', async () => {
    const hmac = (secret: string) => ({ signature: (input: string) => createHmac('sha256', secret).update(input).digest() });
    const header = { typ: 'at+jwt', kid: 'es' };
    const forged = [
      token(USER, {}, STRANGER), token(USER, { kid: 'ed' }, KEY), token(USER, { kid: 'es', alg: 'EdDSA' }, ED), token(USER, {}, RSA), token(USER, { alg: 'ES256', kid: 'rs' }, KEY),
      jwt(hmac(JSON.stringify(KEY.jwk)), { ...header, alg: 'HS256' }, USER), jwt(hmac(String(KEY.jwk['x'])), { ...header, alg: 'ES256' }, USER), jwt({ signature: () => Buffer.alloc(64) }, { ...header, alg: 'ES256' }, USER), jwt({ signature: () => Buffer.alloc(0) }, { ...header, alg: 'none' }, USER),
      token().replace(/\.[^.]+\./, `.${token(USER).split('.')[1] ?? ''}.`),
    ];
    for (const text of forged) expect(await codeOf(check()(text))).toBe('token_invalid');
  });

  it('is no token that says something twice', async () => {
    const twice = JSON.stringify(USER).replace('{', '{"kind":"guest",');
    expect(await codeOf(check()(jwt(KEY, { typ: 'at+jwt', alg: 'ES256', kid: 'es' }, twice)))).toBe('token_invalid');
  });

  it('is nothing that is inherited', async () => {
    const { sub: _sub, ...rest } = GUEST;
    const body = JSON.stringify({ ...rest, kind: undefined }).replace('{', '{"__proto__":{"sub":"u_ada","kind":"user"},');
    expect(await codeOf(check()(jwt(KEY, { typ: 'at+jwt', alg: 'ES256', kid: 'es' }, body)))).toBe('token_invalid');
  });
});

describe('a token that is bound to a key', () => {
  const bound = token(BOUND);

  it('is let in with a proof of that key', async () => {
    expect(await check()(asking(`DPoP ${bound}`, [prove(bound)]))).toMatchObject({ subject: `g_${THUMBPRINT}`, kind: 'guest' });
    expect(await codeOf(check()(asking(`dpop ${bound}`, [prove(bound, { htm: 'DELETE', htu: 'HTTPS://API.shop.example:443/x/../cart' })], 'http://localhost/cart', 'DELETE')))).toBe('let in');
  });

  const proofs: Readonly<Record<string, readonly string[]>> = {
    'no proof': [], 'two proofs': [prove(bound), prove(bound, { jti: 'q' })], 'an empty proof': [''], 'the proof of another method': [prove(bound, { htm: 'POST' })], 'the proof of another path': [prove(bound, { htu: `${API}/orders` })],
    'the proof of the inner address': [prove(bound, { htu: 'http://localhost/cart' })], 'the proof of the issuer': [prove(bound, { htu: `${ISSUER}/token` })], 'a proof of yesterday': [prove(bound, { iat: NOW_SECONDS - 86_400 })], 'a proof of yesterday with a nonce': [prove(bound, { iat: NOW_SECONDS - 86_400, nonce: 'n' })],
    'the proof of another token': [prove(token())], 'a proof of no token': [prove(bound, { ath: undefined })], 'the token itself': [bound],
  };
  it.each(Object.entries(proofs))('and comes with %s is refused, and told so', async (_, list) => {
    const refusal = await refusalOf(check()(asking(`DPoP ${bound}`, list)));
    expect([refusal.code, refusal.status]).toEqual(['proof_invalid', 401]);
    expect(refusal.response().headers.get('www-authenticate')).toMatch(/^DPoP realm="passerby", algs="ES256", error="invalid_dpop_proof", error_description="The .+"$/);
  });

  it('and comes with the proof of another key is refused', async () => {
    const refusal = await refusalOf(check()(asking(`DPoP ${bound}`, [prove(bound, {}, STRANGER)])));
    expect([refusal.code, refusal.response().headers.get('www-authenticate')]).toEqual(['token_invalid', 'DPoP realm="passerby", algs="ES256", error="invalid_token", error_description="The token is bound to another key"']);
  });

  it.each([[[]], [[prove(bound)]]])('and comes as a bearer token is refused, with or without a proof', async (list) => {
    const refusal = await refusalOf(check()(asking(`Bearer ${bound}`, list)));
    expect([refusal.code, refusal.response().headers.get('www-authenticate')]).toEqual(['token_invalid', 'DPoP realm="passerby", algs="ES256", error="invalid_token", error_description="The token is bound to a key: send it as DPoP, with a proof"']);
  });

  it('is refused where the API does not know its own address, and the reason says what to set', async () => {
    const refusal = await refusalOf(check({ apiOrigin: undefined })(asking(`DPoP ${bound}`, [prove(bound)])));
    expect([refusal.code, refusal.message]).toEqual(['token_invalid', expect.stringMatching(/apiOrigin/)]);
  });

  it('is believed of no host that a request names', async () => {
    expect(await codeOf(check()(asking(`DPoP ${bound}`, [prove(bound, { htu: 'https://evil.example/cart' })], 'https://evil.example/cart')))).toBe('proof_invalid');
    expect(await codeOf(check()(asking(`DPoP ${bound}`, [prove(bound)], 'https://evil.example/cart')))).toBe('let in');
  });

  it('is refused by itself, where nobody shows the key', async () => {
    expect(await codeOf(check()(bound))).toBe('token_invalid');
  });

  it.each([null, '', 'text', [], {}, { jkt: '' }, { jkt: 7 }, { jkt: [THUMBPRINT] }, { 'x5t#S256': THUMBPRINT }, { jwk: DEVICE.jwk }])('in a way that nobody knows (%j) is refused, however it comes', async (cnf) => {
    const strange = token({ ...GUEST, cnf });
    for (const from of [strange, asking(`Bearer ${strange}`), asking(`DPoP ${strange}`, [prove(strange)])]) expect(await codeOf(check()(from))).toBe('token_invalid');
  });
});

describe('a token that is not bound', () => {
  it('is refused as DPoP, with a proof and without', async () => {
    const text = token();
    for (const list of [[], [prove(text)]]) {
      const refusal = await refusalOf(check()(asking(`DPoP ${text}`, list)));
      expect([refusal.code, refusal.response().headers.get('www-authenticate')]).toEqual(['token_invalid', 'DPoP realm="passerby", algs="ES256", error="invalid_token", error_description="The token is bound to no key: send it as a bearer token"']);
    }
  });
  it('is let in whatever proof is beside it', async () => expect(await codeOf(check()(asking(`Bearer ${token()}`, ['x'])))).toBe('let in'));
});

describe('a request without a token', () => {
  it.each([undefined, '', 'Basic dXNlcjpwYXNz', 'DPoPx', 'Token x'])('(%j) is told that one is missing', async (authorization) => {
    const refusal = await refusalOf(check()(asking(authorization)));
    expect([refusal.code, refusal.response().headers.get('www-authenticate')]).toEqual(['token_missing', 'Bearer realm="passerby"']);
  });
  it.each(['DPoP', 'DPoP ', 'DPoP x', 'DPoP a.b.c, DPoP a.b.c'])('(%j) is told so in its own scheme', async (authorization) => {
    const refusal = await refusalOf(check()(asking(authorization)));
    expect([refusal.code, refusal.response().headers.get('www-authenticate')]).toEqual(['token_invalid', expect.stringMatching(/^DPoP realm="passerby", algs="ES256", error="invalid_token"/)]);
  });
});

it('a refusal never tells the token, the proof, nor what is in them', async () => {
  const CANARY = 'canary-5f2a77';
  const bound = token({ ...BOUND, email: CANARY });
  const requests = [asking(`DPoP ${bound}`, [prove(bound, { jti: CANARY, htm: CANARY })]), asking(`Bearer ${bound}`), asking(`Bearer ${token({ ...GUEST, aud: CANARY })}`), asking(`Bearer ${token({ ...GUEST, exp: 1, iat: 0, email: CANARY })}`), asking(`DPoP ${token({ ...GUEST, cnf: { x: CANARY } })}`)];
  for (const request of requests) {
    const refusal = await refusalOf(check()(request));
    const answer = refusal.response();
    const text = [inspect(refusal, { depth: 9, showHidden: true }), JSON.stringify(refusal), await answer.text(), ...answer.headers.values()].join('\n');
    expect(text).not.toContain(CANARY);
    for (const part of [bound, prove(bound)].join('.').split('.')) expect(text).not.toContain(part.slice(0, 12));
  }
});
