import { beforeEach, describe, expect, test } from 'vitest';
import { BASE, call, claimsOf, codeOf, guest, makeShop, manage, refresh, SHOP, signIn, told, tokensOf, type Answer, type Shop } from './support.ts';

const ADA = 'ada@example.com';

let shop: Shop;
beforeEach(async () => {
  shop = await makeShop();
});

describe('a password', () => {
  const post = (path: string, body: unknown, token?: string): Promise<Answer> => call(shop, `POST /v1/auth/password/${path}`, { body, token });

  test('signs up, and in, and no other does', async () => {
    const up = await post('signup', { loginId: ADA, password: 'long enough', user: { name: 'Ada' } });
    expect(up.body).toMatchObject({ firstSeen: true, user: { loginIds: [ADA], name: 'Ada', email: ADA, verifiedEmail: false, password: true } });
    expect(told(await post('signup', { loginId: ADA, password: 'long enough' }))).toBe('400 E062107');
    expect((await post('signin', { loginId: ADA, password: 'long enough' })).body).toMatchObject({ firstSeen: false, user: { userId: shop.descope.users[0]?.userId } });
    for (const [loginId, password] of [[ADA, 'wrong'], ['grace@example.com', 'long enough']]) expect(told(await post('signin', { loginId, password }))).toBe('401 E062903');
    expect(told(await post('signup', { loginId: 'x', password: 'short' }))).toBe('400 E011003');
  });

  test('is replaced by whoever knows the one before', async () => {
    shop.descope.addUser({ loginId: 'guest-1', password: 'the old one' });
    expect(told(await post('replace', { loginId: 'guest-1', oldPassword: 'wrong', newPassword: 'the new one' }))).toBe('401 E062903');
    expect(told(await post('replace', { loginId: 'guest-1', oldPassword: 'the old one', newPassword: 'the old one' }))).toBe('400 E011003');
    expect(claimsOf(tokensOf(await post('replace', { loginId: 'guest-1', oldPassword: 'the old one', newPassword: 'the new one' })).session)).toMatchObject({ amr: ['pwd'] });
    expect(told(await post('signin', { loginId: 'guest-1', password: 'the old one' }))).toBe('401 E062903');
    expect((await post('signin', { loginId: 'guest-1', password: 'the new one' })).status).toBe(200);
  });

  test('is set by whoever is signed in, for themselves', async () => {
    const [ada, grace] = [await signIn(shop, ADA), await signIn(shop, 'grace@example.com')];
    const body = { loginId: ADA, newPassword: 'the new one' };
    expect([told(await post('update', body)), told(await post('update', body, grace.refresh))]).toEqual(['401 E061004', '400 E062108']);
    expect((await post('update', body, ada.refresh)).status).toBe(200);
    expect((await post('signin', { loginId: ADA, password: 'the new one' })).status).toBe(200);
    expect(shop.descope.users.map(({ hasPassword }) => hasPassword)).toEqual([true, false]);
    expect(JSON.stringify([shop.descope.users, shop.descope.log])).not.toContain('the new one');
  });

  test('is nobody\'s who has none', async () => {
    await manage(shop, 'POST /v1/mgmt/user/create', { loginId: ADA });
    expect(told(await post('signin', { loginId: ADA, password: 'undefined' }))).toBe('401 E062903');
  });
});

