import { describe, expect, it } from 'vitest';
import { ADA, becomeUser, call, claimsOf, errorOf, guestOf, heldOf, SHOP, tokensOf, verify, World, type Held } from './support.ts';

const NAMED = { set: JSON.stringify({ nickname: 'Ada' }) };
const calls = (world: World, from: number): string[] => world.asked.slice(from).filter((asked) => !asked.includes('/v2/keys/'));

/** Somebody who signed up at Descope itself. */
async function userOf(world: World, email = ADA): Promise<Held> {
  await call(world.shop, 'POST /v1/auth/otp/signup-in/email', { body: { loginId: email } });
  const { session, refresh } = tokensOf(await verify(world.shop, email));
  return { session, refresh, subject: String(claimsOf(session).sub) };
}

describe.each(['kept', 'dropped'] as const)('what is kept about a guest of the new generation (claims that are not named: %s)', (unnamedClaims) => {
  it('is in their tokens: a change brings new ones, and the subject stays', async () => {
    const world = await World.open({ switches: { unnamedClaims } });
    const { subject, session, refresh } = await guestOf(world);
    expect((await world.post('/attributes', { token: session })).body).toEqual({ attributes: {} });
    const first = await world.post('/attributes', { token: refresh, ...NAMED });
    expect(first.body).toEqual({ attributes: { nickname: 'Ada' }, sessionJwt: expect.any(String), refreshJwt: expect.any(String), subject, kind: 'guest', expires_in: 600 });
    const next = heldOf(first);
    expect(await world.verifier.verifyToken(next.session)).toMatchObject({ subject, kind: 'guest', claims: { nickname: 'Ada', danu: true } });
    const second = await world.post('/attributes', { token: next.refresh, set: '{"size":"M"}' });
    expect(second.body['attributes']).toEqual({ nickname: 'Ada', size: 'M' });
    const third = await world.post('/attributes', { token: heldOf(second).refresh, remove: '["nickname"]' });
    expect(third.body['attributes']).toEqual({ size: 'M' });
    // Also with the next renewal.
    expect((await world.post('/attributes', { token: tokensOf(await call(world.shop, 'POST /v1/auth/refresh', { token: heldOf(third).refresh })).session })).body).toEqual({ attributes: { size: 'M' } });
  });
});

describe('a change of a guest of the new generation', () => {
  it('needs the refresh token, and reading asks Descope nothing', async () => {
    const world = await World.open();
    const { session, refresh } = await guestOf(world);
    const from = world.asked.length;
    expect(errorOf(await world.post('/attributes', { token: session, ...NAMED }))).toEqual([400, 'invalid_request']);
    await world.post('/attributes', { token: refresh });
    expect(calls(world, from)).toEqual([]);
  });

  it('gives back the newest tokens where every renewal spends the ones before', async () => {
    const world = await World.open({ switches: { refreshRotates: 'yes' } });
    const first = heldOf(await world.post('/attributes', { token: (await guestOf(world)).refresh, ...NAMED }));
    expect((await world.post('/attributes', { token: first.refresh, set: '{"size":"M"}' })).body['attributes']).toEqual({ nickname: 'Ada', size: 'M' });
  });

  it('whose answer is lost is done again with the tokens from before', async () => {
    const world = await World.open();
    const { refresh, subject } = await guestOf(world);
    for (let i = 0; i < 2; i += 1) expect((await world.post('/attributes', { token: refresh, ...NAMED })).body).toMatchObject({ subject, attributes: { nickname: 'Ada' } });
  });

  it.each(['POST /v1/mgmt/jwt/update', 'POST /v1/auth/refresh'])('that fails at %s leaves the guest who they are', async (route) => {
    const world = await World.open();
    const { refresh, subject } = await guestOf(world);
    for (const fault of [{ kind: 'status', status: 500 }, { kind: 'status', status: 429 }, { kind: 'html' }, { kind: 'truncated' }, { kind: 'reset' }, { kind: 'lost_answer' }] as const) {
      world.shop.descope.faults.add({ route, times: 1, ...fault });
      expect(errorOf(await world.post('/attributes', { token: refresh, ...NAMED }))).toEqual([503, 'temporarily_unavailable']);
    }
    expect((await world.post('/attributes', { token: refresh, ...NAMED })).body).toMatchObject({ subject });
  });

  it('is refused with a token that is over: signed out, too old, or forged', async () => {
    const world = await World.open();
    const [first, second] = [await guestOf(world), await guestOf(world)];
    await call(world.shop, 'POST /v1/auth/logout', { token: first.refresh });
    expect(errorOf(await world.post('/attributes', { token: first.refresh, ...NAMED }))).toEqual([400, 'invalid_grant']);
    expect(errorOf(await world.post('/attributes', { token: `${second.refresh.slice(0, -8)}AAAAAAAA`, ...NAMED }))).toEqual([400, 'invalid_grant']);
    expect(errorOf(await world.post('/attributes', NAMED))).toEqual([400, 'invalid_grant']);
    world.pass(29 * 86_400_000);
    expect(errorOf(await world.post('/attributes', { token: second.refresh, ...NAMED }))).toEqual([400, 'invalid_grant']);
    expect(world.reports).toEqual([]);
  });

  it('hands nobody the tokens of somebody else', async () => {
    const world = await World.open();
    const [ada, eve] = [await guestOf(world), await guestOf(world)];
    const verifier = world.start({ fetch: (input, init) => (String(input).endsWith('/jwt/update') ? Promise.resolve(Response.json({ jwt: eve.refresh })) : world.fetch(input, init)) });
    expect(errorOf(await world.post('/attributes', { token: ada.refresh, ...NAMED }, { verifier }))).toEqual([503, 'temporarily_unavailable']);
  });
});

