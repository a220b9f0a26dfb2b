import { isLoginError, type LoginError, type StoredSession } from '@passerby/shared';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Answer, LinkStep } from '../../src/providers/provider.ts';
import { BASE, DescopeBench, EMAIL, ended, guest, inCookies, make, old, PAGE, provider, TENANT, user, VERIFIER } from '../support/descope-bench.ts';
import { descopeError, guestAnswer, ISSUED, PROJECT, refreshToken, sessionToken, userAnswer } from '../support/descope-samples.ts';
import { pendingOf } from '../support/samples.ts';

let bench: DescopeBench;
beforeEach(() => {
  bench = new DescopeBench();
});

const failed = (promise: Promise<unknown>): Promise<LoginError> => promise.then(() => { throw new Error('It did not fail'); }, (error: unknown) => { if (isLoginError(error)) return error; throw error; });

/** What every one of these requests may be answered with. */
const requests: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['a guest', () => bench.startGuest()], ['a renewal', () => bench.refresh()], ['a sign-in', () => bench.exchange('state=s&code=c')], ['a link', () => bench.exchange('state=s&t=l', { connectionId: 'magic_link' })],
  ['a departure', () => provider.authorize(bench.request(), bench.ports)], ['a mailed link', async () => (await provider.authorize(bench.request({ connectionId: 'magic_link', loginHint: 'ada@example.com' }), bench.ports)).send?.()],
  ['attributes', () => provider.attributes!(guest, {}, bench.ports)], ['a sign-out', () => provider.endSession!(guest, bench.ports, 'everybody')], ['an e-mail', () => bench.answer(provider.link!(guest, 'email'), EMAIL)],
  ['a code', async () => { const step = bench.atCode(); bench.answers.reverse(); return bench.answer(await step, { code: '1' }); }], ['an upgrade', () => bench.answer(old.link!(guest, 'email'), EMAIL)], ['a flow', () => bench.answer(provider.link!(guest, 'flow:f'), EMAIL)],
  ['a look for a lost answer', () => make({ sessions: 'refresh_cookie' }).resume!(pendingOf({ subject: 'U2guest' }), bench.ports)],
];

describe.each(requests)('what is answered to %s', (_name, send) => {
  it.each([
    [503, descopeError('E000000'), 'server'], [500, '<html>', 'server'], [520, '', 'server'], [429, descopeError('E130429'), 'rate_limited'], [408, '', 'server'], [302, '', 'response_invalid'],
    [200, '<html>Sign in to this network</html>', 'response_invalid'], [200, '{"sess', 'response_invalid'], [200, 'null', 'response_invalid'], [403, '<html>', 'response_invalid'], [404, '<html>', 'response_invalid'], [511, '<html>', 'server'], [401, '', 'response_invalid'],
  ] as const)('(%i %j) ends nobody', async (status, body, code) => {
    bench.says(status, body, { 'retry-after': '7' });
    const error = await failed(send());
    expect(error).toMatchObject({ code, retryable: true });
    if (status === 429 || status === 503) expect(error.retryAfterMs).toBe(7_000);
    expect(error.message).not.toMatch(/Secret|eyJ/);
  });

  it('(nothing at all) ends nobody', async () => {
    bench.answers.push(new TypeError('Failed to fetch'));
    await expect(send()).rejects.toMatchObject({ code: 'network', retryable: true });
  });
});

