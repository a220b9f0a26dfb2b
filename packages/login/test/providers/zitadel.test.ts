import { LoginError } from '@passerby/shared';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ProviderPorts } from '../../src/ports/ports.ts';
import type { Answer, AuthorizationRequest, LinkStep } from '../../src/providers/provider.ts';
import { zitadel, type ZitadelOptions } from '../../src/providers/zitadel.ts';
import { grantOf, pendingOf } from '../support/samples.ts';

const ISSUER = 'https://shop.zitadel.test';
const PAGE = 'https://www.shop.test/tea';
const options: ZitadelOptions = { issuer: ISSUER, clientId: 'shop', verifier: '/auth' };
const guest = { ...grantOf('385', 'guest', { renewal: { type: 'own_cookie' }, connectionId: 'guest' }), receivedAt: 0 };
const here = { subject: '385', kind: 'guest', expires_in: 3_600 };

interface Asked {
  readonly url: string;
  readonly init: RequestInit;
  readonly body: Record<string, unknown>;
}

/** The shop's server, which gives these answers in turn. */
let answers: (Response | Error)[];
let asked: Asked[];
let ports: ProviderPorts;
beforeEach(() => {
  answers = [];
  asked = [];
  ports = {
    crypto, now: () => 0, breathe: () => Promise.resolve(), cookies: () => '', signal: new AbortController().signal,
    fetch: async (url, init) => {
      asked.push({ url, init, body: JSON.parse(String(init.body)) as Record<string, unknown> });
      const answer = answers.shift();
      if (answer instanceof Response) return answer;
      throw answer ?? new Error('Nobody answers here');
    },
  };
});

const says = (status: number, body: unknown, headers = {}): void => void answers.push(new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers }));
const provider = zitadel(options);
const guestRequest = (change: Partial<AuthorizationRequest> = {}): AuthorizationRequest => ({ purpose: 'guest', connectionId: '', redirectUrl: PAGE, session: null, ...change });
const startGuest = (change?: Partial<AuthorizationRequest>) => provider.startGuest!(guestRequest(change), ports);
const nobody = { current: null, keep: async () => undefined };
const exchange = (query: string) => provider.exchange(new URLSearchParams(query), pendingOf({ connectionId: 'google', redirectUrl: PAGE, details: { nonce: 'n' } }), ports, nobody);
const refresh = () => provider.refresh(guest, ports);

/** What every one of these requests may be answered with. */
const requests: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['a guest', startGuest], ['a renewal', refresh], ['a sign-in', () => exchange('state=s&code=c')], ['attributes', () => provider.attributes!(guest, {}, ports)],
  ['a sign-out', () => provider.endSession!(guest, ports, 'everybody')],
  ['a code by e-mail', () => ask(provider.link!(guest, 'login')!, ada)], ['a confirmation', async () => { says(200, { challenge: 'ch' }); answers.reverse(); return ask(await ask(provider.link!(guest, 'login')!, ada), { code: '1' }); }],
];

const ada = { givenName: 'Ada', familyName: 'Lovelace', email: 'ada@example.com', password: 'Secret-1' };
function ask(step: LinkStep, answer: Answer): Promise<LinkStep> {
  if (!('challenge' in step)) throw new Error('Nothing is asked any more');
  return step.answer(answer, ports, guest);
}

describe('every request goes to the shop’s own origin', () => {
  it('with the cookies of that origin and JSON, and no credential of the page', async () => {
    says(200, here);
    await startGuest();
    expect(asked[0]).toMatchObject({ url: '/auth/guest', body: {}, init: { method: 'POST', credentials: 'same-origin', cache: 'no-store', redirect: 'manual', headers: { 'content-type': 'application/json' } } });
    expect(asked[0]?.init.headers).not.toHaveProperty('authorization');
  });

  it('and nowhere else: a verifier at another origin is told as a slip in the settings', async () => {
    const elsewhere = zitadel({ ...options, verifier: 'https://verifier.example.com/auth' });
    await expect(elsewhere.startGuest!(guestRequest(), ports)).rejects.toMatchObject({ code: 'config_invalid' });
    await expect(elsewhere.authorize(guestRequest({ purpose: 'sign_in' }), ports)).rejects.toMatchObject({ code: 'config_invalid' });
    expect(asked).toEqual([]);
  });

  it.each(['/auth', '/auth/', 'https://www.shop.test/auth'])('(%s)', async (verifier) => {
    says(200, here);
    await zitadel({ ...options, verifier }).startGuest!(guestRequest(), ports);
    expect(new URL(asked[0]?.url ?? '', PAGE).href).toBe('https://www.shop.test/auth/guest');
  });
});

