import { describe, expect, it } from 'vitest';
import { ATTRIBUTES, claimsOf, DAY, errorOf, guestOf, heldOf, MINUTE, revoke, SHOP, TOKEN, World } from './support.ts';

describe('a guest', () => {
  it('has a token of weeks that App ID signed, and no refresh token', async () => {
    const world = await World.open({ switches: { anonRefreshToken: 'yes' } });
    const answer = await world.post('/guest');
    expect(answer.body).toEqual({ access_token: expect.any(String), subject: expect.any(String), kind: 'guest', expires_in: 2_592_000 });
    const { token, subject } = heldOf(answer);
    expect(claimsOf(token)).toMatchObject({ sub: subject, amr: ['appid_anon'] });
    expect(await world.verifier.verifyToken(token)).toMatchObject({ subject, kind: 'guest', expiresAt: world.now + 30 * DAY });
    expect(world.profile(subject)).toMatchObject({ kind: 'anonymous' });
    expect(Object.fromEntries(answer.headers)).toMatchObject({ 'cache-control': 'no-store', 'access-control-allow-origin': SHOP, vary: 'Origin' });
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it.each([['another', 'https://evil.example'], ['a longer', `${SHOP}.evil.example`], ['no', ''], ['a null', 'null']])('is not made for %s origin, which reads no answer', async (_, origin) => {
    const world = await World.open();
    const response = await world.send('/guest', { headers: { origin } });
    expect([response.status, response.headers.get('access-control-allow-origin'), world.asked]).toEqual([403, null, []]);
  });

  it('is not made by a form that a page submits', async () => {
    const world = await World.open();
    expect((await world.send('/guest', { headers: { 'sec-fetch-mode': 'navigate' } })).status).toBe(403);
    expect((await world.send('/guest', { headers: { 'content-type': 'application/json' }, form: '{}' })).status).toBe(415);
    expect((await world.send('/guest', { method: 'GET' })).status).toBe(405);
    expect((await world.send('/nowhere')).status).toBe(404);
    expect(world.asked).toEqual([]);
  });

  it('waits for a turn of the network, a captcha and the shop’s own rule, in this order', async () => {
    const seen: string[] = [];
    const world = await World.open({
      verifier: {
        rateLimit: { network: { burst: 2, perSecond: 0.01 } },
        captcha: (response) => (seen.push(`captcha ${response}`), response === 'right'),
        allow: ({ clientAddress }) => (seen.push(`allow ${clientAddress}`), seen.length < 3),
      },
    });
    const ask = async (form: Readonly<Record<string, string>>, address?: string) => {
      const response = await world.send('/guest', { form, ...(address !== undefined && { address }) });
      return [response.status, ((await response.json()) as { error?: string }).error, response.headers.get('retry-after') !== null];
    };
    expect(await ask({})).toEqual([403, 'captcha_required', false]);
    expect(await ask({ captcha_response: 'right' })).toEqual([200, undefined, false]);
    expect(await ask({ captcha_response: 'right' })).toEqual([429, 'rate_limited', true]);
    expect(await ask({ captcha_response: 'right' }, '203.0.113.8')).toEqual([403, 'access_denied', false]);
    expect([seen, world.guests.length]).toEqual([['captcha right', 'allow 203.0.113.7', 'captcha right', 'allow 203.0.113.8'], 1]);
  });

  it.each([
    ['sends to another page', (url: URL) => new URL(url.href.replace(SHOP, 'https://evil.example'))],
    ['sends to a page that begins alike', (url: URL) => new URL(url.href.replace('/?', '/x?'))],
    ['brings another state', (url: URL) => (url.searchParams.set('state', 'another'), url)],
    ['brings no state', (url: URL) => (url.searchParams.delete('state'), url)],
    ['brings no code', (url: URL) => (url.searchParams.delete('code'), url)],
  ])('is not made of an answer that %s', async (_, change) => {
    const world = await World.open();
    const verifier = world.start({
      fetch: async (input, init) => {
        const answer = await world.fetch(input, init);
        const location = answer.headers.get('location');
        return location === null ? answer : new Response(null, { status: 302, headers: { location: change(new URL(location)).href } });
      },
    });
    expect(errorOf(await world.post('/guest', {}, { verifier }))).toEqual([503, 'temporarily_unavailable']);
    expect(world.asked.filter((one) => one.endsWith('/token'))).toEqual([]);
  });

  it('is told to come again where App ID is away, and the operator hears of what only they can change', async () => {
    const world = await World.open();
    world.shop.appId.faults.add({ route: TOKEN, kind: 'status', status: 503, times: 1 });
    const away = await world.post('/guest');
    expect([...errorOf(away), away.headers.get('retry-after'), world.reports]).toEqual([503, 'temporarily_unavailable', '2', []]);
    for (const [changes, message] of [[{ secret: 'wrong' }, /clientId and secret/], [{ guestRedirectUrl: `${SHOP}/other` }, /redirect URLs/], [{ clientId: 'other' }, /redirect URLs.*clientId/]] as const) {
      const wrong = await world.post('/guest', {}, { verifier: world.start(changes) });
      expect([...errorOf(wrong), wrong.headers.get('retry-after')]).toEqual([503, 'temporarily_unavailable', '30']);
      expect(world.reports.at(-1)).toMatch(message);
    }
    world.shop.appId.faults.add({ route: TOKEN, kind: 'status', status: 400, body: '{"error":"invalid_grant"}', times: 1 });
    expect(errorOf(await world.post('/guest'))).toEqual([503, 'temporarily_unavailable']);
    await guestOf(world);
  });

  it('is not there where the tenant wants none: told in a word of its own, and the operator is told what to change', async () => {
    const world = await World.open({ tenant: { anonymousUsers: 'forbidden' } });
    expect(errorOf(await world.post('/guest'))).toEqual([403, 'guests_disabled']);
    expect(world.reports).toEqual([expect.stringMatching(/anonymousAccess\.enabled/)]);
  });
});

describe('a guest who is renewed', () => {
  it('is the same profile with a new token, and asking twice is once', async () => {
    const world = await World.open();
    const { token, subject } = await guestOf(world);
    world.pass(16 * DAY);
    const answers = await Promise.all([world.post('/renew', { token }), world.post('/renew', { token })]);
    const [first, second] = answers.map(heldOf);
    expect([first?.subject, first?.token]).toEqual([subject, second?.token]);
    expect(world.guests).toEqual([subject]);
    expect(heldOf(await world.post('/renew', { token: first?.token ?? '' })).subject).toBe(subject);
    expect(world.asked.filter((one) => one.endsWith('/token'))).toHaveLength(3);
  });

  it('with a token that has ended is told so, in a word of its own, and nobody new is made', async () => {
    const world = await World.open();
    const { token } = await guestOf(world);
    world.pass(30 * DAY + MINUTE);
    expect(errorOf(await world.post('/renew', { token }))).toEqual([401, 'guest_expired']);
    expect(world.guests).toHaveLength(1);
  });

  it.each(['silent', 'error'] as const)('with a token that App ID takes no more is told so, and nobody new is made (%s)', async (deadAnonymousToken) => {
    const world = await World.open({ switches: { deadAnonymousToken } });
    const { token } = await guestOf(world);
    await revoke(world, token);
    expect(errorOf(await world.post('/renew', { token }))).toEqual([401, 'guest_revoked']);
    expect(world.guests).toHaveLength(1);
  });

  it('is nobody else, whoever App ID makes of the token', async () => {
    const world = await World.open();
    const { token, subject } = await guestOf(world);
    await revoke(world, token);
    world.shop.appId.faults.add({ route: ATTRIBUTES, kind: 'status', status: 200, body: '{}', times: 1 });
    const answer = await world.post('/renew', { token });
    expect([errorOf(answer), world.reports]).toEqual([[400, 'invalid_grant'], [expect.stringMatching(/somebody else/)]]);
    expect(world.guests.filter((one) => one !== subject)).toHaveLength(1);
  });

  it('by a broken answer of App ID is not over', async () => {
    const world = await World.open();
    const { token, subject } = await guestOf(world);
    world.shop.appId.faults.add({ route: TOKEN, kind: 'status', status: 200, body: '{"access_token":"x"}', times: 1 });
    expect(errorOf(await world.post('/renew', { token }))).toEqual([503, 'temporarily_unavailable']);
    expect(heldOf(await world.post('/renew', { token })).subject).toBe(subject);
  });

  it('by the token of a user is nobody, and a user by a guest’s refresh token is nobody either', async () => {
    const world = await World.open({ switches: { anonRefreshToken: 'yes' } });
    const refresh: string[] = [];
    const verifier = world.start({
      fetch: async (input, init) => {
        const answer = await world.fetch(input, init);
        if (String(input).endsWith('/token')) refresh.push(String(((await answer.clone().json()) as { refresh_token?: string }).refresh_token));
        return answer;
      },
    });
    await world.post('/guest', {}, { verifier });
    expect(errorOf(await world.post('/renew', { refresh_token: refresh[0] ?? '' }))).toEqual([503, 'temporarily_unavailable']);
  });

  it('whose tenant wants no guests any more is not over: it may want them again', async () => {
    const world = await World.open();
    const { token, subject } = await guestOf(world);
    world.shop.appId.tenant = { ...world.shop.appId.tenant, anonymousUsers: 'forbidden' };
    const answer = await world.post('/renew', { token });
    expect([...errorOf(answer), answer.headers.get('retry-after'), world.reports]).toEqual([503, 'temporarily_unavailable', '30', [expect.stringMatching(/anonymousAccess/)]]);
    world.shop.appId.tenant = { ...world.shop.appId.tenant, anonymousUsers: 'allowed' };
    expect(heldOf(await world.post('/renew', { token })).subject).toBe(subject);
  });

  it('has turns of their own', async () => {
    const world = await World.open({ verifier: { rateLimit: { subject: { burst: 1, perSecond: 0.001 } } } });
    const [{ token }, other] = [await guestOf(world), await guestOf(world)];
    expect((await world.post('/attributes', { token })).status).toBe(200);
    expect(errorOf(await world.post('/renew', { token }))).toEqual([429, 'rate_limited']);
    expect(errorOf(await world.post('/attributes', { token }))).toEqual([429, 'rate_limited']);
    expect((await world.post('/renew', { token: other.token })).status).toBe(200);
  });

  it('waits for a turn of the network, on every route', async () => {
    const world = await World.open({ verifier: { rateLimit: { network: { burst: 1, perSecond: 0.001 } } } });
    const { token } = await guestOf(world);
    const form = { token, code: 'c', code_verifier: 'v', redirect_uri: `${SHOP}/`, state: 's'.repeat(43), nonce: 'n'.repeat(43) };
    for (const route of ['/guest', '/renew', '/authorize', '/login', '/attributes', '/logout']) expect([route, ...errorOf(await world.post(route, form))]).toEqual([route, 429, 'rate_limited']);
  });

  it('whose keys cannot be had waits', async () => {
    const world = await World.open();
    const heal = world.shop.appId.faults.add({ route: 'GET /oauth/v4/{tenant}/publickeys', kind: 'status', status: 503 });
    expect(errorOf(await world.post('/guest'))).toEqual([503, 'temporarily_unavailable']);
    // Asked for before anything that would be spent.
    expect(world.asked.filter((one) => !one.endsWith('/publickeys'))).toEqual([]);
    heal();
    world.pass(MINUTE);
    expect((await world.post('/guest')).status).toBe(200);
  });
});
