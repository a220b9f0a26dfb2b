import { createRequire } from 'node:module';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startAppId, type AppId, type Serving } from '../../src/index.ts';
import { freePorts } from '../support/ports.ts';

/** What we use of the vendor's server SDK, which publishes no types of it. */
interface Vendor {
  readonly WebAppStrategy: new (options: Readonly<Record<string, string>>) => Strategy;
  readonly UserProfileManager: {
    init(options: Readonly<Record<string, string>>): void;
    setAttribute(token: string, name: string, value: string): Promise<unknown>;
    getAttribute(token: string, name: string): Promise<unknown>;
    getAllAttributes(token: string): Promise<unknown>;
    deleteAttribute(token: string, name: string): Promise<unknown>;
    getUserInfo(token: string, idToken?: string): Promise<unknown>;
  };
  readonly UnauthorizedException: new () => object;
}

interface Strategy {
  authenticate(request: ShopRequest, options: Readonly<Record<string, unknown>>): void;
  refreshTokens(request: ShopRequest, refreshToken: string | undefined): Promise<void>;
  logout(request: ShopRequest): void;
}

/** A request as Express and its sessions hand it to a strategy. */
interface ShopRequest {
  readonly method: string;
  readonly originalUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, string>>;
  readonly session: ShopSession;
  logout(): void;
}

interface ShopSession {
  APPID_AUTH_CONTEXT?: { readonly accessToken: string; readonly identityToken: string; readonly refreshToken?: string; readonly accessTokenPayload: Claims; readonly identityTokenPayload: Claims };
}

type Claims = Readonly<Record<string, unknown>>;

type Outcome = { readonly redirect: string } | { readonly success: Claims } | { readonly failed: unknown };

const require = createRequire(import.meta.url);
const { WebAppStrategy, UserProfileManager: profiles, UnauthorizedException } = require('ibmcloud-appid') as Vendor;
// It tells everything it does, addresses with tokens too.
const log = createRequire(require.resolve('ibmcloud-appid'))('log4js') as { configure(options: object): void };
log.configure({ appenders: { out: { type: 'stdout' } }, categories: { default: { appenders: ['out'], level: 'off' } } });
const CALLBACK = 'http://www.shop.localhost:4600/ibm/callback';

let serving: Serving & { readonly appId: AppId };
let strategy: Strategy;
let session: ShopSession;

beforeAll(async () => {
  const [port = 0] = await freePorts(1);
  const origin = `http://127.0.0.1:${port}`;
  serving = await startAppId({ origin, clients: [{ clientId: 'shop', secret: 'a secret', redirectUris: [CALLBACK] }] });
  const { issuer, tenantId } = serving.appId;
  strategy = new WebAppStrategy({ tenantId, clientId: 'shop', secret: 'a secret', oauthServerUrl: issuer, redirectUri: CALLBACK });
  profiles.init({ oauthServerUrl: issuer, profilesUrl: origin });
});
afterAll(() => serving.close());
beforeEach(() => {
  session = {};
});

/** What Passport does with a strategy, for one request of this session. */
function authenticate(changes: Partial<ShopRequest>, options: Readonly<Record<string, unknown>> = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const hooks = {
      redirect: (redirect: string) => resolve({ redirect }),
      success: (success: Claims) => resolve({ success }),
      fail: (failed: unknown) => resolve({ failed }),
      error: (failed: unknown) => resolve({ failed }),
    };
    Object.assign(Object.create(strategy) as Strategy, hooks).authenticate(shopRequest(changes), { ...options });
  });
}

const shopRequest = (changes: Partial<ShopRequest> = {}): ShopRequest => ({ method: 'GET', originalUrl: '/', headers: {}, query: {}, session, logout: () => undefined, ...changes });

/** Goes through a sign-in as a browser does, and comes back to the shop. */
async function travel(options: Readonly<Record<string, unknown>>, person?: string): Promise<Outcome> {
  const begun = await authenticate({}, options);
  if (!('redirect' in begun)) return begun;
  const follow = async (url: string, init: RequestInit = {}): Promise<string> => (await fetch(url, { ...init, redirect: 'manual' })).headers.get('location') ?? 'nowhere:';
  const first = await follow(begun.redirect);
  const back = person === undefined ? first : await follow(`${first}/google`, { method: 'POST', body: new URLSearchParams({ name: person }) });
  return authenticate({ query: Object.fromEntries(new URL(back).searchParams) }, options);
}

const asGuest = { allowAnonymousLogin: true, allowCreateNewAnonymousUser: true };
const context = (): NonNullable<ShopSession['APPID_AUTH_CONTEXT']> => {
  if (!session.APPID_AUTH_CONTEXT) throw new Error('Nobody is signed in');
  return session.APPID_AUTH_CONTEXT;
};

