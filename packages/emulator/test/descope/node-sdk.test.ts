import descopeSdk from '@descope/node-sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startDescope, type Descope, type Mail, type Serving } from '../../src/index.ts';
import { freePorts } from '../support/ports.ts';
import { SHOP } from './support.ts';

const mails: Mail[] = [];
let serving: Serving & { readonly descope: Descope };
let sdk: ReturnType<typeof descopeSdk>;
let loginId: string;
let count = 0;

beforeAll(async () => {
  const [port = 0] = await freePorts(1);
  const baseUrl = `http://127.0.0.1:${port}`;
  serving = await startDescope({ baseUrl, appOrigins: [SHOP], send: (mail) => mails.push(mail) });
  const { projectId, managementKey } = serving.descope;
  sdk = descopeSdk({ projectId, managementKey, baseUrl });
});
afterAll(() => serving.close());
beforeEach(() => {
  count += 1;
  loginId = `person${count}@example.com`;
});

/** What an answer has, where it has anything. */
function dataOf<Data>({ ok, data, error }: { readonly ok: boolean; readonly data?: Data; readonly error?: unknown }): Data {
  if (!ok || data === undefined) throw new Error(JSON.stringify(error));
  return data;
}

const latestCode = (): string => /\d{6}/.exec(mails.at(-1)?.text ?? '')?.[0] ?? '';

