import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { askForEmail, call, claimsOf, codeOf, linkOf, makeShop, manage, refresh, SHOP, signIn, told, tokensOf, verify, type Answer, type Shop } from './support.ts';

const ADA = 'ada@example.com';
const GRACE = 'grace@example.com';

let shop: Shop;
beforeEach(async () => {
  shop = await makeShop();
});

const send = (loginId: string, mode = 'signup-in'): Promise<Answer> => call(shop, `POST /v1/auth/otp/${mode}/email`, { body: { loginId } });
const wrong = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

describe('a code by mail', () => {
  test('makes a user when it comes back, and not before', async () => {
    expect(await send(ADA)).toMatchObject({ status: 200, body: { maskedEmail: 'a**@example.com' } });
    expect(shop.descope.users).toEqual([]);
    expect(shop.mails).toEqual([{ to: ADA, subject: 'Your code', text: expect.stringMatching(/^\D*\d{6}\D*$/) }]);
    const { body } = await verify(shop, ADA);
    expect(body).toMatchObject({ firstSeen: true, user: { loginIds: [ADA], email: ADA, verifiedEmail: true, status: 'enabled' } });
    expect(claimsOf(String(body['sessionJwt']))).toMatchObject({ amr: ['email'], sub: shop.descope.users[0]?.userId });
    expect(claimsOf(String(body['sessionJwt']))).not.toHaveProperty('danu');
  });

  test('leads the same person to the same user, however they write themselves', async () => {
    const first = await signIn(shop, ADA);
    const second = await signIn(shop, ' ADA@Example.com ');
    expect([first.firstSeen, second.firstSeen, second.userId]).toEqual([true, false, first.userId]);
  });

  test('is only for the login ID that it was sent to', async () => {
    await send(ADA);
    const code = codeOf(shop);
    await send(GRACE);
    expect(told(await verify(shop, GRACE, code === codeOf(shop) ? wrong(code) : code))).toBe('401 E061102');
    expect(told(await verify(shop, 'somebody@example.com', code))).toBe('401 E061104');
    expect(tokensOf(await verify(shop, ADA, code)).session).not.toBe('');
  });

  test('is good once, for three minutes, and until the next one', async () => {
    await send(ADA);
    const first = codeOf(shop);
    await send(ADA);
    if (first !== codeOf(shop)) expect(told(await verify(shop, ADA, first))).toBe('401 E061102');
    expect((await verify(shop, ADA)).status).toBe(200);
    expect(told(await verify(shop, ADA))).toBe('401 E061104');
    await send(ADA);
    shop.time.now += 180_000;
    expect(told(await verify(shop, ADA))).toBe('401 E061104');
  });

  test('can be tried five times', async () => {
    await send(ADA);
    const code = codeOf(shop);
    for (let i = 0; i < 5; i += 1) expect(told(await verify(shop, ADA, wrong(code)))).toBe('401 E061102');
    expect(told(await verify(shop, ADA, code))).toBe('401 E061103');
    await send(ADA);
    expect((await verify(shop, ADA)).status).toBe(200);
  });

  test.each([['made', false], ['first_sign_in', true]] as const)('of whom a server made is their first sign-in, or is none, as the switch says (%s)', async (firstSeen, first) => {
    shop.descope.switches = { ...shop.descope.switches, firstSeen };
    await manage(shop, 'POST /v1/mgmt/user/create', { loginId: 'ada@example.com' });
    expect([(await signIn(shop, 'ada@example.com')).firstSeen, (await signIn(shop, 'ada@example.com')).firstSeen]).toEqual([first, false]);
  });

  test('signs in who is there, and up who is not', async () => {
    expect(told(await send(ADA, 'signin'))).toBe('400 E062108');
    await send(ADA, 'signup');
    await verify(shop, ADA);
    expect(told(await send(ADA, 'signup'))).toBe('400 E062107');
    await send(ADA, 'signin');
    expect((await verify(shop, ADA)).body).toMatchObject({ firstSeen: false });
  });

  test('is good exactly once in time with five tries, whatever else is tried', async () => {
    const step = fc.oneof(fc.constant('right' as const), fc.constant('wrong' as const), fc.constant('other' as const), fc.integer({ min: 1, max: 120 }));
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      await send(ADA);
      const [code, sentAt] = [codeOf(shop), shop.time.now];
      let [tries, isUsed] = [0, false];
      for (const one of steps) {
        if (typeof one === 'number') shop.time.now += one * 1000;
        else {
          const answer = await verify(shop, one === 'other' ? GRACE : ADA, one === 'wrong' ? wrong(code) : code);
          const isGood = one === 'right' && !isUsed && tries < 5 && shop.time.now - sentAt < 180_000;
          expect(answer.status === 200).toBe(isGood);
          isUsed ||= isGood;
          if (one === 'wrong') tries += 1;
        }
      }
    }), { numRuns: 40 });
    expect(shop.descope.users.map(({ loginIds }) => loginIds)).toEqual([[ADA]]);
  });
});

