import { describe, expect, it } from 'vitest';
import { createAppId, createAppIdTokenCheck, memoryStore, type AppIdSettings } from '../../src/index.ts';
import { jwt, makeSigner } from '../tokens/signers.ts';
import { guestOf, OAUTH_URL, SERVER, SHOP, World } from './support.ts';

const NOW = 1_800_000_000;
const [signer, other, edwards] = [makeSigner('RS256', 'one'), makeSigner('RS256', 'one'), makeSigner('EdDSA', 'two')];
const GUEST = 'openid appid_default appid_readprofile appid_readuserattr appid_writeuserattr';
const USER = `${GUEST} appid_authenticated`;
const CLAIMS = { iss: OAUTH_URL, aud: [SERVER.clientId], sub: 'ada', tenant: 'tenant_shop', iat: NOW - 60, exp: NOW + 3_540, amr: ['google'], scope: USER };
const token = (claims: object = {}, header: object = {}, by = signer) => jwt(by, { alg: 'RS256', kid: 'one', typ: 'JWT', ver: 4, ...header }, { ...CLAIMS, ...claims });

function verifier(changes: Partial<AppIdSettings> = {}) {
  const asked: string[] = [];
  const fetch: typeof globalThis.fetch = async (input) => (asked.push(String(input)), Response.json({ keys: [signer.jwk, edwards.jwk] }));
  const { verifyToken, requireUser } = createAppId({ oauthServerUrl: OAUTH_URL, clientId: SERVER.clientId, secret: 's', origins: [SHOP], store: memoryStore(), now: () => NOW * 1000, fetch, ...changes });
  return { verifyToken, requireUser, asked };
}

const code = (work: Promise<unknown>) => work.then(() => 'let in', (error: { code?: string }) => error.code);
const sent = (authorization?: string) => new Request(`${SHOP}/api`, { headers: authorization === undefined ? {} : { authorization } });

describe('an access token', () => {
  it('says who sent it, frozen and inheriting nothing', async () => {
    const { verifyToken, asked } = verifier();
    const caller = await verifyToken(sent(`Bearer ${token()}`));
    expect(caller).toEqual({ subject: 'ada', kind: 'user', expiresAt: (NOW + 3_540) * 1000, claims: expect.objectContaining({ amr: ['google'] }) });
    expect([Object.isFrozen(caller), caller.claims['constructor'], asked]).toEqual([true, undefined, [`${OAUTH_URL}/publickeys`]]);
  });

  it.each<[string, object, object?]>([
    ['is of another issuer', { iss: `${OAUTH_URL}x` }], ['is of another tenant', { tenant: 'tenant_other' }], ['is of no tenant', { tenant: undefined }], ['is for another application', { aud: ['other'] }], ['is for none', { aud: undefined }],
    ['has no subject', { sub: undefined }], ['has no end', { exp: undefined }], ['has no beginning', { iat: undefined }], ['was issued tomorrow', { iat: NOW + 86_400, exp: NOW + 90_000 }], ['lives for a year', { exp: NOW + 365 * 86_400 }],
    ['is of an earlier version', {}, { ver: 3 }], ['is of no version', {}, { ver: undefined }], ['is of a version that is a text', {}, { ver: '4' }],
    ['is of another algorithm', {}, { alg: 'PS256' }], ['is unsigned', {}, { alg: 'none' }], ['is signed by a secret', {}, { alg: 'HS256' }], ['is of another type', {}, { typ: 'at+jwt' }], ['names no key', {}, { kid: undefined }],
    ['names an unknown key', {}, { kid: 'three' }], ['brings its key', {}, { jwk: signer.jwk }], ['says where its key is', {}, { jku: 'https://evil.example' }],
  ])('that %s is nobody’s', async (_, claims, header = {}) => {
    expect(await code(verifier().verifyToken(token(claims, header)))).toMatch(/^(?:token_invalid|keys_unavailable)$/);
  });

  it('that somebody else signed is nobody’s, nor one that another algorithm’s published key did', async () => {
    expect(await code(verifier().verifyToken(token({}, {}, other)))).toBe('token_invalid');
    expect(await code(verifier().verifyToken(token({}, { alg: 'EdDSA', kid: 'two' }, edwards)))).toBe('token_invalid');
  });

  it('that is over is over, five seconds allowed for the clocks', async () => {
    expect(await code(verifier().verifyToken(token({ exp: NOW - 4 })))).toBe('let in');
    expect(await code(verifier().verifyToken(token({ exp: NOW - 6 })))).toBe('token_expired');
  });

  it.each<[string, object, string]>([
    ['a guest', { amr: ['appid_anon'], scope: GUEST }, 'guest'], ['a user', {}, 'user'], ['a user by SAML', { amr: ['saml'] }, 'user'], ['a user who came as a guest', { amr: ['google', 'appid_anon'] }, 'user'],
    ['both', { amr: ['appid_anon'] }, 'token_invalid'], ['neither', { scope: GUEST }, 'token_invalid'], ['an application', { amr: undefined, scope: 'appid_default' }, 'token_invalid'], ['an ID token', { scope: undefined }, 'token_invalid'],
    ['an ID token of a guest', { amr: ['appid_anon'], scope: undefined }, 'token_invalid'], ['a text for a list', { amr: 'appid_anon', scope: GUEST }, 'token_invalid'], ['nothing by itself', { amr: [], scope: USER }, 'token_invalid'],
    ['a word that only begins alike', { scope: `${GUEST} appid_authenticated_not` }, 'token_invalid'],
  ])('that says %s', async (_, claims, kind) => {
    const { verifyToken, requireUser } = verifier();
    expect(await verifyToken(token(claims)).then((caller) => caller.kind, (error: { code?: string }) => error.code)).toBe(kind);
    expect(await code(requireUser(sent(`Bearer ${token(claims)}`)))).toBe(kind === 'user' ? 'let in' : kind === 'guest' ? 'user_required' : kind);
  });

  it.each([[undefined, 'token_missing'], ['Basic eDp5', 'token_missing'], ['Bearer ', 'token_invalid'], [`DPoP ${token()}`, 'token_invalid'], [`bearer ${token()}`, 'let in']])('sent as %j is %s', async (authorization, what) => {
    expect(await code(verifier().verifyToken(sent(authorization)))).toBe(what);
  });

  it('is checked without the secret too, for an API apart', async () => {
    const world = await World.open();
    const { token: guest, subject } = await guestOf(world);
    const { verifyToken, requireUser } = createAppIdTokenCheck({ oauthServerUrl: OAUTH_URL, clientId: SERVER.clientId, store: memoryStore(), now: () => world.now, fetch: world.fetch });
    expect(await verifyToken(sent(`Bearer ${guest}`))).toMatchObject({ subject, kind: 'guest' });
    expect(await code(requireUser(sent(`Bearer ${guest}`)))).toBe('user_required');
  });
});
