import * as fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { call, guest, makeGuest, makeShop, rpc, type Answer, type Shop } from './support.ts';

let shop: Shop;
beforeEach(async () => {
  shop = await makeShop();
});

const known = (userId: string): unknown => shop.zitadel.users.find((user) => user.userId === userId);
const encoded = (text: string): string => Buffer.from(text).toString('base64');

/** The same work in both dialects, each asked in its own form and read in its own words. */
const DIALECTS = {
  connect: {
    ask: (name: string, body: Record<string, unknown>): Promise<Answer> => rpc(shop, name, body),
    refusal: ({ status, body: { code, message } }: Answer) => [status, code, message],
  },
  rest: {
    ask: (name: string, body: Record<string, unknown>): Promise<Answer> => {
      const { userId, ...rest } = body;
      const keys = new URLSearchParams((Array.isArray(body['keys']) ? body['keys'] : []).map((key) => ['keys', String(key)])).toString();
      const address: Readonly<Record<string, string>> = {
        CreateUser: 'POST /v2/users/new', UpdateUser: `PATCH /v2/users/${userId}`, SetEmail: `POST /v2/users/${userId}/email`, VerifyEmail: `POST /v2/users/${userId}/email/verify`, SetPassword: `POST /v2/users/${userId}/password`,
        SetUserMetadata: `POST /v2/users/${userId}/metadata`, ListUserMetadata: `POST /v2/users/${userId}/metadata/search`, DeleteUserMetadata: `DELETE /v2/users/${userId}/metadata?${keys}`, DeleteUser: `DELETE /v2/users/${userId}`,
        GetUserByID: `GET /v2/users/${userId}`, ListUsers: 'POST /v2/users',
      };
      const route = address[name] ?? '';
      return call(shop, route, /^(GET|DELETE)/.test(route) ? {} : { body: name === 'CreateUser' || name === 'ListUsers' ? body : rest });
    },
    refusal: ({ status, body: { code, message, details } }: Answer) => {
      const word = ({ 3: 'invalid_argument', 5: 'not_found', 6: 'already_exists', 9: 'failed_precondition' } as Readonly<Record<number, string>>)[Number(code)];
      const [{ id = '', message: reason = '' } = {}] = details as { id?: string; message?: string }[];
      expect(message).toBe(`${reason} (${id})`);
      return [status, word, message];
    },
  },
};