describe('what is kept about a user', () => {
  it('is their custom attributes: no token changes, and nothing that is not listed is shown', async () => {
    const world = await World.open();
    world.shop.descope.addUser({ loginId: ADA, customAttributes: { size: 'M', vip: 'yes', nickname: 7 } });
    const { session, refresh, subject } = await userOf(world);
    expect((await world.post('/attributes', { token: session })).body).toEqual({ attributes: { size: 'M' } });
    for (const token of [session, refresh]) expect((await world.post('/attributes', { token, ...NAMED })).body).toEqual({ attributes: { nickname: 'Ada', size: 'M' } });
    expect((await world.post('/attributes', { token: refresh, remove: '["size"]' })).body).toEqual({ attributes: { nickname: 'Ada' } });
    expect((await world.post('/attributes', { token: session })).body).toEqual({ attributes: { nickname: 'Ada' } });
    expect(world.known(subject)?.customAttributes).toEqual({ nickname: 'Ada', size: '', vip: 'yes' });
  });

  it('is not written by a refresh token that was signed out, nor for somebody who is gone', async () => {
    const world = await World.open();
    const { session, refresh, subject } = await userOf(world);
    await call(world.shop, 'POST /v1/auth/logout', { token: refresh });
    expect(errorOf(await world.post('/attributes', { token: refresh, ...NAMED }))).toEqual([400, 'invalid_grant']);
    expect(world.known(subject)?.customAttributes).toEqual({});
    await call(world.shop, 'POST /v1/mgmt/user/delete', { token: world.shop.descope.managementKey, body: { userId: subject } });
    expect(errorOf(await world.post('/attributes', { token: session, ...NAMED }))).toEqual([400, 'invalid_grant']);
  });

  it('is kept for a guest of the old generation too, and stays when they become a user', async () => {
    const world = await World.open({ generation: 'temporary_user' });
    const guest = await guestOf(world);
    expect((await world.post('/attributes', { token: guest.refresh, ...NAMED })).body).toEqual({ attributes: { nickname: 'Ada' } });
    const user = heldOf(await becomeUser(world, guest));
    expect((await world.post('/attributes', { token: user.session })).body).toEqual({ attributes: { nickname: 'Ada' } });
  });
});