describe('a person who leaves for a sign-in', () => {
  it('by Google comes back with a state that nobody knows', async () => {
    bench.says(200, { url: 'https://accounts.google.com/o/oauth2/auth?x=1' });
    const { url, state, codeVerifier } = await provider.authorize(bench.request(), bench.ports);
    expect([url, codeVerifier]).toEqual(['https://accounts.google.com/o/oauth2/auth?x=1', '']);
    expect(state).toMatch(/^[\w-]{43}$/);
    const sent = new URL(bench.asked[0]?.url ?? '');
    expect([sent.origin + sent.pathname, sent.searchParams.get('provider'), sent.searchParams.get('redirectURL')]).toEqual([`${BASE}/v1/auth/oauth/authorize`, 'google', `${PAGE}&state=${state}`]);
    expect(bench.asked[0]?.headers.authorization).toBe(`Bearer ${PROJECT}`);
  });

  it('is sent to no address that is not https', async () => {
    bench.says(200, { url: 'javascript:alert(1)' });
    await expect(provider.authorize(bench.request(), bench.ports)).rejects.toMatchObject({ code: 'response_invalid' });
  });

  it('by a link finds it in their mail, and the page stays', async () => {
    const { url, state, send } = await provider.authorize(bench.request({ connectionId: 'magic_link', loginHint: 'ada@example.com' }), bench.ports);
    expect([url, bench.asked]).toEqual([null, []]);
    bench.says(200, { maskedEmail: 'a**@example.com' });
    await send?.();
    expect(bench.asked).toMatchObject([{ url: `${BASE}/v1/auth/magiclink/signup-in/email`, body: { loginId: 'ada@example.com', redirectUrl: `${PAGE}&state=${state}` } }]);
  });

  it.each([{ connectionId: 'magic_link' }, { connectionId: 'email' }, { connectionId: 'flow:f' }])('without being asked for what is needed is told so (%j)', async (change) => {
    await expect(provider.authorize(bench.request(change), bench.ports)).rejects.toMatchObject({ code: 'config_invalid' });
    expect(bench.asked).toEqual([]);
  });

  it('as a user, to link another identity, or to become a guest is told that there is no such thing', async () => {
    for (const change of [{ session: user }, { session: user, connectionId: 'magic_link', loginHint: 'a@b.c' }, { purpose: 'guest', connectionId: 'guest' }] as const) {
      await expect(provider.authorize(bench.request(change), bench.ports)).rejects.toMatchObject({ code: 'unsupported' });
    }
    for (const connectionId of ['email', 'magic_link', 'flow:f']) expect(() => provider.link!(user, connectionId)).toThrow(expect.objectContaining({ code: 'unsupported' }) as Error);
    expect(bench.asked).toEqual([]);
    bench.says(200, { url: 'https://google.test/' });
    expect(await provider.authorize(bench.request({ session: user, purpose: 'sign_in' }), bench.ports)).toMatchObject({ url: 'https://google.test/' });
  });
});

