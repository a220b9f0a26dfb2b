import { LoginError, type StoredSession } from '@passerby/shared';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ProviderPorts } from '../../src/ports/ports.ts';
import { authress } from '../../src/providers/authress.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { grantOf, pendingOf } from '../support/samples.ts';

const HOST = 'https://login.example';
const NOW = Date.UTC(2026, 0, 5, 12);
const SECONDS = NOW / 1000;
type Claims = Readonly<Record<string, unknown>>;

const base64url = (text: string): string => btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const jwt = (claims: Claims): string => `${base64url('{"alg":"EdDSA"}')}.${base64url(JSON.stringify(claims))}.c2ln`;
const access: Claims = { iss: HOST, sub: 'user_guest', azp: 'google', client_id: 'app_shop', iat: SECONDS, exp: SECONDS + 3_600 };
const id: Claims = { iss: HOST, sub: 'user_guest', aud: 'app_shop', iat: SECONDS, exp: SECONDS + 3_600 };

let answers: { status: number; body: unknown }[];
let requests: { url: string; init: RequestInit }[];
let provider: Provider;
beforeEach(() => {
  answers = [];
  requests = [];
  provider = authress({ authressApiUrl: HOST, applicationId: 'app_shop', connections: ['google'] });
});

const ports = (): ProviderPorts => ({
  fetch: async (url, init) => {
    requests.push({ url, init });
    const { status, body } = answers.shift() ?? { status: 200, body: {} };
    return new Response(JSON.stringify(body), { status });
  },
  crypto, now: () => NOW, breathe: () => Promise.resolve(), cookies: () => '', signal: new AbortController().signal,
});

const tokens = (change: { access?: Claims; id?: Claims; more?: Claims } = {}): { status: number; body: unknown } => ({
  status: 200, body: { access_token: jwt({ ...access, ...change.access }), id_token: jwt({ ...id, ...change.id }), expires_in: 3_600, ...change.more },
});
const pending = pendingOf({ redirectUrl: 'https://shop.example/' });
const exchanged = (query: string) => provider.exchange(new URLSearchParams(query), pending, ports(), { current: null, keep: async () => undefined });
const session: StoredSession = { ...grantOf('user_guest', 'user'), receivedAt: NOW };

describe('a person who comes back with a code', () => {
  it('is whom the tokens name', async () => {
    answers = [tokens()];
    expect(await exchanged('code=c')).toMatchObject({ subject: 'user_guest', kind: 'user', lifetimeMs: 3_600_000, issuedAt: NOW });
  });

  it.each<[string, Parameters<typeof tokens>[0]]>([
    ['is of another issuer', { access: { iss: 'https://evil.example' } }], ['is for another application', { access: { client_id: 'app_other' } }], ['ends before it begins', { access: { exp: SECONDS } }],
    ['has no end', { access: { exp: undefined } }], ['ends at once, as the service says', { more: { expires_in: 0 } }], ['names nobody', { access: { sub: '' }, id: { sub: '' } }],
    ['comes with an ID token of another issuer', { id: { iss: 'https://evil.example' } }], ['comes with an ID token for another application', { id: { aud: ['app_other'] } }],
    ['comes with an ID token of somebody else', { id: { sub: 'user_ada' } }], ['comes without an ID token', { more: { id_token: undefined } }], ['is 20 KB long', { access: { pad: 'p'.repeat(20_000) } }],
  ])('is not signed in by a token that %s', async (_, change) => {
    answers = [tokens(change)];
    await expect(exchanged('code=c')).rejects.toMatchObject({ code: 'response_invalid' });
  });

  it('is not served a token for longer than the service says', async () => {
    answers = [tokens({ more: { expires_in: 60 } })];
    expect(await exchanged('code=c')).toMatchObject({ lifetimeMs: 60_000 });
  });

  it.each(['google', 'sc_guests', 'unknown', undefined])('through %s is a user only where that connection signs users in', async (azp) => {
    answers = [tokens({ access: { azp } })];
    expect((await exchanged('code=c')).kind).toBe(azp === 'google' ? 'user' : 'guest');
  });

  it.each(['code=c&iss=https%3A%2F%2Fevil.example', 'code=c&error=server_error', 'error=server_error', 'code=cookie', ''])('%s is not signed in, and no code is sent anywhere', async (query) => {
    await expect(exchanged(query)).rejects.toMatchObject({ code: 'callback_invalid' });
    expect(requests).toEqual([]);
  });

  it('but declined is told apart from one whose identity is in use', async () => {
    await expect(exchanged('error=access_denied')).rejects.toMatchObject({ code: 'login_denied' });
    await expect(exchanged('error=identity_in_use')).rejects.toMatchObject({ code: 'identity_in_use' });
  });
});