it.each<Partial<Record<keyof ZitadelOptions, unknown>>>([{ issuer: 'http://shop.zitadel.test' }, { issuer: '' }, { issuer: undefined }, { clientId: '' }, { verifier: '' }, { verifier: 'auth' }, { verifier: undefined }, { verifier: 'http://www.shop.test/auth' }, { verifier: '//evil.example/auth' }, { verifier: '/\\evil.example/auth' }])(
  'a slip in the settings is told at once (%j)', (change) => {
    expect(() => zitadel({ ...options, ...change } as ZitadelOptions)).toThrow(expect.objectContaining({ code: 'config_invalid' }) as Error);
  });

describe('a session', () => {
  it('without a token is known by its own cookie alone', async () => {
    says(200, here);
    expect(await startGuest()).toEqual({ subject: '385', kind: 'guest', connectionId: 'guest', renewal: { type: 'own_cookie' }, lifetimeMs: 3_600_000, issuedAt: 0, accessToken: '', tokenType: 'Cookie' });
  });

  it('with a token is known by both', async () => {
    says(200, { ...here, access_token: 'at' });
    const grant = await refresh();
    expect(grant).toMatchObject({ accessToken: 'at', renewal: { type: 'own_cookie' }, connectionId: 'guest' });
    expect(grant).not.toHaveProperty('tokenType');
    expect(asked[0]).toMatchObject({ url: '/auth/session', body: { subject: '385' } });
  });

  it.each([{ ...here, subject: undefined }, { ...here, subject: 7 }, { ...here, subject: '' }, { ...here, kind: 'admin' }, { ...here, kind: undefined }, { ...here, expires_in: 0 }, { ...here, expires_in: -1 }, { ...here, expires_in: '60' }, { ...here, expires_in: undefined }])(
    'that is none keeps what was there (%j)', async (body) => {
      says(200, body);
      await expect(refresh()).rejects.toMatchObject({ code: 'response_invalid', retryable: true });
    });
});

describe.each(requests)('what is answered to %s', (_name, send) => {
  it.each([
    [503, { error: 'temporarily_unavailable' }, 'server'], [500, '<html>', 'server'], [429, { error: 'rate_limited' }, 'rate_limited'], [408, '', 'server'],
    [200, '<html>Sign in to this network</html>', 'response_invalid'], [200, '{"sub', 'response_invalid'], [200, 'null', 'response_invalid'], [302, '', 'response_invalid'], [404, '<html>', 'response_invalid'],
    [403, { error: 'invalid_origin' }, 'response_invalid'],
  ] as const)('(%i %j) ends nobody', async (status, body, code) => {
    says(status, body, { 'retry-after': '7' });
    const failed = await send().then(() => null, (error: unknown) => error);
    expect(failed).toMatchObject({ code, retryable: true });
    if (status >= 400 && code !== 'response_invalid') expect(failed).toMatchObject({ retryAfterMs: 7_000 });
  });

  it('(nothing at all) ends nobody', async () => {
    answers.push(new TypeError('Failed to fetch'));
    await expect(send()).rejects.toMatchObject({ code: 'network', retryable: true });
  });

  it('(400 with a word that nobody knows) is told as a slip of the app’s', async () => {
    says(400, { error: 'invalid_thing' });
    await expect(send()).rejects.toMatchObject({ code: 'config_invalid' });
  });
});

describe('a refusal', () => {
  it.each(['invalid_grant', 'guest_upgraded'])('(%s) is told in the verifier’s own word', async (error) => {
    says(400, { error });
    await expect(refresh()).rejects.toMatchObject({ code: 'grant_refused', oauthError: error });
  });

  it.each([['captcha_required', 400], ['access_denied', 403]])('of a visitor (%s) is no reason to ask again', async (error, status) => {
    says(status, { error });
    await expect(startGuest()).rejects.toMatchObject({ code: 'login_denied', oauthError: error, retryable: false });
  });

  it('of a captcha that was asked for is answered with its response', async () => {
    const solved = zitadel({ ...options, captcha: async () => 'solved' });
    says(200, here);
    await solved.startGuest!(guestRequest({ captcha: await solved.captcha?.() }), ports);
    expect(asked[0]?.body).toEqual({ captcha_response: 'solved' });
  });
});

