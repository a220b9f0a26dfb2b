import { createHmac, sign } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createIdTokenCheck, type IdTokenCheckParts } from '../../src/tokens/id-token.ts';
import { createProviderKeys, type ProviderKeysParts } from '../../src/tokens/provider-keys.ts';
import { Unauthorized } from '../../src/tokens/unauthorized.ts';
import { FakeWorld, NOW, NOW_SECONDS, type Claims } from '../fixtures.ts';
import { makePair } from '../key-pairs.ts';
import { jwt, makeSigner, type Signer } from './signers.ts';

const ISSUER = 'https://id.example';
const JWKS = 'https://keys.id.example/certs';
const RSA = makeSigner('RS256', 'rs');
const ES = makeSigner('ES256', 'es');
const ED = makeSigner('EdDSA', 'ed');
const STRANGER = makeSigner('RS256', 'rs');
const NONCE = 'n'.repeat(43);
const ADA: Claims = { iss: ISSUER, sub: 'ada', aud: 'shop', exp: NOW_SECONDS + 3_600, iat: NOW_SECONDS - 5, nonce: NONCE };

/** A provider with a discovery document and keys. */
function provider(keys: readonly Claims[] = [RSA.jwk, ES.jwk, ED.jwk], metadata: object = { issuer: ISSUER, jwks_uri: JWKS }) {
  const world = new FakeWorld();
  const fetch: typeof globalThis.fetch = async (input, init) => {
    world.requests.push(String(input));
    expect(init?.redirect).toBe('manual');
    return String(input).endsWith('/.well-known/openid-configuration') ? Response.json(metadata) : Response.json({ keys });
  };
  const check = ({ issuer = ISSUER, keys, ...more }: Partial<IdTokenCheckParts & ProviderKeysParts> = {}) =>
    createIdTokenCheck({ issuer, clientId: 'shop', now: world.now, keys: keys ?? createProviderKeys({ issuer, fetch, now: world.now, ...more }) });
  return { world, check };
}

const token = (claims: Claims = {}, header: Claims | string = {}, signer: Signer = RSA) =>
  jwt(signer, typeof header === 'string' ? header : { typ: 'JWT', alg: signer.alg, kid: signer.jwk['kid'], ...header }, { ...ADA, ...claims });
const verify = (text: string) => provider().check()(text, { nonce: NONCE });
const codeOf = (work: Promise<unknown>) => work.then(() => 'accepted', (error: unknown) => (error instanceof Unauthorized ? error.code : String(error)));

describe('somebody who signed in at the provider', () => {
  it('is who their ID token says', async () => {
    expect(await verify(token())).toEqual({ issuer: ISSUER, subject: 'ada', authTime: NOW_SECONDS - 5 });
    expect(await verify(token({ auth_time: NOW_SECONDS - 60 }))).toMatchObject({ authTime: NOW_SECONDS - 60 });
  });
  it.each([RSA, ES, ED])('is so by $alg', async (signer) => expect((await verify(token({}, {}, signer))).subject).toBe('ada'));
  it.each(['JWT', 'jwt', 'application/jwt', undefined])('is so with the typ %j', async (typ) => expect(await codeOf(verify(token({}, { typ })))).toBe('accepted'));
  it.each([{ aud: ['shop'] }, { aud: ['shop', 'other'], azp: 'shop' }, { azp: 'shop' }, { aud: ['other', 'shop'], azp: 'shop' }])('for this application: %j', async (claims) => expect(await codeOf(verify(token(claims)))).toBe('accepted'));
  it.each(['a', 'a'.repeat(255), '{x}|y z', '0'])('may be called %s', async (sub) => expect((await verify(token({ sub }))).subject).toBe(sub));
  it.each([{ typ: 'ID' }, { acr: '1', amr: ['pwd'], at_hash: 'x', email: 'a@b.c' }])('may bring more: %j', async (claims) => expect(await codeOf(verify(token(claims)))).toBe('accepted'));
  it('may come five minutes later and no later', async () => {
    expect(await codeOf(verify(token({ iat: NOW_SECONDS - 300 })))).toBe('accepted');
    expect(await codeOf(verify(token({ iat: NOW_SECONDS - 301 })))).toBe('token_expired');
  });
  it('is let in when the clocks are half a minute apart', async () => {
    expect(await codeOf(verify(token({ iat: NOW_SECONDS + 30 })))).toBe('accepted');
    expect(await codeOf(verify(token({ iat: NOW_SECONDS + 31 })))).toBe('token_invalid');
    expect(await codeOf(verify(token({ exp: NOW_SECONDS - 29 })))).toBe('accepted');
    expect(await codeOf(verify(token({ exp: NOW_SECONDS - 31 })))).toBe('token_expired');
  });
  it.each([String(NOW_SECONDS), NOW_SECONDS * 1000, NOW_SECONDS + 3_600, null])('signed in when the ID token was issued, where the provider says %j', async (auth_time) => expect(await verify(token({ auth_time }))).toMatchObject({ authTime: NOW_SECONDS - 5 }));
});