describe('a link by mail', () => {
  const sendLink = (loginId: string, redirectUrl = `${SHOP}/back?state=s1#top`): Promise<Answer> => call(shop, 'POST /v1/auth/magiclink/signup-in/email', { body: { loginId, redirectUrl } });
  const open = (): Promise<Answer> => call(shop, 'POST /v1/auth/magiclink/verify', { body: { token: linkOf(shop).searchParams.get('t') } });

  test('leads back with what was there, signs up, and is good once', async () => {
    expect((await sendLink(ADA)).body).toEqual({ maskedEmail: 'a**@example.com' });
    const { origin, pathname, searchParams, hash } = linkOf(shop);
    expect([origin, pathname, [...searchParams.keys()], searchParams.get('state'), hash]).toEqual([SHOP, '/back', ['state', 't'], 's1', '#top']);
    expect((await open()).body).toMatchObject({ firstSeen: true, user: { email: ADA, verifiedEmail: true } });
    expect(told(await open())).toBe('401 E063010');
  });

  test('is over after three minutes', async () => {
    await sendLink(ADA);
    shop.time.now += 180_000;
    expect(told(await open())).toBe('401 E062504');
    expect(shop.descope.users).toEqual([]);
  });

  test.each(['http://evil.example/', 'javascript:alert(1)', `${SHOP}.evil.example/`, `blob:${SHOP}/x`, `${SHOP.replace('//', '//me@')}/`, 'nothing'])('never leads to %s', async (redirectUrl) => {
    expect(told(await sendLink(ADA, redirectUrl))).toBe('400 E011003');
    expect(shop.mails).toEqual([]);
  });

  test('gives a signed-in user another e-mail', async () => {
    const { refresh: token, userId } = await signIn(shop, ADA);
    const ask = (body: object, as?: string) => call(shop, 'POST /v1/auth/magiclink/update/email', { token: as, body: { loginId: ADA, email: GRACE, addToLoginIDs: true, URI: `${SHOP}/`, ...body } });
    expect(told(await ask({}))).toBe('401 E061004');
    await ask({}, token);
    expect((await open()).body).toMatchObject({ firstSeen: false, user: { userId, loginIds: [ADA, GRACE], email: GRACE, verifiedEmail: true } });
  });
});