describe('an address', () => {
  const marks = (query: string) => provider.callbackState(new URL(`https://shop.example/?${query}`));

  it.each(['code=c&nonce=n', 'error=e&nonce=n'])('with %s is a callback', (query) => expect(marks(query)).toMatchObject({ state: 'n' }));

  it.each(['nonce=n', 'code=c', 'error=e', 'nonce=&code=c', 'access_token=a'])("with %s is none, and stays in the person's address bar", (query) => expect(marks(query)).toBeNull());
});

describe('a person who is renewed', () => {
  it.each([[401, 'unauthorized'], [403, 'forbidden'], [402, 'quota'], [418, 'teapot'], [422, 'invalid']])('is not ended by a firewall that answers %i in JSON', async (status, error) => {
    answers = [{ status, body: { error } }];
    await expect(provider.refresh(session, ports())).rejects.toMatchObject({ code: 'response_invalid', retryable: true });
  });

  it.each([[400, 'no_session'], [404, 'not_found'], [409, 'conflict'], [401, 'invalid_grant']])('is told by the service itself (%i %s) that it is over', async (status, error) => {
    answers = [{ status, body: { error } }];
    await expect(provider.refresh(session, ports())).rejects.toMatchObject({ code: 'grant_refused' });
  });

  it('after a lost answer is signed in only by the connection that they chose', async () => {
    answers = [tokens(), tokens({ access: { azp: 'sc_guests' } })];
    expect(await provider.resume?.(pending, ports())).toMatchObject({ connectionId: 'google' });
    expect(await provider.resume?.(pending, ports())).toBeNull();
  });
});

describe('a person who leaves', () => {
  const begin = (more: Partial<ProviderPorts> = {}) =>
    provider.authorize({ purpose: 'sign_in', connectionId: 'google', redirectUrl: 'https://shop.example/', session: null }, { ...ports(), ...more });

  it.each(['javascript:alert(1)', 'http://login.example/', 'data:text/html,x', 'http://localhost.evil.example/', 'http://127.0.0.1.evil.example/', 'not an address', '//login.example'])('is not sent to %s', async (authenticationUrl) => {
    answers = [{ status: 200, body: { authenticationUrl, authenticationRequestId: 'state_1' } }];
    await expect(begin()).rejects.toMatchObject({ code: 'response_invalid' });
  });

  it.each(['https://login.example/a', 'http://localhost:8080/a', 'http://login.shop.localhost/a', 'http://127.0.0.1/a'])('may be sent to %s', async (authenticationUrl) => {
    answers = [{ status: 200, body: { authenticationUrl, authenticationRequestId: 'state_1' } }];
    expect(await begin()).toMatchObject({ url: authenticationUrl, state: 'state_1' });
  });

  it('leaves the hash of a secret behind and not the secret', async () => {
    answers = [{ status: 200, body: { authenticationUrl: 'https://login.example/a', authenticationRequestId: 'state_1' } }];
    const { codeVerifier } = await begin();
    const { codeChallenge, codeChallengeMethod } = JSON.parse(String(requests[0]?.init.body)) as { codeChallenge: string; codeChallengeMethod: string };
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(codeVerifier));
    expect([codeChallengeMethod, codeChallenge]).toEqual(['S256', base64url(String.fromCharCode(...new Uint8Array(digest)))]);
    expect(codeVerifier).toMatch(/^[\w-]{43}$/);
    expect(requests[0]?.init).toMatchObject({ redirect: 'manual', cache: 'no-store', referrerPolicy: 'no-referrer' });
  });

  it('from a page without https is told so', async () => {
    const failure = await begin({ crypto: {} as Crypto }).then(() => null, (error: unknown) => error);
    expect(failure).toBeInstanceOf(LoginError);
    expect(failure).toMatchObject({ code: 'insecure_context' });
  });
});

it.each(['http://login.example', 'http://localhost.evil.example', 'http://127.0.0.1.evil.example'])('a login host that is not secure (%s) is refused before anybody is sent there', (authressApiUrl) => {
  expect(() => authress({ authressApiUrl, applicationId: 'app_shop' })).toThrow(/https/);
});
