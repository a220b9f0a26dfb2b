import { CompactEncrypt } from 'jose';
import { describe, expect, it } from 'vitest';
import { ADA, DAY, errorOf, GUEST_COOKIE, HOUR, newKey, USER_COOKIE, Visitor, World } from './support.ts';

const refusedOf = async (visitor: Visitor, subject: string): Promise<readonly unknown[]> => [
  errorOf(await visitor.session(subject)),
  await visitor.world.verifier.verifyToken(visitor.api()).then(({ subject: who }) => who, (error: { code: string }) => error.code),
];
const nobody = [[400, 'invalid_grant'], 'token_missing'];

/** What a cookie holds, sealed by anybody who has the key. */
const sealed = (inside: object, key: string, header: object = {}): Promise<string> =>
  new CompactEncrypt(new TextEncoder().encode(JSON.stringify(inside))).setProtectedHeader({ alg: 'dir', enc: 'A256GCM', typ: GUEST_COOKIE, ...header }).encrypt(Buffer.from(key, 'base64url'));

describe('a cookie', () => {
  it('that somebody wrote by hand is nobody’s', async () => {
    const world = await World.open();
    const [ada, eve] = [new Visitor(world), new Visitor(world)];
    const subject = await ada.guest();
    const inside = { sub: subject, gen: 0, exp: 0, life: 0, iat: world.now / 1000, end: world.now / 1000 + 1_000 };
    const forged = [JSON.stringify(inside), Buffer.from(JSON.stringify(inside)).toString('base64url'), await sealed(inside, newKey()), 'a.b.c.d.e', '....', ''];
    for (const value of forged) {
      eve.jar.set(GUEST_COOKIE, value);
      expect([value, ...(await refusedOf(eve, subject))]).toEqual([value, ...nobody]);
    }
    // The same by our own key opens, so that what is refused above is refused for the key.
    eve.jar.set(GUEST_COOKIE, await sealed(inside, String(world.sealingKeys[0])));
    expect((await eve.session(subject)).status).toBe(200);
  });

  it('of which any character was changed, or anything cut off, is nobody’s', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.guest();
    const value = ada.jar.get(GUEST_COOKIE) ?? '';
    const ends = value.split('.').reduce<number[]>((all, part) => [...all, (all.at(-1) ?? -1) + part.length + 1], []).map((end) => end - 1);
    for (let at = 0; at < value.length; at += 7) {
      // The last character of a part may hold bits that count for nothing.
      if (value[at] === '.' || ends.includes(at)) continue;
      const eve = new Visitor(world);
      eve.jar.set(GUEST_COOKIE, value.slice(0, at) + (value[at] === 'A' ? 'B' : 'A') + value.slice(at + 1));
      expect([at, ...(await refusedOf(eve, subject))]).toEqual([at, ...nobody]);
      eve.jar.set(GUEST_COOKIE, value.slice(0, at));
      expect([at, ...(await refusedOf(eve, subject))]).toEqual([at, ...nobody]);
    }
  });

  it('of the guest is none of the user, and the other way round', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const guest = await ada.guest();
    const user = await ada.signIn();
    const eve = new Visitor(world);
    eve.jar.set(USER_COOKIE, ada.jar.get(GUEST_COOKIE) ?? '');
    expect(await refusedOf(eve, guest)).toEqual(nobody);
    eve.jar.clear();
    eve.jar.set(GUEST_COOKIE, ada.jar.get(USER_COOKIE) ?? '');
    expect(await refusedOf(eve, user)).toEqual(nobody);
  });

  it('opens with a key that was there before, and is sealed with the new one; without the old key it is nobody’s', async () => {
    const world = await World.open();
    const [ada, bob] = [new Visitor(world), new Visitor(world)];
    const [subject, other] = [await ada.guest(), await bob.guest()];
    const [old] = world.sealingKeys;
    const fresh = newKey();
    world.restart({ sealingKeys: [fresh, String(old)] });
    expect((await ada.session(subject)).status).toBe(200);
    world.restart({ sealingKeys: [fresh] });
    expect((await ada.session(subject)).status).toBe(200);
    expect(await refusedOf(bob, other)).toEqual(nobody);
  });

  it('with another algorithm, two of one name, or one that is too long, is nobody’s', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.guest();
    const value = ada.jar.get(GUEST_COOKIE) ?? '';
    const asking = (cookie: string) => ada.send('/session', { body: JSON.stringify({ subject }), headers: { cookie } });
    expect((await asking(`${GUEST_COOKIE}=${value}`)).status).toBe(200);
    expect((await asking(`other=1; ${GUEST_COOKIE}=${value};x=2`)).status).toBe(200);
    expect((await asking(`${GUEST_COOKIE}=${value}; ${GUEST_COOKIE}=${value}`)).status).toBe(400);
    expect((await asking(`${GUEST_COOKIE.slice(7)}=${value}`)).status).toBe(400);
    expect((await asking(`${GUEST_COOKIE}=${'x'.repeat(100_000)}`)).status).toBe(400);
    const inside = { sub: subject, gen: 0, exp: 0, life: 0, iat: 0, end: world.now };
    const weak = await new CompactEncrypt(new TextEncoder().encode(JSON.stringify(inside))).setProtectedHeader({ alg: 'A256GCMKW', enc: 'A256GCM', typ: GUEST_COOKIE }).encrypt(Buffer.from(String(world.sealingKeys[0]), 'base64url'));
    expect((await asking(`${GUEST_COOKIE}=${weak}`)).status).toBe(400);
  });

  it('that lacks something is nobody’s', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.guest();
    const whole = { sub: subject, gen: 0, exp: 0, life: 0, iat: 0, end: world.now };
    for (const name of Object.keys(whole)) {
      ada.jar.set(GUEST_COOKIE, await sealed({ ...whole, [name]: undefined }, String(world.sealingKeys[0])));
      expect([name, ...(await refusedOf(ada, subject))]).toEqual([name, ...nobody]);
    }
  });

  it('is of its subject and of no other', async () => {
    const world = await World.open();
    const [ada, bob] = [new Visitor(world), new Visitor(world)];
    await ada.guest();
    expect(errorOf(await ada.session(await bob.guest()))).toEqual([400, 'invalid_grant']);
  });

  it('copied before the upgrade opens nothing afterwards, whoever has it and whenever', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.guest();
    const thieves = Array.from({ length: 5 }, () => ada.thief());
    const proof = await ada.challenge();
    thieves.push(ada.thief());
    expect((await ada.confirm(proof)).body).toEqual({ subject });
    for (const [i, thief] of thieves.entries()) {
      const before = world.shop.zitadel.log.length;
      expect(errorOf(await (i % 2 ? thief.session(subject) : thief.post('/guest')))).toEqual([400, 'guest_upgraded']);
      expect(world.asked(before)).toEqual([]);
      world.pass(5 * DAY);
    }
    const thief = ada.thief();
    for (const path of ['/upgrade', '/upgrade/confirm', '/metadata']) {
      thief.jar.set(GUEST_COOKIE, thieves[0]?.lines[0] ?? '');
      expect((await thief.post(path, { ...ADA, subject, password: 'another password', ...proof })).status).toBe(400);
    }
    expect(world.known(subject)).toMatchObject({ username: ADA.email, email: ADA.email, isVerified: true, hasPassword: true, metadataKeys: [] });
  });

  it('copied before the upgrade opens nothing, also where the store has lost what was decided', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.guest();
    const [thief, other] = [ada.thief(), ada.thief()];
    await ada.becomeUser();
    const { memoryStore } = await import('../../src/index.ts');
    world.restart({ store: memoryStore({ now: () => world.now }) });
    world.pass(13 * HOUR);
    expect(errorOf(await thief.session(subject))).toEqual([400, 'guest_upgraded']);
    world.restart({ store: memoryStore({ now: () => world.now }) });
    expect(errorOf(await other.confirm(await other.challenge({ ...ADA, email: 'eve@evil.example' }), { email: 'eve@evil.example', password: 'password of eve' }))).toEqual([400, 'guest_upgraded']);
    expect(world.known(subject)).toMatchObject({ username: ADA.email, email: ADA.email });
  });

  it('of a guest who lost the tag opens nothing', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.guest();
    const tag = world.known(subject)?.metadataKeys[0] ?? '';
    await world.fetch(`http://login.shop.localhost:4601/v2/users/${subject}/metadata?keys=${tag}`, { method: 'DELETE', headers: { authorization: `Bearer ${world.shop.pat}` } });
    expect(world.known(subject)?.metadataKeys).toEqual([]);
    world.pass(13 * HOUR);
    const before = world.shop.zitadel.log.length;
    expect(errorOf(await ada.session(subject))).toEqual([503, 'temporarily_unavailable']);
    expect(world.asked(before)).not.toContain('POST /oauth/v2/token');
  });

  it('yields no token of the user whom the guest became while its token was just being had', async () => {
    const world = await World.open({ tokens: 'exposed' });
    const ada = new Visitor(world);
    const subject = await ada.guest();
    const thief = ada.thief();
    world.pass(13 * HOUR);
    const proof = await ada.challenge();
    const slow = world.start({
      tokens: 'exposed',
      fetch: async (input, init) => {
        // After ZITADEL was asked whether this is a guest, and before the exchange.
        if (String(input).endsWith('/token')) expect((await ada.confirm(proof)).status).toBe(200);
        return world.fetch(input, init);
      },
    });
    const answer = await thief.session(subject, slow);
    expect([errorOf(answer), answer.body['access_token']]).toEqual([[400, 'guest_upgraded'], undefined]);
  });

  it('that holds too long a token leaves the token out, and the session goes on', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const subject = await ada.guest();
    const whole = world.fetch;
    world.restart({
      fetch: async (input, init) => {
        const response = await whole(input, init);
        if (!String(input).endsWith('/oauth/v2/token')) return response;
        const body = (await response.json()) as { access_token: string };
        const [head = '', claims = '', end = ''] = body.access_token.split('.');
        const long = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(claims, 'base64url').toString()) as object, roles: 'x'.repeat(4_000) })).toString('base64url');
        return Response.json({ ...body, access_token: `${head}.${long}.${end}` });
      },
    });
    world.pass(13 * HOUR);
    expect((await ada.session(subject)).body).toMatchObject({ subject, expires_in: 43_200 });
    for (const line of ada.lines) expect(line.length).toBeLessThanOrEqual(4_096);
    expect(await world.verifier.verifyToken(ada.api())).toMatchObject({ subject, kind: 'guest', claims: { sub: subject } });
  });
});