it('the first guest after a sign-out finds nobody’s cookie', async () => {
  says(200, {});
  says(200, here);
  await startGuest({ after: 'signed_out' });
  expect(asked.map(({ url, body }) => [url, body.all])).toEqual([['/auth/logout', true], ['/auth/guest', undefined]]);
});

it('a guest after the end of a user is another one, and nobody’s cookie is taken for it', async () => {
  says(200, here);
  await startGuest({ after: 'user_expired' });
  expect(asked.map(({ url, body }) => [url, body])).toEqual([['/auth/guest', { anew: true }]]);
});

it('a guest whose session ended is the guest of the cookie once more', async () => {
  says(200, here);
  await startGuest({ after: 'guest_ended' });
  expect(asked.map(({ url }) => url)).toEqual(['/auth/guest']);
});

it('the next person after a sign-out that the service may not have heard of signs in where nobody’s cookie is left', async () => {
  says(200, {});
  await provider.authorize(guestRequest({ purpose: 'sign_in', connectionId: 'google', after: 'signed_out' }), ports);
  expect(asked.map(({ url, body }) => [url, body.all])).toEqual([['/auth/logout', true]]);
  asked = [];
  await provider.authorize(guestRequest({ purpose: 'link', connectionId: 'google', after: 'user_expired' }), ports);
  expect(asked).toEqual([]);
});

it('the first guest after a sign-out waits until the service has heard of it', async () => {
  says(503, { error: 'temporarily_unavailable' });
  await expect(startGuest({ after: 'signed_out' })).rejects.toMatchObject({ code: 'server' });
  expect(asked).toHaveLength(1);
});

describe('a person who signs in', () => {
  const addressOf = async (change: Partial<AuthorizationRequest> = {}): Promise<URL> => new URL((await provider.authorize(guestRequest({ purpose: 'link', connectionId: 'google', ...change }), ports)).url ?? '');

  it('is sent to ZITADEL with PKCE, a state and a nonce that nobody knows', async () => {
    const { url, state, codeVerifier, details } = await provider.authorize(guestRequest({ purpose: 'link', connectionId: 'google' }), ports);
    const { origin, pathname, searchParams } = new URL(url ?? '');
    expect(origin + pathname).toBe(`${ISSUER}/oauth/v2/authorize`);
    expect(Object.fromEntries(searchParams)).toEqual({
      response_type: 'code', client_id: 'shop', redirect_uri: PAGE, scope: 'openid profile email offline_access', code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/) as string, state, nonce: details?.nonce,
    });
    expect(new Set([state, codeVerifier, details?.nonce, searchParams.get('code_challenge')]).size).toBe(4);
    for (const secret of [state, details?.nonce]) expect(secret).toMatch(/^[\w-]{43}$/);
    expect(asked).toEqual([]);
  });

  it('finds their e-mail filled in, and goes straight to the provider whose id was named', async () => {
    expect((await addressOf({ loginHint: 'ada@example.com' })).searchParams.get('login_hint')).toBe('ada@example.com');
    expect((await addressOf({ connectionId: '270192' })).searchParams.get('scope')).toBe('openid profile email offline_access urn:zitadel:iam:org:idp:id:270192');
  });

  it('comes back with a code, which the shop’s server redeems', async () => {
    says(200, { ...here, subject: 'ada', kind: 'user' });
    expect(await exchange(`state=s&code=c&iss=${ISSUER}`)).toMatchObject({ subject: 'ada', kind: 'user', connectionId: 'google', tokenType: 'Cookie' });
    expect(asked).toMatchObject([{ url: '/auth/login', body: { code: 'c', code_verifier: 'verifier', redirect_uri: PAGE, nonce: 'n' } }]);
  });

  it.each([
    ['from another issuer', 'state=s&code=c&iss=https://evil.test', 'callback_invalid'], ['without a code', 'state=s', 'callback_invalid'], ['with an error', 'state=s&error=server_error&code=c', 'callback_invalid'],
    ['after saying no', 'state=s&error=access_denied', 'login_denied'],
  ])('and comes back %s is signed in by nothing', async (_how, query, code) => {
    await expect(exchange(query)).rejects.toMatchObject({ code });
    expect(asked).toEqual([]);
  });

  it('is recognised by the callback, and by nothing else', () => {
    const marks = (query: string) => provider.callbackState(new URL(`${PAGE}?${query}`));
    expect(marks(`state=s&code=c&iss=${ISSUER}`)).toMatchObject({ state: 's', origin: 'service', parameters: expect.arrayContaining(['state', 'code', 'iss']) as string[] });
    expect(marks('state=s&code=c')).not.toHaveProperty('origin');
    expect([marks('state=s'), marks('code=c'), marks('')]).toEqual([null, null, null]);
  });
});

