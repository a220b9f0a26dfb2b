import type { StoredSession } from '@passerby/shared';
import { beforeEach, describe, expect, it } from 'vitest';
import type { DescopeOptions } from '../../src/providers/descope.ts';
import { BASE, DescopeBench, ended, guest, inCookies, make, old, provider, TENANT, VERIFIER } from '../support/descope-bench.ts';
import { descopeError, guestAnswer, ISSUED, jwt, PROJECT, refreshToken, sessionToken, userAnswer } from '../support/descope-samples.ts';

let bench: DescopeBench;
beforeEach(() => {
  bench = new DescopeBench();
});

describe('settings', () => {
  it.each<Partial<Record<keyof DescopeOptions, unknown>>>([
    { projectId: '' }, { projectId: 'P2:x' }, { projectId: 'P2.evil.example/' }, { projectId: undefined }, { baseUrl: 'http://api.shop.test' }, { baseUrl: '' }, { verifier: undefined }, { verifier: 'auth' },
    { verifier: '//evil.example' }, { verifier: '/\\evil.example' }, { verifier: '/\t/evil.example' }, { verifier: 'http://verifier.shop.test' }, { guestFlow: 'anonymous' }, { generation: 'both' }, { generation: 'temporary_user' },
    { generation: 'temporary_user', guestTenantId: TENANT, verifier: undefined, guestFlow: 'anonymous' }, { sessions: 'local_storage' },
  ])('that are wrong are told at once (%j)', (change) => {
    expect(() => make(change as Partial<DescopeOptions>)).toThrow(expect.objectContaining({ code: 'config_invalid' }) as Error);
  });

  it('name the session, and the region that is in the project’s id', () => {
    expect(make().id).toBe(`${BASE} ${PROJECT}`);
    expect(make({ projectId: `Peuc1${'x'.repeat(27)}` }).id).toMatch(/^https:\/\/api\.euc1\.descope\.com /);
    expect(make({ baseUrl: 'https://auth.shop.test/' }).id).toBe(`https://auth.shop.test ${PROJECT}`);
  });

  it('tell the connection that makes guests from all others', () => {
    expect(['guest', 'email', 'magic_link', 'flow:convert', 'google'].filter((id) => provider.isGuestConnection(id))).toEqual(['guest']);
  });
});