describe('a provider', () => {
  const authorize = (redirectURL = `${SHOP}/back?state=s1`, path = 'authorize', token?: string): Promise<Answer> =>
    call(shop, `POST /v1/auth/oauth/${path}?${new URLSearchParams({ provider: 'google', redirectURL })}`, { token });
  const urlOf = ({ body }: Answer): string => String(body['url']);
  const visit = (url: string, form?: Record<string, string>) => shop.descope.handle(new Request(url, form && { method: 'POST', body: new URLSearchParams(form) }));
  const locationOf = (response: Response): URL => new URL(response.headers.get('location') ?? 'nowhere:');
  const exchange = (code: string | null): Promise<Answer> => call(shop, 'POST /v1/auth/oauth/exchange', { body: { code } });

  async function choose(person: string, begun?: Answer): Promise<Answer> {
    return exchange(locationOf(await visit(urlOf(begun ?? (await authorize())), { person })).searchParams.get('code'));
  }

  test('shows who there is, and sends whoever was chosen back with a code that is good once', async () => {
    const url = urlOf(await authorize());
    expect(url).toMatch(new RegExp(`^${BASE}/sign-in/[a-z0-9]{26}$`));
    const page = await (await visit(url)).text();
    for (const id of ['person-ada', 'person-grace', 'person-name', 'person-continue', 'person-cancel']) expect(page).toContain(`data-testid="${id}"`);
    const back = locationOf(await visit(url, { person: 'ada' }));
    expect([back.origin + back.pathname, [...back.searchParams.keys()]]).toEqual([`${SHOP}/back`, ['state', 'code']]);
    const answer = await exchange(back.searchParams.get('code'));
    expect(answer.body).toMatchObject({ firstSeen: true, user: { loginIds: [ADA], email: ADA, verifiedEmail: true, name: 'Ada Lovelace', OAuth: { google: true } } });
    expect(told(await exchange(back.searchParams.get('code')))).toBe('400 E061301');
    expect((await visit(url, { person: 'ada' })).status).toBe(400);
    expect(shop.descope.log.map(({ pathname }) => pathname).join()).not.toMatch(/[a-z0-9]{26}/);
  });

  test('brings the same person to the same user, also one who came by mail', async () => {
    const { userId } = await signIn(shop, ADA);
    for (let i = 0; i < 2; i += 1) expect((await choose('ada')).body).toMatchObject({ firstSeen: false, user: { userId } });
    expect((await choose('grace')).body).toMatchObject({ firstSeen: true });
    expect(told(await exchange(null))).toBe('400 E061301');
  });

  test('lets a person cancel', async () => {
    const url = urlOf(await authorize());
    const back = locationOf(await visit(`${url}/cancel`));
    expect(Object.fromEntries(back.searchParams)).toEqual({ state: 's1', err: 'access_denied' });
    expect((await visit(url)).status).toBe(400);
    expect(shop.descope.users).toEqual([]);
  });

  test('waits ten minutes, its code one, and needs a name and a page of the shop', async () => {
    expect(told(await authorize('http://evil.example/'))).toBe('400 E011003');
    expect(told(await call(shop, 'POST /v1/auth/oauth/authorize?provider=myspace'))).toBe('400 E011003');
    const url = urlOf(await authorize());
    expect((await visit(url, { name: ' ' })).status).toBe(400);
    const code = locationOf(await visit(url, { name: 'Bob' })).searchParams.get('code');
    shop.time.now += 60_000;
    expect(told(await exchange(code))).toBe('400 E061301');
    const other = urlOf(await authorize());
    shop.time.now += 600_000;
    expect((await visit(other)).status).toBe(400);
  });

  test('is added to whoever is signed in, unless its e-mail is somebody else\'s', async () => {
    const grace = await signIn(shop, 'grace@example.com');
    expect((await choose('ada', await authorize(`${SHOP}/`, 'update', grace.refresh))).body).toMatchObject({ user: { userId: grace.userId, loginIds: ['grace@example.com', ADA] } });
    const bob = await signIn(shop, 'bob@example.com');
    expect(told(await choose('ada', await authorize(`${SHOP}/`, 'update', bob.refresh)))).toBe('400 E062107');
    expect(told(await authorize(`${SHOP}/`, 'update'))).toBe('401 E061004');
  });
});

