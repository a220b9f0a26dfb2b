import { describe, expect, it } from 'vitest';
import { ADA, becomeUser, call, claimsOf, DAY, errorOf, guestOf, heldOf, manage, MINUTE, tokensOf, verify, World, type Changes, type Held } from './support.ts';

const open = (changes: Changes = {}) => World.open({ generation: 'temporary_user', ...changes });
const ask = (world: World, { refresh }: Pick<Held, 'refresh'>, email = ADA) => world.post('/upgrade', { token: refresh, login_id: email });
const confirm = (world: World, { refresh }: Pick<Held, 'refresh'>, code = world.code, email = ADA) => world.post('/upgrade/confirm', world.confirmation(refresh, { code, email }));
/** What the page holds once the session is asked for again. */
const subjectOf = async (world: World, { refresh }: Pick<Held, 'refresh'>) => claimsOf(tokensOf(await call(world.shop, 'POST /v1/auth/refresh', { token: refresh })).session).sub;

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
      answers.push([status, Object.keys(body), String(body['challenge']).length, [...headers]]);
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

  it('is where the guest has moved, where the shop says so; nobody is touched, and an answer that is lost loses nothing', async () => {
    const world = await open({ identityInUse: 'merge_into_existing' });
    const userId = world.shop.descope.addUser({ loginId: ADA, customAttributes: { size: 'M' } });
    const guest = await guestOf(world);
    const before = [world.known(userId), world.known(guest.subject)];
    expect((await becomeUser(world, guest)).body).toMatchObject({ subject: userId, kind: 'user', moved_from: guest.subject });
    // The answer was lost: the code is spent, and another one brings the same.
    expect(errorOf(await confirm(world, guest))).toEqual([400, 'code_wrong']);
    const again = await becomeUser(world, guest);
    expect(again.body).toMatchObject({ subject: userId, kind: 'user', moved_from: guest.subject });
    expect(await world.verifier.verifyToken(heldOf(again).session)).toMatchObject({ subject: userId, kind: 'user' });
    expect([world.known(userId), world.known(guest.subject)]).toEqual(before);
    // Who is left behind is the cull's.
    world.pass(365 * DAY);
    expect(await world.verifier.cull()).toMatchObject({ deleted: 1 });
  });

  it('is the guest’s from then on where the shop says that', async () => {
    const world = await open({ identityInUse: 'merge_into_guest' });
    const userId = world.shop.descope.addUser({ loginId: ADA });
    const guest = await guestOf(world);
    expect((await becomeUser(world, guest)).body).toEqual({ sessionJwt: expect.any(String), refreshJwt: expect.any(String), subject: guest.subject, kind: 'user', expires_in: 600 });
    expect([world.known(userId), world.known(guest.subject)?.loginIds]).toEqual([undefined, [ADA]]);
  });

  it('and proven under another login ID signs that person in by a code, as anybody else', async () => {
    const world = await open();
    const userId = world.shop.descope.addUser({ loginId: 'countess' });
    await manage(world.shop, 'POST /v1/mgmt/user/update/email', { loginId: 'countess', email: ADA, verified: true });
    const guest = await guestOf(world);
    expect((await becomeUser(world, guest)).body).toMatchObject({ subject: userId, kind: 'user' });
    expect([world.known(userId)?.email, world.shop.mails.at(-1)?.to, world.known(guest.subject)?.tenants]).toEqual([ADA, ADA, [world.tenantId]]);
  });

  it('and proven by one account while another one only has it as a login ID is the first one’s: the stranger’s is not merged into the guest', async () => {
    const world = await open({ identityInUse: 'merge_into_guest' });
    const userId = world.shop.descope.addUser({ loginId: 'countess' });
    await manage(world.shop, 'POST /v1/mgmt/user/update/email', { loginId: 'countess', email: ADA, verified: true });
    const eve = claimsOf(tokensOf(await call(world.shop, 'POST /v1/auth/password/signup', { body: { loginId: ADA, password: 'Correct horse 1' } })).session).sub;
    const guest = await guestOf(world);
    expect((await becomeUser(world, guest)).body).toMatchObject({ subject: userId, kind: 'user' });
    expect(world.shop.descope.users.map((one) => one.userId).sort()).toEqual([userId, String(eve), guest.subject].sort());
  });

  it.each(['ask', 'merge_into_guest', 'merge_into_existing'] as const)('(%s) is told by no word about a wrong code, nor by how many there may be, nor by how long', async (identityInUse) => {
    const world = await open({ identityInUse });
    world.shop.descope.addUser({ loginId: 'known@shopper.example' });
    world.shop.descope.addUser({ loginId: 'countess' });
    await manage(world.shop, 'POST /v1/mgmt/user/update/email', { loginId: 'countess', email: 'other@shopper.example', verified: true });
    // Mails to this one's login ID would go to another mailbox, so nothing is sent.
    world.shop.descope.addUser({ loginId: 'before@shopper.example' });
    await manage(world.shop, 'POST /v1/mgmt/user/update/email', { loginId: 'before@shopper.example', email: 'unreached@shopper.example', verified: true });
    await call(world.shop, 'POST /v1/auth/password/signup', { body: { loginId: 'claimed@shopper.example', password: 'Correct horse 1' } });
    const told = [];
    for (const email of ['known', 'unknown', 'other', 'unreached', 'claimed'].map((name) => `${name}@shopper.example`)) {
      const guest = await guestOf(world);
      const asked = await ask(world, guest, email);
      const words: unknown[] = [asked.status, Object.keys(asked.body), String(asked.body['challenge']).length];
      const wrong = world.code === '000000' ? '000001' : '000000';
      for (let tries = 0; tries < 6; tries += 1) words.push(errorOf(await confirm(world, guest, wrong, email)));
      await ask(world, guest, email);
      world.pass(3 * MINUTE);
      words.push(errorOf(await confirm(world, guest, wrong, email)));
      told.push(words);
    }
    expect(new Set(told.map((words) => JSON.stringify(words)))).toEqual(new Set([JSON.stringify([200, ['challenge'], told[0]?.[2], ...Array(5).fill([400, 'code_wrong']) as unknown[], [400, 'challenge_over'], [400, 'challenge_over']])]));
    expect(world.shop.mails.map(({ to }) => to)).not.toContain('before@shopper.example');
  });

  it('is answered as anybody’s to a guest who is signed out', async () => {
    const world = await open();
    world.shop.descope.addUser({ loginId: ADA });
    const guest = await guestOf(world);
    await call(world.shop, 'POST /v1/auth/logout', { token: guest.refresh });
    for (const email of [ADA, 'nobody@shopper.example']) expect(errorOf(await ask(world, guest, email))).toEqual([400, 'invalid_grant']);
    expect(world.shop.mails).toEqual([]);
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

describe('an account that somebody opened with the e-mail and never proved', () => {
  const squat = async (world: World) => tokensOf(await call(world.shop, 'POST /v1/auth/password/signup', { body: { loginId: ADA, password: 'Correct horse 1' } }));

  it.each(['ask', 'merge_into_guest', 'merge_into_existing'] as const)('(%s) is not the owner’s: whoever proves the e-mail has it, and nobody else gets in with them', async (identityInUse) => {
    const world = await open({ identityInUse });
    const eve = await squat(world);
    const guest = await guestOf(world);
    const answer = await becomeUser(world, guest);
    expect(answer.body).toMatchObject({ subject: guest.subject, kind: 'user' });
    expect(answer.body).not.toHaveProperty('moved_from');
    expect(world.known(guest.subject)).toMatchObject({ loginIds: [ADA], email: ADA, verifiedEmail: true, tenants: [] });
    // Eve's password opens nothing that is Ada's, nor does the session that she had; her own account is hers.
    expect((await call(world.shop, 'POST /v1/auth/password/signin', { body: { loginId: ADA, password: 'Correct horse 1' } })).status).toBe(401);
    const hers = String(await subjectOf(world, eve));
    expect(hers).not.toBe(guest.subject);
    expect(world.known(hers)).toMatchObject({ loginIds: [expect.stringMatching(/^[0-9a-f]{32}@unproven\.invalid$/)], verifiedEmail: false });
    expect(world.reports).toEqual([expect.stringMatching(/never did/)]);
    // The next time Ada signs in by her e-mail.
    await call(world.shop, 'POST /v1/auth/otp/signup-in/email', { body: { loginId: ADA } });
    expect(claimsOf(tokensOf(await verify(world.shop, ADA)).session).sub).toBe(guest.subject);
  });

  it('loses nothing to whoever does not prove the e-mail', async () => {
    const world = await open();
    const eve = await squat(world);
    const guest = await guestOf(world);
    await ask(world, guest);
    const before = world.known(String(await subjectOf(world, eve)));
    await confirm(world, guest, world.code === '000000' ? '000001' : '000000');
    expect(world.known(String(await subjectOf(world, eve)))).toEqual(before);
    expect(world.known(guest.subject)?.tenants).toEqual([world.tenantId]);
  });

  it('may be another guest’s, who stays one', async () => {
    const world = await open();
    const [eve, ada] = [await guestOf(world), await guestOf(world)];
    await manage(world.shop, 'POST /v1/mgmt/user/update/loginid', { loginId: world.known(eve.subject)?.loginIds[0], newLoginId: ADA });
    expect((await becomeUser(world, ada)).body).toMatchObject({ subject: ada.subject, kind: 'user' });
    expect(world.known(eve.subject)).toMatchObject({ loginIds: [expect.stringMatching(/@guest\.invalid$/)], tenants: [world.tenantId] });
    expect(await subjectOf(world, eve)).toBe(eve.subject);
  });

  it.each(['POST /v1/mgmt/user/update/tenant/remove', 'GET /v1/mgmt/user', 'POST /v1/mgmt/user/update/loginid', 'POST /v1/auth/refresh'])('does not keep Ada out where %s fails on the way', async (route) => {
    const world = await open();
    await squat(world);
    const guest = await guestOf(world);
    await ask(world, guest);
    for (const kind of ['lost_answer', 'reset'] as const) {
      world.shop.descope.faults.add({ route, kind, times: 1 });
      await confirm(world, guest);
    }
    expect((await confirm(world, guest)).body).toMatchObject({ subject: guest.subject, kind: 'user' });
    expect(world.known(guest.subject)).toMatchObject({ loginIds: [ADA], tenants: [] });
  });
});

describe('an e-mail that somebody got after the code was sent', () => {
  it('to another guest, who was as fast, is not that guest’s: of two nobody is merged away, and the second is asked anew', async () => {
    const world = await open();
    const [phone, laptop] = [await guestOf(world), await guestOf(world)];
    await ask(world, phone);
    const first = world.code;
    await ask(world, laptop);
    expect((await confirm(world, phone, first)).body).toMatchObject({ subject: phone.subject, kind: 'user' });
    expect(errorOf(await confirm(world, laptop))).toEqual([400, 'challenge_over']);
    expect(await Promise.all([phone, laptop].map((one) => subjectOf(world, one)))).toEqual([phone.subject, laptop.subject]);
    expect((await becomeUser(world, laptop)).body).toMatchObject({ subject: phone.subject, kind: 'user' });
    expect(world.known(laptop.subject)).toMatchObject({ tenants: [world.tenantId] });
  });

  it.each(['ask', 'merge_into_guest', 'merge_into_existing'] as const)('(%s) by an account of their own is not merged, and the guest is asked anew', async (identityInUse) => {
    const world = await open({ identityInUse });
    const guest = await guestOf(world);
    await ask(world, guest);
    const code = world.code;
    await call(world.shop, 'POST /v1/auth/otp/signup-in/email', { body: { loginId: ADA } });
    const userId = String(claimsOf(tokensOf(await verify(world.shop, ADA)).session).sub);
    const before = [world.known(userId), world.known(guest.subject)];
    expect(errorOf(await confirm(world, guest, code))).toEqual([400, 'challenge_over']);
    expect([world.known(userId), world.known(guest.subject)]).toEqual(before);
  });

  it('and never proved it, is not merged with the guest either', async () => {
    const world = await open();
    const guest = await guestOf(world);
    await ask(world, guest);
    const code = world.code;
    await call(world.shop, 'POST /v1/auth/password/signup', { body: { loginId: ADA, password: 'Correct horse 1' } });
    expect(errorOf(await confirm(world, guest, code))).toEqual([400, 'challenge_over']);
    expect((await becomeUser(world, guest)).body).toMatchObject({ subject: guest.subject, kind: 'user' });
  });

  /** Somebody opens an account in the moment between our look and Descope's. */
  const inTheLastMoment = (world: World) => world.start({
    fetch: async (input, init) => {
      if (String(input).endsWith('/otp/verify/email') && world.shop.descope.users.every(({ email }) => email !== ADA)) world.shop.descope.addUser({ loginId: ADA, customAttributes: { size: 'M' } });
      return world.fetch(input, init);
    },
  });

  it.each([['ask', 'united'], ['merge_into_existing', 'united'], ['ask', 'survivor']] as const)('in the very last moment (%s, tenants %s) keeps the account: Descope puts the guest into it, who has moved, and it is a user’s', async (identityInUse, mergedTenants) => {
    const world = await open({ identityInUse, switches: { mergedTenants } });
    const guest = await guestOf(world);
    await ask(world, guest);
    const answer = await world.post('/upgrade/confirm', world.confirmation(guest.refresh), { verifier: inTheLastMoment(world) });
    const [ada] = world.shop.descope.users;
    expect(answer.body).toMatchObject({ subject: ada?.userId, kind: 'user', moved_from: guest.subject });
    expect(await world.verifier.verifyToken(heldOf(answer).session)).toMatchObject({ subject: ada?.userId, kind: 'user' });
    expect(world.shop.descope.users).toMatchObject([{ loginIds: [ADA], tenants: [], customAttributes: { size: 'M' } }]);
  });

  it('in the very last moment is merged into the guest where the shop says that', async () => {
    const world = await open({ identityInUse: 'merge_into_guest' });
    const guest = await guestOf(world);
    await ask(world, guest);
    expect((await world.post('/upgrade/confirm', world.confirmation(guest.refresh), { verifier: inTheLastMoment(world) })).body).toMatchObject({ subject: guest.subject, kind: 'user' });
    expect(world.shop.descope.users).toMatchObject([{ userId: guest.subject, loginIds: [ADA], tenants: [] }]);
  });
});