describe.each(['connect', 'rest'] as const)('in the form of %s', (form) => {
  const ask = (name: string, body: Record<string, unknown>): Promise<Answer> => DIALECTS[form].ask(name, body);
  const refused = async (name: string, body: Record<string, unknown>): Promise<unknown> => DIALECTS[form].refusal(await ask(name, body));
  const make = async (username: string, changes: Readonly<Record<string, unknown>> = {}): Promise<string> => String((await ask('CreateUser', guest(username, changes))).body['id']);

  test('a guest is made, seen and deleted, once', async () => {
    const { status, body } = await ask('CreateUser', guest('guest_1'));
    const now = new Date(shop.time.now).toISOString();
    expect([status, body]).toEqual([200, { id: expect.stringMatching(/^\d{18}$/), creationDate: now }]);
    const userId = String(body['id']);
    const seen = await ask('GetUserByID', { userId });
    const details = { sequence: '1', creationDate: now, changeDate: now, resourceOwner: shop.zitadel.orgId };
    const names = { userId, state: 'USER_STATE_ACTIVE', username: 'guest_1', loginNames: ['guest_1'], preferredLoginName: 'guest_1' };
    // What is false, empty or 0 is not written.
    const human = { ...names, profile: { givenName: 'Guest', familyName: 'User', displayName: 'Guest User' }, email: { email: 'guest_1@guest.invalid' } };
    expect(seen).toEqual({ status: 200, body: { details, user: { ...names, details, human } } });
    expect((await ask('DeleteUser', { userId })).body).toMatchObject({ details: { resourceOwner: shop.zitadel.orgId } });
    expect(await refused('DeleteUser', { userId })).toEqual([404, 'not_found', 'User could not be found (COMMAND-bd4ir1mblj)']);
    expect(await refused('GetUserByID', { userId })).toEqual([404, 'not_found', 'User could not be found (QUERY-Dfbg2)']);
    expect((await ask('CreateUser', guest('guest_1'))).status).toBe(200);
  });

  test('a name is taken by one person only, whatever its case, and an e-mail by many', async () => {
    await make('ada@example.com');
    const other = await make('guest_2', { email: { email: 'ada@example.com' } });
    const taken = [409, 'already_exists', 'User already exists (V3-DKcYh)'];
    expect(await refused('CreateUser', guest('Ada@Example.com'))).toEqual(taken);
    const before = known(other);
    expect(await refused('UpdateUser', { userId: other, username: 'ADA@example.com', human: { email: { email: 'x@example.com', isVerified: true }, password: { password: { password: 'long enough' } } } })).toEqual(taken);
    expect(known(other)).toEqual(before);
    expect(await refused('CreateUser', { ...guest('guest_3'), userId: other })).toEqual([400, 'failed_precondition', 'User already exists (COMMAND-7yiox1isql)']);
  });

  test('a guest becomes a user by one call, which may come twice', async () => {
    const userId = await make('guest_1');
    const update = { userId, username: 'ada@example.com', human: { profile: { givenName: 'Ada', familyName: 'Lovelace' }, email: { email: 'ada@example.com', isVerified: true }, password: { password: { password: 'Difference-1', changeRequired: false } } } };
    for (const _time of [1, 2]) expect(await ask('UpdateUser', update)).toEqual({ status: 200, body: { changeDate: new Date(shop.time.now).toISOString() } });
    expect(known(userId)).toEqual({ userId, username: 'ada@example.com', kind: 'human', email: 'ada@example.com', isVerified: true, givenName: 'Ada', familyName: 'Lovelace', hasPassword: true, metadataKeys: ['GUEST_2025_01_01'] });
    expect((await ask('CreateUser', guest('guest_1'))).status).toBe(200);
  });

  test('nothing of an update is kept where one part of it is refused', async () => {
    const userId = await make('guest_1');
    const before = known(userId);
    const update = (human: unknown, username = 'ada@example.com'): Promise<unknown> => refused('UpdateUser', { userId, username, human: { profile: { givenName: 'Ada' }, ...(human as object) } });
    expect(await update({ password: { password: { password: 'seven77' } } })).toEqual([400, 'invalid_argument', 'Password is too short (COMMA-HuJf6)']);
    expect(await update({ password: { password: { password: '' } } })).toEqual([400, 'invalid_argument', 'Password is empty (COMMAND-3klek4sbns)']);
    expect(await update({ password: { password: { password: 'long enough' }, currentPassword: 'not mine' } })).toEqual([400, 'invalid_argument', 'Password is invalid (COMMAND-3M0fs)']);
    expect(await update({ email: { email: 'no address' } })).toEqual([400, 'invalid_argument', 'Email is invalid (EMAIL-599BI)']);
    expect(await update({ profile: { givenName: '' } })).toEqual([400, 'invalid_argument', 'First name or last name is empty or too long (USER-UCej2)']);
    expect(await update({}, '')).toEqual([400, 'invalid_argument', 'Username is empty (COMMAND-SRc8gs)']);
    expect(known(userId)).toEqual(before);
    expect(await refused('UpdateUser', { userId: '1' })).toEqual([404, 'not_found', 'User could not be found (COMMAND-ugjs0upun6)']);
  });

  test('an e-mail is proved by the code that was handed out, in time and once', async () => {
    const userId = await make('guest_1');
    const verify = (verificationCode: string): Promise<unknown> => refused('VerifyEmail', { userId, verificationCode });
    const set = async (): Promise<string> => String((await ask('SetEmail', { userId, email: 'ada@example.com', returnCode: {} })).body['verificationCode']);
    const late = await set();
    shop.time.now += 3_600_000;
    expect(await verify(late)).toEqual([400, 'failed_precondition', 'Code is expired (CODE-QvUQ4P)']);
    const code = await set();
    expect(await verify('wrong')).toEqual([400, 'invalid_argument', 'Code is invalid (CODE-woT0xc)']);
    expect(await verify(late)).toEqual([400, 'invalid_argument', 'Code is invalid (CODE-woT0xc)']);
    expect(known(userId)).toMatchObject({ email: 'ada@example.com', isVerified: false });
    expect((await ask('VerifyEmail', { userId, verificationCode: code })).status).toBe(200);
    expect(known(userId)).toMatchObject({ isVerified: true });
    expect(await verify(code)).toEqual([400, 'failed_precondition', 'Code not found (COMMAND-2M9fs)']);
    expect((await ask('UpdateUser', { userId, human: { email: { email: 'b@example.com', returnCode: {} } } })).body['emailCode']).toMatch(/^[A-Z0-9]{6}$/);
    expect((await ask('SetEmail', { userId, email: 'c@example.com', sendCode: {} })).body['verificationCode']).toBe(undefined);
    expect(known(userId)).toMatchObject({ email: 'c@example.com', isVerified: false });
  });

  test('a password is set, and asked for where the request says the old one', async () => {
    const userId = await make('guest_1');
    expect((await ask('SetPassword', { userId, newPassword: { password: 'long enough' } })).status).toBe(200);
    expect(known(userId)).toMatchObject({ hasPassword: true });
    expect(await refused('SetPassword', { userId, newPassword: { password: 'another one' }, currentPassword: 'wrong' })).toEqual([400, 'invalid_argument', 'Password is invalid (COMMAND-3M0fs)']);
    expect(await refused('SetPassword', { userId, newPassword: { password: 'another one' }, verificationCode: 'x' })).toEqual([400, 'failed_precondition', 'Code not found (COMMAND-2M9fs)']);
    expect((await ask('SetPassword', { userId, newPassword: { password: 'another one' }, currentPassword: 'long enough' })).status).toBe(200);
    expect(await refused('SetPassword', { userId, newPassword: { password: 'short' } })).toEqual([400, 'invalid_argument', 'Password is too short (COMMA-HuJf6)']);
  });

  test('metadata is set, listed newest first in pages, and deleted together or not at all', async () => {
    const userId = await make('guest_1');
    expect((await ask('SetUserMetadata', { userId, metadata: [{ key: 'shop_a', value: encoded('1') }, { key: 'shop_b', value: encoded('2') }] })).body).toEqual({ setDate: expect.any(String) });
    shop.time.now += 1000;
    await ask('SetUserMetadata', { userId, metadata: [{ key: 'shop_a', value: encoded('3') }] });
    const list = async (body: Record<string, unknown> = {}): Promise<unknown[]> => ((await ask('ListUserMetadata', { userId, ...body })).body['metadata'] ?? []) as unknown[];
    const created = { creationDate: new Date(shop.time.now - 1000).toISOString(), changeDate: new Date(shop.time.now - 1000).toISOString() };
    expect(await ask('ListUserMetadata', { userId })).toEqual({
      status: 200,
      body: {
        pagination: { totalResult: '3', appliedLimit: '100' },
        metadata: [{ ...created, key: 'shop_b', value: encoded('2') }, { ...created, changeDate: new Date(shop.time.now).toISOString(), key: 'shop_a', value: encoded('3') }, { ...created, key: 'GUEST_2025_01_01', value: encoded('created') }],
      },
    });
    const keysOf = (rows: readonly unknown[]): unknown[] => rows.map((row) => (row as { key: string }).key);
    expect(keysOf(await list({ pagination: { offset: '1', limit: 1, asc: true } }))).toEqual(['shop_a']);
    for (const [method, key, count] of [['STARTS_WITH', 'shop_', 2], ['STARTS_WITH', 'SHOP_', 0], ['STARTS_WITH_IGNORE_CASE', 'SHOP_', 2], ['ENDS_WITH', '_b', 1], ['CONTAINS', '_2025', 1], ['EQUALS', 'shop_', 0], ['EQUALS_IGNORE_CASE', 'SHOP_A', 1]] as const) {
      expect(await list({ filters: [{ keyFilter: { key, method: `TEXT_FILTER_METHOD_${method}` } }] })).toHaveLength(count);
    }
    expect(keysOf(await list({ filters: [{ keyFilter: { key: 'shop_a' } }] }))).toEqual(['shop_a']);
    expect(await refused('DeleteUserMetadata', { userId, keys: ['shop_a', 'shop_z'] })).toEqual([404, 'not_found', 'Key does not exist (META-2nnds)']);
    expect(await list()).toHaveLength(3);
    expect((await ask('DeleteUserMetadata', { userId, keys: ['shop_a', 'GUEST_2025_01_01'] })).body).toEqual({ deletionDate: expect.any(String) });
    expect(keysOf(await list())).toEqual(['shop_b']);
    expect(await refused('DeleteUserMetadata', { userId, keys: [] })).toEqual([400, 'failed_precondition', 'No metadata (META-9mm2d)']);
  });

  test('metadata of somebody unknown is none, and cannot be set or deleted', async () => {
    expect((await ask('ListUserMetadata', { userId: '1' })).body).toEqual({ pagination: { appliedLimit: '100' } });
    const unknown = [400, 'failed_precondition', 'User could not be found (COMMAND-uXHNj)'];
    expect(await refused('SetUserMetadata', { userId: '1', metadata: [{ key: 'a', value: encoded('1') }] })).toEqual(unknown);
    expect(await refused('DeleteUserMetadata', { userId: '1', keys: ['a'] })).toEqual(unknown);
    const userId = await make('guest_1');
    for (const entry of [{ key: '', value: encoded('1') }, { key: 'a', value: '' }, { key: 'k'.repeat(201), value: encoded('1') }]) {
      expect(await refused('SetUserMetadata', { userId, metadata: [entry] })).toEqual([400, 'invalid_argument', 'Metadata is invalid (META-2m00f)']);
    }
    expect((await ask('SetUserMetadata', { userId, metadata: [{ key: 'a', value: 'not base64!' }] })).status).toBe(400);
    await ask('SetUserMetadata', { userId, metadata: [{ key: 'a', value: '-_8' }] });
    expect(JSON.stringify((await ask('ListUserMetadata', { userId, filters: [{ keyFilter: { key: 'a' } }] })).body)).toContain('"value":"+/8="');
  });

  test('users are listed in pages, by who they are and how they are marked', async () => {
    const ids: string[] = [];
    for (const name of ['b', 'c', 'a']) ids.push(await make(`guest_${name}`));
    await make('ada@example.com', { email: { email: 'ada@example.com' }, metadata: [{ key: 'shop_a', value: encoded('1') }] });
    const list = async (query: unknown, page: Record<string, unknown> = {}, sortingColumn = 'USER_FIELD_NAME_CREATION_DATE'): Promise<unknown[]> => {
      const { body } = await ask('ListUsers', { query: { asc: true, ...page }, sortingColumn, queries: query === null ? [] : [query] });
      return ((body['result'] ?? []) as { userId: string; username: string }[]).map(({ userId, username }) => (ids.includes(userId) ? username : username.split('-')[0]));
    };
    const guests = ['guest_b', 'guest_c', 'guest_a'];
    expect(await list(null)).toEqual(['guests', ...guests, 'ada@example.com']);
    expect(await list(null, { asc: false, limit: 2, offset: 1 })).toEqual(['guest_a', 'guest_c']);
    expect(await list(null, {}, 'USER_FIELD_NAME_USER_NAME')).toEqual(['ada@example.com', 'guest_a', 'guest_b', 'guest_c', 'guests']);
    expect(await list({ emailQuery: { emailAddress: '@guest.invalid', method: 'TEXT_QUERY_METHOD_ENDS_WITH' } })).toEqual(guests);
    expect(await list({ userNameQuery: { userName: 'guest_a' } })).toEqual(['guest_a']);
    expect(await list({ loginNameQuery: { loginName: 'GUEST_A', method: 'TEXT_QUERY_METHOD_EQUALS_IGNORE_CASE' } })).toEqual(['guest_a']);
    expect(await list({ inUserIdsQuery: { userIds: [ids[2]] } })).toEqual(['guest_a']);
    expect(await list({ typeQuery: { type: 'TYPE_MACHINE' } })).toEqual(['guests']);
    expect(await list({ metadataKeyFilter: { key: 'GUEST_', method: 'TEXT_FILTER_METHOD_STARTS_WITH' } })).toEqual(guests);
    expect(await list({ metadataValueFilter: { value: encoded('1'), method: 'BYTE_FILTER_METHOD_EQUALS' } })).toEqual(['ada@example.com']);
    expect(await list({ metadataValueFilter: { value: encoded('1'), method: 'BYTE_FILTER_METHOD_NOT_EQUALS' } })).toEqual(guests);
    const invalid = [400, 'invalid_argument', 'List.Query.Invalid (GRPC-vR9nC)'];
    expect(await refused('ListUsers', { queries: [{ someQuery: {} }] })).toEqual(invalid);
    shop.zitadel.switches = { ...shop.zitadel.switches, metadataFilterInListUsers: 'unknown' };
    for (const kind of ['metadataKeyFilter', 'metadataValueFilter']) expect(await refused('ListUsers', { queries: [{ [kind]: {} }] })).toEqual(invalid);
    expect(await refused('ListUsers', { query: { limit: 1001 } })).toEqual([400, 'invalid_argument', 'Limit is exceeded (QUERY-4M0fs)']);
    const { body } = await ask('ListUsers', {});
    expect(body['details']).toEqual({ totalResult: '5', timestamp: new Date(shop.time.now).toISOString() });
    expect(JSON.stringify(body)).not.toContain('GUEST_2025');
  });
});

