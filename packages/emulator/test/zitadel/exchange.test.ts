import { decodeJwt } from 'jose';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ACCESS_TOKEN, call, exchange, ID_TOKEN, JWT, makeGuest, makeShop, post, REFRESH_TOKEN, rpc, SECRET, signIn, USER_ID, type Answer } from './support.ts';

const refused = (status: number, error: string, description: string): Answer => ({ status, body: { error, error_description: description } });
const invalidRequest = (description: string): Answer => refused(400, 'invalid_request', description);

describe('a guest', () => {
  test('gets a JWT with the actor in it, for twelve hours by the clock of the service', async () => {
    const shop = await makeShop();
    const guest = await makeGuest(shop);
    shop.time.now += 3 * 86_400_000;
    const { status, body } = await exchange(shop, guest);
    const iat = Math.floor(shop.time.now / 1000);
    const act = { iss: 'http://login.shop.localhost:4601', sub: shop.accountId };
    expect([status, Object.keys(body).sort()]).toEqual([200, ['access_token', 'expires_in', 'id_token', 'issued_token_type', 'scope', 'token_type']]);
    expect(body).toMatchObject({ token_type: 'Bearer', issued_token_type: JWT, expires_in: 43_200 });
    expect(decodeJwt(String(body['access_token']))).toEqual({ iss: act.iss, sub: guest, aud: ['shop', '300000000000000001'], iat, nbf: iat, exp: iat + 43_200, jti: expect.any(String), act });
    const atHash = createHash('sha256').update(String(body['access_token'])).digest().subarray(0, 16).toString('base64url');
    expect(decodeJwt(String(body['id_token']))).toMatchObject({ sub: guest, iat, exp: iat + 43_200, azp: 'shop', client_id: 'shop', at_hash: atHash, act, email_verified: false });
  });

  test('gets a token that userinfo takes and the management API does not, for as long as it lives', async () => {
    const shop = await makeShop();
    const guest = await makeGuest(shop);
    for (const type of [JWT, ACCESS_TOKEN, null]) {
      const { body } = await exchange(shop, guest, { requested_token_type: type });
      const token = String(body['access_token']);
      expect(token.includes('.')).toBe(type === JWT);
      expect(await call(shop, 'GET /oidc/v1/userinfo', { pat: token })).toMatchObject({ status: 200, body: { sub: guest, name: 'Guest User' } });
      expect(await call(shop, `DELETE /v2/users/${guest}`, { pat: token })).toMatchObject({ status: 403, body: { code: 7, message: 'Errors.TokenExchange.Token.NotForAPI (APP-Shi0J)' } });
    }
    const { body } = await exchange(shop, guest);
    shop.time.now += 43_201_000;
    expect((await call(shop, 'GET /oidc/v1/userinfo', { pat: String(body['access_token']) })).status).toBe(401);
    expect((await call(shop, `GET /v2/users/${guest}`, { pat: String(body['access_token']) })).status).toBe(401);
  });

  test('may get an ID token alone, and no token of another kind', async () => {
    const shop = await makeShop();
    const guest = await makeGuest(shop);
    const { body } = await exchange(shop, guest, { requested_token_type: ID_TOKEN });
    expect([body['token_type'], body['issued_token_type'], body['id_token']]).toEqual(['N_A', ID_TOKEN, undefined]);
    expect(decodeJwt(String(body['access_token']))).toMatchObject({ sub: guest, azp: 'shop' });
    expect(await exchange(shop, guest, { requested_token_type: REFRESH_TOKEN })).toEqual(invalidRequest('Errors.TokenExchange.Token.TypeNotSupported'));
  });

  test('who was deleted opens nothing any more', async () => {
    const shop = await makeShop();
    const guest = await makeGuest(shop);
    const { body } = await exchange(shop, guest);
    await rpc(shop, 'DeleteUser', { userId: guest });
    expect((await call(shop, 'GET /oidc/v1/userinfo', { pat: String(body['access_token']) })).status).toBe(401);
    expect((await call(shop, `GET /v2/users/${guest}`, { pat: String(body['access_token']) })).status).toBe(401);
    expect(await exchange(shop, guest)).toEqual(invalidRequest('subject_token invalid'));
    const basic = { authorization: `Basic ${btoa(`server:${encodeURIComponent(SECRET)}`)}` };
    expect((await post(shop, '/oauth/v2/introspect', { token: String(body['access_token']) }, basic)).body).toEqual({ active: false });
  });

  test('nobody knows yet, while the projections run behind', async () => {
    const shop = await makeShop({ switches: { eventualConsistencyMs: 500 } });
    shop.time.now += 500;
    const guest = await makeGuest(shop);
    const found = async (): Promise<readonly unknown[]> => [(await exchange(shop, guest)).status, (await rpc(shop, 'GetUserByID', { userId: guest })).status, ((await rpc(shop, 'ListUsers', {})).body['result'] as unknown[]).length];
    expect(await found()).toEqual([400, 404, 1]);
    shop.time.now += 500;
    expect(await found()).toEqual([200, 200, 2]);
  });
});