describe('a guest', () => {
  it('comes from the verifier, by a form that needs no preflight and sends no cookie', async () => {
    bench.says(200, guestAnswer());
    expect(await bench.startGuest()).toEqual({
      subject: 'U2guest', kind: 'guest', connectionId: 'guest', accessToken: sessionToken(), renewal: { type: 'refresh_token', refreshToken: refreshToken() }, lifetimeMs: 600_000, issuedAt: ISSUED * 1000, movedFrom: undefined,
    });
    expect(bench.asked).toMatchObject([{ url: `${VERIFIER}/guest`, body: {}, init: { method: 'POST', credentials: 'omit', cache: 'no-store', redirect: 'manual' } }]);
    expect(bench.asked[0]?.headers).toEqual({});
  });

  it.each([['refresh_cookie', { accessToken: sessionToken() }], ['cookies', { accessToken: '', tokenType: 'Cookie', issuedAt: 0 }]] as const)('of a project that keeps %s is known by its cookie', async (sessions, known) => {
    bench.says(200, guestAnswer({ refreshJwt: undefined, ...(sessions === 'cookies' && { sessionJwt: undefined }) }));
    expect(await bench.startGuest(make({ sessions }))).toMatchObject({ subject: 'U2guest', kind: 'guest', renewal: { type: 'cookie' }, lifetimeMs: 600_000, ...known });
    expect(bench.asked[0]?.init.credentials).toBe('include');
  });

  it('is not made of a user whose cookie is here: they are asked to sign in, and may be a guest if they ask again', async () => {
    const by = make({ sessions: 'refresh_cookie' });
    bench.says(400, { error: 'guest_upgraded' });
    await expect(bench.startGuest(by)).rejects.toMatchObject({ code: 'login_required', oauthError: 'guest_upgraded', retryable: false });
    for (const after of ['user_expired', 'signed_out', 'guest_ended'] as const) {
      bench.says(200, guestAnswer());
      await bench.startGuest(by, { after });
    }
    expect(bench.asked.map(({ body }) => body)).toEqual([{}, { anew: 'yes' }, { anew: 'yes' }, {}]);
  });

  it('of a flow is not made of a user whose cookie is here, nor while nobody can say whose it is', async () => {
    const by = make({ sessions: 'refresh_cookie', verifier: undefined as never, guestFlow: 'anonymous' });
    const isStarted = (): Promise<unknown> => bench.startGuest(by);
    bench.says(200, userAnswer());
    await expect(isStarted()).rejects.toMatchObject({ code: 'login_required', oauthError: 'guest_upgraded' });
    for (const [status, body] of [[429, ''], [403, '<html>'], [404, '<html>'], [408, ''], [511, ''], [200, 'null'], [503, '']] as const) {
      bench.says(status, body);
      await expect(isStarted()).rejects.toMatchObject({ retryable: true });
    }
    expect(bench.asked.map(({ url }) => url)).toEqual(Array(8).fill(`${BASE}/v1/auth/try-refresh`));
    bench.says(200, {});
    bench.says(200, { status: 'completed', authInfo: { sessionJwt: sessionToken() } });
    expect(await isStarted()).toMatchObject({ kind: 'guest' });
    bench.says(200, { status: 'completed', authInfo: { sessionJwt: sessionToken() } });
    await bench.startGuest(by, { after: 'signed_out' });
    expect(bench.asked.slice(8).map(({ url }) => url)).toEqual(['try-refresh', 'flow/start', 'flow/start'].map((path) => `${BASE}/v1/${path === 'try-refresh' ? 'auth/' : ''}${path}`));
  });

  it('answers the captcha that was asked for', async () => {
    const solved = make({ captcha: async () => 'solved' });
    bench.says(200, guestAnswer());
    await bench.startGuest(solved, { captcha: await solved.captcha?.() });
    expect(bench.asked[0]?.body).toEqual({ captcha_response: 'solved' });
    expect(provider.captcha).toBeUndefined();
  });

  it.each([['captcha_required', 400], ['access_denied', 403]])('that the verifier does not let in (%s) is no reason to ask again', async (error, status) => {
    bench.says(status, { error });
    await expect(bench.startGuest()).rejects.toMatchObject({ code: 'login_denied', oauthError: error, retryable: false });
  });

  it('comes from a flow, with nothing but the project’s id', async () => {
    const flowing = make({ verifier: undefined as never, guestFlow: 'anonymous' });
    bench.says(200, { status: 'completed', action: 'none', authInfo: { sessionJwt: sessionToken(), refreshJwt: refreshToken() } });
    expect(await bench.startGuest(flowing)).toMatchObject({ subject: 'U2guest', kind: 'guest' });
    expect(bench.asked).toMatchObject([{ url: `${BASE}/v1/flow/start`, body: { flowId: 'anonymous' }, headers: { authorization: `Bearer ${PROJECT}` } }]);
    expect(flowing.attributes).toBeUndefined();
    bench.says(200, { status: 'waiting', action: 'screen', screen: { id: 's' }, executionId: 'e', stepId: '0', authInfo: guestAnswer() });
    await expect(bench.startGuest(flowing)).rejects.toMatchObject({ code: 'response_invalid' });
  });
});

describe('a token', () => {
  it.each<[string, object]>([
    ['of another kind', { sessionJwt: refreshToken() }], ['that says no kind', { sessionJwt: sessionToken({ drn: undefined }) }], ['of another project', { sessionJwt: sessionToken({ iss: 'P2other' }) }],
    ['of another project below the same address', { sessionJwt: sessionToken({ iss: `https://api.descope.com/v1/${PROJECT}/apps/P2other` }) }], ['without an issuer', { sessionJwt: sessionToken({ iss: undefined }) }],
    ['without a subject', { sessionJwt: sessionToken({ sub: '' }) }], ['without a life', { sessionJwt: sessionToken({ exp: ISSUED }) }], ['without a beginning', { sessionJwt: sessionToken({ iat: undefined }) }],
    ['that is none', { sessionJwt: 'eyJ' }], ['that is absent', { sessionJwt: '' }], ['whose refresh token is a session token', { refreshJwt: sessionToken() }],
    ['whose refresh token is somebody else’s', { refreshJwt: refreshToken({ sub: 'U2other' }) }], ['without a refresh token', { refreshJwt: '' }],
  ])('%s makes nobody a guest', async (_how, change) => {
    bench.says(200, guestAnswer(change));
    await expect(bench.startGuest()).rejects.toMatchObject({ code: 'response_invalid', retryable: true });
  });

  it.each([`https://api.descope.com/v1/apps/${PROJECT}`, `https://api.descope.com/${PROJECT}/x`])('may name the project by an address (%s)', async (iss) => {
    bench.says(200, guestAnswer({ sessionJwt: sessionToken({ iss }), refreshJwt: refreshToken({ iss }) }));
    expect(await bench.startGuest()).toMatchObject({ subject: 'U2guest' });
  });

  it.each([
    ['a guest of the new generation', provider, { danu: true }, 'guest'], ['a user', provider, { danu: undefined }, 'user'], ['a user whose claims only look like it', provider, { danu: 'true' }, 'user'],
    ['a guest of the old generation', old, { danu: undefined, tenants: { [TENANT]: {} } }, 'guest'], ['a user of another tenant', old, { tenants: { T2other: {} } }, 'user'], ['a user without tenants', old, {}, 'user'],
    ['a user, by an inherited name', make({ generation: 'temporary_user', guestTenantId: 'constructor' }), { tenants: {} }, 'user'],
  ])('tells %s', async (_who, by, claims, kind) => {
    bench.says(200, guestAnswer({ sessionJwt: sessionToken(claims) }));
    expect(await bench.refresh(guest, by)).toMatchObject({ kind });
  });

  it('lives as long as it says itself, by no clock of this device', async () => {
    bench.now = 9e14;
    bench.says(200, guestAnswer({ sessionJwt: sessionToken({ exp: ISSUED + 60 }), expires_in: 9_999 }));
    expect(await bench.refresh()).toMatchObject({ lifetimeMs: 60_000, issuedAt: ISSUED * 1000 });
  });
});

