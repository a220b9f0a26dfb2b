import { describe, expect, it } from 'vitest';
import { isIssuer, kindOf } from '../../src/descope/token-check.ts';
import { createDescope, memoryStore, type DescopeSettings } from '../../src/index.ts';
import { jwt, makeSigner } from '../tokens/signers.ts';
import { BASE, heldOf, SHOP, World } from './support.ts';

const PROJECT = 'P2passerbyShopInDevelopment';
const NOW = 1_800_000_000;
const [signer, other, edwards] = [makeSigner('RS256', 'one'), makeSigner('RS256', 'one'), makeSigner('EdDSA', 'two')];
const CLAIMS = { iss: PROJECT, sub: 'U2ada', iat: NOW - 60, exp: NOW + 540, drn: 'DS' };
const token = (claims: object = {}, header: object = {}, by = signer) => jwt(by, { alg: 'RS256', kid: 'one', typ: 'JWT', ...header }, { ...CLAIMS, ...claims });

function verifier(changes: Partial<DescopeSettings> = {}) {
  const asked: string[] = [];
  const fetch: typeof globalThis.fetch = async (input) => (asked.push(String(input)), Response.json({ keys: [signer.jwk, edwards.jwk] }));
  const { verifyToken, requireUser } = createDescope({ projectId: PROJECT, managementKey: 'K2secret', baseUrl: BASE, generation: 'anonymous_jwt', origins: [SHOP], store: memoryStore(), now: () => NOW * 1000, fetch, ...changes });
  return { verifyToken, requireUser, asked };
}

const OLD = { generation: 'temporary_user', tenantId: 'T2guests' } as const;
const code = (work: Promise<unknown>) => work.then(() => 'let in', (error: { code?: string }) => error.code);

describe('a session token', () => {
  it('says who sent it, frozen and inheriting nothing', async () => {
    const { verifyToken, asked } = verifier();
    const caller = await verifyToken(token({ nickname: 'Ada' }));
    expect(caller).toEqual({ subject: 'U2ada', kind: 'user', expiresAt: (NOW + 540) * 1000, claims: expect.objectContaining({ nickname: 'Ada' }) });
    expect([Object.isFrozen(caller), caller.claims['constructor'], asked]).toEqual([true, undefined, [`${BASE}/v2/keys/${PROJECT}`]]);
  });

  it.each([PROJECT, `https://api.descope.com/${PROJECT}`, `https://api.descope.com/v1/apps/${PROJECT}`, `https://auth.shop.example/${PROJECT}/TPL1`, `https://auth.shop.example/v1/apps/${PROJECT}/`])('is of the issuer %s', async (iss) => {
    expect(await code(verifier().verifyToken(token({ iss })))).toBe('let in');
  });

  it.each(['', 'P2passerbyShopInDevelopmenT', `${PROJECT}x`, `x/${PROJECT}`, `https://${PROJECT}/`, `https://evil.example/${PROJECT}/a/b`, `https://evil.example/?${PROJECT}`, `https://evil.example/#/${PROJECT}`, `javascript:/${PROJECT}`, `https://evil.example/x${PROJECT}`, 7, null, [PROJECT]])('is not of the issuer %j', async (iss) => {
    const { verifyToken, asked } = verifier();
    expect([await code(verifyToken(token({ iss }))), asked]).toEqual(['token_invalid', []]);
  });

  it('is of no issuer whose signature is somebody else’s', async () => {
    expect(await code(verifier().verifyToken(token({ iss: `https://evil.example/${PROJECT}` }, {}, other)))).toBe('token_invalid');
    expect(isIssuer(`https://evil.example/${PROJECT}`, PROJECT)).toBe(true);
  });

  it.each<[string, object, object?]>([
    ['is a refresh token', { drn: 'DSR' }], ['says of no use', { drn: undefined }], ['is of another use', { drn: 'DSX' }], ['has no subject', { sub: undefined }], ['has no end', { exp: undefined }], ['has no beginning', { iat: undefined }],
    ['begins tomorrow', { nbf: NOW + 3_600 }], ['was issued tomorrow', { iat: NOW + 3_600, exp: NOW + 7_200 }], ['lives for a year', { exp: NOW + 365 * 86_400 }],
    ['is of another algorithm', {}, { alg: 'PS256' }], ['is unsigned', {}, { alg: 'none' }], ['is signed by a secret', {}, { alg: 'HS256' }], ['is of another type', {}, { typ: 'at+jwt' }], ['names no key', {}, { kid: undefined }],
    ['names an unknown key', {}, { kid: 'three' }], ['brings its key', {}, { jwk: signer.jwk }], ['says where its key is', {}, { jku: 'https://evil.example' }],
  ])('that %s is nobody’s', async (_, claims, header = {}) => {
    expect(await code(verifier().verifyToken(token(claims, header)))).toMatch(/^(?:token_invalid|keys_unavailable)$/);
  });

  it('that another algorithm’s key signed is nobody’s, though that key is published', async () => {
    expect(await code(verifier().verifyToken(token({}, { alg: 'EdDSA', kid: 'two' }, edwards)))).toBe('token_invalid');
  });

  it('that is over is over, five seconds allowed for the clocks', async () => {
    expect(await code(verifier().verifyToken(token({ exp: NOW - 4 })))).toBe('let in');
    expect(await code(verifier().verifyToken(token({ exp: NOW - 6 })))).toBe('token_expired');
  });
});