describe('an ID token', () => {
  const wrong: Readonly<Record<string, Claims>> = {
    'of another provider': { iss: 'https://evil.example' }, 'of the provider with a slash': { iss: `${ISSUER}/` }, 'of no provider': { iss: undefined }, 'of a list of providers': { iss: [ISSUER] },
    'for another application': { aud: 'other' }, 'for a list without it': { aud: ['other'] }, 'for nobody': { aud: undefined }, 'for an empty list': { aud: [] }, 'for a longer name': { aud: 'shop2' }, 'for an object': { aud: { shop: 1 } },
    'for several, issued to nobody': { aud: ['shop', 'other'] }, 'for several, issued to another': { aud: ['shop', 'other'], azp: 'other' }, 'issued to another': { azp: 'other' }, 'issued to a list': { azp: ['shop'] }, 'issued to nothing': { azp: null }, 'for the same twice, issued to nobody': { aud: ['shop', 'shop'] },
    'without exp': { exp: undefined }, 'with exp as text': { exp: 'x' }, 'without iat': { iat: undefined }, 'with iat as text': { iat: '1' }, 'not valid yet': { nbf: NOW_SECONDS + 60 },
    'without a nonce': { nonce: undefined }, 'with an empty nonce': { nonce: '' }, 'with a list of nonces': { nonce: [NONCE] }, 'of another sign-in': { nonce: 'm'.repeat(43) }, 'with a longer nonce': { nonce: `${NONCE}n` },
    'without sub': { sub: undefined }, 'with an empty sub': { sub: '' }, 'with a sub of 256': { sub: 'a'.repeat(256) }, 'with a sub that is not ASCII': { sub: 'adä' }, 'with a line break in sub': { sub: 'ada\n' }, 'with a zero in sub': { sub: 'ada\0' }, 'with a number for sub': { sub: 7 },
    "that is Keycloak's access token": { typ: 'Bearer' }, "that is Keycloak's refresh token": { typ: 'Refresh' }, "that is Keycloak's offline token": { typ: 'Offline' }, "that is Keycloak's logout token": { typ: 'Logout' },
  };
  it.each(Object.entries(wrong))('%s is refused', async (_, claims) => expect(await codeOf(verify(token(claims)))).toBe('token_invalid'));

  it.each(['', undefined])('is refused where nobody says which nonce (%j)', async (nonce) => {
    for (const claims of [{ nonce }, { nonce: '' }, {}]) expect(await codeOf(provider().check()(token(claims), { nonce: nonce as string }))).toBe('token_invalid');
  });

  it('costs no request where it is of another provider', async () => {
    const { world, check } = provider();
    expect(await codeOf(check()(token({ iss: 'https://evil.example' }), { nonce: NONCE }))).toBe('token_invalid');
    expect(world.requests).toEqual([]);
  });
});

