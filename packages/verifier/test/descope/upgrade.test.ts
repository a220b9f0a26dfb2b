import { describe, expect, it } from 'vitest';
import { ADA, becomeUser, call, claimsOf, DAY, errorOf, guestOf, heldOf, HOUR, manage, MINUTE, tokensOf, verify, World, type Changes, type Held } from './support.ts';

const open = (changes: Changes = {}) => World.open({ generation: 'temporary_user', ...changes });
const ask = (world: World, { refresh }: Pick<Held, 'refresh'>, email = ADA) => world.post('/upgrade', { token: refresh, login_id: email });
const confirm = (world: World, { refresh }: Pick<Held, 'refresh'>, code = world.code, email = ADA) => world.post('/upgrade/confirm', world.confirmation(refresh, { code, email }));
const CHALLENGE = { challenge: expect.stringMatching(/^eyJ/) as string };

describe('a guest of the old generation', () => {
  it.each(['either', 'login_id', 'email'] as const)('becomes a user with the e-mail they proved, and stays who they are (codes by %s)', async (verifyUpdateBy) => {
    const world = await open({ switches: { verifyUpdateBy } });
    const guest = await guestOf(world);
    expect((await ask(world, guest)).body).toEqual(CHALLENGE);
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
    expect((await world.post('/upgrade/confirm', world.confirmation(guest.refresh), { verifier })).body).toMatchObject({ subject: guest.subject, kind: 'user' });
  });

  it('has proven nothing by an e-mail that somebody only wrote down', async () => {
    const world = await open();
    const guest = await guestOf(world);
    await manage(world.shop, 'POST /v1/mgmt/user/update/email', { loginId: guest.subject, email: ADA, verified: false });
    await ask(world, guest);
    expect(errorOf(await confirm(world, guest, world.code === '000000' ? '000001' : '000000'))).toEqual([400, 'code_wrong']);
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
    expect((await world.post('/upgrade', { login_id: ADA }, { headers })).body).toEqual(CHALLENGE);
    const answer = await world.post('/upgrade/confirm', { ...world.confirmation(''), token: '' }, { headers });
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
    for (const path of ['/upgrade', '/upgrade/confirm']) expect((await world.post(path, { token: guest.refresh, login_id: ADA, code: '123456', challenge: 'x' })).status).toBe(404);
  });
});

describe('where Descope does not do what was asked', () => {
  it('whoever may not be sent a code is told the same as everybody, and the operator hears of it', async () => {
    const world = await open();
    world.shop.descope.addUser({ loginId: ADA });
    world.shop.descope.faults.add({ route: 'POST /v1/auth/otp/signin/email', kind: 'status', status: 403, body: '{"errorCode":"E011002"}', times: 1 });
    expect((await ask(world, await guestOf(world))).body).toEqual(CHALLENGE);
    world.shop.descope.faults.add({ route: 'POST /v1/auth/otp/update/email', kind: 'status', status: 400, body: '{"errorCode":"E011003"}', times: 1 });
    const bob = await guestOf(world);
    expect((await ask(world, bob, 'bob@shopper.example')).body).toEqual(CHALLENGE);
    expect(errorOf(await confirm(world, bob, '123456', 'bob@shopper.example'))).toEqual([400, 'code_wrong']);
    expect(world.reports).toEqual([expect.stringMatching(/signin\/email.*E011002/), expect.stringMatching(/update\/email.*E011003/)]);
  });

  it('nobody leaves the guests of whom Descope does not say that they proved the e-mail', async () => {
    const world = await open();
    const guest = await guestOf(world);
    await ask(world, guest);
    const verifier = world.start({
      fetch: async (input, init) => {
        const answer = await world.fetch(input, init);
        const text = await answer.clone().text();
        return text.includes('"verifiedEmail":true') ? Response.json(JSON.parse(text.replace('"verifiedEmail":true', '"verifiedEmail":false'))) : answer;
      },
    });
    expect(errorOf(await world.post('/upgrade/confirm', world.confirmation(guest.refresh), { verifier }))).toEqual([503, 'temporarily_unavailable']);
    expect(world.known(guest.subject)).toMatchObject({ tenants: [world.tenantId], verifiedEmail: true });
    expect((await confirm(world, guest)).body).toMatchObject({ kind: 'user' });
  });

  it('nobody is called a user whose token still says guest', async () => {
    const world = await open();
    const guest = await guestOf(world);
    const stale = world.start({ fetch: (input, init) => (String(input).endsWith('/tenant/remove') ? Promise.resolve(Response.json({ user: { userId: guest.subject } })) : world.fetch(input, init)) });
    await ask(world, guest);
    expect(errorOf(await world.post('/upgrade/confirm', world.confirmation(guest.refresh), { verifier: stale }))).toEqual([503, 'temporarily_unavailable']);
    expect((await confirm(world, guest)).body).toMatchObject({ kind: 'user' });
  });
});