describe('an exchange is refused', () => {
  test('R0: to a client that does not have the grant, and to all while the feature is off', async () => {
    const shop = await makeShop();
    const guest = await makeGuest(shop);
    expect(await exchange(shop, guest, { client_id: 'plain' })).toMatchObject({ status: 400, body: { error: 'unauthorized_client' } });
    shop.zitadel.instance.oidcTokenExchange = false;
    expect(await exchange(shop, guest)).toMatchObject({ status: 400, body: { error: 'unsupported_grant_type' } });
  });

  test('to a client that is not known, or does not say its secret', async () => {
    const shop = await makeShop();
    for (const client of [{ client_id: 'nobody' }, { client_id: 'server' }, { client_id: 'server', client_secret: 'wrong' }]) expect(await exchange(shop, '1', client)).toMatchObject({ body: { error: expect.stringMatching(/^invalid_(client|request)$/) } });
    expect((await exchange(shop, await makeGuest(shop), { client_id: 'server', client_secret: SECRET })).status).toBe(200);
  });

  test('R1: for a resource, before anything else is looked at', async () => {
    const shop = await makeShop();
    expect(await exchange(shop, '1', { resource: 'https://api.example' })).toEqual(refused(400, 'invalid_target', 'resource parameter not supported'));
  });

  test('R2: for a subject that is missing, of no known type, unknown, or not what it says', async () => {
    const shop = await makeShop();
    const guest = await makeGuest(shop);
    const bad = [
      { subject_token: null }, { subject_token_type: null }, { subject_token_type: 'urn:x' }, { subject_token: '1' }, { subject_token_type: ACCESS_TOKEN }, { subject_token_type: ID_TOKEN }, { subject_token_type: JWT },
      { subject_token: 'x', subject_token_type: REFRESH_TOKEN },
    ];
    for (const changes of bad) expect(await exchange(shop, guest, changes)).toEqual(invalidRequest('subject_token invalid'));
  });

  test('and says which check it was, where the instance is set to', async () => {
    const shop = await makeShop();
    const guest = await makeGuest(shop);
    shop.zitadel.instance.debugOidcParentError = true;
    const parent = async (changes: Readonly<Record<string, string | null>>): Promise<unknown> => (await exchange(shop, guest, changes)).body['parent'];
    expect(await Promise.all([parent({ subject_token: null }), parent({ subject_token_type: null }), parent({ subject_token_type: 'urn:x' }), parent({ subject_token: '1' }), parent({ subject_token_type: ACCESS_TOKEN }), parent({ subject_token_type: REFRESH_TOKEN }), parent({ actor_token_type: USER_ID })])).toEqual([
      'ID=OIDC-lei0O Message=Errors.TokenExchange.Token.Missing', 'ID=OIDC-sei9V Message=Errors.TokenExchange.Token.TypeMissing', 'ID=OIDC-OZ1ie Message=Errors.TokenExchange.Token.TypeNotAllowed',
      'ID=OIDC-Nee6r Message=Errors.TokenExchange.Token.Invalid', 'ID=OIDC-Osh3t Message=Errors.TokenExchange.Token.Invalid', 'ID=OIDC-oda4R Message=Errors.TokenExchange.Token.TypeNotSupported', 'ID=OIDC-OZ1ie Message=Errors.TokenExchange.Token.TypeNotAllowed',
    ]);
  });

  test('R3: while impersonation is off, without an actor, or with one that is over', async () => {
    const shop = await makeShop();
    const guest = await makeGuest(shop);
    for (const changes of [{ actor_token: null }, { actor_token: 'x' }, { actor_token_type: null }, { actor_token_type: REFRESH_TOKEN }, { actor_token: guest, actor_token_type: USER_ID }]) expect(await exchange(shop, guest, changes)).toEqual(invalidRequest('actor_token invalid'));
    const short = shop.zitadel.addServiceAccount({ expiresAt: shop.time.now + 1000 });
    expect((await exchange({ ...shop, pat: short.pat }, guest)).status).toBe(200);
    shop.time.now += 1000;
    expect(await exchange({ ...shop, pat: short.pat }, guest)).toEqual(invalidRequest('actor_token invalid'));
    shop.zitadel.instance.enableImpersonation = false;
    expect(await exchange(shop, guest)).toEqual(refused(403, 'invalid_request', 'Errors.TokenExchange.Impersonation.PolicyDisabled'));
    shop.zitadel.instance.enableImpersonation = true;
    shop.zitadel.expirePat(shop.pat);
    expect(await exchange(shop, guest)).toEqual(invalidRequest('actor_token invalid'));
  });

  test('R3: to an actor without the role, and for a service account to one who may impersonate end users only', async () => {
    const shop = await makeShop();
    const guest = await makeGuest(shop);
    const as = (roles: readonly string[], subject = guest): Promise<Answer> => exchange({ ...shop, pat: shop.zitadel.addServiceAccount({ roles }).pat }, subject);
    for (const roles of [[], ['ORG_USER_MANAGER'], ['IAM_OWNER']]) expect(await as(roles)).toEqual(refused(403, 'invalid_request', 'Errors.PermissionDenied'));
    for (const role of ['IAM_END_USER_IMPERSONATOR', 'ORG_END_USER_IMPERSONATOR', 'IAM_ADMIN_IMPERSONATOR', 'ORG_ADMIN_IMPERSONATOR']) expect((await as([role])).status).toBe(200);
    expect((await as(['ORG_END_USER_IMPERSONATOR'], shop.accountId)).status).toBe(403);
    expect((await as(['ORG_ADMIN_IMPERSONATOR'], shop.accountId)).status).toBe(200);
    const { access_token: ada } = await signIn(shop);
    expect((await exchange({ ...shop, pat: ada ?? '' }, guest)).status).toBe(403);
  });

  test('R4: for an audience or a privilege that neither has', async () => {
    const shop = await makeShop();
    const guest = await makeGuest(shop);
    expect(await exchange(shop, guest, { audience: ['shop', 'other'] })).toEqual(refused(400, 'invalid_target', 'audience "other" not found in subject or actor token'));
    const narrowed = await exchange(shop, guest, { audience: 'shop' });
    expect(decodeJwt(String(narrowed.body['access_token'])).aud).toEqual(['shop']);
    for (const scope of ['offline_access', 'urn:zitadel:iam:org:project:role:admin', 'urn:zitadel:iam:org:project:id:1:aud', 'urn:zitadel:iam:org:id:1', 'urn:iam:org:project:roles']) {
      expect(await exchange(shop, guest, { scope: `openid ${scope}` })).toEqual(refused(400, 'invalid_scope', `scope "${scope}" not found in subject or actor token`));
    }
    expect((await exchange(shop, guest, { scope: 'openid urn:zitadel:iam:user:metadata phone' })).body['scope']).toBe('openid urn:zitadel:iam:user:metadata phone');
  });
});