describe('a callback', () => {
  it('is recognised by a state with a code, a link or an error, and by nothing else', () => {
    const marks = (query: string) => provider.callbackState(new URL(`${PAGE}&${query}`));
    for (const one of ['code=c', 't=l', 'err=e', 'error=e']) expect(marks(`state=s&${one}`)).toMatchObject({ state: 's', parameters: expect.arrayContaining(['state', 'code', 't', 'err', 'error']) as string[] });
    expect(['state=s', 'code=c', 't=l', '', 'state=&code=c'].map(marks)).toEqual([null, null, null, null, null]);
  });

  it('with a code is redeemed, and makes the user a guest’s successor where the sign-in made it', async () => {
    bench.says(200, userAnswer('U2ada', { firstSeen: true }));
    expect(await bench.exchange('state=s&code=c')).toMatchObject({ subject: 'U2ada', kind: 'user', connectionId: 'google', movedFrom: 'U2guest' });
    expect(bench.asked).toMatchObject([{ url: `${BASE}/v1/auth/oauth/exchange`, body: { code: 'c' }, headers: { authorization: `Bearer ${PROJECT}` } }]);
  });

  it.each([[0, 3], [590_000, 593], [9e14, 603]])('that took %i ms makes a guest’s successor of whom Descope made since then', async (took, ago) => {
    bench.says(200, userAnswer('U2ada', { firstSeen: true, user: { userId: 'U2ada', createdTime: ISSUED - ago } }));
    expect(await bench.exchange('state=s&code=c', { startedAt: bench.now - took })).toMatchObject({ movedFrom: 'U2guest' });
  });

  it('with a link is redeemed', async () => {
    bench.says(200, userAnswer());
    expect(await bench.exchange('state=s&t=l', { connectionId: 'magic_link' })).toMatchObject({ subject: 'U2ada', connectionId: 'magic_link' });
    expect(bench.asked).toMatchObject([{ url: `${BASE}/v1/auth/magiclink/verify`, body: { token: 'l' } }]);
  });

  it.each<[string, object, Parameters<typeof bench.exchange>[1], object]>([
    ['was there before', { firstSeen: false }, {}, {}], ['was there, as far as anybody says', { firstSeen: undefined }, {}, {}], ['was made in a word', { firstSeen: 'true' }, {}, {}], ['is new, and nobody was here', { firstSeen: true }, { current: null, subject: null }, {}],
    ['is new, and a user was here', { firstSeen: true }, { current: { ...user, subject: 'U2grace' }, subject: 'U2grace' }, {}], ['is new, and another guest is here by now', { firstSeen: true }, { subject: 'U2another' }, {}],
    ['a server made a minute before, and who never signed in', { firstSeen: true, user: { userId: 'U2ada', createdTime: ISSUED - 60 } }, {}, {}], ['a server made just before', { firstSeen: true, user: { userId: 'U2ada', createdTime: ISSUED - 4 } }, {}, {}],
    ['was made at no time that anybody tells', { firstSeen: true, user: { userId: 'U2ada' } }, {}, {}], ['was made before, on a clock that was set meanwhile', { firstSeen: true, user: { userId: 'U2ada', createdTime: ISSUED - 604 } }, { startedAt: -1e12 }, {}],
    ['is merged with a guest who is not here', { moved_from: 'U2another' }, {}, {}],
  ])('of somebody who %s takes nobody’s place', async (_who, change, how) => {
    bench.says(200, userAnswer('U2ada', change));
    expect((await bench.exchange('state=s&code=c', how)).movedFrom).toBeUndefined();
  });

  it.each([['E061301', 400], ['E062504', 401], ['E063010', 401], ['E011003', 400]])('that was used already (%s) is told so, and not tried for ever', async (code, status) => {
    for (const connectionId of ['google', 'magic_link']) {
      bench.says(status, descopeError(code));
      await expect(bench.exchange('state=s&code=c&t=l', { connectionId })).rejects.toMatchObject({ code: 'callback_invalid', retryable: false, oauthError: code });
    }
  });

  it.each([
    ['after saying no', 'state=s&err=access_denied', 'login_denied'], ['after saying no, in other words', 'state=s&error=user_cancelled', 'login_denied'], ['with an error', 'state=s&err=server_error&code=c', 'callback_invalid'],
    ['without a code', 'state=s&t=l', 'callback_invalid'],
  ])('%s signs nobody in', async (_how, query, code) => {
    await expect(bench.exchange(query)).rejects.toMatchObject({ code });
    expect(bench.asked).toEqual([]);
  });

  describe('whose answer was lost', () => {
    const by = make({ sessions: 'refresh_cookie' });
    const resume = (change = {}) => by.resume!(pendingOf({ purpose: 'link', subject: 'U2guest', ...change }), bench.ports);

    it('is looked for by the cookie alone', async () => {
      expect(provider.resume).toBeUndefined();
      bench.says(200, userAnswer());
      expect(await resume()).toMatchObject({ subject: 'U2ada', kind: 'user', connectionId: 'google' });
      expect(bench.asked).toMatchObject([{ url: `${BASE}/v1/auth/try-refresh`, init: { credentials: 'include' } }]);
    });

    it.each<[string, object, object]>([
      ['nobody’s', {}, {}], ['the guest’s, who began it', guestAnswer(), {}], ['of whoever was here before nobody began it', userAnswer(), { subject: null, purpose: 'sign_in' }], ['of the user who began it, to be somebody else', userAnswer(), { subject: 'U2ada', purpose: 'sign_in' }],
      ['an old-generation guest’s', userAnswer('U2guest', { sessionJwt: sessionToken({ tenants: { [TENANT]: {} } }) }), { old: true }],
    ])('and is not done where the cookie is %s', async (_whose, answer, { old: isOld, ...change }: { old?: true }) => {
      bench.says(200, answer);
      const looks = isOld ? make({ sessions: 'refresh_cookie', generation: 'temporary_user', guestTenantId: TENANT }) : by;
      expect(await looks.resume!(pendingOf({ purpose: 'link', subject: 'U2guest', ...change }), bench.ports)).toBeNull();
    });
  });
});

