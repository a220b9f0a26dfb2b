import { describe, expect, it } from 'vitest';
import { Seal } from '../../src/descope/seal.ts';
import { ADA, becomeUser, call, claimsOf, cookiesOf, DAY, errorOf, guestOf, heldOf, HOUR, manage, SHOP, tokensOf, World, type Changes, type Held } from './support.ts';

const open = (changes: Changes = {}) => World.open({ sessions: 'cookies', ...changes });
const jar = (cookies: Readonly<Record<string, string | undefined>>) => Object.entries(cookies).filter(([, value]) => value).map(([name, value]) => `${name}=${value}`).join('; ');
const keep = (world: World, { session, refresh }: Partial<Held>, verifier = world.verifier) => world.post('/guest/keep', {}, { headers: { cookie: jar({ DS: session, DSR: refresh }) }, verifier });
const keptOf = async (world: World, guest: Partial<Held>) => cookiesOf((await keep(world, guest)).headers)['passerby-guest'] ?? '';
/** Signs in at Descope itself, as the page does: the cookies are the user's from then on. */
async function signIn(world: World, loginId = ADA): Promise<Held> {
  await call(world.shop, 'POST /v1/auth/otp/signup-in/email', { body: { loginId } });
  const { headers } = await call(world.shop, 'POST /v1/auth/otp/verify/email', { body: { loginId, code: world.code } });
  const { DS = '', DSR = '' } = cookiesOf(headers);
  return { session: DS, refresh: DSR, subject: String(claimsOf(DSR).sub) };
}
const request = (session: string, kept: string, headers: Readonly<Record<string, string>> = {}) =>
  new Request(`${SHOP}/api/cart/merge`, { method: 'POST', headers: { origin: SHOP, 'content-type': 'application/json', cookie: jar({ DS: session, 'passerby-guest': kept }), ...headers }, body: '{}' });
const refused = (promise: Promise<unknown>) => promise.then(() => 'let in', ({ code }: { code: string }) => code);

describe('a guest whose tokens are cookies', () => {
  it.each(['anonymous_jwt', 'temporary_user'] as const)('is known to the shop’s server after they signed in, for a week, and their things follow (%s)', async (generation) => {
    const world = await open({ generation });
    const guest = await guestOf(world);
    const changed = await world.post('/attributes', { set: '{"nickname":"Ada"}' }, { headers: { cookie: jar({ DSR: guest.refresh }) } });
    const now = generation === 'anonymous_jwt' ? heldOf(changed) : guest;
    const answer = await keep(world, now);
    expect([answer.body, answer.headers.getSetCookie()]).toEqual([{ kept: true }, [expect.stringMatching(/^passerby-guest=[\w.-]+; Path=\/; Domain=shop\.localhost; Max-Age=604800; HttpOnly; Secure; SameSite=Strict$/)]]);
    const kept = cookiesOf(answer.headers)['passerby-guest'] ?? '';
    for (const part of kept.split('.')) expect(Buffer.from(part, 'base64url').toString()).not.toMatch(/U2|Ada/);
    const user = await signIn(world);
    const proof = request(user.session, kept);
    expect(await world.verifier.keptGuest(proof)).toEqual({ subject: guest.subject, kind: 'guest', expiresAt: world.now + 7 * DAY, claims: generation === 'anonymous_jwt' ? { nickname: 'Ada' } : {} });
    expect(await world.start().carryClaims({ request: proof })).toEqual({ from: guest.subject, to: user.subject, carried: ['nickname'] });
    expect(world.known(user.subject)?.customAttributes).toEqual({ nickname: 'Ada' });
    world.pass(7 * DAY);
    expect(await refused(world.verifier.keptGuest(request((await signIn(world)).session, kept)))).toBe('token_expired');
  });

  it('who took their time is kept by their renewal', async () => {
    const world = await open({ switches: { refreshRotates: 'yes' } });
    const guest = await guestOf(world);
    world.pass(HOUR);
    const { headers } = await keep(world, guest);
    const { 'passerby-guest': kept = '', DS = '', DSR = '' } = cookiesOf(headers);
    expect((await world.verifier.keptGuest(request((await signIn(world)).session, kept))).subject).toBe(guest.subject);
    // And goes on as the guest, where they change their mind.
    expect(await world.verifier.verifyToken(DS)).toMatchObject({ subject: guest.subject, kind: 'guest' });
    expect((await call(world.shop, 'POST /v1/auth/refresh', { token: DSR })).status).toBe(200);
  });

  it.each(['anonymous_jwt', 'temporary_user'] as const)('is proven by nothing else (%s)', async (generation) => {
    const world = await open({ generation });
    const [guest, user] = [await guestOf(world), await signIn(world)];
    const kept = await keptOf(world, guest);
    const { managementKey } = world.shop.descope;
    const forged = await new Seal('another key', 'kept guest').close({ subject: guest.subject, claims: {}, until: world.now + DAY });
    const ofAnotherPurpose = await new Seal(managementKey, 'upgrade').close({ subject: guest.subject, claims: {}, until: world.now + DAY });
    for (const cookie of ['', 'x', forged, ofAnotherPurpose, guest.session]) expect(await refused(world.verifier.keptGuest(request(user.session, cookie)))).toBe('token_invalid');
    expect(await refused(world.verifier.keptGuest(request(guest.session, kept)))).toBe('user_required');
    expect(await refused(world.verifier.keptGuest(request('', kept)))).toBe('token_missing');
    for (const headers of [{ origin: 'https://evil.example' }, { 'content-type': 'text/plain' }]) expect(await refused(world.verifier.carryClaims({ request: request(user.session, kept, headers) }))).toBe('token_invalid');
    expect(world.known(user.subject)?.customAttributes).toEqual({});
  });

  it('keeps nobody who is none: a user, whoever is over, nobody; and what is kept of another one stays', async () => {
    const world = await open({ generation: 'temporary_user' });
    const user = await signIn(world);
    const guest = await guestOf(world);
    const gone = await guestOf(world);
    await manage(world.shop, 'POST /v1/mgmt/user/delete', { userId: gone.subject });
    for (const held of [user, { refresh: user.refresh }, { refresh: gone.refresh }, {}, { session: 'x', refresh: 'y' }]) {
      const answer = await keep(world, held);
      expect([errorOf(answer), answer.headers.getSetCookie()]).toEqual([[400, 'invalid_grant'], []]);
    }
    expect(errorOf(await world.post('/guest/keep', {}, { headers: { cookie: jar({ DS: guest.session }), origin: 'https://evil.example' } }))).toEqual([403, 'unauthorized_client']);
    expect(errorOf(await world.post('/guest/keep', { token: guest.refresh }))).toEqual([400, 'invalid_grant']);
  });

  it('is forgotten when somebody signs out', async () => {
    const world = await open();
    expect((await world.post('/guest/forget')).headers.getSetCookie()).toEqual([expect.stringMatching(/^passerby-guest=; Path=\/; Domain=shop\.localhost; Max-Age=0; /)]);
  });

  it('is kept by the code that signs them in to an account', async () => {
    const world = await open({ generation: 'temporary_user' });
    const userId = world.shop.descope.addUser({ loginId: ADA });
    const guest = await guestOf(world);
    const headers = { cookie: jar({ DSR: guest.refresh }) };
    await world.post('/upgrade', { login_id: ADA }, { headers });
    const { body, headers: answered } = await world.post('/upgrade/confirm', { ...world.confirmation(''), token: '' }, { headers });
    const { DS = '', 'passerby-guest': kept = '' } = cookiesOf(answered);
    expect(body).toMatchObject({ subject: userId });
    expect(await world.verifier.keptGuest(request(DS, kept))).toMatchObject({ subject: guest.subject });
  });
});