describe('the published server SDK', () => {
  test('makes a guest, verifies their tokens, and makes the same one again', async () => {
    expect(await travel(asGuest)).toMatchObject({ success: { amr: ['appid_anon'] } });
    const { accessToken, accessTokenPayload } = context();
    expect(accessTokenPayload).toMatchObject({ iss: serving.appId.issuer, ver: 4, aud: ['shop'], amr: ['appid_anon'] });
    await travel(asGuest);
    expect(context().accessTokenPayload['sub']).toBe(accessTokenPayload['sub']);
    expect(await profiles.getAllAttributes(accessToken)).toEqual({});
  });

  test('takes the guest along to a sign-in: same subject, same attributes, and the guest’s token is void', async () => {
    await travel(asGuest);
    const before = context();
    await profiles.setAttribute(before.accessToken, 'theme', 'dark');
    expect(await travel({ forceLogin: true }, 'Bob')).toMatchObject({ success: { amr: ['google'], name: 'Bob', identities: [{ provider: 'google' }] } });
    const after = context();
    expect(after.accessTokenPayload['sub']).toBe(before.accessTokenPayload['sub']);
    expect(await profiles.getAttribute(after.accessToken, 'theme')).toEqual({ theme: 'dark' });
    await expect(profiles.getAttribute(before.accessToken, 'theme')).rejects.toBeInstanceOf(UnauthorizedException);
    expect(await profiles.getUserInfo(after.accessToken, after.identityToken)).toMatchObject({ sub: after.accessTokenPayload['sub'], name: 'Bob' });
  });

  test('leaves a second guest of the same person alone, who still reads their own', async () => {
    await travel(asGuest);
    await travel({ forceLogin: true }, 'Carol');
    session = {};
    await travel(asGuest);
    const second = context();
    await profiles.setAttribute(second.accessToken, 'theme', 'green');
    await travel({ forceLogin: true }, 'Carol');
    expect(await profiles.getAllAttributes(context().accessToken)).toEqual({});
    expect(await profiles.getAllAttributes(second.accessToken)).toEqual({ theme: 'green' });
  });

  test('writes, reads, lists and deletes', async () => {
    await travel(asGuest);
    const { accessToken } = context();
    expect(await profiles.setAttribute(accessToken, 'points', '150')).toEqual({ points: '150' });
    expect(await profiles.getAllAttributes(accessToken)).toEqual({ points: '150' });
    expect(await profiles.deleteAttribute(accessToken, 'points')).toBeNull();
    await expect(profiles.getAttribute(accessToken, 'points')).rejects.toThrow('Not found');
  });

  test('signs in with a password, with the guest attached', async () => {
    serving.appId.addUser({ email: 'dora@example.com', password: 'a password', name: 'Dora' });
    await travel(asGuest);
    const before = context().accessTokenPayload['sub'];
    const byPassword = (password: string) => authenticate({ method: 'POST', body: { username: 'dora@example.com', password } });
    expect(await byPassword('another')).toMatchObject({ failed: { code: 'invalid_grant' } });
    expect(await byPassword('a password')).toMatchObject({ success: { sub: before, amr: ['cloud_directory'] } });
  });

  test('renews a user, and says when they leave', async () => {
    await travel({ forceLogin: true }, 'Eve');
    const { accessTokenPayload, refreshToken } = context();
    await strategy.refreshTokens(shopRequest(), refreshToken);
    expect(context().accessTokenPayload).toMatchObject({ sub: accessTokenPayload['sub'], amr: ['google'] });
    strategy.logout(shopRequest());
    expect(session).toEqual({});
    await expect.poll(() => serving.appId.log.at(-1)).toMatchObject({ route: 'POST /oauth/v4/{tenant}/activity_logging', status: 200 });
  });

  test('is told no, where guests are forbidden and where somebody gives up', async () => {
    serving.appId.tenant = { ...serving.appId.tenant, anonymousUsers: 'forbidden' };
    expect(await travel(asGuest)).toEqual({ failed: 'Anonymous users are not allowed' });
    serving.appId.tenant = { ...serving.appId.tenant, anonymousUsers: 'allowed' };
    expect(await authenticate({ query: { error: 'access_denied', error_description: 'The person cancelled', state: 'x' } })).toEqual({ failed: 'The person cancelled' });
    expect(await travel({ allowAnonymousLogin: true, allowCreateNewAnonymousUser: false })).toMatchObject({ failed: { message: 'Not allowed to create new anonymous users.' } });
  });
});
