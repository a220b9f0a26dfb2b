import { describe, expect, it } from 'vitest';
import { createTokenCheck, type TokenCheckSettings } from '../../src/tokens/token-check.ts';
import { asking, FakeWorld, makeKey, NOW_SECONDS } from '../fixtures.ts';
import { jwt, makeSigner, type Signer } from './signers.ts';

const settings: TokenCheckSettings = { issuer: 'https://shop.example/auth', audience: 'shop-api' };
const claims = { iss: settings.issuer, aud: 'shop-api', sub: 'u_ada', client_id: 'shop', iat: NOW_SECONDS, exp: NOW_SECONDS + 600, kind: 'user' };
const token = (signer: Signer, change: object = {}) => jwt(signer, { typ: 'at+jwt', alg: signer.alg, kid: signer.jwk['kid'] }, { ...claims, ...change });
const ES = makeSigner('ES256', 'es');

function api(...signers: readonly Signer[]) {
  const world = new FakeWorld();
  world.answer = () => Response.json({ keys: signers.map(({ jwk }) => jwk) });
  return { world, check: (more: Partial<TokenCheckSettings> = {}) => createTokenCheck({ ...settings, now: world.now, fetch: world.fetch, ...more }) };
}

describe('an API that does not hold the private keys', () => {
  it('asks the issuer for the public ones, once, and lets users in', async () => {
    const { world, check } = api(ES, makeSigner('EdDSA', 'ed'));
    const { verifyToken, requireUser } = check();
    expect(await verifyToken(token(ES))).toMatchObject({ subject: 'u_ada', kind: 'user' });
    expect((await requireUser(asking(token(ES)))).subject).toBe('u_ada');
    await expect(requireUser(asking(token(ES, { kind: 'guest' })))).rejects.toMatchObject({ code: 'user_required', status: 403 });
    expect(world.requests).toEqual(['https://shop.example/auth/jwks']);
  });

  it('asks elsewhere where it is told to', async () => {
    const { world, check } = api(ES);
    await check({ jwksUrl: 'http://localhost:8080/keys' }).verifyToken(token(ES));
    expect(world.requests).toEqual(['http://localhost:8080/keys']);
  });

  it('is the audience itself where the verifier names none', async () => {
    const { check } = api(ES);
    const { verifyToken } = check({ audience: undefined });
    expect((await verifyToken(token(ES, { aud: settings.issuer }))).kind).toBe('user');
    await expect(verifyToken(token(ES))).rejects.toMatchObject({ code: 'token_invalid' });
  });

  it('does not believe RSA keys, which no verifier has', async () => {
    const rsa = makeSigner('RS256', 'rs');
    const { check } = api(ES, rsa);
    await expect(check().verifyToken(token(rsa))).rejects.toMatchObject({ code: 'token_invalid' });
  });

  it('does not call it the fault of a token that the keys cannot be had', async () => {
    const { world, check } = api(ES);
    world.answer = () => new Response('', { status: 503 });
    await expect(check().verifyToken(token(ES))).rejects.toMatchObject({ code: 'keys_unavailable', status: 503 });
  });

  it('asks nobody because of a token of another issuer, audience or kind', async () => {
    const { world, check } = api(ES);
    const { verifyToken } = check();
    for (const text of [token(ES, { iss: 'https://evil.example' }), 'x', jwt(ES, { typ: 'JWT', alg: 'ES256', kid: 'es' }, claims)]) await expect(verifyToken(text)).rejects.toMatchObject({ code: 'token_invalid' });
    expect(world.requests).toEqual([]);
  });

  it('finds a key that was published a second ago with one request more', async () => {
    const next = makeSigner('ES256', 'next');
    const { world, check } = api(ES);
    const { verifyToken } = check();
    await verifyToken(token(ES));
    world.time += 1_000;
    world.answer = () => Response.json({ keys: [ES.jwk, next.jwk, makeKey('other').jwk] });
    await Promise.all(Array.from({ length: 20 }, () => verifyToken(token(next))));
    expect(world.requests.length).toBe(2);
  });
});

describe('createTokenCheck', () => {
  const wrong: readonly (readonly [string, object | undefined, RegExp])[] = [
    ['nothing', undefined, /write \{ issuer \}/], ['no issuer', { issuer: undefined }, /issuer is not an https address/], ['an issuer on plain http', { issuer: 'http://shop.example' }, /issuer is not an https address/], ['an issuer that is a name', { issuer: 'shop' }, /issuer/],
    ['an issuer with a slash', { issuer: 'https://shop.example/auth/' }, /write https:\/\/shop\.example\/auth$/], ['an origin with a slash', { issuer: 'https://shop.example/' }, /write https:\/\/shop\.example$/], ['an issuer in capitals', { issuer: 'https://SHOP.example/auth' }, /write https:\/\/shop\.example\/auth$/],
    ['an issuer with a query', { issuer: 'https://shop.example/auth?x' }, /spelled/], ['an issuer with a fragment', { issuer: 'https://shop.example/auth#' }, /spelled/], ['an issuer with a user', { issuer: 'https://u@shop.example/auth' }, /spelled/], ['an issuer with the default port', { issuer: 'https://shop.example:443' }, /spelled/],
    ['no audience', { audience: null }, /audience is not/], ['an empty audience', { audience: '' }, /audience is not/], ['several audiences', { audience: ['a'] }, /audience is not/],
    ['an empty client', { clientId: '' }, /clientId/], ['keys on plain http', { jwksUrl: 'http://shop.example/jwks' }, /jwksUrl/], ['keys nowhere', { jwksUrl: 'jwks' }, /jwksUrl/],
    ['an API on plain http', { apiOrigin: 'http://api.shop.example' }, /apiOrigin is not an https address/], ['an API with a path', { apiOrigin: 'https://api.shop.example/v1' }, /apiOrigin is more than an origin/], ['an API with a slash', { apiOrigin: 'https://api.shop.example/' }, /apiOrigin is more than an origin/],
    ['a short secret', { clientId: 'shop', apiSecret: 'secret' }, /apiSecret is not 32 to 256 letters/], ['a secret of nobody', { apiSecret: 'x'.repeat(32) }, /apiSecret goes with clientId/],
  ];
  it.each(wrong)('with %s throws at once and says what to do', (_, change, message) => {
    const given = (change && { ...settings, ...change }) as TokenCheckSettings;
    expect(() => createTokenCheck(given)).toThrow(TypeError);
    expect(() => createTokenCheck(given)).toThrow(message);
  });

  it.each([{ issuer: 'https://shop.example' }, { issuer: 'http://localhost:8080/auth' }, { issuer: 'https://shop.example/a/b' }, { clientId: 'shop' }, { apiOrigin: 'http://localhost:3000' }, { apiOrigin: undefined, clientId: undefined, jwksUrl: undefined }])('takes %j', (change) => {
    expect(() => createTokenCheck({ ...settings, ...change })).not.toThrow();
  });
});