describe('a guest', () => {
  it.each<[unknown, string]>([[true, 'guest'], ['true', 'user'], [1, 'user'], [false, 'user'], [null, 'user'], [{}, 'user']])('of the new generation: danu %j is a %s', async (danu, kind) => {
    const { verifyToken, requireUser } = verifier();
    const { kind: said } = await verifyToken(token({ danu }));
    expect(said).toBe(kind);
    expect(await code(requireUser(new Request(SHOP, { headers: { authorization: `Bearer ${token({ danu })}` } })))).toBe(kind === 'user' ? 'let in' : 'user_required');
  });

  it.each<[unknown, string]>([[{ T2guests: {} }, 'guest'], [{ T2guests: null, T2shop: {} }, 'guest'], [{ T2shop: {} }, 'user'], [['T2guests'], 'user'], ['T2guests', 'user'], [undefined, 'user'], [{}, 'user']])('of the old generation: tenants %j is a %s', async (tenants, kind) => {
    expect((await verifier(OLD).verifyToken(token({ tenants }))).kind).toBe(kind);
  });

  it('is known by the rule of its own generation alone', async () => {
    expect((await verifier().verifyToken(token({ tenants: { T2guests: {} } }))).kind).toBe('user');
    expect(kindOf({ tenants: {} }, { type: 'temporary_user', tenantId: 'constructor', identityInUse: 'ask' })).toBe('user');
    // Whom the old rule would take for a user.
    expect(await code(verifier(OLD).verifyToken(token({ danu: true })))).toBe('token_invalid');
  });
});

describe('a request to the shop’s API', () => {
  const request = (init: RequestInit = {}) => new Request(`${SHOP}/api/cart`, init);

  it('is by a bearer token and nothing else where tokens are in bodies', async () => {
    const { verifyToken } = verifier();
    expect(await code(verifyToken(request({ headers: { authorization: `Bearer ${token()}` } })))).toBe('let in');
    expect(await code(verifyToken(request({ headers: { authorization: `DPoP ${token()}` } })))).toBe('token_invalid');
    expect(await code(verifyToken(request({ headers: { cookie: `DS=${token()}` } })))).toBe('token_missing');
    expect(await code(verifyToken(request()))).toBe('token_missing');
  });

  it('is by the cookie where both tokens travel in cookies, and a write is by a page of the shop, as JSON', async () => {
    const world = await World.open({ sessions: 'cookies' });
    const { session, refresh, subject } = heldOf(await world.post('/guest'));
    const as = (headers: Readonly<Record<string, string>>, method = 'POST') => code(world.verifier.verifyToken(request({ method, headers: { cookie: `DS=${session}`, ...headers } })));
    const page = { origin: SHOP, 'content-type': 'application/json' };
    expect(await world.verifier.verifyToken(request({ headers: { cookie: `a=b; DS=${session}` } }))).toMatchObject({ subject, kind: 'guest' });
    expect([await as({ 'passerby-subject': 'U2guest' }, 'GET'), await as({ 'passerby-subject': subject }, 'GET')]).toEqual(['token_invalid', 'let in']);
    expect([await as({}, 'GET'), await as({}, 'HEAD'), await as(page)]).toEqual(['let in', 'let in', 'let in']);
    expect([await as({}), await as({ ...page, origin: 'https://evil.example' }), await as({ ...page, 'content-type': 'text/plain' }), await as({ 'content-type': 'application/json' }), await as({ origin: SHOP })]).toEqual(Array(5).fill('token_invalid'));
    expect([await as({ ...page, authorization: 'Bearer nonsense' }), await as({ cookie: `DS=${session}; DS=${session}` }, 'GET'), await as({ cookie: `DS=${refresh}` }, 'GET'), await as({ cookie: `DSR=${session}` }, 'GET')]).toEqual(['token_invalid', 'token_missing', 'token_invalid', 'token_missing']);
  });
});

describe('the keys', () => {
  it('are asked for again when a token names a new one, and a flood of unknown names asks for them no more than twice', async () => {
    const world = await World.open();
    const { session } = heldOf(await world.post('/guest'));
    await world.verifier.verifyToken(session);
    await world.shop.descope.rotateKeys();
    expect(await code(world.verifier.verifyToken(heldOf(await world.post('/guest')).session))).toBe('let in');
    expect(await code(world.verifier.verifyToken(session))).toBe('let in');
    const { verifyToken, asked } = verifier();
    for (let i = 0; i < 20; i += 1) await code(verifyToken(token({}, { kid: `k${i}` })));
    expect(asked.length).toBe(2);
    expect(await code(verifyToken(token()))).toBe('let in');
  });

  it('that cannot be had are nobody’s fault', async () => {
    expect(await code(verifier({ fetch: async () => new Response('<html>', { status: 502 }) }).verifyToken(token()))).toBe('keys_unavailable');
  });
});
