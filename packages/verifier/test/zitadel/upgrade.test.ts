import { describe, expect, it } from 'vitest';
import { ADA, DAY, errorOf, GUEST_COOKIE, HOUR, MINUTE, PASSWORD, Visitor, World } from './support.ts';

const open = async (settings: Parameters<typeof World.open>[0] = {}) => {
  const world = await World.open(settings);
  const ada = new Visitor(world);
  return { world, ada, subject: await ada.guest() };
};
const other = (code: string, by = 1): string => String((Number(code) + by) % 1_000_000).padStart(6, '0');

describe('a guest who becomes a user', () => {
  it('keeps the subject, has the e-mail proven, and loses every tag; then signs in by the ordinary way', async () => {
    const { world, ada, subject } = await open();
    const { status, body } = await ada.post('/upgrade', ADA);
    expect([status, body]).toEqual([200, { challenge: expect.stringMatching(/^[\w-]{22}$/), expires_in: 600 }]);
    expect(world.mails).toEqual([{ email: ADA.email, code: expect.stringMatching(/^\d{6}$/), givenName: 'Ada' }]);
    expect(world.known(subject)).toMatchObject({ isVerified: false, hasPassword: false, givenName: 'Guest' });
    const done = await ada.confirm({ challenge: String(body['challenge']), code: world.mails[0]?.code ?? '' });
    expect([done.status, done.body]).toEqual([200, { subject }]);
    expect(world.known(subject)).toMatchObject({ username: ADA.email, email: ADA.email, isVerified: true, hasPassword: true, givenName: 'Ada', familyName: 'Lovelace', metadataKeys: [] });
    // Told as often as it is asked for, until the sign-in.
    for (let i = 0; i < 2; i++) expect([errorOf(await ada.session(subject)), errorOf(await ada.post('/guest'))]).toEqual([[400, 'guest_upgraded'], [400, 'guest_upgraded']]);
    expect(await ada.signIn({ loginName: ADA.email, password: PASSWORD })).toBe(subject);
    expect(ada.jar.has(GUEST_COOKIE)).toBe(false);
    expect(await world.verifier.requireUser(ada.api())).toMatchObject({ subject, kind: 'user' });
    world.pass(400 * DAY);
    expect(await world.verifier.purgeGuests({ olderThan: 0 })).toEqual({ looked: 0, deleted: 0, kept: 0, failed: 0 });
  });

  it('has every tag taken off, however many there are, and nothing else', async () => {
    const { world, ada, subject } = await open();
    await ada.post('/metadata', { subject, set: { colour: 'red' } });
    for (let i = 10; i < 15; i += 1) {
      const body = JSON.stringify({ userId: subject, metadata: [{ key: `GUEST_2024_01_${i}`, value: 'eA==' }] });
      await world.fetch('http://login.shop.localhost:4601/zitadel.user.v2.UserService/SetUserMetadata', { method: 'POST', body, headers: { authorization: `Bearer ${world.shop.pat}`, 'content-type': 'application/json' } });
    }
    expect(world.known(subject)?.metadataKeys.length).toBe(7);
    await ada.becomeUser();
    expect(world.known(subject)?.metadataKeys).toEqual(['shop_colour']);
  });

  it('never becomes one by somebody else’s e-mail without its code', async () => {
    const { world, ada, subject } = await open();
    const { challenge } = await ada.challenge({ ...ADA, email: 'victim@elsewhere.example' });
    for (const changes of [{ code: '' }, { code: 'x' }, { code: '0' }, { challenge: '' }, { challenge: subject, code: '000000' }]) {
      expect((await ada.confirm({ challenge, code: '1', ...changes }, { email: 'victim@elsewhere.example' })).status).toBe(400);
    }
    // Proven was another e-mail than the one that is to be set.
    const own = await ada.challenge({ ...ADA, email: 'eve@evil.example' });
    expect(errorOf(await ada.confirm(own, { email: 'victim@elsewhere.example' }))).toEqual([400, 'challenge_over']);
    expect(world.known(subject)).toMatchObject({ isVerified: false, hasPassword: false });
    expect(world.known(subject)?.email).toMatch(/@guest\.invalid$/);
    expect((await ada.session(subject)).body).toMatchObject({ kind: 'guest' });
  });

  it('has five tries: then the right code is wrong too', async () => {
    const { world, ada, subject } = await open();
    const { challenge, code } = await ada.challenge();
    const answers = [];
    for (let i = 1; i <= 5; i += 1) answers.push((await ada.confirm({ challenge, code: other(code, i) })).body);
    expect(answers.map(({ error, tries_left }) => [error, tries_left])).toEqual([['code_wrong', 4], ['code_wrong', 3], ['code_wrong', 2], ['code_wrong', 1], ['challenge_over', undefined]]);
    expect(errorOf(await ada.confirm({ challenge, code }))).toEqual([400, 'challenge_over']);
    expect(world.known(subject)?.hasPassword).toBe(false);
  });

  it('has five tries, also where fifty come at once', async () => {
    const { ada } = await open();
    const { challenge, code } = await ada.challenge();
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => ada.confirm({ challenge, code: other(code, i + 1) })));
    expect(answers.map(({ body }) => body['tries_left']).filter(Boolean).sort()).toEqual([1, 2, 3, 4]);
    expect(answers.filter(({ body }) => body['error'] === 'challenge_over').length).toBe(46);
    expect(errorOf(await ada.confirm({ challenge, code }))).toEqual([400, 'challenge_over']);
  });

  it('cannot use the code of another guest', async () => {
    const { world, ada } = await open();
    const bob = new Visitor(world);
    const subject = await bob.guest();
    const proof = await ada.challenge();
    expect(errorOf(await bob.confirm(proof))).toEqual([400, 'challenge_over']);
    expect(world.known(subject)?.hasPassword).toBe(false);
    // And costs her no try.
    expect((await ada.confirm({ ...proof, code: other(proof.code) })).body['tries_left']).toBe(4);
  });

  it('has one code at a time, for ten minutes', async () => {
    const { world, ada } = await open();
    const [first, second] = [await ada.challenge(), await ada.challenge()];
    expect(errorOf(await ada.confirm(first))).toEqual([400, 'challenge_over']);
    world.pass(10 * MINUTE);
    expect(errorOf(await ada.confirm(second))).toEqual([400, 'challenge_over']);
    const third = await ada.challenge();
    world.pass(10 * MINUTE - 1);
    expect((await ada.confirm(third)).status).toBe(200);
  });

  it('hears the same whether somebody has this e-mail or nobody, and ZITADEL is not asked', async () => {
    const { world, ada } = await open();
    const cyd = new Visitor(world);
    await cyd.guest();
    await cyd.becomeUser({ ...ADA, email: 'known@shopper.example' });
    const before = world.shop.zitadel.log.length;
    const answers = [];
    for (const email of ['known@shopper.example', 'unknown@shopper.example']) answers.push(await ada.post('/upgrade', { ...ADA, email }));
    expect(answers.map(({ status, body }) => [status, Object.keys(body)])).toEqual(Array(2).fill([200, ['challenge', 'expires_in']]));
    expect(world.asked(before)).toEqual([]);
  });

  it('by an e-mail that is somebody’s account is told so once the code is right, and is the guest as before', async () => {
    const { world, ada, subject } = await open();
    const bob = new Visitor(world);
    await bob.guest();
    await bob.becomeUser();
    expect(errorOf(await ada.becomeUser())).toEqual([400, 'identity_in_use']);
    expect((await ada.session(subject)).body).toMatchObject({ subject, kind: 'guest' });
    expect(await world.store.guestRow(subject)).toBeNull();
    expect((await ada.becomeUser({ ...ADA, email: 'ada.two@shopper.example' })).body).toEqual({ subject });
  });

  it('with a password that is too weak is told so, and takes another one with the same code', async () => {
    const { world, ada, subject } = await open();
    const proof = await ada.challenge();
    expect(errorOf(await ada.confirm(proof, { password: 'short' }))).toEqual([400, 'password_refused']);
    expect(await world.store.guestRow(subject)).toBeNull();
    expect((await ada.confirm(proof)).body).toEqual({ subject });
  });

  it('hears it again where the answer was lost', async () => {
    const { ada, subject } = await open();
    const again = ada.thief();
    const proof = await ada.challenge();
    for (const who of [ada, again]) expect((await who.confirm(proof)).body).toEqual({ subject });
  });

  it('by the same request from two tabs at once is one user', async () => {
    const { world, ada, subject } = await open();
    const [one, two, proof] = [ada.thief(), ada.thief(), await ada.challenge()];
    const answers = await Promise.all([one.confirm(proof), two.confirm(proof)]);
    for (const { status, body } of answers) expect(status === 200 ? body : body['error']).toEqual(status === 200 ? { subject } : 'temporarily_unavailable');
    expect((await ada.confirm(proof)).body).toEqual({ subject });
    expect(world.known(subject)).toMatchObject({ username: ADA.email, metadataKeys: [] });
  });

  it.each(['lost_answer', 'status'] as const)('goes on with the same request where ZITADEL failed (%s), and nobody is a guest meanwhile', async (kind) => {
    const { world, ada, subject } = await open();
    const proof = await ada.challenge();
    world.shop.zitadel.faults.add({ route: 'POST /zitadel.user.v2.UserService/UpdateUser', kind, status: 503, times: 1 });
    expect(errorOf(await ada.confirm(proof))).toEqual([503, 'temporarily_unavailable']);
    expect(await world.store.guestRow(subject)).toMatchObject({ state: 'upgrading', generation: 1 });
    const waiting = await ada.session(subject);
    expect([errorOf(waiting), waiting.headers.get('retry-after')]).toEqual([[503, 'temporarily_unavailable'], '2']);
    await expect(world.verifier.verifyToken(ada.api())).rejects.toMatchObject({ code: 'token_invalid' });
    expect(errorOf(await ada.post('/upgrade', ADA))).toEqual([503, 'temporarily_unavailable']);
    expect((await ada.confirm(proof)).body).toEqual({ subject });
  });

  it.each([['lost_answer', 'user'], ['status', 'guest']] as const)('and is cut off (%s) is a %s after a minute', async (kind, becomes) => {
    const { world, ada, subject } = await open();
    const proof = await ada.challenge();
    world.shop.zitadel.faults.add({ route: 'POST /zitadel.user.v2.UserService/UpdateUser', kind, status: 503, times: 1 });
    await ada.confirm(proof);
    world.pass(MINUTE + 1);
    const answer = await ada.session(subject);
    if (becomes === 'guest') {
      expect(answer.body).toMatchObject({ subject, kind: 'guest' });
      expect(await world.store.guestRow(subject)).toBeNull();
    } else {
      expect(errorOf(answer)).toEqual([400, 'guest_upgraded']);
      expect([await world.store.guestRow(subject), world.known(subject)?.metadataKeys]).toMatchObject([{ state: 'user' }, []]);
    }
  });

  it('is left to whoever took over by whoever was held up for too long', async () => {
    const { world, ada, subject } = await open();
    const proof = await ada.challenge();
    const held = world.start({ fetch: async (input, init) => {
      const answer = await world.fetch(input, init);
      if (String(input).endsWith('/GetUserByID')) world.pass(31_000);
      return answer;
    } });
    expect(errorOf(await ada.confirm(proof, {}, held))).toEqual([503, 'temporarily_unavailable']);
    expect(world.known(subject)?.hasPassword).toBe(false);
    expect((await ada.confirm(proof)).body).toEqual({ subject });
  });

  it('with a try that is refused late does not put back what somebody went on with', async () => {
    const { world, ada, subject } = await open();
    const [proof, tab] = [await ada.challenge(), ada.thief()];
    const slow = world.start({ fetch: async (input, init) => {
      if (String(input).endsWith('/UpdateUser')) expect((await tab.confirm(proof)).body).toEqual({ subject });
      return world.fetch(input, init);
    } });
    expect(errorOf(await ada.confirm(proof, { password: 'short' }, slow))).toEqual([400, 'password_refused']);
    expect(await world.store.guestRow(subject)).toMatchObject({ state: 'user' });
    expect(world.known(subject)).toMatchObject({ username: ADA.email, metadataKeys: [] });
  });

  it('whose try is refused while somebody goes on with it is still being made a user', async () => {
    const { world, ada, subject } = await open();
    const [proof, tab] = [await ada.challenge(), ada.thief()];
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => { release = resolve; });
    const going = world.start({ fetch: async (input, init) => {
      if (String(input).endsWith('/DeleteUserMetadata')) await held;
      return world.fetch(input, init);
    } });
    let other: Promise<unknown> = Promise.resolve();
    const slow = world.start({ fetch: async (input, init) => {
      if (String(input).endsWith('/UpdateUser')) {
        other = tab.confirm(proof, {}, going);
        while (!world.known(subject)?.hasPassword) await new Promise((resolve) => setTimeout(resolve, 1));
      }
      return world.fetch(input, init);
    } });
    expect(errorOf(await ada.confirm(proof, { password: 'short' }, slow))).toEqual([400, 'password_refused']);
    expect(await world.store.guestRow(subject)).toMatchObject({ state: 'upgrading' });
    release();
    expect(await other).toMatchObject({ body: { subject } });
  });

  it('who takes a weak password the second time is not put back: the first time may still arrive', async () => {
    const { world, ada, subject } = await open();
    const proof = await ada.challenge();
    world.shop.zitadel.faults.add({ route: 'POST /zitadel.user.v2.UserService/UpdateUser', kind: 'reset', times: 1 });
    expect(errorOf(await ada.confirm(proof))).toEqual([503, 'temporarily_unavailable']);
    expect(errorOf(await ada.confirm(proof, { password: 'short' }))).toEqual([400, 'password_refused']);
    expect(await world.store.guestRow(subject)).toMatchObject({ state: 'upgrading' });
    expect((await ada.confirm(proof)).body).toEqual({ subject });
  });

  it('is not made somebody else’s account by a copy of the cookie that asked for a code in between', async () => {
    const { world, ada, subject } = await open();
    const [thief, proof, eve] = [ada.thief(), await ada.challenge(), { ...ADA, email: 'eve@evil.example' }];
    let stolen = proof;
    // After her code was found right, and before anything is written down.
    const store = { ...world.store, changeGuest: async (...change: Parameters<typeof world.store.changeGuest>) => {
      stolen = await thief.challenge(eve);
      return world.store.changeGuest(...change);
    } };
    world.shop.zitadel.faults.add({ route: 'POST /zitadel.user.v2.UserService/UpdateUser', kind: 'lost_answer', times: 1 });
    expect(errorOf(await ada.confirm(proof, {}, world.start({ store })))).toEqual([503, 'temporarily_unavailable']);
    expect(errorOf(await thief.confirm(stolen, eve))).toEqual([503, 'temporarily_unavailable']);
    world.pass(MINUTE + 1);
    expect(errorOf(await thief.confirm(stolen, eve))).toEqual([400, 'guest_upgraded']);
    expect(world.known(subject)).toMatchObject({ username: ADA.email, email: ADA.email, metadataKeys: [] });
  });

  it('is told to try again, and not that it is done, where somebody else decided first', async () => {
    const { world, ada, subject } = await open();
    const proof = await ada.challenge();
    const store = { ...world.store, changeGuest: async (...change: Parameters<typeof world.store.changeGuest>) => {
      await world.store.changeGuest(subject, null, { generation: 0, state: 'gone', by: 'purge', at: world.now, until: null });
      return world.store.changeGuest(...change);
    } };
    expect(errorOf(await ada.confirm(proof, {}, world.start({ store })))).toEqual([503, 'temporarily_unavailable']);
    expect(errorOf(await ada.confirm(proof))).toEqual([400, 'invalid_grant']);
    expect(world.known(subject)?.hasPassword).toBe(false);
  });

  it('is asked for no more than five codes an hour, nor is an e-mail sent more', async () => {
    const { world, ada } = await open();
    for (let i = 0; i < 5; i += 1) await ada.challenge({ ...ADA, email: `ada${i}@shopper.example` });
    const sixth = await ada.post('/upgrade', ADA);
    expect([errorOf(sixth), sixth.headers.get('retry-after')]).toEqual([[429, 'rate_limited'], '3600']);
    world.pass(HOUR - 10_000);
    expect((await ada.post('/upgrade', ADA)).status).toBe(429);
    world.pass(HOUR);
    let sent = 0;
    for (let i = 0; i < 10; i += 1) {
      const bob = new Visitor(world);
      await bob.guest();
      sent += (await bob.post('/upgrade', { ...ADA, email: i % 2 ? 'VICTIM@elsewhere.example' : 'victim@elsewhere.example' })).status === 200 ? 1 : 0;
    }
    expect([sent, world.mails.filter(({ email }) => /victim/i.test(email)).length]).toEqual([5, 5]);
  });

  it('is told to try again where the shop could not send the code, and nobody hears why', async () => {
    const { world, ada } = await open({ sendCode: () => { throw new Error('mailer: victim@elsewhere.example is full'); } });
    const answer = await ada.post('/upgrade', { ...ADA, email: 'victim@elsewhere.example' });
    expect(errorOf(answer)).toEqual([503, 'temporarily_unavailable']);
    expect(JSON.stringify([answer.body, world.reports])).not.toContain('victim');
    expect(world.reports).toEqual([expect.stringContaining('sendCode')]);
  });

  it.each([
    ['no e-mail', { email: undefined }], ['two e-mails', { email: 'a@shop.example,b@shop.example' }], ['an e-mail with a character that nobody sees', { email: 'a\u200bb@shop.example' }], ['an e-mail with a header', { email: 'a@shop.example\r\nbcc: b@shop.example' }],
    ['an e-mail without a host', { email: 'ada' }], ['an e-mail in brackets', { email: 'Ada <ada@shop.example>' }], ['an endless e-mail', { email: `${'a'.repeat(300)}@shop.example` }],
    ['no name', { given_name: '' }], ['a blank name', { family_name: '  ' }], ['a name with a line break', { given_name: 'Ada\nBcc' }], ['a name that is no text', { family_name: 1 }],
  ])('is refused %s', async (_, changes) => {
    const { world, ada } = await open();
    const answer = await ada.post('/upgrade', { ...ADA, ...changes });
    expect([errorOf(answer), world.mails]).toEqual([[400, 'invalid_request'], []]);
  });

  it('is nobody without a cookie', async () => {
    const world = await World.open();
    const eve = new Visitor(world);
    expect(errorOf(await eve.post('/upgrade', ADA))).toEqual([400, 'invalid_grant']);
    expect(errorOf(await eve.confirm({ challenge: 'x', code: '000000' }))).toEqual([400, 'invalid_grant']);
  });
});
