import type { StoredSession } from '@passerby/shared';
import { describe, expect, it } from 'vitest';
import type { ProviderPorts } from '../../src/ports/ports.ts';
import { appId, type AppIdOptions } from '../../src/providers/app-id.ts';
import type { AuthorizationRequest, Provider } from '../../src/providers/provider.ts';
import { jwt } from '../support/descope-samples.ts';
import { grantOf, pendingOf } from '../support/samples.ts';

const OAUTH = 'https://eu-de.appid.cloud.ibm.com/oauth/v4/tenant';
const VERIFIER = 'https://verifier.shop.test/auth';
const PAGE = 'https://www.shop.test/tea?cup=2';
const ISSUED = 1_800_000_000;
const GUEST = 'openid appid_default appid_readuserattr';
const claims = { iss: OAUTH, aud: ['shop'], sub: 'guest-1', tenant: 'tenant', iat: ISSUED, exp: ISSUED + 2_592_000, amr: ['appid_anon'], scope: GUEST };
const guestToken = (changes: object = {}): string => jwt({ ...claims, ...changes });
const userToken = (changes: object = {}): string => jwt({ ...claims, sub: 'ada', amr: ['google'], scope: `${GUEST} appid_authenticated`, exp: ISSUED + 3_600, ...changes });

const make = (changes: Partial<AppIdOptions> = {}): Provider => appId({ oauthServerUrl: OAUTH, clientId: 'shop', verifier: VERIFIER, ...changes });
const guest: StoredSession = { ...grantOf('guest-1', 'guest', { accessToken: guestToken(), renewal: { type: 'refresh_token', refreshToken: guestToken() }, connectionId: 'guest', issuedAt: ISSUED * 1000 }), receivedAt: 0 };
const user: StoredSession = { ...grantOf('ada', 'user', { accessToken: userToken(), renewal: { type: 'refresh_token', refreshToken: 'r1' }, connectionId: 'google' }), receivedAt: 0 };

class Bench {
  readonly provider = make();
  readonly answers: Response[] = [];
  readonly asked: { readonly url: string; readonly init: RequestInit; readonly body: Readonly<Record<string, string>> }[] = [];
  readonly ports: ProviderPorts = {
    crypto, now: () => 5_000, breathe: () => Promise.resolve(), cookies: () => '', signal: new AbortController().signal,
    fetch: async (url, init) => {
      this.asked.push({ url, init, body: Object.fromEntries(init.body as URLSearchParams) });
      const answer = this.answers.shift();
      if (!answer) throw new Error('Nobody answers here');
      return answer;
    },
  };

  says(status: number, body: unknown): this {
    this.answers.push(new Response(typeof body === 'string' ? body : JSON.stringify(body), { status }));
    return this;
  }

  request(changes: Partial<AuthorizationRequest> = {}): AuthorizationRequest {
    return { purpose: 'link', connectionId: 'google', redirectUrl: PAGE, session: guest, ...changes };
  }

  startGuest = () => this.provider.startGuest!(this.request({ purpose: 'guest', connectionId: 'guest', session: null }), this.ports);
  refresh = (session = guest) => this.provider.refresh(session, this.ports);
  exchange = (query: string, { details = { guest: 'guest-1' }, current = guest }: { readonly details?: Readonly<Record<string, string>>; readonly current?: StoredSession | null } = {}) =>
    this.provider.exchange(new URLSearchParams(query), pendingOf({ connectionId: 'google', redirectUrl: PAGE, subject: 'guest-1', codeVerifier: 'v', details }), this.ports, { current, keep: async () => undefined });
}

const session = (token: string, more: object = {}) => ({ access_token: token, subject: 'x', kind: 'x', expires_in: 3_600_000, ...more });