test('the older update has the fields of a person beside the name', async () => {
  const id = await makeGuest(shop, 'guest_1');
  const body = { username: 'ada@example.com', profile: { givenName: 'Ada', familyName: 'Lovelace' }, email: { email: 'ada@example.com', isVerified: true }, password: { password: { password: 'Difference-1' } } };
  expect((await call(shop, `PUT /v2/users/human/${id}`, { body })).status).toBe(200);
  expect(known(id)).toMatchObject({ username: 'ada@example.com', isVerified: true, givenName: 'Ada', hasPassword: true });
});

test('an e-mail that stays is not taken for another one', async () => {
  const id = await makeGuest(shop, 'guest_1');
  const update = (email: unknown): Promise<Answer> => rpc(shop, 'UpdateUser', { userId: id, human: { email } });
  expect((await update({ email: 'guest_1@guest.invalid', returnCode: {} })).body['emailCode']).toBe(undefined);
  await update({ email: 'guest_1@guest.invalid', isVerified: true });
  await update({ email: 'guest_1@guest.invalid', isVerified: false });
  expect(known(id)).toMatchObject({ isVerified: true });
  await update({ email: 'other@guest.invalid' });
  expect(known(id)).toMatchObject({ isVerified: false });
});

describe('a caller', () => {
  const CALLS = ['POST /zitadel.user.v2.UserService/DeleteUser', 'POST /v2/users', 'PUT /v2/policies/security'];

  test.each(CALLS)('needs a token that is good: %s', async (route) => {
    const [message, denied] = route.includes('zitadel.user') ? [{ code: 'unauthenticated' }, { code: 'permission_denied' }] : [{ code: 16 }, { code: 7 }];
    expect(await call(shop, route, { pat: null, body: {} })).toMatchObject({ status: 401, body: { ...message, message: 'auth header missing' } });
    expect(await call(shop, route, { pat: 'nobody', body: {} })).toMatchObject({ status: 401, body: { ...message, message: 'Token is invalid (AUTH-7fs1e)' } });
    const [absent] = route.includes('zitadel.user') ? [{ code: 'not_found' }] : [{ code: 5 }];
    expect(await call(shop, route, { pat: shop.zitadel.addServiceAccount({ roles: [] }).pat, body: {} })).toMatchObject({ status: 404, body: { ...absent, message: 'membership not found (AUTHZ-cdgFk)' } });
    const { pat } = shop.zitadel.addServiceAccount({ roles: ['ORG_USER_SELF_MANAGER'] });
    expect(await call(shop, route, { pat, body: {} })).toMatchObject({ status: 403, body: { ...denied, message: 'No matching permissions found (AUTH-5mWD2)' } });
    shop.zitadel.expirePat(shop.pat);
    expect((await call(shop, route, { body: {} })).status).toBe(401);
  });

  test('whose account was deleted is nobody', async () => {
    await rpc({ ...shop, pat: shop.zitadel.addServiceAccount().pat }, 'DeleteUser', { userId: shop.accountId });
    expect((await rpc(shop, 'ListUsers', {})).status).toBe(401);
  });

  test('cannot make a service account a person, nor a user of another organization', async () => {
    expect((await rpc(shop, 'UpdateUser', { userId: shop.accountId, human: { password: { password: { password: 'long enough' } } } })).status).toBe(404);
    expect(await rpc(shop, 'CreateUser', { ...guest('guest_1'), organizationId: '1' })).toMatchObject({ status: 400, body: { code: 'failed_precondition' } });
    expect(await rpc(shop, 'CreateUser', { organizationId: shop.zitadel.orgId, machine: { name: 'x' } })).toMatchObject({ status: 400, body: { code: 'invalid_argument' } });
  });

  test('who manages users sets nothing for the instance', async () => {
    expect((await call(shop, 'PUT /v2/features/instance', { body: {} })).status).toBe(403);
    const { pat } = shop.zitadel.addServiceAccount({ roles: ['IAM_OWNER'] });
    await call(shop, 'PUT /v2/features/instance', { pat, body: { oidcTokenExchange: false } });
    await call(shop, 'PUT /v2/policies/security', { pat, body: { embeddedIframe: {} } });
    expect(shop.zitadel.instance).toEqual({ oidcTokenExchange: false, enableImpersonation: false, debugOidcParentError: false });
    expect((await call(shop, 'GET /v2/settings/security', { pat })).body['settings']).toEqual({ embeddedIframe: {} });
    await call(shop, 'PUT /v2/features/instance', { pat, body: { debugOidcParentError: true } });
    await call(shop, 'PUT /v2/policies/security', { pat, body: { embeddedIframe: {}, enableImpersonation: true } });
    expect(shop.zitadel.instance).toEqual({ oidcTokenExchange: false, enableImpersonation: true, debugOidcParentError: true });
    expect((await call(shop, 'GET /v2/settings/security', { pat })).body['settings']).toEqual({ embeddedIframe: {}, enableImpersonation: true });
  });
});

