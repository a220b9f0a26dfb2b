import { describe, expect, it } from 'vitest';
import { tagOf } from '../../src/zitadel/judge.ts';
import { AT_HOME, DAY, errorOf, GUEST_COOKIE, HOUR, MINUTE, SHOP, Visitor, World } from './support.ts';

describe('a visitor', () => {
  it('becomes a guest: a user at ZITADEL with the tag of the day, whom nobody can write to', async () => {
    const world = await World.open();
    const { status, body } = await new Visitor(world).post('/guest');
    expect([status, body]).toEqual([200, { subject: expect.stringMatching(/^\d+$/), kind: 'guest', expires_in: 43_200 }]);
    const known = world.known(String(body['subject']));
    expect(known).toMatchObject({ isVerified: false, hasPassword: false, metadataKeys: [`GUEST_${new Date(world.now).toISOString().slice(0, 10).replaceAll('-', '_')}`] });
    expect(known?.username).toMatch(/^[0-9a-f]{32}$/);
    expect(known?.email).toBe(`${known?.username}@guest.invalid`);
  });

  it('has one cookie that no script, no other site and no other host of the shop gets to see', async () => {
    const ada = new Visitor(await World.open());
    await ada.guest();
    expect(ada.lines).toEqual([expect.stringMatching(/^__Host-passerby-guest=[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+; Max-Age=2592000; Path=\/; Secure; HttpOnly; SameSite=Strict$/)]);
  });

  it('is the same guest whenever they come back', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.guest();
    for (let i = 0; i < 40; i += 1) {
      world.pass(DAY);
      expect(await ada.guest()).toBe(subject);
    }
    expect(world.shop.zitadel.users.filter(({ kind }) => kind === 'human').length).toBe(1);
  });

  it('who does not come back for a month is somebody else, also with a copy of the cookie', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.guest();
    world.pass(30 * DAY);
    expect(errorOf(await ada.session(subject))).toEqual([400, 'invalid_grant']);
    expect(await ada.guest()).not.toBe(subject);
  });

  it('is the guest who was made, also where the exchange failed', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    world.shop.zitadel.faults.add({ route: 'POST /oauth/v2/token', kind: 'status', status: 503, times: 1 });
    expect(errorOf(await ada.post('/guest'))).toEqual([503, 'temporarily_unavailable']);
    expect(ada.jar.has(GUEST_COOKIE)).toBe(true);
    const subject = await ada.guest();
    expect(world.shop.zitadel.users.filter(({ kind }) => kind === 'human').map(({ userId }) => userId)).toEqual([subject]);
  });

  it('waits while ZITADEL does not know yet whom it made, and is not lost', async () => {
    const world = await World.open({ zitadel: { switches: { eventualConsistencyMs: 3_000 } } });
    const ada = new Visitor(world);
    const first = await ada.post('/guest');
    expect([errorOf(first), first.headers.get('retry-after')]).toEqual([[503, 'temporarily_unavailable'], '2']);
    expect(errorOf(await ada.post('/guest'))).toEqual([503, 'temporarily_unavailable']);
    world.pass(3_000);
    const subject = await ada.guest();
    expect(world.shop.zitadel.users.filter(({ kind }) => kind === 'human').map(({ userId }) => userId)).toEqual([subject]);
  });

  it('gets the next token by another exchange when the first one nears its end, and asks ZITADEL for nothing before', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.guest();
    const before = world.shop.zitadel.log.length;
    world.pass(12 * HOUR - 61_000);
    expect((await ada.session(subject)).body).toEqual({ subject, kind: 'guest', expires_in: 61 });
    expect(world.asked(before)).toEqual([]);
    world.pass(2_000);
    expect((await ada.session(subject)).body).toEqual({ subject, kind: 'guest', expires_in: 43_200 });
    expect(world.asked(before)).toEqual(['GetUserByID', 'ListUserMetadata', 'POST /oauth/v2/token']);
  });

  it('who comes back every day is no old guest to the purge, however long ago the first visit was', async () => {
    const world = await World.open();
    const [ada, bob] = [new Visitor(world), new Visitor(world)];
    const [subject, other] = [await ada.guest(), await bob.guest()];
    for (let i = 0; i < 40; i += 1) {
      world.pass(DAY);
      await ada.session(subject);
      expect(world.known(subject)?.metadataKeys).toEqual([tagOf(world.now)]);
    }
    expect(await world.verifier.purgeGuests({ olderThan: 30 * DAY })).toMatchObject({ deleted: 1, kept: 1 });
    expect([world.known(subject)?.userId, world.known(other)]).toEqual([subject, undefined]);
  });

  it.each(['SetUserMetadata', 'POST /oauth/v2/token'] as const)('who becomes a user while another tab renews (%s) keeps no tag', async (when) => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.guest();
    world.pass(2 * DAY);
    const [proof, tab] = [await ada.challenge(), ada.thief()];
    const slow = world.start({ fetch: async (input, init) => {
      if (when.endsWith(String(input).split('/').at(-1) ?? '')) expect((await ada.confirm(proof)).status).toBe(200);
      return world.fetch(input, init);
    } });
    expect(errorOf(await tab.session(subject, slow))).toEqual([400, 'guest_upgraded']);
    expect(world.known(subject)?.metadataKeys).toEqual([]);
  });

  it('whose token lives for a minute is not asked about all the time', async () => {
    const world = await World.open({ zitadel: { accessTokenSeconds: 60 } });
    const ada = new Visitor(world);
    const subject = await ada.guest();
    const before = world.shop.zitadel.log.length;
    world.pass(53_000);
    expect((await ada.session(subject)).body).toMatchObject({ expires_in: 7 });
    expect(world.asked(before)).toEqual([]);
    world.pass(1_000);
    expect((await ada.session(subject)).body).toMatchObject({ expires_in: 60 });
  });

  it.each(['refused', 'granted'] as const)('needs no refresh token: an exchange for offline access may be %s', async (offlineAccessForPat) => {
    const world = await World.open({ zitadel: { switches: { offlineAccessForPat } } });
    const ada = new Visitor(world);
    const subject = await ada.guest();
    for (let i = 0; i < 3; i += 1) {
      world.pass(12 * HOUR);
      expect((await ada.session(subject)).body).toMatchObject({ subject, kind: 'guest' });
    }
  });

  it('in two tabs at once is one guest with two tokens, and both go on', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.guest();
    world.pass(13 * HOUR);
    const answers = await Promise.all(Array.from({ length: 10 }, () => ada.session(subject)));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect((await ada.session(subject)).status).toBe(200);
    expect(await world.verifier.verifyToken(ada.api())).toMatchObject({ subject, kind: 'guest' });
  });

  it('reads no token, unless the shop says that its pages may', async () => {
    const world = await World.open({ tokens: 'exposed' });
    const ada = new Visitor(world);
    const { body } = await ada.post('/guest');
    const { body: again } = await ada.session(String(body['subject']));
    expect(again['access_token']).toBe(body['access_token']);
    expect(await world.verifier.verifyToken(String(body['access_token']))).toMatchObject({ subject: body['subject'], kind: 'guest' });
  });

  it('is never handed another guest’s token, whatever ZITADEL answers', async () => {
    const world = await World.open({ tokens: 'exposed' });
    const { body } = await new Visitor(world).post('/guest');
    world.restart({ fetch: async (input, init) => {
      const answer = await world.fetch(input, init);
      return String(input).endsWith('/oauth/v2/token') ? Response.json({ ...(await answer.json()) as object, access_token: body['access_token'] }) : answer;
    } });
    const answer = await new Visitor(world).post('/guest');
    expect([errorOf(answer), answer.body['access_token'], world.reports]).toEqual([[503, 'temporarily_unavailable'], undefined, []]);
  });

  it('is a guest by two pages that ask at once for the first time: two guests, and the browser keeps one', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subjects = await Promise.all([ada.guest(), ada.guest()]);
    expect(new Set(subjects).size).toBe(2);
    expect(subjects).toContain(await ada.guest());
  });

  it('who signs out is nobody: a copy of the cookie opens nothing, and the purge takes the guest at any age', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.guest();
    const thief = ada.thief();
    expect((await ada.post('/logout', { subject })).body).toEqual({});
    expect(ada.jar.size).toBe(0);
    expect(errorOf(await thief.session(subject))).toEqual([400, 'invalid_grant']);
    await expect(world.verifier.verifyToken(ada.api({ headers: { cookie: `${GUEST_COOKIE}=x` } }))).rejects.toThrow(/no access token/);
    expect(await ada.guest()).not.toBe(subject);
    expect(await world.verifier.purgeGuests({ olderThan: 30 * DAY })).toMatchObject({ deleted: 1, kept: 1 });
    expect(world.known(subject)).toBeUndefined();
  });

  it('whom an administrator deleted is over, and the next one is somebody else', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.guest();
    world.pass(13 * HOUR);
    await world.fetch(`http://login.shop.localhost:4601/v2/users/${subject}`, { method: 'DELETE', headers: { authorization: `Bearer ${world.shop.pat}` } });
    expect(errorOf(await ada.session(subject))).toEqual([400, 'invalid_grant']);
    expect(ada.jar.size).toBe(0);
    expect(await ada.guest()).not.toBe(subject);
  });
});