describe('jwt-1: of all the ways to pass for an ID token', () => {
  const publicPem = String(RSA.privateKey && makePair.rsa(2048).publicKey.export({ type: 'spki', format: 'pem' }));
  const hmac = (secret: string) => (input: string) => createHmac('sha256', secret).update(input).digest();
  const rsa = (hash: string, options: object = {}) => (input: string) => sign(hash, Buffer.from(input), { key: RSA.privateKey, ...options });
  const signatures: readonly (readonly [string, unknown, (input: string) => Buffer])[] = [
    ['none', 'none', () => Buffer.alloc(0)], ['nOnE', 'nOnE', () => Buffer.alloc(0)], ['no alg', undefined, RSA.signature], ['empty alg', '', RSA.signature], ['none, right signature', 'none', RSA.signature], ['rs256 in small', 'rs256', RSA.signature], ['a list', ['RS256'], RSA.signature],
    ['HS256 with a public PEM', 'HS256', hmac(publicPem)], ['HS256 with the modulus', 'HS256', hmac(String(RSA.jwk['n']))], ['HS256 with nothing', 'HS256', hmac('')], ['RS256 that is HS256', 'RS256', hmac(String(RSA.jwk['n']))],
    ['RS384', 'RS384', rsa('sha384')], ['RS512', 'RS512', rsa('sha512')], ['PS256', 'PS256', rsa('sha256', { padding: 6, saltLength: 32 })], ['RS256 that is PS256', 'RS256', rsa('sha256', { padding: 6, saltLength: 32 })], ['RS256 that is RS512', 'RS256', rsa('sha512')],
    ['RS256 of a stranger', 'RS256', STRANGER.signature], ['RS256 of zeros', 'RS256', () => Buffer.alloc(256)], ['RS256 of ones', 'RS256', () => Buffer.alloc(256, 255)], ['RS256 of nothing', 'RS256', () => Buffer.alloc(0)], ['RS256 of something else', 'RS256', () => RSA.signature('x')],
    ['ES256 under an RSA key', 'ES256', ES.signature], ['EdDSA under an RSA key', 'EdDSA', ED.signature], ['ES256 of zeros', 'ES256', () => Buffer.alloc(64)],
  ];
  const types: readonly unknown[] = ['JWT', undefined, 'at+jwt', 'dpop+jwt', 'logout+jwt', 'id_token+jwt', 7, null];
  const headers: readonly Claims[] = [
    {}, { jwk: STRANGER.jwk }, { jku: 'https://evil.example/jwks' }, { x5u: 'https://evil.example/' }, { x5c: ['AAAA'] }, { x5t: 'A' }, { crit: ['exp'], exp: 1 }, { crit: [] }, { b64: false, crit: ['b64'] }, { b64: false }, { zip: 'DEF' },
    { kid: undefined }, { kid: '' }, { kid: '__proto__' }, { kid: 'constructor' }, { kid: '../../dev/null' }, { kid: "x' UNION SELECT 'k' --" }, { kid: ['rs'] }, { kid: 'es' }, { kid: 'ed' }, { kid: 'other' }, { kid: 7 }, { kid: null },
  ];

  it('none is good', async () => {
    const { check } = provider();
    const verifyIdToken = check();
    let tried = 0;
    for (const [name, alg, signature] of signatures) {
      for (const typ of types) {
        for (const header of headers) {
          const isGood = (name.startsWith('ES256 under') && header['kid'] === 'es') || (name.startsWith('EdDSA under') && header['kid'] === 'ed');
          if (isGood) continue;
          // A key that nobody knows may have been published since the keys were asked for: that is no word against the token, nor for it.
          expect(await codeOf(verifyIdToken(jwt({ signature }, { alg, kid: 'rs', typ, ...header }, ADA), { nonce: NONCE })), `${name} ${String(typ)} ${JSON.stringify(header)}`).toMatch(/^(token_invalid|keys_unavailable)$/);
          tried += 1;
        }
      }
    }
    expect(tried).toBe((24 * 23 - 2) * 8);
  }, 60_000);

  it.each(headers.slice(1))('a well-signed one with %j is refused', async (header) => expect(await codeOf(verify(token({}, header)))).toBe('token_invalid'));
  it.each(types.slice(2))('a well-signed one of typ %j is refused', async (typ) => expect(await codeOf(verify(token({}, { typ })))).toBe('token_invalid'));

  it('one by a weak key of the provider is refused', async () => {
    const { privateKey, publicKey } = makePair.rsa(1024);
    const weak: Signer = { alg: 'RS256', privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid: 'weak' }, signature: (input) => sign('sha256', Buffer.from(input), privateKey) };
    expect(await codeOf(provider([weak.jwk, RSA.jwk]).check()(token({}, {}, weak), { nonce: NONCE }))).toBe('token_invalid');
  });

  it('one that says something twice is refused', async () => {
    const header = { typ: 'JWT', alg: 'RS256', kid: 'rs' };
    for (const [head, body] of [[JSON.stringify(header), JSON.stringify(ADA).replace('{', '{"sub":"eve",')], [JSON.stringify(header), JSON.stringify(ADA).replace('{', '{"nonc\\u0065":"x",')], [JSON.stringify(header).replace('{', '{"alg":"none",'), JSON.stringify(ADA)], [JSON.stringify(header).replace('{', '{"kid":"es",'), JSON.stringify(ADA)]] as const) {
      expect(await codeOf(verify(jwt(RSA, head, body)))).toBe('token_invalid');
    }
  });

  it('one that inherits what it lacks is refused', async () => {
    for (const name of ['sub', 'nonce', 'aud', 'iss', 'exp', 'iat']) {
      const { [name]: value, ...rest } = ADA;
      const body = JSON.stringify(rest).replace('{', `{"__proto__":${JSON.stringify({ [name]: value })},"constructor":{"prototype":{"sub":"eve"}},`);
      expect(await codeOf(verify(jwt(RSA, { typ: 'JWT', alg: 'RS256', kid: 'rs' }, body))), name).toBe('token_invalid');
    }
    expect('sub' in {}, 'Object.prototype').toBe(false);
  });

  it('one of 20 MB is refused before it is read, and costs no request', async () => {
    const { world, check } = provider();
    expect(await codeOf(check()('a'.repeat(20_000_000), { nonce: NONCE }))).toBe('token_invalid');
    expect(world.requests).toEqual([]);
  });
});