describe('a guest who registers', () => {
  it('answers a form and a code, and is a user: nothing but the e-mail goes on to the sign-in', async () => {
    const form = provider.link!(guest, 'login')!;
    expect(form).toMatchObject({ challenge: { type: 'registration', refused: undefined } });
    says(200, { challenge: 'ch', expires_in: 600 });
    const code = await ask(form, ada);
    expect(code).toMatchObject({ challenge: { type: 'code', sentTo: ada.email } });
    says(200, { subject: '385' });
    expect(await ask(code, { code: ' 123456 ' })).toEqual({ done: 'upgraded', loginHint: ada.email });
    expect(asked.map(({ url, body }) => [url, body])).toEqual([
      ['/auth/upgrade', { email: ada.email, given_name: 'Ada', family_name: 'Lovelace' }],
      ['/auth/upgrade/confirm', { challenge: 'ch', code: '123456', email: ada.email, given_name: 'Ada', family_name: 'Lovelace', password: ada.password }],
    ]);
  });

  const atCode = async (): Promise<LinkStep> => {
    says(200, { challenge: 'ch' });
    return ask(provider.link!(guest, 'login')!, ada);
  };

  it('and mistypes the code is asked again, and told how often', async () => {
    const step = await atCode();
    says(400, { error: 'code_wrong', tries_left: 3 });
    const again = await ask(step, { code: '1' });
    expect(again).toMatchObject({ challenge: { type: 'code', sentTo: ada.email, triesLeft: 3 } });
    says(200, { subject: '385' });
    expect(await ask(again, { code: '2' })).toMatchObject({ done: 'upgraded' });
    expect(asked.at(-1)?.body.challenge).toBe('ch');
  });

  it('and has no tries left begins again, with a new code', async () => {
    const step = await atCode();
    says(400, { error: 'challenge_over' });
    const form = await ask(step, { code: '1' });
    expect(form).toMatchObject({ challenge: { type: 'registration', refused: 'code' } });
    says(200, { challenge: 'new' });
    await ask(form, ada);
    expect(asked.at(-1)?.url).toBe('/auth/upgrade');
  });

  it('and chose a password that ZITADEL does not take chooses another, and needs no new code for the same e-mail', async () => {
    const step = await atCode();
    says(400, { error: 'password_refused' });
    const form = await ask(step, { code: '123456' });
    expect(form).toMatchObject({ challenge: { type: 'registration', refused: 'password' } });
    says(200, { subject: '385' });
    expect(await ask(form, { ...ada, password: 'Better-2' })).toMatchObject({ done: 'upgraded' });
    expect(asked.at(-1)).toMatchObject({ url: '/auth/upgrade/confirm', body: { challenge: 'ch', code: '123456', password: 'Better-2' } });
  });

  it('and then gives another e-mail has that one proved', async () => {
    const step = await atCode();
    says(400, { error: 'password_refused' });
    const form = await ask(step, { code: '123456' });
    says(200, { challenge: 'other' });
    expect(await ask(form, { ...ada, email: 'ada@other.example' })).toMatchObject({ challenge: { type: 'code', sentTo: 'ada@other.example' } });
  });

  it('with a name or an e-mail that is none gives another', async () => {
    says(400, { error: 'invalid_request' });
    expect(await ask(provider.link!(guest, 'login')!, ada)).toMatchObject({ challenge: { type: 'registration', refused: 'name_or_email' } });
    const step = await atCode();
    says(400, { error: 'invalid_request' });
    const form = await ask(step, { code: '123456' });
    expect(form).toMatchObject({ challenge: { type: 'registration', refused: 'name_or_email' } });
    says(200, { subject: '385' });
    expect(await ask(form, { ...ada, familyName: 'King' })).toMatchObject({ done: 'upgraded' });
    expect(asked.at(-1)?.url).toBe('/auth/upgrade/confirm');
  });

  it('with an e-mail that has an account goes on to sign in with it', async () => {
    const step = await atCode();
    says(400, { error: 'identity_in_use' });
    expect(await ask(step, { code: '123456' })).toEqual({ done: 'identity_in_use', loginHint: ada.email });
  });

  it('is not taken for another guest, whose cookie is here by now', async () => {
    const step = await atCode();
    says(200, { subject: '386' });
    await expect(ask(step, { code: '123456' })).rejects.toMatchObject({ code: 'session_changed' });
  });

  it.each([{ ...ada, email: '' }, { ...ada, password: undefined }, { code: '1' }, { ...ada, givenName: 7 }])('by a form that leaves something out is told so, before anything is sent (%j)', async (answer) => {
    await expect(ask(provider.link!(guest, 'login')!, answer as Answer)).rejects.toMatchObject({ code: 'config_invalid' });
    expect(asked).toEqual([]);
  });

  it.each([ada, { code: 7 }, {}])('and answers the code with something else is told so (%j)', async (answer) => {
    const step = await atCode();
    await expect(ask(step, answer as unknown as Answer)).rejects.toMatchObject({ code: 'config_invalid' });
    expect(asked).toHaveLength(1);
  });

  it('has their password and code in no error', async () => {
    const step = await atCode();
    says(500, '');
    expect(String(await ask(step, { code: '271828' }).then(() => '', (failed: LoginError) => failed.message))).not.toMatch(/271828|Secret/);
  });
});