describe('a renewal', () => {
  it('is asked for with the refresh token, and keeps it where Descope gives no other', async () => {
    bench.says(200, { sessionJwt: sessionToken({ iat: ISSUED + 500, exp: ISSUED + 1_100 }), refreshJwt: '' });
    expect(await bench.refresh()).toMatchObject({ subject: 'U2guest', renewal: guest.renewal, issuedAt: (ISSUED + 500) * 1000, connectionId: 'guest', movedFrom: undefined });
    expect(bench.asked).toMatchObject([{ url: `${BASE}/v1/auth/refresh`, headers: { authorization: `Bearer ${PROJECT}:${refreshToken()}` }, init: { credentials: 'omit' } }]);
  });

  it('takes the new refresh token where it rotates', async () => {
    const next = refreshToken({ jti: '2' });
    bench.says(200, { sessionJwt: sessionToken(), refreshJwt: next });
    expect(await bench.refresh()).toMatchObject({ renewal: { refreshToken: next } });
  });

  it('by a cookie goes with the project’s id alone', async () => {
    bench.says(200, { sessionJwt: sessionToken(), refreshJwt: '' });
    expect(await bench.refresh(inCookies, make({ sessions: 'refresh_cookie' }))).toMatchObject({ renewal: { type: 'cookie' }, accessToken: sessionToken() });
    expect(bench.asked).toMatchObject([{ headers: { authorization: `Bearer ${PROJECT}` }, init: { credentials: 'include' } }]);
  });

  it('never keeps one person’s refresh token for another', async () => {
    bench.says(200, { sessionJwt: sessionToken({ sub: 'U2other' }), refreshJwt: '' });
    await expect(bench.refresh()).rejects.toMatchObject({ code: 'response_invalid' });
  });

  describe('where every token is in a cookie', () => {
    const cookies = make({ sessions: 'cookies' });
    const here: StoredSession = { ...inCookies, accessToken: '', tokenType: 'Cookie' };
    const times = { cookieMaxAge: 2_419_199, cookieExpiration: ISSUED + 2_419_199, sessionExpiration: ISSUED + 600 };

    it('is of the guest who asked, for as long as the service’s own clock says', async () => {
      bench.now = 9e14;
      bench.says(200, { ...times, sessionJwt: '', refreshJwt: '', claims: {} });
      expect(await bench.refresh(here, cookies)).toMatchObject({ subject: 'U2guest', kind: 'guest', accessToken: '', tokenType: 'Cookie', lifetimeMs: 600_000, issuedAt: ISSUED * 1000 });
    });

    it('is of the user whom it names', async () => {
      bench.says(200, userAnswer('U2ada', { sessionJwt: '', refreshJwt: '' }));
      expect(await bench.refresh({ ...here, subject: 'U2ada', kind: 'user' }, cookies)).toMatchObject({ subject: 'U2ada', kind: 'user' });
    });

    it('tells old-generation guests by their tenant', async () => {
      const by = make({ sessions: 'cookies', generation: 'temporary_user', guestTenantId: TENANT });
      bench.says(200, userAnswer('U2guest', { sessionJwt: '', user: { userId: 'U2guest', userTenants: [{ tenantId: TENANT }] } }));
      expect(await bench.refresh(here, by)).toMatchObject({ kind: 'guest' });
      bench.says(200, userAnswer('U2guest', { sessionJwt: '', user: { userId: 'U2guest', userTenants: [{ tenantId: 'T2other' }] } }));
      expect(await bench.refresh(here, by)).toMatchObject({ kind: 'user' });
      bench.says(200, { ...times });
      await expect(bench.refresh(here, by)).rejects.toMatchObject({ code: 'response_invalid' });
    });

    it.each([{ ...times, sessionExpiration: undefined }, { ...times, cookieMaxAge: undefined }, {}])('that says no time is none (%j)', async (body) => {
      bench.says(200, body);
      await expect(bench.refresh(here, cookies)).rejects.toMatchObject({ code: 'response_invalid' });
    });

    it('that names nobody is no user’s', async () => {
      bench.says(200, times);
      await expect(bench.refresh({ ...here, kind: 'user' }, cookies)).rejects.toMatchObject({ code: 'response_invalid' });
    });
  });
});