describe('a provider', () => {
  const nameless = (signer: Signer) => ({ ...signer.jwk, kid: undefined });
  const unnamed = (signer: Signer) => token({}, { kid: undefined }, signer);

  it.each([['without a name', nameless(RSA)], ['with one', RSA.jwk]])('that has one key %s may leave the name out of its tokens', async (_, jwk) => {
    expect(await codeOf(provider([jwk]).check()(unnamed(RSA), { nonce: NONCE }))).toBe('accepted');
    expect(await codeOf(provider([jwk]).check()(unnamed(STRANGER), { nonce: NONCE }))).toBe('token_invalid');
  });
  it('that has several keys may not, and a name that no key has is not forgiven', async () => {
    expect(await codeOf(provider([RSA.jwk, ES.jwk]).check()(unnamed(RSA), { nonce: NONCE }))).toBe('token_invalid');
    expect(await codeOf(provider([nameless(RSA), ES.jwk]).check()(unnamed(RSA), { nonce: NONCE }))).toBe('token_invalid');
    expect(await codeOf(provider([nameless(RSA), nameless(STRANGER)]).check()(unnamed(RSA), { nonce: NONCE }))).toMatch(/token_invalid|keys_unavailable/);
    expect(await codeOf(provider([nameless(RSA)]).check()(token(), { nonce: NONCE }))).toBe('token_invalid');
  });

  it('is asked once where its keys are', async () => {
    const { world, check } = provider();
    const verifyIdToken = check();
    for (let i = 0; i < 5; i += 1) {
      world.time += 700_000;
      const seconds = world.time / 1000;
      await verifyIdToken(token({ iat: seconds, exp: seconds + 60 }), { nonce: NONCE });
    }
    await expect.poll(() => world.requests.length).toBeGreaterThan(3);
    expect(world.requests.filter((url) => url !== JWKS)).toEqual([`${ISSUER}/.well-known/openid-configuration`]);
  });
  it.each([['https://id.example/', 'https://id.example/.well-known/openid-configuration'], ['https://id.example/realms/shop', 'https://id.example/realms/shop/.well-known/openid-configuration']])('called %s is asked at %s', async (issuer, address) => {
    const { world, check } = provider([RSA.jwk], { issuer, jwks_uri: JWKS });
    expect(await codeOf(check({ issuer })(token({ iss: issuer }), { nonce: NONCE }))).toBe('accepted');
    expect(world.requests).toEqual([address, JWKS]);
  });
  it('is not asked where the shop says where the keys are, or has them', async () => {
    const { world, check } = provider();
    expect(await codeOf(check({ jwksUrl: 'http://127.0.0.1:9/certs' })(token(), { nonce: NONCE }))).toBe('accepted');
    expect(world.requests).toEqual(['http://127.0.0.1:9/certs']);
    expect(await codeOf(check({ keys: { find: () => Promise.resolve(null) } })(token(), { nonce: NONCE }))).toBe('token_invalid');
    expect(world.requests.length).toBe(1);
  });

  it.each([
    { issuer: 'https://evil.example', jwks_uri: JWKS }, { issuer: `${ISSUER}/`, jwks_uri: JWKS }, { jwks_uri: JWKS }, { issuer: [ISSUER], jwks_uri: JWKS }, { issuer: ISSUER }, { issuer: ISSUER, jwks_uri: 'http://keys.id.example/certs' }, { issuer: ISSUER, jwks_uri: 'certs' }, { issuer: ISSUER, jwks_uri: 'file:///certs' }, { issuer: ISSUER, jwks_uri: [JWKS] },
    [], { pad: 'p'.repeat(70_000), issuer: ISSUER, jwks_uri: JWKS },
  ])('whose discovery document is not its own (%j) is not believed', async (metadata) => {
    const { world, check } = provider([RSA.jwk], metadata);
    expect(await codeOf(check()(token(), { nonce: NONCE }))).toBe('keys_unavailable');
    expect(world.requests).not.toContain(JWKS);
  });
  it.each([301, 302, 307, 404, 500])('that answers %i is asked again later, at most twice in 30 seconds, and then believed', async (status) => {
    const { world, check } = provider();
    let isWell = false;
    const fetch: typeof globalThis.fetch = async (input) => {
      world.requests.push(String(input));
      if (!isWell) return new Response(JSON.stringify({ issuer: ISSUER, jwks_uri: JWKS }), { status, headers: { location: 'https://evil.example/' } });
      return Response.json(String(input) === JWKS ? { keys: [RSA.jwk] } : { issuer: ISSUER, jwks_uri: JWKS });
    };
    const verifyIdToken = check({ fetch });
    for (let i = 0; i < 10; i += 1) expect(await codeOf(verifyIdToken(token(), { nonce: NONCE }))).toBe('keys_unavailable');
    expect(world.requests).toEqual(Array(2).fill(`${ISSUER}/.well-known/openid-configuration`));
    isWell = true;
    world.time += 30_000;
    expect(await codeOf(verifyIdToken(token(), { nonce: NONCE }))).toBe('accepted');
  });
});

