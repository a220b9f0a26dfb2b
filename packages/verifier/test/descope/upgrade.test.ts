import { describe, expect, it } from 'vitest';
import { ADA, becomeUser, call, claimsOf, DAY, errorOf, guestOf, heldOf, HOUR, manage, MINUTE, tokensOf, verify, World, type Changes, type Held } from './support.ts';

const open = (changes: Changes = {}) => World.open({ generation: 'temporary_user', ...changes });
const ask = (world: World, { refresh }: Pick<Held, 'refresh'>, email = ADA) => world.post('/upgrade', { token: refresh, login_id: email });
const confirm = (world: World, { refresh }: Pick<Held, 'refresh'>, code = world.code, email = ADA) => world.post('/upgrade/confirm', { token: refresh, login_id: email, code });

describe('a guest of the old generation', () => {
  it.each(['either', 'login_id', 'email'] as const)('becomes a user with the e-mail they proved, and stays who they are (codes by %s)', async (verifyUpdateBy) => {
    const world = await open({ switches: { verifyUpdateBy } });
    const guest = await guestOf(world);
    expect((await ask(world, guest)).body).toEqual({ sent: true });
    const answer = await confirm(world, guest);
    expect(answer.body).toEqual({ sessionJwt: expect.any(String), refreshJwt: expect.any(String), subject: guest.subject, kind: 'user', expires_in: 600 });
    expect(await world.verifier.verifyToken(heldOf(answer).session)).toMatchObject({ subject: guest.subject, kind: 'user' });
    expect(world.known(guest.subject)).toMatchObject({ loginIds: [ADA], email: ADA, verifiedEmail: true, tenants: [] });
    expect(world.shop.descope.users).toHaveLength(1);
  });

  it('gets the same answer again where it was lost, with whatever code', async () => {
    const world = await open();
    const guest = await guestOf(world);
    await becomeUser(world, guest);
    for (const code of [world.code, '000000']) expect((await confirm(world, guest, code)).body).toMatchObject({ subject: guest.subject, kind: 'user' });
    expect(world.known(guest.subject)).toMatchObject({ loginIds: [ADA], tenants: [] });
  });

  it('is told the same by a request that another one overtook', async () => {
    const world = await open();
    const guest = await guestOf(world);
    await ask(world, guest);
    const verifier = world.start({
      fetch: async (input, init) => {
        if (String(input).endsWith('/otp/verify/email') && world.known(guest.subject)?.verifiedEmail === false) await confirm(world, guest);
        return world.fetch(input, init);
      },
    });
    expect((await world.post('/upgrade/confirm', { token: guest.refresh, login_id: ADA, code: world.code }, { verifier })).body).toMatchObject({ subject: guest.subject, kind: 'user' });
  });

  it('has proven nothing by an e-mail that somebody only wrote down', async () => {
    const world = await open();
    const guest = await guestOf(world);
    await manage(world.shop, 'POST /v1/mgmt/user/update/email', { loginId: guest.subject, email: ADA, verified: false });
    expect(errorOf(await confirm(world, guest, '000000'))).toEqual([400, 'challenge_over']);
    expect(world.known(guest.subject)?.tenants).toEqual([world.tenantId]);
  });

  it('has the newest tokens where every renewal spends the ones before', async () => {
    const world = await open({ switches: { refreshRotates: 'yes' } });
    const guest = heldOf(await world.post('/guest'));
    const user = heldOf(await becomeUser(world, guest));
    expect(claimsOf(tokensOf(await call(world.shop, 'POST /v1/auth/refresh', { token: user.refresh })).session).sub).toBe(guest.subject);
  });

  it('is made a user once by two requests at the same time', async () => {
    const world = await open();
    const guest = await guestOf(world);
    await ask(world, guest);
    const answers = await Promise.all([confirm(world, guest), confirm(world, guest)]);
    expect(answers.map(({ body }) => [body['subject'], body['kind']])).toEqual([[guest.subject, 'user'], [guest.subject, 'user']]);
    expect(world.known(guest.subject)).toMatchObject({ loginIds: [ADA], tenants: [] });
  });

  it('stays a guest by a wrong code, and by one that is over', async () => {
    const world = await open();
    const guest = await guestOf(world);
    await ask(world, guest);
    const [right, wrong] = [world.code, world.code === '123456' ? '654321' : '123456'];
    expect(errorOf(await confirm(world, guest, wrong))).toEqual([400, 'code_wrong']);
    world.pass(4 * MINUTE);
    expect(errorOf(await confirm(world, guest, right))).toEqual([400, 'challenge_over']);
    expect(await world.verifier.verifyToken(tokensOf(await call(world.shop, 'POST /v1/auth/refresh', { token: guest.refresh })).session)).toMatchObject({ kind: 'guest', subject: guest.subject });
    await ask(world, guest);
    for (let i = 0; i < 5; i += 1) expect(errorOf(await confirm(world, guest, world.code === '123456' ? '654321' : '123456'))).toEqual([400, 'code_wrong']);
    expect(errorOf(await confirm(world, guest))).toEqual([400, 'challenge_over']);
    expect((await becomeUser(world, guest)).body).toMatchObject({ subject: guest.subject, kind: 'user' });
  });

  it.each(['', 'ada', 'ada@', '@shop.example', 'a@b', 'a b@c.example', 'ada@shopper.example, eve@evil.example', 'ada@shopper.example\nBcc: eve@evil.example', 'ada@shopper.example\u0000', 'ada@eve@shopper.example', 'x@guest.invalid', 'X@GUEST.INVALID', `${'a'.repeat(300)}@shop.example`])('has no code sent to %j', async (email) => {
    const world = await open();
    const guest = await guestOf(world);
    const from = world.asked.length;
    expect(errorOf(await ask(world, guest, email))).toEqual([400, 'invalid_request']);
    expect([world.shop.mails, world.asked.slice(from)]).toEqual([[], []]);
  });

  it('has five codes an hour, whoever they are for; a mailbox has five an hour, whoever asks; a network twenty', async () => {
    const world = await open();
    const [ada, bob, ...others] = [await guestOf(world), await guestOf(world), await guestOf(world), await guestOf(world), await guestOf(world), await guestOf(world)];
    const statuses = async (held: Held | undefined, emails: readonly string[]) => {
      const all: number[] = [];
      for (const email of emails) all.push((await ask(world, held ?? { refresh: '' }, email)).status);
      return all;
    };
    const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i}@shopper.example`);
    expect(await statuses(ada, names('a', 6))).toEqual([200, 200, 200, 200, 200, 429]);
    expect(await statuses(bob, [ADA, ADA, 'ADA@shopper.example'])).toEqual([200, 200, 200]);
    expect(await statuses(others[0], [ADA, ADA, ADA])).toEqual([200, 200, 429]);
    const rest: number[] = [];
    for (const [index, other] of others.slice(1).entries()) rest.push(...(await statuses(other, names(`o${index}`, 4))));
    expect(rest.filter((status) => status === 200)).toHaveLength(8);
    expect(world.shop.mails).toHaveLength(18);
    world.pass(HOUR);
    expect(await statuses(ada, ['a9@shopper.example', 'a10@shopper.example'])).toEqual([200, 429]);
  });

  it('by cookie gets the user’s cookies, and a token in the form counts for nothing', async () => {
    const world = await open({ sessions: 'cookies' });
    const { refresh, subject } = await guestOf(world);
    const headers = { cookie: `DSR=${refresh}` };
    expect(errorOf(await world.post('/upgrade', { token: refresh, login_id: ADA }))).toEqual([400, 'invalid_grant']);
    expect((await world.post('/upgrade', { login_id: ADA }, { headers })).body).toEqual({ sent: true });
    const answer = await world.post('/upgrade/confirm', { login_id: ADA, code: world.code }, { headers });
    expect(answer.body).toEqual({ subject, kind: 'user', expires_in: 600 });
    expect(await world.verifier.verifyToken(heldOf(answer).session)).toMatchObject({ subject, kind: 'user' });
  });
});

describe('whoever is no guest', () => {
  it('upgrades nothing: a user, a session token, a token that is signed out, over or forged, a guest who is gone', async () => {
    const world = await open();
    await call(world.shop, 'POST /v1/auth/otp/signup-in/email', { body: { loginId: 'bob@shopper.example' } });
    const user = tokensOf(await verify(world.shop, 'bob@shopper.example'));
    const [guest, gone, old] = [await guestOf(world), await guestOf(world), await guestOf(world)];
    await manage(world.shop, 'POST /v1/mgmt/user/delete', { userId: gone.subject });
    const sent = world.shop.mails.length;
    const refused = async (refresh: string) => {
      expect(errorOf(await ask(world, { refresh }))).toEqual([400, 'invalid_grant']);
      expect(errorOf(await confirm(world, { refresh }))).toEqual([400, 'invalid_grant']);
    };
    for (const refresh of [user.refresh, guest.session, gone.refresh, `${guest.refresh.slice(0, -8)}AAAAAAAA`, 'nonsense', '']) await refused(refresh);
    await call(world.shop, 'POST /v1/auth/logout', { token: guest.refresh });
    expect(errorOf(await ask(world, guest))).toEqual([400, 'invalid_grant']);
    world.pass(365 * DAY);
    await refused(old.refresh);
    expect(world.shop.mails).toHaveLength(sent);
  });

  it('finds no such address where guests are of the new generation', async () => {
    const world = await World.open();
    const guest = await guestOf(world);
    for (const path of ['/upgrade', '/upgrade/confirm']) expect((await world.post(path, { token: guest.refresh, login_id: ADA, code: '123456' })).status).toBe(404);
  });
});

describe('an e-mail that is somebody’s', () => {
  it('is answered as one that is nobody’s, after the same calls', async () => {
    const world = await open();
    world.shop.descope.addUser({ loginId: ADA });
    const [one, other] = [await guestOf(world), await guestOf(world)];
    const asked: string[][] = [];
    const answers: unknown[] = [];
    for (const [guest, email] of [[one, ADA], [other, 'nobody@shopper.example']] as const) {
      const from = world.asked.length;
      const { status, body, headers } = await ask(world, guest, email);
      answers.push([status, body, [...headers]]);
      asked.push(world.asked.slice(from).map((route) => route.replace(/otp\/(?:update|signin)/, 'otp')));
    }
    expect(answers[0]).toEqual(answers[1]);
    expect(asked[0]?.filter((route) => !route.includes('keys'))).toEqual(asked[1]);
    expect(world.shop.mails.map(({ to }) => to)).toEqual([ADA, 'nobody@shopper.example']);
  });

  it('signs that person in, and touches nothing of them or of the guest', async () => {
    const world = await open();
    const userId = world.shop.descope.addUser({ loginId: ADA, customAttributes: { size: 'M' } });
    const guest = await guestOf(world);
    await world.post('/attributes', { token: guest.refresh, set: '{"nickname":"Guest"}' });
    const before = [world.known(userId), world.known(guest.subject)];
    await ask(world, guest);
    const answer = await confirm(world, guest);
    expect(answer.body).toEqual({ sessionJwt: expect.any(String), refreshJwt: expect.any(String), subject: userId, kind: 'user', expires_in: 600 });
    expect([world.known(userId), world.known(guest.subject)]).toEqual(before);
    expect(claimsOf(tokensOf(await call(world.shop, 'POST /v1/auth/refresh', { token: guest.refresh })).session).sub).toBe(guest.subject);
  });

  it.each(['united', 'survivor'] as const)('has Descope put the guest into them where the shop says so (tenants: %s), who is a user then', async (mergedTenants) => {
    const world = await open({ identityInUse: 'merge_into_existing', switches: { mergedTenants } });
    const userId = world.shop.descope.addUser({ loginId: ADA, customAttributes: { size: 'M' } });
    const guest = await guestOf(world);
    await world.post('/attributes', { token: guest.refresh, set: '{"nickname":"Guest"}' });
    const answer = await becomeUser(world, guest);
    expect(answer.body).toMatchObject({ subject: userId, kind: 'user', moved_from: guest.subject });
    expect(await world.verifier.verifyToken(heldOf(answer).session)).toMatchObject({ subject: userId, kind: 'user' });
    expect(world.known(guest.subject)).toBeUndefined();
    expect(world.known(userId)).toMatchObject({ loginIds: [ADA], tenants: [], customAttributes: { size: 'M', nickname: 'Guest' } });
    expect(errorOf(await confirm(world, guest))).toEqual([400, 'invalid_grant']);
  });

  it('is the guest’s from then on where the shop says that', async () => {
    const world = await open({ identityInUse: 'merge_into_guest' });
    const userId = world.shop.descope.addUser({ loginId: ADA });
    const guest = await guestOf(world);
    expect((await becomeUser(world, guest)).body).toEqual({ sessionJwt: expect.any(String), refreshJwt: expect.any(String), subject: guest.subject, kind: 'user', expires_in: 600 });
    expect([world.known(userId), world.known(guest.subject)?.loginIds]).toEqual([undefined, [ADA]]);
  });

  it('is not taken from whoever has it proven under another login ID, and nobody is told', async () => {
    const world = await open();
    const userId = world.shop.descope.addUser({ loginId: 'countess' });
    await manage(world.shop, 'POST /v1/mgmt/user/update/email', { loginId: 'countess', email: ADA, verified: true });
    const guest = await guestOf(world);
    expect((await ask(world, guest)).body).toEqual({ sent: true });
    expect([world.known(userId)?.email, world.asked.includes('POST /v1/auth/otp/update/email')]).toEqual([ADA, false]);
  });

  it('is nobody’s while another guest only claims it', async () => {
    const world = await open();
    const [eve, ada] = [await guestOf(world), await guestOf(world)];
    await manage(world.shop, 'POST /v1/mgmt/user/update/loginid', { loginId: world.known(eve.subject)?.loginIds[0], newLoginId: ADA });
    const answer = await becomeUser(world, ada);
    expect(answer.body).toMatchObject({ subject: ada.subject, kind: 'user' });
    expect(world.known(eve.subject)).toBeUndefined();
    expect((await call(world.shop, 'POST /v1/auth/refresh', { token: eve.refresh })).status).toBe(401);
  });

  it('that the guest has proven already is asked for once more, where they were left halfway', async () => {
    const world = await open();
    const guest = await guestOf(world);
    world.shop.descope.faults.add({ route: 'POST /v1/mgmt/user/update/tenant/remove', kind: 'status', status: 500, times: 1 });
    expect(errorOf(await becomeUser(world, guest))).toEqual([503, 'temporarily_unavailable']);
    expect(world.known(guest.subject)).toMatchObject({ verifiedEmail: true, tenants: [world.tenantId] });
    expect((await becomeUser(world, guest)).body).toMatchObject({ subject: guest.subject, kind: 'user' });
  });

  it('of somebody halfway on another device signs them in, and makes them a user', async () => {
    const world = await open();
    const [phone, laptop] = [await guestOf(world), await guestOf(world)];
    world.shop.descope.faults.add({ route: 'POST /v1/mgmt/user/update/tenant/remove', kind: 'status', status: 500, times: 1 });
    await becomeUser(world, phone);
    expect((await becomeUser(world, laptop)).body).toMatchObject({ subject: phone.subject, kind: 'user' });
    expect([world.known(phone.subject)?.tenants, world.known(laptop.subject)?.tenants]).toEqual([[], [world.tenantId]]);
  });
});

describe('where Descope does not do what was asked', () => {
  it('whoever may not be sent a code is told the same as everybody, and the operator hears of it', async () => {
    const world = await open();
    world.shop.descope.addUser({ loginId: ADA });
    world.shop.descope.faults.add({ route: 'POST /v1/auth/otp/signin/email', kind: 'status', status: 403, body: '{"errorCode":"E011002"}', times: 1 });
    expect((await ask(world, await guestOf(world))).body).toEqual({ sent: true });
    world.shop.descope.faults.add({ route: 'POST /v1/auth/otp/update/email', kind: 'status', status: 400, body: '{"errorCode":"E011003"}', times: 1 });
    expect(errorOf(await ask(world, await guestOf(world), 'bob@shopper.example'))).toEqual([400, 'invalid_request']);
    expect(world.reports).toEqual([expect.stringMatching(/signin\/email.*E011002/), expect.stringMatching(/update\/email.*E011003/)]);
  });

  it('nobody leaves the guests of whom Descope does not say that they proved the e-mail', async () => {
    const world = await open();
    const guest = await guestOf(world);
    await ask(world, guest);
    const verifier = world.start({
      fetch: async (input, init) => {
        const answer = await world.fetch(input, init);
        return String(input).includes('/v1/mgmt/user?') ? Response.json(JSON.parse((await answer.text()).replace('"verifiedEmail":true', '"verifiedEmail":false'))) : answer;
      },
    });
    expect(errorOf(await world.post('/upgrade/confirm', { token: guest.refresh, login_id: ADA, code: world.code }, { verifier }))).toEqual([503, 'temporarily_unavailable']);
    expect(world.known(guest.subject)?.tenants).toEqual([world.tenantId]);
    expect((await confirm(world, guest)).body).toMatchObject({ kind: 'user' });
  });

  it('nobody is called a user whose token still says guest', async () => {
    const world = await open();
    const guest = await guestOf(world);
    const stale = world.start({ fetch: (input, init) => (String(input).endsWith('/tenant/remove') ? Promise.resolve(Response.json({ user: { userId: guest.subject } })) : world.fetch(input, init)) });
    await ask(world, guest);
    expect(errorOf(await world.post('/upgrade/confirm', { token: guest.refresh, login_id: ADA, code: world.code }, { verifier: stale }))).toEqual([503, 'temporarily_unavailable']);
    expect((await confirm(world, guest)).body).toMatchObject({ kind: 'user' });
  });
});