describe('what ends a session', () => {
  /** When the refresh token is over, on this device's clock: ms since the session was received. */
  const OVER = 2_419_200_000;
  it.each([
    ['signed out', 401, 'E064001', 5_000], ['used up', 401, 'E064006', 5_000], ['too old by its own life', 401, 'E061005', OVER + 1],
  ])('is Descope’s own word: %s', async (_why, status, code, at) => {
    bench.now = at;
    bench.says(status, descopeError(code));
    await expect(bench.refresh()).rejects.toMatchObject({ code: 'grant_refused', oauthError: code });
  });

  it.each([
    ['before its life is over', 401, 'E061005', OVER - 1], ['on a clock that went back', 401, 'E061005', -1e12], ['of another kind', 401, 'E011004', OVER + 1], ['with another status', 400, 'E064001', 5_000], ['403', 403, 'E064001', OVER + 1],
    ['404', 404, 'E062108', OVER + 1], ['from the management', 401, 'E112102', OVER + 1],
  ])('is no other 4xx: %s', async (_why, status, code, at) => {
    bench.now = at;
    bench.says(status, descopeError(code));
    await expect(bench.refresh()).rejects.toMatchObject({ code: 'response_invalid', retryable: true });
  });

  it('is told by the session token where the refresh token is in a cookie', async () => {
    bench.now = OVER + 1;
    bench.says(401, descopeError('E061004'));
    await expect(bench.refresh(inCookies, make({ sessions: 'refresh_cookie' }))).rejects.toMatchObject({ code: 'grant_refused' });
  });

  describe.each([['refresh_cookie', inCookies], ['cookies', { ...inCookies, accessToken: '', tokenType: 'Cookie' as const }]] as const)('by %s', (sessions, session) => {
    const refresh = (): Promise<unknown> => bench.refresh(session, make({ sessions }));

    it('is that the cookie is gone: Descope finds nobody there', async () => {
      bench.says(401, descopeError('E061004'));
      bench.says(200, {});
      await expect(refresh()).rejects.toMatchObject({ code: 'grant_refused' });
      expect(bench.asked.map(({ url }) => url)).toEqual([`${BASE}/v1/auth/refresh`, `${BASE}/v1/auth/try-refresh`]);
    });

    it.each([
      ['somebody is there', 401, 'E061004', [200, { user: { userId: 'U2other' } }]], ['nobody can say who is there', 401, 'E061004', [503, {}]], ['it is another word', 401, 'E011004', null], ['it is another status', 400, 'E061004', null],
    ] as const)('is nothing else: %s', async (_why, status, code, then) => {
      bench.says(status, descopeError(code));
      if (then) bench.says(then[0], then[1]);
      await expect(refresh()).rejects.toMatchObject({ retryable: true });
      expect(bench.asked).toHaveLength(then ? 2 : 1);
    });
  });
});

describe('a person who signs out', () => {
  it('is signed out at Descope too', async () => {
    bench.says(200, { sessionJwt: '', refreshJwt: '' });
    expect(await provider.endSession!(guest, bench.ports, 'everybody')).toBeUndefined();
    expect(bench.asked).toMatchObject([{ url: `${BASE}/v1/auth/logout`, headers: { authorization: `Bearer ${PROJECT}:${refreshToken()}` } }]);
  });

  it.each([[401, 'E064001'], [401, 'E061005'], [400, 'E062108']])('twice is signed out (%i %s)', async (status, code) => {
    bench.says(status, descopeError(code));
    expect(await provider.endSession!(guest, bench.ports, 'everybody')).toBeUndefined();
  });

  it('without anything that Descope knows asks nobody; whose cookie is here loses it', async () => {
    await provider.endSession!(ended, bench.ports, 'everybody');
    expect(bench.asked).toEqual([]);
    bench.says(200, {});
    await make({ sessions: 'refresh_cookie' }).endSession!(ended, bench.ports, 'everybody');
    expect(bench.asked).toMatchObject([{ init: { credentials: 'include' }, headers: { authorization: `Bearer ${PROJECT}` } }]);
  });
});

it('no token of ours is ever in an address', async () => {
  bench.says(200, guestAnswer());
  await bench.startGuest();
  for (const by of [provider, old]) {
    bench.says(200, { attributes: {} });
    await by.attributes!(guest, { set: { a: 'b' } }, bench.ports);
  }
  bench.says(200, jwt({}));
  await expect(bench.refresh()).rejects.toMatchObject({ code: 'response_invalid' });
  expect(bench.asked.map(({ url }) => url).join(' ')).not.toMatch(/eyJ/);
});