describe('attributes', () => {
  it('are those of who is here', async () => {
    says(200, { attributes: { size: 'M', constructor: 'x' } });
    expect(await provider.attributes!(guest, { set: { size: 'M' }, remove: ['colour'] }, ports)).toEqual({ values: { size: 'M', constructor: 'x' } });
    expect(asked).toMatchObject([{ url: '/auth/metadata', body: { subject: '385', set: { size: 'M' }, remove: ['colour'] } }]);
  });

  it.each([
    { set: { Size: 'M' } }, { set: { '': 'M' } }, { set: { ['k'.repeat(65)]: 'M' } }, { remove: ['no space'] }, { set: { size: 'x'.repeat(513) } }, { set: { size: 'ä'.repeat(257) } }, { set: { size: 7 as unknown as string } }, { set: { size: '' } },
  ])('that are too much are told before they are sent (%j)', async (change) => {
    await expect(provider.attributes!(guest, change, ports)).rejects.toMatchObject({ code: 'config_invalid' });
    expect(asked).toEqual([]);
  });

  it('of the greatest length are sent', async () => {
    says(200, { attributes: {} });
    await provider.attributes!(guest, { set: { ['k'.repeat(64)]: 'ä'.repeat(256) } }, ports);
    expect(asked).toHaveLength(1);
  });

  it.each([{}, { attributes: null }, { attributes: [] }, { attributes: { size: 7 } }])('that are none are not handed on (%j)', async (body) => {
    says(200, body);
    await expect(provider.attributes!(guest, {}, ports)).rejects.toMatchObject({ code: 'response_invalid' });
  });
});

describe('a person who signs out', () => {
  it('takes every cookie along, and is told where ZITADEL’s own page for it is', async () => {
    says(200, { url: `${ISSUER}/oidc/v1/end_session?client_id=shop` });
    expect(await provider.endSession!(guest, ports, 'everybody')).toBe(`${ISSUER}/oidc/v1/end_session?client_id=shop`);
    expect(asked).toMatchObject([{ url: '/auth/logout', body: { subject: '385', all: true } }]);
  });

  it('as somebody they did not want to be leaves the other one alone', async () => {
    says(200, {});
    expect(await provider.endSession!(guest, ports, 'this_one')).toBeUndefined();
    expect(asked[0]?.body).toEqual({ subject: '385' });
  });

  it('twice is signed out', async () => {
    says(400, { error: 'invalid_grant' });
    expect(await provider.endSession!(guest, ports, 'everybody')).toBeUndefined();
  });

  it('is sent to no address that is not https', async () => {
    says(200, { url: 'javascript:alert(1)' });
    await expect(provider.endSession!(guest, ports, 'everybody')).rejects.toMatchObject({ code: 'response_invalid' });
  });
});