describe('a person who signs in by a code', () => {
  it('is asked for their e-mail and for the code, and is in', async () => {
    const first = provider.link!(guest, 'email');
    expect(first).toMatchObject({ challenge: { type: 'login_id', refused: undefined } });
    const second = await bench.atCode();
    expect(second).toMatchObject({ challenge: { type: 'code', sentTo: 'ada@example.com', refused: undefined } });
    bench.says(200, userAnswer('U2ada', { firstSeen: true }));
    expect(await bench.answer(second, { code: ' 123456 ' })).toMatchObject({ done: 'signed_in', grant: { subject: 'U2ada', kind: 'user', connectionId: 'email', movedFrom: 'U2guest' } });
    expect(bench.asked.map(({ url, body }) => [url, body])).toEqual([[`${BASE}/v1/auth/otp/signup-in/email`, EMAIL], [`${BASE}/v1/auth/otp/verify/email`, { ...EMAIL, code: '123456' }]]);
    for (const { headers } of bench.asked) expect(headers.authorization).toBe(`Bearer ${PROJECT}`);
  });

  it('is in as who they are, where they had an account, or where nobody was here', async () => {
    for (const [session, firstSeen] of [[guest, false], [null, true]] as const) {
      const step = await bench.atCode(provider, session);
      bench.says(200, userAnswer('U2ada', { firstSeen }));
      expect(await bench.answer(step, { code: '1' }, session)).toMatchObject({ grant: { subject: 'U2ada', movedFrom: undefined } });
    }
  });

  it('and whom a server had made before is asked who to be, though Descope sees them for the first time', async () => {
    for (const [ago, movedFrom] of [[63, 'U2guest'], [64, undefined]] as const) {
      const step = await bench.atCode();
      bench.now += 60_000;
      bench.says(200, userAnswer('U2ada', { firstSeen: true, user: { userId: 'U2ada', createdTime: ISSUED - ago } }));
      expect(await bench.answer(step, { code: '1' })).toMatchObject({ grant: { subject: 'U2ada', movedFrom } });
    }
  });

  it.each([['mistypes it', 'E061102', 401, 'code'], ['has no tries left', 'E061103', 401, 'login_id'], ['comes too late', 'E061104', 401, 'login_id'], ['comes too late, in another status', 'E061104', 400, 'login_id']] as const)('and %s is asked again', async (_how, code, status, type) => {
    const step = await bench.atCode();
    bench.says(status, descopeError(code));
    const again = await bench.answer(step, { code: '1' });
    expect(again).toMatchObject({ challenge: { type, refused: 'code' } });
    bench.says(200, type === 'code' ? userAnswer() : { maskedEmail: 'a' });
    expect(await bench.answer(again, type === 'code' ? { code: '2' } : EMAIL)).toMatchObject(type === 'code' ? { done: 'signed_in' } : { challenge: { type: 'code' } });
  });

  it('and gives an e-mail that is none gives another', async () => {
    for (const loginId of ['', 'ada', '@', 'a b@c', 'a@b@c']) expect(await bench.answer(provider.link!(guest, 'email'), { loginId })).toMatchObject({ challenge: { type: 'login_id', refused: 'login_id' } });
    expect(bench.asked).toEqual([]);
    bench.says(400, descopeError('E011003'));
    expect(await bench.answer(provider.link!(guest, 'email'), EMAIL)).toMatchObject({ challenge: { type: 'login_id', refused: 'login_id' } });
  });

  it('at a shop whose project is wrong is not told to mind their e-mail', async () => {
    bench.says(401, descopeError('E011004'));
    await expect(bench.answer(provider.link!(guest, 'email'), EMAIL)).rejects.toMatchObject({ code: 'response_invalid' });
  });

  it.each<[string, unknown]>([['login_id', { code: '1' }], ['login_id', { loginId: 7 }], ['code', EMAIL], ['code', { code: 7 }], ['code', { code: '' }]])('by a form that answers %s with %j is told so', async (type, answer) => {
    const step = type === 'code' ? await bench.atCode() : provider.link!(guest, 'email');
    const before = bench.asked.length;
    await expect(bench.answer(step, answer as Answer)).rejects.toMatchObject({ code: 'config_invalid' });
    expect(bench.asked).toHaveLength(before);
  });

  it('has their code in no error', async () => {
    const step = await bench.atCode();
    bench.says(500, '');
    expect((await failed(bench.answer(step, { code: '271828' }))).message).not.toMatch(/271828|ada@/);
  });

  it('or by a link is asked for the e-mail alone', async () => {
    const step = provider.link!(guest, 'magic_link');
    expect(await bench.answer(step, { loginId: 'ada' })).toMatchObject({ challenge: { type: 'login_id', refused: 'login_id' } });
    expect(await bench.answer(step, { loginId: ' ada@example.com ' })).toEqual({ done: 'known', loginHint: 'ada@example.com' });
    expect(provider.link!(guest, 'google')).toBeNull();
    expect(provider.link!(user, 'google')).toBeNull();
    expect(bench.asked).toEqual([]);
  });
});

