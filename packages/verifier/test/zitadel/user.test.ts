import { describe, expect, it } from 'vitest';
import { DAY, errorOf, GUEST_COOKIE, HOUR, ISSUER, MINUTE, SHOP, USER_COOKIE, Visitor, World } from './support.ts';

describe('somebody who signs in', () => {
  it('has the user’s cookie beside the guest’s, and both work', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const guest = await ada.guest();
    const answer = await ada.post('/login', await ada.code());
    const user = String(answer.body['subject']);
    expect(answer.body).toEqual({ subject: user, kind: 'user', expires_in: 43_200 });
    expect([...ada.jar.keys()]).toEqual([GUEST_COOKIE, USER_COOKIE]);
    expect(ada.lines.at(-1)).toMatch(/^__Host-passerby-user=[^;]+; Max-Age=7776000; Path=\/; Secure; HttpOnly; SameSite=Strict$/);
    for (const [subject, kind] of [[guest, 'guest'], [user, 'user']] as const) expect((await ada.session(subject)).body).toMatchObject({ subject, kind });
    expect(await world.verifier.verifyToken(ada.api())).toMatchObject({ subject: user, kind: 'user' });
    expect(await world.verifier.verifyToken(ada.api({ headers: { 'passerby-subject': guest } }))).toMatchObject({ subject: guest, kind: 'guest' });
    await expect(world.verifier.verifyToken(ada.api({ headers: { 'passerby-subject': 'nobody' } }))).rejects.toMatchObject({ code: 'token_missing' });
  });

  it('is refused a code that is wrong, over, or for another sign-in', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const wrong: readonly (readonly [string, unknown])[] = [['code', 'x'], ['code_verifier', 'x'.repeat(43)], ['redirect_uri', `${SHOP}/elsewhere`], ['nonce', 'x']];
    for (const [name, value] of wrong) expect([name, errorOf(await ada.post('/login', { ...(await ada.code()), [name]: value }))]).toEqual([name, [400, 'invalid_grant']]);
    const used = await ada.code();
    await ada.post('/login', used);
    world.pass(MINUTE + 1);
    expect(errorOf(await ada.post('/login', used))).toEqual([400, 'invalid_grant']);
    for (const name of ['code', 'code_verifier', 'redirect_uri', 'nonce']) expect([name, errorOf(await ada.post('/login', { ...used, [name]: undefined }))]).toEqual([name, [400, 'invalid_request']]);
  });

  it('and lost the answer asks with the same code again, which is redeemed once', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const code = await ada.code();
    const before = world.shop.zitadel.log.length;
    const answers = await Promise.all([ada.post('/login', code), ada.post('/login', code)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect((await ada.post('/login', code)).status).toBe(200);
    expect(world.asked(before).filter((route) => route === 'POST /oauth/v2/token').length).toBe(1);
  });

  it('keeps the code where the keys cannot be had', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const code = await ada.code();
    world.shop.zitadel.faults.add({ route: 'GET /oauth/v2/keys', kind: 'reset', times: 1 });
    expect(errorOf(await ada.post('/login', code))).toEqual([503, 'temporarily_unavailable']);
    expect((await ada.post('/login', code)).status).toBe(200);
  });

  it('goes on by the refresh token, which ZITADEL changes each time', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.signIn();
    for (let i = 0; i < 5; i += 1) {
      world.pass(13 * HOUR);
      expect((await ada.session(subject)).body).toMatchObject({ subject, kind: 'user', expires_in: 43_200 });
    }
    expect(await world.verifier.requireUser(ada.api())).toMatchObject({ subject });
  });

  it('in two tabs that renew at once, or with the old cookie a moment later, goes on in both', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.signIn();
    world.pass(13 * HOUR);
    const old = ada.thief();
    const answers = await Promise.all([ada.session(subject), ada.session(subject), ada.session(subject)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    world.pass(30_000);
    expect((await old.session(subject)).status).toBe(200);
    world.pass(MINUTE);
    const later = ada.thief();
    later.jar.set(USER_COOKIE, ada.lines[0]?.split(/[=;]/)[1] ?? '');
    expect(errorOf(await later.session(subject))).toEqual([400, 'invalid_grant']);
    world.pass(13 * HOUR);
    expect((await ada.session(subject)).status).toBe(200);
  });

  it('is signed out where ZITADEL does not go on', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.signIn();
    world.shop.zitadel.forgetSessions();
    world.pass(13 * HOUR);
    await expect(world.verifier.verifyToken(ada.api())).rejects.toMatchObject({ code: 'token_expired' });
    expect(errorOf(await ada.session(subject))).toEqual([400, 'invalid_grant']);
  });

  it.each(['status', 'reset', 'html', 'truncated'] as const)('stays signed in where ZITADEL is not well (%s)', async (kind) => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.signIn();
    world.pass(13 * HOUR);
    world.shop.zitadel.faults.add({ route: 'POST /oauth/v2/token', kind, status: 429, headers: { 'retry-after': '7' }, times: 1 } as Parameters<typeof world.shop.zitadel.faults.add>[0]);
    const answer = await ada.session(subject);
    expect([errorOf(answer), answer.headers.get('retry-after'), ada.jar.size]).toEqual([[503, 'temporarily_unavailable'], kind === 'status' ? '7' : null, 1]);
    expect(world.reports).toEqual([]);
  });

  it('and signs out is signed out: for copies of the cookie, and for an answer that comes late', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.signIn();
    const thief = ada.thief();
    const answer = await ada.post('/logout', { subject });
    expect(answer.body).toEqual({ url: `${ISSUER}/oidc/v1/end_session?client_id=shop&post_logout_redirect_uri=${encodeURIComponent(`${SHOP}/`)}` });
    expect(ada.jar.size).toBe(0);
    await expect(world.verifier.verifyToken(thief.api())).rejects.toMatchObject({ code: 'token_invalid' });
    world.pass(89 * DAY);
    expect(errorOf(await thief.session(subject))).toEqual([400, 'invalid_grant']);
  });

  it('and signs out has the refresh token revoked, and is signed out also where ZITADEL cannot be reached', async () => {
    const world = await World.open();
    const [ada, bob] = [new Visitor(world), new Visitor(world)];
    const subject = await ada.signIn();
    const before = world.shop.zitadel.log.length;
    await ada.post('/logout', { subject });
    expect(world.shop.zitadel.log.slice(before).map(({ route, status }) => [route, status])).toEqual([['POST /oauth/v2/revoke', 200]]);
    const other = await bob.signIn({ person: 'grace' });
    world.shop.zitadel.faults.add({ route: '*', kind: 'reset' });
    expect([(await bob.post('/logout', { subject: other })).status, bob.jar.size]).toEqual([200, 0]);
  });

  it('is never swapped for somebody else, whatever ZITADEL answers', async () => {
    const world = await World.open({ tokens: 'exposed' });
    const [ada, eve] = [new Visitor(world), new Visitor(world)];
    const subject = await ada.signIn();
    const { body } = await eve.post('/login', await eve.code({ person: 'grace' }));
    world.restart({ fetch: async (input, init) => {
      const answer = await world.fetch(input, init);
      return String(input).endsWith('/oauth/v2/token') ? Response.json({ ...(await answer.json()) as object, access_token: body['access_token'] }) : answer;
    } });
    world.pass(13 * HOUR);
    expect(errorOf(await ada.session(subject))).toEqual([400, 'invalid_grant']);
    expect(errorOf(await ada.post('/login', await ada.code()))).toEqual([400, 'invalid_grant']);
    expect(errorOf(await new Visitor(world).post('/guest'))).toEqual([503, 'temporarily_unavailable']);
  });

  it('leaves the guest’s cookie where it is, unless everybody signs out', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const [guest, user] = [await ada.guest(), await ada.signIn()];
    await ada.post('/logout', { subject: user });
    expect([...ada.jar.keys()]).toEqual([GUEST_COOKIE]);
    await ada.signIn();
    const thief = ada.thief();
    await ada.post('/logout', { subject: user, all: true });
    expect(ada.jar.size).toBe(0);
    for (const subject of [guest, user]) expect(errorOf(await thief.session(subject))).toEqual([400, 'invalid_grant']);
  });

  it('who is not here signs nobody out', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.signIn();
    expect((await ada.post('/logout', { subject: 'somebody else' })).body).toEqual({});
    expect((await ada.session(subject)).status).toBe(200);
    const nobody = new Visitor(world);
    for (const all of [undefined, true, 'yes']) expect(await nobody.post('/logout', { subject: '-', all })).toMatchObject({ status: 200, body: {} });
    expect([nobody.lines.length, (await ada.session(subject)).status]).toEqual([2, 200]);
  });
});