test("without a scope it has the actor's, and no ID token without openid", async () => {
  const shop = await makeShop();
  const guest = await makeGuest(shop);
  expect((await exchange(shop, guest, { scope: null })).body['scope']).toBe('openid profile urn:zitadel:iam:user:metadata urn:zitadel:iam:user:resourceowner');
  expect((await exchange(shop, guest, { scope: 'profile' })).body['id_token']).toBe(undefined);
});

test('on an older server a guest gets a refresh token too, and its actor stays through every renewal', async () => {
  const shop = await makeShop({ switches: { offlineAccessForPat: 'granted' } });
  const guest = await makeGuest(shop);
  let { body } = await exchange(shop, guest, { scope: 'openid offline_access' });
  for (let renewal = 0; renewal < 3; renewal += 1) {
    shop.time.now += 20 * 86_400_000;
    body = (await post(shop, '/oauth/v2/token', { grant_type: 'refresh_token', client_id: 'shop', refresh_token: String(body['refresh_token']) })).body;
    for (const name of ['access_token', 'id_token']) expect(decodeJwt(String(body[name]))).toMatchObject({ sub: guest, act: { sub: shop.accountId } });
  }
  expect((await call(shop, `GET /v2/users/${guest}`, { pat: String(body['access_token']) })).status).toBe(403);
});