describe('the published server SDK', () => {
  test('makes a guest, validates the session, and refreshes it', async () => {
    const made = dataOf(await sdk.management.jwt.anonymous({ displayName: 'Guest' }, undefined, 3600));
    const { token } = await sdk.validateSession(made.sessionJwt);
    expect(token).toMatchObject({ danu: true, displayName: 'Guest', drn: 'DS', iss: serving.descope.projectId, sub: expect.stringMatching(/^U2/) });
    const refreshed = await sdk.refreshSession(made.refreshJwt ?? '');
    expect(refreshed.token).toMatchObject({ danu: true, displayName: 'Guest', sub: token.sub });
    await expect(sdk.validateSession(`${made.sessionJwt.slice(0, -8)}AAAAAAAA`)).rejects.toThrow('session validation failed');
  });

  test('takes an issuer that is an address', async () => {
    serving.descope.switches = { ...serving.descope.switches, issuer: 'address' };
    const made = dataOf(await sdk.management.jwt.anonymous());
    serving.descope.switches = { ...serving.descope.switches, issuer: 'project' };
    expect((await sdk.validateSession(made.sessionJwt)).token.iss).toBe(serving.descope.projectId);
  });

  test('changes a guest\'s claims, and a refresh carries them on', async () => {
    const made = dataOf(await sdk.management.jwt.anonymous({ displayName: 'Guest' }));
    const { jwt } = dataOf(await sdk.management.jwt.update(made.refreshJwt ?? '', { cart: 'c1' }));
    expect((await sdk.refreshSession(jwt)).token).toMatchObject({ displayName: 'Guest', cart: 'c1' });
    expect((await sdk.refreshSession(made.refreshJwt ?? '')).token).not.toHaveProperty('cart');
  });

  test('signs somebody up by a code, and in by the next', async () => {
    expect(dataOf(await sdk.otp.signUpOrIn.email(loginId))).toMatchObject({ maskedEmail: 'p**@example.com' });
    const first = dataOf(await sdk.otp.verify.email(loginId, latestCode()));
    expect(first).toMatchObject({ firstSeen: true, user: { email: loginId, verifiedEmail: true, loginIds: [loginId], status: 'enabled' } });
    await sdk.otp.signIn.email(loginId);
    expect(dataOf(await sdk.otp.verify.email(loginId, latestCode()))).toMatchObject({ firstSeen: false, user: { userId: first.user?.userId } });
    expect(await sdk.otp.verify.email(loginId, '000000')).toMatchObject({ ok: false, error: { errorCode: 'E061104' } });
  });

  test('signs out, and says so afterwards', async () => {
    const made = dataOf(await sdk.management.jwt.anonymous());
    expect((await sdk.logout(made.refreshJwt)).ok).toBe(true);
    expect(await sdk.refresh(made.refreshJwt)).toMatchObject({ ok: false, code: 401, error: { errorCode: 'E064001' } });
  });

  test('makes, finds, changes and deletes a user', async () => {
    const made = dataOf(await sdk.management.user.create(loginId, { email: loginId, customAttributes: { size: 'M' } }));
    expect(made).toMatchObject({ status: 'invited', password: false, verifiedEmail: false, customAttributes: { size: 'M' } });
    expect(dataOf(await sdk.management.user.patch(loginId, { displayName: 'Ada' }))).toMatchObject({ name: 'Ada', customAttributes: { size: 'M' } });
    expect(dataOf(await sdk.management.user.updateCustomAttribute(loginId, 'size', 'L')).customAttributes).toEqual({ size: 'L' });
    expect(dataOf(await sdk.management.user.update(loginId, { email: loginId }))).toMatchObject({ name: '', customAttributes: {} });
    expect(dataOf(await sdk.management.user.loadByUserId(made.userId)).loginIds).toEqual([loginId]);
    expect(dataOf(await sdk.management.user.updateLoginId(loginId, `new.${loginId}`)).loginIds).toEqual([`new.${loginId}`]);
    expect((await sdk.management.user.deleteByUserId(made.userId)).ok).toBe(true);
    expect(await sdk.management.user.load(`new.${loginId}`)).toMatchObject({ ok: false, error: { errorCode: 'E112102' } });
  });

  test('keeps guests of the old generation in a tenant whose tokens live for a year', async () => {
    const { id } = dataOf(await sdk.management.tenant.create('Anonymous Users'));
    const settings: Parameters<typeof sdk.management.tenant.configureSettings>[1] = {
      selfProvisioningDomains: [], enabled: true, refreshTokenExpiration: 52, refreshTokenExpirationUnit: 'weeks', sessionTokenExpiration: 5, sessionTokenExpirationUnit: 'minutes', enableInactivity: false,
    };
    expect((await sdk.management.tenant.configureSettings(id, settings)).ok).toBe(true);
    expect(dataOf(await sdk.management.tenant.getSettings(id))).toMatchObject({ refreshTokenExpiration: 52, refreshTokenExpirationUnit: 'weeks' });

    await sdk.management.user.create(loginId, { userTenants: [{ tenantId: id, roleNames: [] }] });
    await sdk.management.user.setActivePassword(loginId, 'a first password');
    const guest = dataOf(await sdk.password.replace(loginId, 'a first password', 'a second password'));
    expect(guest).toMatchObject({ cookieMaxAge: 31_449_599, firstSeen: false, user: { status: 'enabled', password: true, userTenants: [{ tenantId: id, tenantName: 'Anonymous Users' }] } });
    const { token } = await sdk.validateSession(guest.sessionJwt);
    expect([Number(token.exp) - Number(token.iat), token['tenants'], token['dct']]).toEqual([300, { [id]: {} }, id]);

    const found = dataOf(await sdk.management.user.search({ tenantIds: [id], toCreatedTime: Date.now() + 1000, page: 0, limit: 10 }));
    expect(found).toMatchObject({ total: 1, users: [{ userId: token.sub }] });
    await sdk.management.user.removeTenant(loginId, id);
    expect((await sdk.refreshSession(guest.refreshJwt ?? '')).token).not.toHaveProperty('tenants');
    expect(dataOf(await sdk.management.user.search({ tenantIds: [id] })).total).toBe(0);
    expect((await sdk.management.user.deleteBatch([String(token.sub)])).ok).toBe(true);
  });

  test('gets the code and the link of a test user without any mail', async () => {
    await sdk.management.user.createTestUser(loginId, { email: loginId });
    const { code } = dataOf(await sdk.management.user.generateOTPForTestUser('email', loginId));
    expect((await sdk.otp.verify.email(loginId, code)).ok).toBe(true);
    const { link } = dataOf(await sdk.management.user.generateMagicLinkForTestUser('email', loginId, `${SHOP}/back`));
    expect((await sdk.magicLink.verify(new URL(link).searchParams.get('t') ?? '')).ok).toBe(true);
    expect(mails.map(({ to }) => to)).not.toContain(loginId);
  });

  test('is told no without the management key', async () => {
    const { projectId, origins: [baseUrl = ''] } = serving.descope;
    const stranger = descopeSdk({ projectId, managementKey: 'K2wrong', baseUrl });
    expect(await stranger.management.jwt.anonymous()).toMatchObject({ ok: false, code: 401 });
    expect(await descopeSdk({ projectId, baseUrl }).management.user.search({})).toMatchObject({ ok: false, code: 401 });
  });
});