describe('another e-mail for whoever is signed in', () => {
  test('needs their own refresh token, and an e-mail', async () => {
    const [ada, grace] = [await signIn(shop, ADA), await signIn(shop, GRACE)];
    expect(told(await call(shop, 'POST /v1/auth/otp/update/email', { body: { loginId: ADA, email: 'new@example.com' } }))).toBe('401 E061004');
    expect(told(await askForEmail(shop, grace.refresh, { loginId: ADA, email: 'new@example.com' }))).toBe('400 E062108');
    expect(told(await askForEmail(shop, ada.refresh, { loginId: ADA, email: 'new' }))).toBe('400 E011003');
    expect(told(await askForEmail(shop, ada.session, { loginId: ADA, email: 'new@example.com' }))).toBe('401 E061005');
    const anonymous = (await manage(shop, 'POST /v1/mgmt/auth/anonymous')).body['refreshJwt'];
    expect(told(await askForEmail(shop, String(anonymous), { loginId: ADA, email: 'new@example.com' }))).toBe('400 E062108');
  });

  test('is theirs once they read its mail, beside the login ID or not', async () => {
    const { refresh: token, userId } = await signIn(shop, ADA);
    await askForEmail(shop, token, { loginId: ADA, email: 'kept@example.com' });
    expect((await verify(shop, ADA)).body).toMatchObject({ user: { userId, loginIds: [ADA], email: 'kept@example.com' } });
    await askForEmail(shop, token, { loginId: userId, email: 'added@example.com', addToLoginIDs: true });
    expect(shop.descope.users[0]).toMatchObject({ loginIds: [ADA], email: 'kept@example.com' });
    expect((await verify(shop, 'added@example.com')).body).toMatchObject({ user: { userId, loginIds: [ADA, 'added@example.com'], email: 'added@example.com', verifiedEmail: true } });
  });

  test.each([['login_id', '200', '401 E061104'], ['email', '401 E061104', '200']] as const)('is verified by the %s where only that is taken', async (verifyUpdateBy, byLoginId, byEmail) => {
    shop.descope.switches = { ...shop.descope.switches, verifyUpdateBy };
    const { refresh: token } = await signIn(shop, ADA);
    for (const [name, expected] of [[ADA, byLoginId], [GRACE, byEmail]] as const) {
      await askForEmail(shop, token, { loginId: ADA, email: GRACE });
      expect(told(await verify(shop, name)).trim()).toBe(expected);
    }
  });

  test('that is somebody\'s login ID makes one of the two: whoever asked', async () => {
    const [ada, grace] = [await signIn(shop, ADA), await signIn(shop, GRACE)];
    await manage(shop, 'POST /v1/mgmt/user/update/customAttribute', { loginId: GRACE, attributeKey: 'size', attributeValue: 'M' });
    await askForEmail(shop, ada.refresh, { loginId: ADA, email: GRACE, addToLoginIDs: true });
    expect((await verify(shop, ADA)).body).toMatchObject({ user: { userId: ada.userId, loginIds: [ADA, GRACE], email: GRACE, customAttributes: { size: 'M' } } });
    expect(shop.descope.users.map(({ userId }) => userId)).toEqual([ada.userId]);
    expect([told(await refresh(shop, grace.refresh)), (await refresh(shop, ada.refresh)).status]).toEqual(['401 E064001', 200]);
  });

  test.each([['united', 1], ['survivor', 0]] as const)('or whoever had it, with the tenants %s', async (mergedTenants, tenants) => {
    shop.descope.switches = { ...shop.descope.switches, mergedTenants };
    const tenantId = shop.descope.addTenant({ name: 'Anonymous Users' });
    const [ada, grace] = [await signIn(shop, ADA), await signIn(shop, GRACE)];
    await manage(shop, 'POST /v1/mgmt/user/update/tenant/add', { loginId: ADA, tenantId });
    await askForEmail(shop, ada.refresh, { loginId: ADA, email: GRACE, addToLoginIDs: true, onMergeUseExisting: true });
    const { body } = await verify(shop, ADA);
    expect(body).toMatchObject({ firstSeen: false, user: { userId: grace.userId, loginIds: [GRACE, ADA], email: GRACE } });
    expect(claimsOf(String(body['sessionJwt'])).sub).toBe(grace.userId);
    expect(shop.descope.users.map((user) => [user.userId, user.tenants.length])).toEqual([[grace.userId, tenants]]);
    expect([told(await refresh(shop, ada.refresh)), (await refresh(shop, grace.refresh)).status]).toEqual(['401 E064001', 200]);
  });

  test('is nobody\'s who was deleted meanwhile', async () => {
    const { refresh: token, userId } = await signIn(shop, ADA);
    await askForEmail(shop, token, { loginId: ADA, email: GRACE, addToLoginIDs: true });
    await manage(shop, 'POST /v1/mgmt/user/delete', { userId });
    expect(told(await verify(shop, ADA))).toBe('400 E062108');
    expect(shop.descope.users).toEqual([]);
  });

  test('never makes a user, and never one e-mail of two, whoever asks for whose', async () => {
    const names = ['a', 'b', 'c', 'd'].map((name) => `${name}@example.com`);
    const name = fc.constantFrom(...names);
    const ask = fc.record({ by: name, email: name, addToLoginIDs: fc.boolean(), onMergeUseExisting: fc.boolean() });
    await fc.assert(fc.asyncProperty(fc.array(ask, { minLength: 1, maxLength: 6 }), async (asks) => {
      shop = await makeShop();
      for (const { by, ...body } of asks) {
        const { refresh: token, userId } = await signIn(shop, by);
        const before = shop.descope.users;
        await askForEmail(shop, token, { loginId: userId, ...body });
        const answer = await verify(shop, userId);
        expect(answer.status).toBe(200);
        expect(shop.descope.users.map(({ userId }) => userId)).toContain(claimsOf(String(answer.body['sessionJwt'])).sub);
        expect(before.map(({ userId }) => userId)).toEqual(expect.arrayContaining(shop.descope.users.map(({ userId }) => userId)));
        const [emails, loginIds] = [shop.descope.users.filter(({ verifiedEmail }) => verifiedEmail).map(({ email }) => email), shop.descope.users.flatMap((user) => user.loginIds)];
        expect([new Set(emails).size, new Set(loginIds).size]).toEqual([emails.length, loginIds.length]);
      }
    }), { numRuns: 40 });
  });
});