describe('a request', () => {
  test('of Connect is JSON, and its binary form is answered 415', async () => {
    for (const type of ['application/proto', 'application/grpc', 'text/plain', '']) expect((await rpc(shop, 'ListUsers', {}, { headers: { 'content-type': type } })).status).toBe(415);
    expect((await rpc(shop, 'ListUsers', {}, { headers: { 'content-type': 'application/json; charset=utf-8', 'connect-protocol-version': '1' } })).status).toBe(200);
  });

  test('with a field of another type is refused as protobuf has it', async () => {
    const bad = [{ queries: 1 }, { queries: ['x'] }, { query: 'x' }, { query: { asc: 'yes' } }, { query: { limit: -1 } }, { query: { limit: 1.5 } }, { sortingColumn: 1 }, { queries: [{ emailQuery: { emailAddress: 1 } }] }, { queries: [{ emailQuery: { method: 'LIKE' } }] }, [], 'x'];
    for (const body of bad) expect(await rpc(shop, 'ListUsers', body)).toMatchObject({ status: 400, body: { code: 'invalid_argument', message: expect.stringMatching(/^proto: /) } });
    expect((await rpc(shop, 'ListUsers', { query: null, queries: null, unknown: 1 })).status).toBe(200);
  });

  test('is never answered by a failure of ours, whatever it holds', async () => {
    const value = fc.anything({ withNullPrototype: true, maxDepth: 3, key: fc.constantFrom('userId', 'username', 'human', 'profile', 'email', 'metadata', 'key', 'value', 'queries', 'query', 'keys', 'limit', 'password', '__proto__', 'emailQuery', 'filters', 'keyFilter', 'isVerified') });
    const name = fc.constantFrom('CreateUser', 'UpdateUser', 'SetEmail', 'VerifyEmail', 'SetPassword', 'SetUserMetadata', 'ListUserMetadata', 'DeleteUserMetadata', 'DeleteUser', 'ListUsers', 'GetUserByID');
    const userId = await makeGuest(shop);
    await fc.assert(fc.asyncProperty(name, value, async (rpcName, body) => {
      const text = JSON.stringify(body, (_key, one: unknown) => (typeof one === 'bigint' ? String(one) : one)) ?? '';
      const { status } = await rpc(shop, rpcName, { userId, organizationId: shop.zitadel.orgId, ...(JSON.parse(text === '' ? 'null' : text) as object | null) });
      expect([200, 400, 404, 409]).toContain(status);
    }), { numRuns: 300 });
  });
});