describe('a flow', () => {
  const start = (flowId: string, body: object = {}): Promise<Answer> => call(shop, 'POST /v1/flow/start', { body: { flowId, options: {}, ...body } });
  const next = ({ body, headers }: Answer, input: object, changes: { readonly nonce?: string; readonly stepId?: string } = {}): Promise<Answer> =>
    call(shop, 'POST /v1/flow/next', {
      headers: { 'x-descope-flow-nonce': changes.nonce ?? headers.get('x-descope-flow-nonce') ?? '' },
      body: { executionId: body['executionId'], stepId: changes.stepId ?? body['stepId'], interactionId: 'submit', input },
    });

  test('makes a guest', async () => {
    const { body } = await start('anonymous');
    expect(body).toMatchObject({ status: 'completed', action: 'none', executionId: expect.stringMatching(/^anonymous\|#\|/) });
    const info = body['authInfo'] as Record<string, string>;
    expect([claimsOf(String(info['sessionJwt'])), info['user']]).toMatchObject([{ danu: true, drn: 'DS' }, undefined]);
    expect((await refresh(shop, info['refreshJwt'])).status).toBe(200);
    expect(told(await start('nothing'))).toBe('400 E102004');
  });

  test('makes a user of whoever reads their mail, in two screens', async () => {
    const first = await start('convert');
    expect(first.body).toMatchObject({ status: 'waiting', action: 'screen', screen: { id: 'email' } });
    const second = await next(first, { email: ADA });
    expect(second.body).toMatchObject({ status: 'waiting', stepId: '1', screen: { id: 'code', state: { sentTo: { email: ADA } } } });
    const third = await next(second, { code: codeOf(shop) });
    expect(third.body).toMatchObject({ status: 'completed', authInfo: { firstSeen: true, user: { email: ADA, verifiedEmail: true } } });
    expect(told(await next(second, { code: codeOf(shop) }))).toBe('400 E103205');
  });

  test('tells on its screen what was wrong, and goes on', async () => {
    const first = await start('convert');
    const again = await next(first, { email: 'no e-mail' });
    expect(again.body).toMatchObject({ stepId: '0', screen: { id: 'email' }, error: { code: 'E011003' } });
    const second = await next(again, { email: ADA });
    const wrong = await next(second, { code: codeOf(shop) === '000000' ? '111111' : '000000' });
    expect(wrong.body).toMatchObject({ status: 'waiting', screen: { id: 'code' }, error: { code: 'E061102' } });
    expect((await next(wrong, { code: codeOf(shop) })).body).toMatchObject({ status: 'completed' });
  });

  test('goes on with the latest nonce and step only, and for ten minutes', async () => {
    const first = await start('convert');
    expect(first.headers.get('x-descope-flow-nonce')).toMatch(/^1\.[a-z0-9]{26}$/);
    expect(told(await next(first, { email: ADA }, { nonce: '1.guessed' }))).toBe('400 E103205');
    expect(told(await next(first, { email: ADA }, { stepId: '1' }))).toBe('400 E103205');
    const second = await next(first, { email: ADA });
    expect(told(await next(first, { email: ADA }))).toBe('400 E103205');
    shop.time.now += 600_000;
    expect(told(await next(second, { code: codeOf(shop) }))).toBe('400 E103205');
  });

  test.each([['no', false], ['yes', true]] as const)('keeps the subject of a guest: %s', async (conversionKeepsSub, isKept) => {
    shop.descope.switches = { ...shop.descope.switches, conversionKeepsSub };
    const made = await guest(shop);
    const first = await start('convert', { options: { sessionJwt: made.session } });
    const second = await next(first, { email: ADA });
    const info = (await next(second, { code: codeOf(shop) })).body['authInfo'] as Record<string, string>;
    expect(claimsOf(String(info['sessionJwt'])).sub === claimsOf(made.session).sub).toBe(isKept);
    expect(claimsOf(String(info['sessionJwt']))).not.toHaveProperty('danu');
  });
});

describe('the management API', () => {
  test('finds users by what they have, a page at a time', async () => {
    const tenantId = shop.descope.addTenant({ name: 'Anonymous Users' });
    const createdAt = shop.time.now;
    for (let i = 0; i < 5; i += 1) {
      shop.descope.addUser({ loginId: `guest-${i}`, tenantIds: [tenantId], customAttributes: { even: i % 2 === 0 } });
      shop.time.now += 1000;
    }
    shop.descope.addUser({ loginId: ADA });
    await manage(shop, 'POST /v1/mgmt/user/create/test', { loginId: 'test@example.com' });
    const search = async (query: object): Promise<unknown> => {
      const { body } = await manage(shop, 'POST /v2/mgmt/user/search', query);
      return [body['total'], ...(body['users'] as { loginIds: string[] }[]).map(({ loginIds }) => loginIds[0])];
    };
    expect(await search({ tenantIds: [tenantId], page: 1, limit: 2 })).toEqual([5, 'guest-2', 'guest-3']);
    expect(await search({ toCreatedTime: createdAt + 1000 })).toEqual([2, 'guest-0', 'guest-1']);
    expect(await search({ fromCreatedTime: createdAt + 4000, tenantIds: [tenantId] })).toEqual([1, 'guest-4']);
    expect(await search({ verifiedEmail: true })).toEqual([1, ADA]);
    expect(await search({ emails: ['ADA@example.com'] })).toEqual([1, ADA]);
    expect(await search({ text: 'GUEST-3' })).toEqual([1, 'guest-3']);
    expect(await search({ customAttributes: { even: true } })).toEqual([3, 'guest-0', 'guest-2', 'guest-4']);
    expect(await search({ testUsersOnly: true, withTestUser: true })).toEqual([1, 'test@example.com']);
    expect(told(await manage(shop, 'POST /v2/mgmt/user/search', { limit: 101 }))).toBe('400 E011003');
    expect(told(await manage(shop, 'POST /v2/mgmt/user/search', { tenantIds: 'x' }))).toBe('400 E011003');
  });

  test('never leaves somebody without a login ID, or two with one', async () => {
    const userId = shop.descope.addUser({ loginId: 'guest-1' });
    shop.descope.addUser({ loginId: ADA });
    const update = (loginId: string, newLoginId?: string): Promise<Answer> => manage(shop, 'POST /v1/mgmt/user/update/loginid', { loginId, newLoginId });
    expect(told(await update('guest-1'))).toBe('400 E011003');
    expect(told(await update('guest-1', 'ADA@example.com'))).toBe('400 E062107');
    expect(told(await update(userId, 'guest-2'))).toBe('400 E011003');
    expect(told(await manage(shop, 'POST /v1/mgmt/user/create', { loginId: 'guest-3', additionalLoginIds: [ADA] }))).toBe('400 E062107');
    expect((await update('guest-1', 'guest-2')).body).toMatchObject({ user: { userId, loginIds: ['guest-2'] } });
  });

  test('gives somebody an e-mail, and says no to one that is taken where it is asked to', async () => {
    shop.descope.addUser({ loginId: 'guest-1' });
    const ada = shop.descope.addUser({ loginId: ADA });
    const update = (changes: object): Promise<Answer> => manage(shop, 'POST /v1/mgmt/user/update/email', { loginId: 'guest-1', email: ADA, ...changes });
    expect(told(await update({ verified: true, failOnConflict: true }))).toBe('400 E062107');
    expect((await update({ verified: false })).body).toMatchObject({ user: { email: ADA, verifiedEmail: false } });
    expect(shop.descope.users.map(({ userId }) => userId)).toContain(ada);
    expect((await update({ verified: true })).body).toMatchObject({ user: { loginIds: ['guest-1', ADA], email: ADA, verifiedEmail: true } });
    expect(shop.descope.users).toHaveLength(1);
    expect(told(await manage(shop, 'POST /v1/mgmt/user/create', { loginId: 'x', email: ADA, verifiedEmail: true }))).toBe('400 E062107');
  });

  test('keeps what a patch does not name', async () => {
    const tenantId = shop.descope.addTenant({ name: 'Anonymous Users' });
    shop.descope.addUser({ loginId: ADA, tenantIds: [tenantId], customAttributes: { size: 'M' } });
    const { body } = await manage(shop, 'PATCH /v1/mgmt/user/patch', { loginId: ADA, givenName: 'Ada', customAttributes: { color: 'red' } });
    expect(body).toMatchObject({ user: { givenName: 'Ada', email: ADA, verifiedEmail: true, customAttributes: { size: 'M', color: 'red' }, userTenants: [{ tenantId }] } });
    expect((await manage(shop, 'PATCH /v1/mgmt/user/patch', { loginId: ADA, userTenants: [], status: 'disabled' })).body).toMatchObject({ user: { userTenants: [], status: 'disabled' } });
    expect(told(await manage(shop, 'POST /v1/mgmt/user/patch', { loginId: ADA }))).toBe('405 E011001');
  });

  test('wants lives of tokens that make sense, and the strictest of several tenants wins', async () => {
    const settings = (changes: object): Promise<Answer> => manage(shop, 'POST /v1/mgmt/tenant/settings', { tenantId: year, enabled: true, refreshTokenExpiration: 52, refreshTokenExpirationUnit: 'weeks', ...changes });
    const year = String((await manage(shop, 'POST /v1/mgmt/tenant/create', { name: 'Anonymous Users' })).body['id']);
    const day = shop.descope.addTenant({ name: 'Staff', refreshTokenSeconds: 86_400 });
    expect(told(await manage(shop, 'POST /v1/mgmt/tenant/create', { name: 'Staff' }))).toBe('400 E011003');
    expect(told(await settings({ sessionTokenExpiration: 2, sessionTokenExpirationUnit: 'minutes' }))).toBe('400 E011003');
    expect(told(await settings({ sessionTokenExpiration: 53, sessionTokenExpirationUnit: 'weeks' }))).toBe('400 E011003');
    expect(told(await settings({ sessionTokenExpirationUnit: 'moons', sessionTokenExpiration: 1 }))).toBe('400 E011003');
    await settings({});
    expect((await call(shop, `GET /v1/mgmt/tenant/settings?id=${year}`, { token: shop.descope.managementKey })).body).toMatchObject({ enabled: true, refreshTokenExpiration: 52 });
    shop.descope.addUser({ loginId: 'one', password: 'long enough', tenantIds: [year] });
    shop.descope.addUser({ loginId: 'both', password: 'long enough', tenantIds: [year, day] });
    const lifeOf = async (loginId: string): Promise<number> => {
      const { iat = 0, exp = 0 } = claimsOf(tokensOf(await call(shop, 'POST /v1/auth/password/signin', { body: { loginId, password: 'long enough' } })).refresh);
      return exp - iat;
    };
    expect([await lifeOf('one'), await lifeOf('both')]).toEqual([52 * 604_800, 86_400]);
    await settings({ enabled: false });
    expect(await lifeOf('one')).toBe(28 * 86_400);
  });

  test('gives codes and links of test users only', async () => {
    shop.descope.addUser({ loginId: ADA });
    for (const what of ['otp', 'magiclink']) expect(told(await manage(shop, `POST /v1/mgmt/tests/generate/${what}`, { deliveryMethod: 'email', loginId: ADA }))).toBe('400 E112102');
    await manage(shop, 'POST /v1/mgmt/user/create/test', { loginId: 'test@example.com' });
    expect(told(await manage(shop, 'POST /v1/mgmt/tests/generate/otp', { deliveryMethod: 'sms', loginId: 'test@example.com' }))).toBe('400 E011003');
    const { body } = await manage(shop, 'POST /v1/mgmt/tests/generate/otp', { deliveryMethod: 'email', loginId: 'test@example.com' });
    expect(body).toEqual({ loginId: 'test@example.com', code: expect.stringMatching(/^\d{6}$/) });
    expect(shop.mails).toEqual([]);
  });
});