describe('the gate', () => {
  it('gives a network its turns, and a visitor who is a guest already needs no captcha', async () => {
    const world = await World.open({ rateLimit: { network: { burst: 2, perSecond: 0.5 } }, captcha: (response) => response === 'good', allow: ({ clientAddress }) => clientAddress !== '198.51.100.1' });
    const ada = new Visitor(world);
    expect(errorOf(await ada.post('/guest', { captcha_response: 'bad' }))).toEqual([403, 'captcha_required']);
    const subject = String((await ada.post('/guest', { captcha_response: 'good' })).body['subject']);
    const refused = await ada.post('/guest', { captcha_response: 'good' });
    expect([errorOf(refused), refused.headers.get('retry-after')]).toEqual([[429, 'rate_limited'], '2']);
    world.pass(MINUTE);
    expect((await ada.post('/guest')).body['subject']).toBe(subject);
    const response = await new Visitor(world).send('/guest', { body: '{"captcha_response":"good"}', address: '198.51.100.1' });
    expect([response.status, ((await response.json()) as { error: string }).error]).toEqual([403, 'access_denied']);
  });

  it('gives one guest thirty turns that ask ZITADEL, and then one in ten seconds', async () => {
    const world = await World.open({ rateLimit: undefined, zitadel: { accessTokenSeconds: 1 } });
    const ada = new Visitor(world);
    const subject = await ada.guest();
    const statuses: number[] = [];
    for (let i = 0; i < 40; i += 1) {
      world.pass(1_000);
      statuses.push((await ada.session(subject)).status);
    }
    expect([statuses.slice(0, 30), statuses.filter((status) => status === 200).length, statuses.at(-2)]).toEqual([Array(30).fill(200), 33, 429]);
  });

  const headers: readonly (readonly [string, Readonly<Record<string, string>>, number])[] = [
    ['a foreign page', { origin: 'https://evil.example' }, 403],
    ['a page whose address begins like the shop’s', { origin: `${SHOP}.evil.example` }, 403],
    ['no page', { origin: '' }, 403],
    ['a page of nobody', { origin: 'null' }, 403],
    ['another host of the shop', { 'sec-fetch-site': 'same-site' }, 403],
    ['another site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['a person who typed the address', { 'sec-fetch-site': 'none' }, 403],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['a form that says it is text', { 'content-type': 'text/plain' }, 415],
    ['nothing that says what it is', { 'content-type': '' }, 415],
    ['something packed', { 'content-encoding': 'gzip' }, 415],
  ];
  it.each(headers)('answers %s nothing: no route opens a cookie or takes a turn', async (_, wrong, status) => {
    const world = await World.open({ rateLimit: { network: { burst: 1, perSecond: 0.001 } } });
    const ada = new Visitor(world);
    const subject = await ada.guest();
    const [before, lines] = [world.shop.zitadel.log.length, ada.lines.length];
    for (const path of ['/guest', '/session', '/upgrade', '/upgrade/confirm', '/login', '/logout', '/metadata']) {
      const response = await ada.send(path, { body: JSON.stringify({ subject }), headers: wrong });
      expect([path, response.status, response.headers.getSetCookie()]).toEqual([path, status, []]);
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
      expect(await response.text()).not.toContain(subject);
    }
    expect([world.shop.zitadel.log.length, ada.lines.length]).toEqual([before, lines]);
    await expect(world.verifier.verifyToken(ada.writing(wrong))).rejects.toMatchObject({ code: 'token_invalid' });
    expect((await ada.session(subject)).status).toBe(200);
  });

  it('answers POST and nothing else, below its own path and nowhere else', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS']) expect((await ada.send('/guest', { method })).status).toBe(405);
    for (const path of ['', '/', '/guest/', '/constructor', '/upgrade/confirm/x']) expect((await ada.send(path)).status).toBe(404);
    expect((await world.verifier.handler(new Request(`${SHOP}/guest`, { method: 'POST' }), { clientAddress: AT_HOME })).status).toBe(404);
  });

  it('reads a JSON object of 16 kB, each name once', async () => {
    const ada = new Visitor(await World.open());
    for (const body of ['', '[]', 'null', '"x"', '{', '{"subject":"1","subject":"2"}']) expect((await ada.send('/guest', { body })).status).toBe(400);
    expect((await ada.send('/guest', { body: `{"x":"${'x'.repeat(16_384)}"}` })).status).toBe(413);
  });
});
