import { describe, expect, it } from 'vitest';
import { Unauthorized, type Caller } from '../../src/index.ts';
import { jwt, makeSigner } from '../tokens/signers.ts';
import { DAY, HOUR, ISSUER, MINUTE, SHOP, Visitor, World } from './support.ts';

type Claims = Readonly<Record<string, unknown>>;

/** A shop whose ZITADEL signs whatever it is told to. */
async function open() {
  const world = await World.open();
  const signer = makeSigner('RS256', 'key');
  const verifier = world.start({ fetch: async () => Response.json({ keys: [signer.jwk] }) });
  const now = Math.floor(world.now / 1000);
  const act = { iss: ISSUER, sub: world.shop.accountId };
  const whole: Claims = { iss: ISSUER, sub: '1', aud: ['shop', '300000000000000001'], iat: now, nbf: now, exp: now + 43_200, jti: 'V2_1' };
  const token = (claims: Claims = {}, header: Claims = {}) => jwt(signer, { alg: 'RS256', kid: 'key', typ: 'JWT', ...header }, { ...whole, ...claims });
  const bearing = (text: string) => new Request(`${SHOP}/api`, { headers: { authorization: `Bearer ${text}` } });
  return { world, verifier, token, act, now, bearing };
}

const told = (checked: Promise<Caller>): Promise<string> => checked.then(({ kind, subject }) => `${kind} ${subject}`, (error: unknown) => (error instanceof Unauthorized ? error.code : String(error)));

describe('an access token of ZITADEL', () => {
  it('tells a user, and a guest only where our own service account acts', async () => {
    const { verifier, token, act, bearing } = await open();
    for (const [claims, who] of [
      [{}, 'user 1'], [{ act }, 'guest 1'], [{ act: { ...act, sub: 'support' } }, 'user 1'], [{ act: { iss: ISSUER, sub: 'support', act } }, 'user 1'], [{ act: { ...act, act: { iss: ISSUER, sub: 'support' } } }, 'guest 1'],
      [{ act: act.sub }, 'user 1'], [{ act: null }, 'user 1'], [{ act: [act] }, 'user 1'],
    ] as const) {
      expect([claims, await told(verifier.verifyToken(token(claims)))]).toEqual([claims, who]);
      expect(await told(verifier.verifyToken(bearing(token(claims))))).toBe(who);
      expect(await told(verifier.requireUser(bearing(token(claims))))).toBe(who === 'guest 1' ? 'user_required' : who);
    }
  });

  it('of a guest about whom something was decided is nobody’s, and a user’s is not asked about', async () => {
    const { world, verifier, token, act } = await open();
    for (const state of ['upgrading', 'user', 'merging', 'gone'] as const) {
      await world.store.changeGuest('1', await world.store.guestRow('1'), { generation: 1, state, by: 'x', at: world.now, until: null });
      expect([state, await told(verifier.verifyToken(token({ act }))), await told(verifier.verifyToken(token()))]).toEqual([state, 'token_invalid', 'user 1']);
    }
  });

  it('is for this API, from this ZITADEL, not over, and no ID token', async () => {
    const { verifier, token, now } = await open();
    const wrong: readonly (readonly [Claims, string])[] = [
      [{ aud: ['other'] }, 'token_invalid'], [{ aud: 'other' }, 'token_invalid'], [{ aud: undefined }, 'token_invalid'], [{ aud: [['shop']] }, 'token_invalid'], [{ iss: `${ISSUER}/` }, 'token_invalid'], [{ iss: 'https://evil.example' }, 'token_invalid'],
      [{ exp: now - 6 }, 'token_expired'], [{ exp: undefined }, 'token_invalid'], [{ iat: now + 60 }, 'token_invalid'], [{ nbf: now + 60 }, 'token_invalid'], [{ exp: now + 8 * 86_400 }, 'token_invalid'], [{ sub: '' }, 'token_invalid'],
      [{ jti: undefined }, 'token_invalid'], [{ azp: 'shop' }, 'token_invalid'], [{ at_hash: 'x' }, 'token_invalid'], [{ nonce: 'x' }, 'token_invalid'],
    ];
    for (const [claims, code] of wrong) expect([claims, await told(verifier.verifyToken(token(claims)))]).toEqual([claims, code]);
    for (const claims of [{ aud: 'shop' }, { aud: ['x', 'shop'] }]) expect(await told(verifier.verifyToken(token(claims)))).toBe('user 1');
  });

  it('is signed by ZITADEL’s key, in a way that it uses', async () => {
    const { verifier, token, now } = await open();
    const forged = jwt(makeSigner('RS256', 'key'), { alg: 'RS256', kid: 'key', typ: 'JWT' }, { iss: ISSUER, sub: '1', aud: 'shop', iat: now, exp: now + 60, jti: '1' });
    for (const text of [forged, token({}, { alg: 'none' }), token({}, { alg: 'HS256' }), token({}, { alg: 'PS256' }), token({}, { typ: 'logout+jwt' }), token({}, { jwk: {} }), `${token()}x`, 'opaque', '']) {
      expect(await told(verifier.verifyToken(text))).toBe('token_invalid');
    }
    // It may have been published since, so whoever asks tries again.
    expect(['token_invalid', 'keys_unavailable']).toContain(await told(verifier.verifyToken(token({}, { kid: 'other' }))));
  });

  it('may be for the project instead, where the shop says so', async () => {
    const { world } = await open();
    const ada = new Visitor(world);
    world.restart({ tokens: 'exposed', audience: ['300000000000000001', 'other'] });
    const { body } = await ada.post('/guest');
    expect(await told(world.verifier.verifyToken(String(body['access_token'])))).toBe(`guest ${String(body['subject'])}`);
    world.restart({ audience: 'other' });
    expect(await told(world.verifier.verifyToken(String(body['access_token'])))).toBe('token_invalid');
  });

  it('comes before the cookies: one that is no good is not mended by them', async () => {
    const { world, token } = await open();
    const ada = new Visitor(world);
    await ada.guest();
    for (const authorization of [`Bearer ${token()}`, 'Bearer', 'DPoP x']) expect(await told(world.verifier.verifyToken(ada.api({ headers: { authorization } })))).toBe('token_invalid');
    expect(await told(world.verifier.verifyToken(ada.api({ headers: { authorization: 'Basic x' } })))).toMatch(/^guest /);
  });

  it('that somebody was given before the upgrade calls the shop’s API no more', async () => {
    const world = await World.open({ tokens: 'exposed' });
    const ada = new Visitor(world);
    const token = String((await ada.post('/guest')).body['access_token']);
    expect(await told(world.verifier.verifyToken(token))).toMatch(/^guest /);
    await ada.becomeUser();
    expect(await told(world.verifier.verifyToken(token))).toBe('token_invalid');
  });

  it('says of an ID token that it is for no API', async () => {
    const world = await World.open({ tokens: 'exposed' });
    const idTokens: string[] = [];
    world.restart({ fetch: async (input, init) => {
      const answer = await world.fetch(input, init);
      if (String(input).endsWith('/oauth/v2/token')) idTokens.push(((await answer.clone().json()) as { id_token: string }).id_token);
      return answer;
    } });
    const ada = new Visitor(world);
    await ada.guest();
    await ada.signIn();
    expect(idTokens.length).toBe(2);
    for (const token of idTokens) expect(await told(world.verifier.verifyToken(token))).toBe('token_invalid');
  });
});