describe('by cookie', () => {
  it.each(['refresh_cookie', 'cookies'] as const)('a guest reads and changes (%s), and no other origin does', async (sessions) => {
    const world = await World.open({ sessions });
    const { subject, refresh, session } = await guestOf(world);
    const cookie = sessions === 'cookies' ? `DS=${session}; DSR=${refresh}` : `DSR=${refresh}`;
    const changed = await world.post('/attributes', NAMED, { headers: { cookie } });
    expect(changed.body).toMatchObject({ attributes: { nickname: 'Ada' }, subject, kind: 'guest' });
    const next = heldOf(changed);
    const after = sessions === 'cookies' ? `DS=${next.session}; DSR=${next.refresh}` : `DSR=${next.refresh}`;
    expect((await world.post('/attributes', {}, { headers: { cookie: after } })).body).toEqual({ attributes: { nickname: 'Ada' } });
    // The session token of the page is for reading; a change is by the cookie alone.
    expect((await world.post('/attributes', { token: next.session }, { headers: { cookie } })).body).toEqual({ attributes: { nickname: 'Ada' } });
    expect(errorOf(await world.post('/attributes', { token: next.refresh, ...NAMED }))).toEqual([400, 'invalid_grant']);
    expect(errorOf(await world.post('/attributes', NAMED, { headers: { cookie, origin: 'https://evil.example' } }))).toEqual([403, 'unauthorized_client']);
    expect(errorOf(await world.post('/attributes', NAMED, { headers: { cookie: `DSR=${refresh}; DSR=${refresh}` } }))).toEqual([400, 'invalid_grant']);
  });
});

describe('one subject', () => {
  it('takes turns, whatever the network is', async () => {
    const world = await World.open();
    const verifier = world.start({ rateLimit: { subject: { burst: 2, perSecond: 0.01 } } });
    const [ada, bob] = [await guestOf(world), await guestOf(world)];
    const read = async ({ session }: Held) => (await world.post('/attributes', { token: session }, { verifier })).status;
    expect([await read(ada), await read(ada), await read(ada), await read(bob)]).toEqual([200, 200, 429, 200]);
  });
});

describe('for the server itself', () => {
  it('a change gives back the tokens that have to reach the page', async () => {
    const world = await World.open();
    const { refresh, session, subject } = await guestOf(world);
    expect(await world.verifier.updateClaims({ token: session })).toEqual({ attributes: {}, tokens: null });
    const { attributes, tokens } = await world.verifier.updateClaims({ token: refresh, set: { nickname: 'Ada' } });
    expect([attributes, claimsOf(tokens?.sessionJwt ?? '').sub]).toEqual([{ nickname: 'Ada' }, subject]);
    const user = await userOf(world);
    expect(await world.verifier.updateClaims({ token: user.session, set: { size: 'L' } })).toEqual({ attributes: { size: 'L' }, tokens: null });
  });

  it('a mistake is a TypeError, a token that is over Unauthorized, and an absent Descope is told as that', async () => {
    const world = await World.open();
    const { refresh, session } = await guestOf(world);
    await expect(world.verifier.updateClaims({ token: refresh, set: { danu: 'no' } })).rejects.toThrow(TypeError);
    await expect(world.verifier.updateClaims({ token: refresh, set: { nickname: '' } })).rejects.toThrow(TypeError);
    await expect(world.verifier.updateClaims({ token: session, set: { nickname: 'Ada' } })).rejects.toMatchObject({ code: 'token_invalid' });
    world.shop.descope.faults.add({ route: 'POST /v1/mgmt/jwt/update', kind: 'status', status: 500, times: 1 });
    await expect(world.verifier.updateClaims({ token: refresh, set: { nickname: 'Ada' } })).rejects.toMatchObject({ code: 'verifier_unavailable' });
    await call(world.shop, 'POST /v1/auth/logout', { token: refresh });
    await expect(world.verifier.updateClaims({ token: refresh, set: { nickname: 'Ada' } })).rejects.toMatchObject({ code: 'token_expired' });
    expect((await world.verifier.verifyToken(new Request(SHOP, { headers: { authorization: `Bearer ${session}` } }))).claims['danu']).toBe(true);
  });
});