describe('an old-generation guest who becomes a user', () => {
  it('proves by the verifier that the e-mail is theirs, and stays who they are', async () => {
    const step = await bench.atCode(old);
    bench.says(200, { sessionJwt: sessionToken({ danu: undefined }), refreshJwt: refreshToken(), subject: 'U2guest', kind: 'user', expires_in: 600 });
    expect(await bench.answer(step, { code: '123456' })).toMatchObject({ done: 'signed_in', grant: { subject: 'U2guest', kind: 'user', movedFrom: undefined } });
    expect(bench.asked.map(({ url, body, init }) => [url, body, init.credentials])).toEqual([
      [`${VERIFIER}/upgrade`, { token: refreshToken(), login_id: 'ada@example.com' }, 'omit'], [`${VERIFIER}/upgrade/confirm`, { token: refreshToken(), login_id: 'ada@example.com', code: '123456', challenge: 'sealed' }, 'omit'],
    ]);
  });

  it('is who was there before, where the service merged them', async () => {
    const step = await bench.atCode(old);
    bench.says(200, { ...userAnswer(), moved_from: 'U2guest' });
    expect(await bench.answer(step, { code: '1' })).toMatchObject({ grant: { subject: 'U2ada', movedFrom: 'U2guest' } });
  });

  it.each([['code_wrong', { type: 'code', refused: 'code' }], ['challenge_over', { type: 'login_id', refused: 'code' }]])('and whose code is not taken (%s) is asked again', async (error, challenge) => {
    const step = await bench.atCode(old);
    bench.says(400, { error });
    expect(await bench.answer(step, { code: '1' })).toMatchObject({ challenge });
  });

  it('with an e-mail that is none gives another; whose session is over is told so', async () => {
    bench.says(400, { error: 'invalid_request' });
    expect(await bench.answer(old.link!(guest, 'email'), EMAIL)).toMatchObject({ challenge: { type: 'login_id', refused: 'login_id' } });
    bench.says(400, { error: 'invalid_grant' });
    await expect(bench.answer(old.link!(guest, 'email'), EMAIL)).rejects.toMatchObject({ code: 'grant_refused' });
  });

  it('is known by the cookie, unless that is somebody else’s by now', async () => {
    const by = make({ generation: 'temporary_user', guestTenantId: TENANT, sessions: 'refresh_cookie' });
    await bench.atCode(by, inCookies);
    expect(bench.asked).toMatchObject([{ body: { login_id: 'ada@example.com' }, init: { credentials: 'include' } }]);
    expect(bench.asked[0]?.body).not.toHaveProperty('token');
    await expect(bench.answer(by.link!(ended, 'email'), EMAIL, ended)).rejects.toMatchObject({ code: 'grant_refused' });
    expect(bench.asked).toHaveLength(1);
  });

  it('holds what the verifier gave with the code, or there is nothing to confirm', async () => {
    bench.says(200, { sent: true });
    const step = await bench.answer(old.link!(guest, 'email'), EMAIL);
    await expect(bench.answer(step, { code: '1' })).rejects.toMatchObject({ code: 'response_invalid' });
    expect(bench.asked).toHaveLength(1);
  });

  it('or nobody, of the same shop, signs in at Descope', async () => {
    await bench.atCode(old, null);
    expect(bench.asked[0]?.url).toBe(`${BASE}/v1/auth/otp/signup-in/email`);
  });
});