describe('createIdTokenCheck', () => {
  it.each([{ issuer: 'http://id.example' }, { issuer: 'id' }, { issuer: undefined }, { clientId: '' }, { clientId: undefined }])('with %j throws at once', (change) => {
    expect(() => createIdTokenCheck({ issuer: ISSUER, clientId: 'shop', now: () => NOW, keys: { find: () => Promise.resolve(null) }, ...change } as IdTokenCheckParts)).toThrow(TypeError);
  });
});

it('a refusal never tells the ID token, nor what is in it', async () => {
  const CANARY = 'canary-5f2a77';
  const email = CANARY;
  const tokens = [token({ email, exp: 1 }), token({ email, iat: 1 }), token({ email, nonce: CANARY }), token({ email, aud: CANARY }), token({ email, iss: CANARY }), token({ email, sub: `${CANARY}é` }), token({ email }, { kid: CANARY }), token({ email }, {}, STRANGER), token({ email, azp: CANARY })];
  for (const text of tokens) {
    const error = await verify(text).then(() => null, (reason: unknown) => reason);
    expect(error).toBeInstanceOf(Unauthorized);
    const told = `${inspect(error, { depth: 9, showHidden: true })}\n${JSON.stringify(error)}`;
    expect(told).not.toContain(CANARY);
    for (const part of text.split('.')) expect(told).not.toContain(part.slice(0, 12));
  }
});