describe('a guest', () => {
  it('is a form without cookies and without a header that needs a preflight', async () => {
    const bench = new Bench().says(200, session(guestToken()));
    const grant = await bench.startGuest();
    expect(grant).toMatchObject({ subject: 'guest-1', kind: 'guest', connectionId: 'guest', lifetimeMs: 2_592_000_000, renewAheadMs: 1_296_000_000, issuedAt: ISSUED * 1000, renewal: { type: 'refresh_token', refreshToken: guestToken() } });
    expect(bench.asked).toMatchObject([{ url: `${VERIFIER}/guest`, init: { method: 'POST', credentials: 'omit' }, body: {} }]);
    expect(bench.asked[0]?.init.headers).toBeUndefined();
  });

  it.each([['captcha_required', 403], ['access_denied', 403], ['guests_disabled', 403]])('that the verifier refuses as %s is told so', async (error, status) => {
    await expect(new Bench().says(status, { error }).startGuest()).rejects.toMatchObject({ code: 'login_denied', oauthError: error, retryable: false });
  });

  it('is renewed by its own token, and a user by the refresh token', async () => {
    const bench = new Bench().says(200, session(guestToken({ iat: ISSUED + 60 }))).says(200, session(userToken(), { refresh_token: 'r2' }));
    expect(await bench.refresh()).toMatchObject({ subject: 'guest-1', connectionId: 'guest' });
    expect(await bench.refresh(user)).toMatchObject({ subject: 'ada', renewal: { refreshToken: 'r2' }, connectionId: 'google' });
    expect(bench.asked.map(({ url, body }) => [url, body])).toEqual([[`${VERIFIER}/renew`, { token: guestToken() }], [`${VERIFIER}/renew`, { refresh_token: 'r1' }]]);
  });

  it.each(['invalid_grant', 'guest_expired', 'guest_revoked'])('whose renewal the verifier refuses as %s is over', async (error) => {
    await expect(new Bench().says(error === 'invalid_grant' ? 400 : 401, { error }).refresh()).rejects.toMatchObject({ code: 'grant_refused', oauthError: error });
  });

  it.each([[401, '{}'], [401, { error: 'invalid_token' }], [403, '<p>no'], [404, { error: 'not_found' }], [429, { error: 'guest_expired' }], [500, { error: 'guest_expired' }], [503, { error: 'invalid_grant' }], [200, '<p>'], [200, {}], [200, session('x')], [204, '']])('whose renewal is answered with %s %j is not', async (status, body) => {
    if (status === 204) return void (await expect(refreshBy(new Response(null, { status }))).rejects.toMatchObject({ retryable: true }));
    await expect(new Bench().says(status, body).refresh()).rejects.toMatchObject({ retryable: true });
  });

  it('without anything to renew with ends with the token', async () => {
    await expect(new Bench().refresh({ ...user, renewal: { type: 'none' } })).rejects.toMatchObject({ code: 'grant_refused' });
  });

  const refreshBy = (answer: Response) => {
    const bench = new Bench();
    bench.answers.push(answer);
    return bench.refresh();
  };
});

describe('a token of the verifier’s answer', () => {
  it.each<[string, object]>([
    ['without a subject', { sub: '' }], ['that ends before it begins', { exp: ISSUED }], ['without an end', { exp: undefined }], ['without a beginning', { iat: undefined }],
    ['that says both', { scope: `${GUEST} appid_authenticated` }], ['that says neither', { amr: ['google'] }], ['with a text for a list', { amr: 'appid_anon' }],
    ['of a guest without the scope of one', { scope: 'openid' }], ['of a guest without a scope', { scope: undefined }], ['of a user by no way to sign in', { amr: [], scope: `${GUEST} appid_authenticated` }], ['of a user by something that is no name', { amr: [7], scope: `${GUEST} appid_authenticated` }],
  ])('%s is none', async (_, changes) => {
    await expect(new Bench().says(200, session(guestToken(changes))).refresh()).rejects.toMatchObject({ code: 'response_invalid' });
  });

  it.each<[string, object]>([['of another issuer', { iss: `${OAUTH}x` }], ['for another application', { aud: ['other'] }], ['for none', { aud: undefined }]])('%s is a wrong setting, which is not asked for again', async (_, changes) => {
    for (const act of ['startGuest', 'refresh'] as const) await expect(new Bench().says(200, session(guestToken(changes)))[act]()).rejects.toMatchObject({ code: 'config_invalid', retryable: false });
  });

  it('of a user is not renewed where App ID gave nothing to do it with', async () => {
    expect(await new Bench().says(200, session(userToken())).exchange('code=c')).toMatchObject({ kind: 'user', renewal: { type: 'none' } });
  });
});