describe('a flow', () => {
  const screen = (id: string, stepId: string, more = {}) => ({ executionId: 'e', stepId, status: 'waiting', action: 'screen', screen: { id, state: {} }, ...more });
  const NONCE = { 'x-descope-flow-nonce': 'n1' };
  const begin = async (by = provider, session: StoredSession | null = guest): Promise<LinkStep> => {
    bench.says(200, screen('email', '0'), NONCE);
    bench.says(200, screen('code', '1'), { 'x-descope-flow-nonce': 'n2' });
    return bench.answer(by.link!(session, 'flow:convert'), EMAIL, session);
  };

  it('asks for the e-mail and the code, and the person is in', async () => {
    const step = await begin();
    expect(step).toMatchObject({ challenge: { type: 'code', sentTo: 'ada@example.com' } });
    bench.says(200, { status: 'completed', action: 'none', authInfo: userAnswer('U2ada', { firstSeen: true }) });
    expect(await bench.answer(step, { code: '123456' })).toMatchObject({ done: 'signed_in', grant: { subject: 'U2ada', connectionId: 'flow:convert', movedFrom: 'U2guest' } });
    expect(bench.asked.map(({ url, body, headers }) => [url.slice(BASE.length), body.flowId ?? body.stepId, body.interactionId, body.input, headers['x-descope-flow-nonce']])).toEqual([
      ['/v1/flow/start', 'convert', undefined, undefined, undefined], ['/v1/flow/next', '0', 'submit', { email: 'ada@example.com' }, 'n1'], ['/v1/flow/next', '1', 'submit', { code: '123456' }, 'n2'],
    ]);
    for (const { headers } of bench.asked) expect(headers.authorization).toBe(`Bearer ${PROJECT}:${refreshToken()}`);
  });

  it('is told by names of the shop’s own', async () => {
    await begin(make({ flowInputs: { email: 'externalId', interactionId: 'b1' } }), null);
    expect(bench.asked[1]).toMatchObject({ body: { interactionId: 'b1', input: { externalId: 'ada@example.com' } }, headers: { authorization: `Bearer ${PROJECT}` } });
  });

  it('that stays on its first screen wants another e-mail', async () => {
    bench.says(200, screen('email', '0'), NONCE);
    bench.says(200, screen('email', '0b'));
    expect(await bench.answer(provider.link!(guest, 'flow:convert'), EMAIL)).toMatchObject({ challenge: { type: 'login_id', refused: 'login_id' } });
  });

  it('that asks for the code again is answered where it is by then', async () => {
    const step = await begin();
    bench.says(200, screen('code', '2', { error: { code: 'E061102' } }));
    const again = await bench.answer(step, { code: '1' });
    expect(again).toMatchObject({ challenge: { type: 'code', refused: 'code' } });
    bench.says(200, { status: 'completed', authInfo: userAnswer() });
    expect(await bench.answer(again, { code: '2' })).toMatchObject({ done: 'signed_in' });
    expect(bench.asked.at(-1)).toMatchObject({ body: { stepId: '2' }, headers: { 'x-descope-flow-nonce': 'n2' } });
  });

  it.each([
    ['failed', 200, { status: 'failed', action: 'none' }], ['is over', 400, descopeError('E103205')], ['has no tries left', 200, screen('code', '1', { error: { code: 'E061103' } })],
  ])('that %s begins again', async (_how, status, body) => {
    const step = await begin();
    bench.says(status, body);
    expect(await bench.answer(step, { code: '1' })).toMatchObject({ challenge: { type: 'login_id', refused: 'code' } });
  });

  it.each([{ status: 'waiting', action: 'redirect', redirect: { url: 'https://evil.test' }, executionId: 'e', stepId: '0' }, { status: 'completed', authInfo: guestAnswer() }, {}])('that wants something else says so (%j)', async (body) => {
    bench.says(200, body);
    bench.says(200, body);
    await expect(bench.answer(provider.link!(guest, 'flow:convert'), EMAIL)).rejects.toMatchObject({ code: 'response_invalid' });
  });
});