describe('a request by cookie', () => {
  it('that writes comes from a page of the shop, as JSON', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.guest();
    expect(await told(world.verifier.verifyToken(ada.writing()))).toBe(`guest ${subject}`);
    for (const headers of [{ origin: 'https://evil.example' }, { 'content-type': 'text/plain' }, { 'sec-fetch-site': 'cross-site' }] as const) expect(await told(world.verifier.verifyToken(ada.writing(headers)))).toBe('token_invalid');
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) expect(await told(world.verifier.verifyToken(ada.api({ method })))).toBe('token_invalid');
    for (const method of ['GET', 'HEAD']) expect(await told(world.verifier.verifyToken(ada.api({ method })))).toBe(`guest ${subject}`);
  });

  it('is nobody’s once the token is over, until the session is renewed', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.guest();
    world.pass(12 * HOUR - 1);
    expect(await told(world.verifier.verifyToken(ada.api()))).toBe(`guest ${subject}`);
    world.pass(1);
    expect(await told(world.verifier.verifyToken(ada.api()))).toBe('token_expired');
    await ada.session(subject);
    expect(await told(world.verifier.verifyToken(ada.api()))).toBe(`guest ${subject}`);
  });

  it('is a guest’s only while nothing was decided about the guest', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.guest();
    for (const state of ['upgrading', 'user', 'merging', 'gone'] as const) {
      await world.store.changeGuest(subject, await world.store.guestRow(subject), { generation: 1, state, by: 'x', at: world.now, until: null });
      expect([state, await told(world.verifier.verifyToken(ada.api()))]).toEqual([state, 'token_invalid']);
    }
  });

  it('tells the claims of the token, which nobody can change', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.signIn();
    const caller = await world.verifier.verifyToken(ada.api());
    expect(caller).toMatchObject({ subject, kind: 'user', expiresAt: world.now + 12 * HOUR, claims: { iss: ISSUER, sub: subject } });
    expect(Object.isFrozen(caller) && Object.isFrozen(caller.claims)).toBe(true);
    world.pass(30 * DAY + MINUTE);
    expect(await told(world.verifier.verifyToken(ada.api()))).toBe('token_expired');
  });
});