describe("somebody's own token", () => {
  test('can be exchanged without an actor, for no more than it may do', async () => {
    const shop = await makeShop();
    shop.zitadel.instance.enableImpersonation = false;
    const { access_token: token = '', id_token: idToken = '' } = await signIn(shop, { changes: { scope: 'openid email' } });
    const own = { subject_token: token, subject_token_type: ACCESS_TOKEN, actor_token: null, actor_token_type: null, scope: null };
    const { body } = await exchange(shop, '', own);
    expect(decodeJwt(String(body['access_token']))).toMatchObject({ sub: decodeJwt(token).sub });
    expect(decodeJwt(String(body['access_token']))['act']).toBe(undefined);
    expect(body['scope']).toBe('openid email');
    expect(await exchange(shop, '', { ...own, scope: 'openid profile' })).toEqual(refused(400, 'invalid_scope', 'scope "profile" not found in subject or actor token'));
    expect((await exchange(shop, '', { ...own, subject_token: idToken, subject_token_type: ID_TOKEN, scope: null })).status).toBe(200);
    shop.time.now += 43_201_000;
    for (const type of [ACCESS_TOKEN, ID_TOKEN]) expect(await exchange(shop, '', { ...own, subject_token: type === ID_TOKEN ? idToken : token, subject_token_type: type })).toEqual(invalidRequest('subject_token invalid'));
  });

  test('that was meant for another client, or was revoked, is none', async () => {
    const shop = await makeShop();
    const tokens = await signIn(shop, { changes: { scope: 'openid offline_access' } });
    const own = (token: unknown): Record<string, string | null> => ({ subject_token: String(token), subject_token_type: ACCESS_TOKEN, actor_token: null, actor_token_type: null, scope: 'openid' });
    const { body } = await exchange(shop, '', { ...own(tokens['access_token']), audience: 'shop' });
    expect((await exchange(shop, '', own(body['access_token']))).status).toBe(200);
    expect(await exchange(shop, '', { ...own(body['access_token']), client_id: 'server', client_secret: SECRET })).toEqual(invalidRequest('subject_token invalid'));
    expect((await exchange(shop, '', { ...own(tokens['access_token']), client_id: 'server', client_secret: SECRET })).status).toBe(200);
    await post(shop, '/oauth/v2/revoke', { client_id: 'shop', token: tokens['refresh_token'] ?? '' });
    expect(await exchange(shop, '', own(tokens['access_token']))).toEqual(invalidRequest('subject_token invalid'));
  });

  test('is none as an ID token while it is an access token, or of another service', async () => {
    const [shop, other] = [await makeShop(), await makeShop()];
    const { access_token: token = '' } = await signIn(shop);
    const { access_token: foreign = '', id_token: foreignId = '' } = await signIn(other);
    const own = { actor_token: null, actor_token_type: null };
    for (const changes of [{ subject_token: token, subject_token_type: ID_TOKEN }, { subject_token: foreign, subject_token_type: ACCESS_TOKEN }, { subject_token: foreignId, subject_token_type: ID_TOKEN }]) {
      expect(await exchange(shop, '', { ...own, ...changes })).toEqual(invalidRequest('subject_token invalid'));
    }
  });

  test('of somebody who is impersonated keeps who acted, and an actor who is impersonated adds to it', async () => {
    const shop = await makeShop();
    const guest = await makeGuest(shop);
    const admin = shop.zitadel.addServiceAccount({ roles: ['ORG_ADMIN_IMPERSONATOR'] });
    const { body } = await exchange({ ...shop, pat: admin.pat }, shop.accountId);
    const nested = await exchange({ ...shop, pat: String(body['access_token']) }, guest);
    expect(decodeJwt(String(nested.body['access_token']))['act']).toMatchObject({ sub: shop.accountId, act: { sub: admin.userId } });
    const kept = await exchange(shop, '', { subject_token: String(nested.body['access_token']), subject_token_type: ACCESS_TOKEN, actor_token: null, actor_token_type: null });
    expect(decodeJwt(String(kept.body['access_token']))['act']).toMatchObject({ sub: shop.accountId, act: { sub: admin.userId } });
  });
});