describe('a sign-in', () => {
  it('of a guest goes where the verifier says, and the token is in no address', async () => {
    const bench = new Bench().says(200, { url: 'https://eu-de.appid.cloud.ibm.com/sign-in/1' });
    const begun = await bench.provider.authorize(bench.request(), bench.ports);
    expect(begun).toMatchObject({ url: 'https://eu-de.appid.cloud.ibm.com/sign-in/1', details: { guest: 'guest-1' } });
    expect(bench.asked).toMatchObject([{ url: `${VERIFIER}/authorize`, body: { token: guestToken(), redirect_uri: PAGE, state: begun.state, idp: 'google' } }]);
    expect(bench.asked[0]?.body.nonce).toMatch(/^[\w-]{43}$/);
    expect(bench.asked[0]?.body.nonce).not.toBe(begun.codeVerifier);
  });

  it.each(['http://evil.example/', 'javascript:alert(1)', '//evil.example'])('is not sent to %s', async (url) => {
    const bench = new Bench().says(200, { url });
    await expect(bench.provider.authorize(bench.request(), bench.ports)).rejects.toMatchObject({ code: 'response_invalid' });
  });

  it.each([['sign_in', null], ['sign_in', user], ['continue', guest]] as const)('to %s asks nobody before, and says nothing of who is here', async (purpose, by) => {
    const bench = new Bench();
    const { url, state, details } = await bench.provider.authorize(bench.request({ purpose, session: by }), bench.ports);
    const { searchParams, origin, pathname } = new URL(url ?? '');
    expect(origin + pathname).toBe(`${OAUTH}/authorization`);
    expect(Object.fromEntries(searchParams)).toEqual({ client_id: 'shop', response_type: 'code', scope: 'appid_default', redirect_uri: PAGE, state, nonce: expect.any(String), idp: 'google' });
    expect(details).toBeUndefined();
  });

  it('by App ID’s own page names no way to sign in', async () => {
    const bench = new Bench();
    const { url } = await bench.provider.authorize(bench.request({ purpose: 'sign_in', session: null, connectionId: 'app_id' }), bench.ports);
    expect(new URL(url ?? '').searchParams.has('idp')).toBe(false);
  });

  it('of a user adds nothing, and a guest is not signed in', async () => {
    const bench = new Bench();
    await expect(bench.provider.authorize(bench.request({ session: user }), bench.ports)).rejects.toMatchObject({ code: 'unsupported' });
    for (const connectionId of ['guest', 'appid_anon']) await expect(bench.provider.authorize(bench.request({ connectionId, purpose: 'guest', session: null }), bench.ports)).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('is redeemed by the verifier, with the token of the guest who began', async () => {
    const bench = new Bench().says(200, session(userToken(), { refresh_token: 'r1', moved_from: 'guest-1' }));
    expect(await bench.exchange('code=c&state=s')).toMatchObject({ subject: 'ada', kind: 'user', movedFrom: 'guest-1', renewal: { type: 'refresh_token', refreshToken: 'r1' } });
    expect(bench.asked).toMatchObject([{ url: `${VERIFIER}/login`, body: { code: 'c', redirect_uri: PAGE, code_verifier: 'v', token: guestToken() } }]);
  });

  it.each<[string, { readonly details?: Record<string, string>; readonly current?: StoredSession | null }]>([
    ['another guest is here by now', { current: { ...guest, subject: 'guest-2' } }], ['nobody is', { current: null }], ['a user is', { current: { ...user, subject: 'guest-1' } }], ['it was begun without the guest', { details: {} }],
  ])('takes no guest along where %s, whatever the verifier says', async (_, changes) => {
    const bench = new Bench().says(200, session(userToken(), { moved_from: 'guest-1' }));
    expect((await bench.exchange('code=c', changes)).movedFrom).toBeUndefined();
    expect(bench.asked[0]?.body.token).toBeUndefined();
  });

  it('moves nobody by the word of somebody else’s subject', async () => {
    expect((await new Bench().says(200, session(userToken(), { moved_from: 'guest-2' })).exchange('code=c')).movedFrom).toBeUndefined();
  });

  it.each([['error=access_denied&error_code=FORBIDDEN', 'login_denied'], ['error=server_error', 'callback_invalid'], ['state=s', 'callback_invalid'], ['code=c&error=x', 'callback_invalid']])('that comes back with %s is %s, and nobody is asked', async (query, code) => {
    const bench = new Bench();
    await expect(bench.exchange(query)).rejects.toMatchObject({ code });
    expect(bench.asked).toEqual([]);
  });

  it.each([[400, 'invalid_grant', 'callback_invalid'], [403, 'access_denied', 'login_denied'], [503, 'temporarily_unavailable', 'server'], [429, 'rate_limited', 'rate_limited']])('that the verifier answers with %s %s is %s', async (status, error, code) => {
    await expect(new Bench().says(status, { error }).exchange('code=c')).rejects.toMatchObject({ code });
  });

  it('is known by its state, and leaves nothing of it in the address', () => {
    const { callbackState } = make();
    expect(callbackState(new URL(`${PAGE}&state=s&code=c`))).toMatchObject({ state: 's', parameters: expect.arrayContaining(['state', 'code', 'error', 'error_code', 'error_description']) });
    expect(callbackState(new URL(`${PAGE}&code=c`))).toBeNull();
    expect(callbackState(new URL(`${PAGE}&state=&code=c`))).toBeNull();
  });
});

describe('an end', () => {
  it('of a user is told to App ID, of a guest to the verifier, and of what is over already to nobody', async () => {
    const bench = new Bench().says(200, {}).says(200, {}).says(401, { error: 'guest_expired' });
    await bench.provider.endSession!(user, bench.ports, 'everybody');
    await bench.provider.endSession!(guest, bench.ports, 'everybody');
    await bench.provider.endSession!(guest, bench.ports, 'everybody');
    await bench.provider.endSession!({ ...user, renewal: { type: 'none' } }, bench.ports, 'everybody');
    expect(bench.asked.map(({ body }) => body)).toEqual([{ refresh_token: 'r1' }, { token: guestToken() }, { token: guestToken() }]);
    await expect(new Bench().says(503, { error: 'temporarily_unavailable' }).provider.endSession!(user, new Bench().ports, 'everybody')).rejects.toThrow();
  });
});

describe('settings', () => {
  it.each<[RegExp, Partial<Record<keyof AppIdOptions, unknown>>]>([
    [/oauthServerUrl/, { oauthServerUrl: 'http://eu-de.appid.cloud.ibm.com/oauth/v4/t' }], [/oauthServerUrl/, { oauthServerUrl: undefined }], [/clientId/, { clientId: '' }], [/clientId/, { clientId: undefined }], [/clientId/, { clientId: 'a:b' }], [/verifier/, { verifier: 'auth' }], [/verifier/, { verifier: '//evil.example' }], [/verifier/, { verifier: undefined }],
  ])('are refused at once with %s: %j', (message, changes) => {
    expect(() => make(changes as Partial<AppIdOptions>)).toThrow(message);
  });

  it('name the session by App ID and the application', () => {
    expect([make({ verifier: '/auth' }).id, ...['guest', 'appid_anon', 'google'].map((one) => make().isGuestConnection(one))]).toEqual([`${OAUTH} shop`, true, true, false]);
  });
});