describe('attributes', () => {
  it('are set, read, removed, and are ZITADEL’s metadata below a prefix', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.guest();
    expect((await ada.post('/metadata', { subject, set: { colour: 'grün ✓', size: 'm' } })).body).toEqual({ attributes: { colour: 'grün ✓', size: 'm' } });
    expect(world.known(subject)?.metadataKeys).toEqual([expect.stringMatching(/^GUEST_/), 'shop_colour', 'shop_size']);
    expect((await ada.post('/metadata', { subject, set: { size: 'l' }, remove: ['colour', 'nothing'] })).body).toEqual({ attributes: { size: 'l' } });
    expect((await ada.post('/metadata', { subject })).body).toEqual({ attributes: { size: 'l' } });
  });

  it('stay with the guest who becomes a user', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.guest();
    await ada.post('/metadata', { subject, set: { colour: 'red' } });
    await ada.becomeUser();
    expect(await ada.signIn({ loginName: 'ada@shopper.example', password: 'correct horse battery' })).toBe(subject);
    expect((await ada.post('/metadata', { subject })).body).toEqual({ attributes: { colour: 'red' } });
  });

  it.each([
    ['keys of others', { set: { 'GUEST_x': 'x' } }], ['keys with blanks', { set: { 'a b': 'x' } }], ['long keys', { set: { ['a'.repeat(65)]: 'x' } }], ['empty keys', { remove: [''] }], ['values that are no text', { set: { a: 1 } }],
    ['empty values', { set: { a: '' } }], ['long values', { set: { a: 'ü'.repeat(257) } }], ['a list', { set: ['a'] }], ['no list', { remove: 'a' }], ['33 at once', { set: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`k${i}`, 'x'])) }],
  ])('cannot be %s', async (_, changes) => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.guest();
    const before = world.shop.zitadel.log.length;
    expect(errorOf(await ada.post('/metadata', { subject, ...changes }))).toEqual([400, 'invalid_request']);
    expect(world.asked(before)).toEqual([]);
  });

  it('are 32 at most', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.guest();
    const many = (from: number, count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${from + i}`, 'x']));
    expect((await ada.post('/metadata', { subject, set: many(0, 32) })).status).toBe(200);
    expect(errorOf(await ada.post('/metadata', { subject, set: many(32, 1) }))).toEqual([400, 'invalid_request']);
    expect((await ada.post('/metadata', { subject, set: many(32, 1), remove: ['k0'] })).status).toBe(200);
  });

  it('are nothing but what is below the prefix, also where ZITADEL knows no such filter', async () => {
    const world = await World.open();
    world.restart({ fetch: (input, init) => {
      const isList = String(input).endsWith('/ListUserMetadata');
      return world.fetch(input, isList ? { ...init, body: JSON.stringify({ ...JSON.parse(String(init?.body)) as object, filters: [] }) } : init);
    } });
    const ada = new Visitor(world);
    const subject = await ada.guest();
    expect((await ada.post('/metadata', { subject, set: { colour: 'red' } })).body).toEqual({ attributes: { colour: 'red' } });
    await ada.becomeUser();
    expect(world.known(subject)?.metadataKeys).toEqual(['shop_colour']);
  });

  it('are shown to nobody else, and not with the cookie of a guest who became a user', async () => {
    const world = await World.open();
    const [ada, eve] = [new Visitor(world), new Visitor(world)];
    const subject = await ada.guest();
    await eve.guest();
    expect(errorOf(await eve.post('/metadata', { subject }))).toEqual([400, 'invalid_grant']);
    const thief = ada.thief();
    await ada.becomeUser();
    expect(errorOf(await thief.post('/metadata', { subject }))).toEqual([400, 'guest_upgraded']);
  });
});