it.each(['body', 'refresh_cookie'] as const)('nobody is kept aside where pages have tokens (%s)', async (sessions) => {
  const world = await World.open({ sessions, generation: 'temporary_user' });
  const { refresh, session } = await guestOf(world);
  for (const path of ['/guest/keep', '/guest/forget']) expect((await world.post(path, {}, { headers: { cookie: jar({ DS: session, DSR: refresh }) } })).status).toBe(404);
  if (sessions === 'body') expect((await becomeUser(world, { refresh })).headers.getSetCookie()).toEqual([]);
});

describe.each(['anonymous_jwt', 'temporary_user'] as const)('a page that knows nobody, in a browser with a cookie (%s)', (generation) => {
  const start = (world: World, refresh: string, form = {}) => world.post('/guest', form, { headers: { cookie: jar({ DSR: refresh }) } });

  it.each(['refresh_cookie', 'cookies'] as const)('of a user makes no guest of them, unless they want to be one (%s)', async (sessions) => {
    const world = await open({ generation, sessions });
    const { refresh } = await signIn(world);
    const answer = await start(world, refresh);
    expect([errorOf(answer), answer.headers.getSetCookie()]).toEqual([[400, 'guest_upgraded'], []]);
    expect((await start(world, refresh, { anew: 'yes' })).body).toMatchObject({ kind: 'guest' });
  });

  it('of a guest, of nobody any more, or of anything else makes a guest', async () => {
    const world = await open({ generation });
    const [guest, out, over] = [await guestOf(world), await signIn(world, 'out@shopper.example'), await signIn(world, 'over@shopper.example')];
    await call(world.shop, 'POST /v1/auth/logout', { token: out.refresh });
    await manage(world.shop, 'POST /v1/mgmt/user/delete', { loginId: 'over@shopper.example' });
    for (const refresh of [guest.refresh, out.refresh, over.refresh, over.session, 'nonsense', `${guest.refresh.slice(0, -8)}AAAAAAAA`]) {
      const { body } = await start(world, refresh);
      expect(body).toMatchObject({ kind: 'guest' });
      // Nobody is found by a cookie alone: somebody else may have planted it.
      expect(body['subject']).not.toBe(guest.subject);
    }
  });

  it.each([[429, ''], [403, '<html>'], [404, '<html>'], [408, ''], [511, ''], [200, '{}'], [500, ''], [503, '']])('waits where Descope cannot say whose it is (%i %j)', async (status, body) => {
    const world = await open({ generation });
    const { refresh } = await signIn(world);
    const heal = world.shop.descope.faults.add({ route: 'GET /v1/auth/me', kind: 'status', status, body });
    const answer = await start(world, refresh);
    expect([errorOf(answer), answer.headers.getSetCookie()]).toEqual([[503, 'temporarily_unavailable'], []]);
    heal();
    expect(errorOf(await start(world, refresh))).toEqual([400, 'guest_upgraded']);
  });
});

it('a page without cookies is not asked for one', async () => {
  const world = await World.open();
  const { refresh } = tokensOf(await call(world.shop, 'POST /v1/auth/password/signup', { body: { loginId: ADA, password: 'Correct horse 1' } }));
  expect((await world.post('/guest', {}, { headers: { cookie: jar({ DSR: refresh }) } })).body).toMatchObject({ kind: 'guest' });
});
