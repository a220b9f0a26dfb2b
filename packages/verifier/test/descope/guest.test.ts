import { describe, expect, it } from 'vitest';
import { claimsOf, cookiesOf, errorOf, guestOf, heldOf, MINUTE, SHOP, World } from './support.ts';

describe('a guest of the new generation', () => {
  it('has a session, whose token says that nobody is behind it', async () => {
    const world = await World.open({ initialClaims: { nickname: 'Guest' }, refreshDurationSeconds: 90 * 86_400 });
    const answer = await world.post('/guest');
    expect(answer.body).toEqual({ sessionJwt: expect.any(String), refreshJwt: expect.any(String), subject: expect.stringMatching(/^U2/), kind: 'guest', expires_in: 600 });
    const { session, refresh, subject } = heldOf(answer);
    expect(claimsOf(session)).toMatchObject({ sub: subject, danu: true, drn: 'DS', nickname: 'Guest' });
    expect(Number(claimsOf(refresh).exp) - world.now / 1000).toBe(90 * 86_400);
    expect(await world.verifier.verifyToken(session)).toMatchObject({ subject, kind: 'guest', expiresAt: world.now + 600_000 });
    expect([world.shop.descope.users.length, world.asked]).toEqual([0, ['POST /v1/mgmt/auth/anonymous', `GET /v2/keys/${world.shop.descope.projectId}`]]);
    expect(Object.fromEntries(answer.headers)).toMatchObject({ 'cache-control': 'no-store', 'access-control-allow-origin': SHOP, vary: 'Origin' });
    expect([answer.headers.get('access-control-allow-credentials'), answer.headers.getSetCookie()]).toEqual([null, []]);
  });

  it('is in the tenant that the shop selected', async () => {
    const world = await World.open();
    const selectedTenant = world.shop.descope.addTenant({ name: 'Berlin' });
    expect(claimsOf(heldOf(await world.post('/guest', {}, { verifier: world.start({ selectedTenant }) })).session)).toMatchObject({ dct: selectedTenant, danu: true });
  });
});

describe('a guest of the old generation', () => {
  it('is a user in the tenant of the guests, with a password that nobody knows', async () => {
    const world = await World.open({ generation: 'temporary_user' });
    const bodies: string[] = [];
    const verifier = world.start({ fetch: async (input, init) => (bodies.push(String(init?.body)), world.fetch(input, init)) });
    const answer = await world.post('/guest', {}, { verifier });
    const { subject, session } = heldOf(answer);
    expect(answer.body).toMatchObject({ kind: 'guest', expires_in: 600 });
    expect(world.known(subject)).toMatchObject({ loginIds: [expect.stringMatching(/^[0-9a-f]{32}@guest\.invalid$/)], tenants: [world.tenantId], verifiedEmail: false, hasPassword: true });
    expect(await world.verifier.verifyToken(session)).toMatchObject({ subject, kind: 'guest' });
    const [, set, replaced] = bodies.map((body) => JSON.parse(body) as Record<string, string>);
    expect(replaced).toMatchObject({ oldPassword: set?.['password'], newPassword: expect.stringMatching(/^[\w-]{43}aA1!$/) });
    expect(replaced?.['newPassword']).not.toBe(set?.['password']);
    const passwords = new Set<string | undefined>();
    for (let i = 0; i < 3; i += 1) {
      bodies.length = 0;
      await world.post('/guest', {}, { verifier });
      for (const body of bodies) for (const name of ['password', 'newPassword'] as const) if (body.includes(name)) passwords.add((JSON.parse(body) as Record<string, string>)[name]);
    }
    expect(passwords.size - (passwords.has(undefined) ? 1 : 0)).toBe(6);
  });

  it('whom Descope does not know yet is no session that is over: there was none', async () => {
    const world = await World.open({ generation: 'temporary_user' });
    world.shop.descope.faults.add({ route: 'POST /v1/mgmt/user/password/set/active', kind: 'status', status: 400, body: '{"errorCode":"E112102"}', times: 1 });
    expect(errorOf(await world.post('/guest'))).toEqual([503, 'temporarily_unavailable']);
  });

  it('who is in no tenant of the guests is not handed out, for they would pass for a user', async () => {
    const world = await World.open({ generation: 'temporary_user' });
    const verifier = world.start({ fetch: (input, init) => world.fetch(input, init?.body ? { ...init, body: String(init.body).replace(/"userTenants":\[.*?\]/, '"userTenants":[]') } : init) });
    expect(errorOf(await world.post('/guest', {}, { verifier }))).toEqual([503, 'temporarily_unavailable']);
    expect(world.reports).toEqual([expect.stringMatching(/generation and tenantId/)]);
  });
});

describe.each(['anonymous_jwt', 'temporary_user'] as const)('a guest (%s)', (generation) => {
  it('has only the session token where the renewal travels in a cookie', async () => {
    const world = await World.open({ generation, sessions: 'refresh_cookie' });
    const answer = await world.post('/guest');
    expect(answer.body).toEqual({ sessionJwt: expect.any(String), subject: expect.any(String), kind: 'guest', expires_in: 600 });
    expect(answer.headers.getSetCookie()).toEqual([expect.stringMatching(/^DSR=[\w.-]+; Path=\/; Domain=shop\.localhost; Max-Age=\d+; HttpOnly; Secure; SameSite=Strict$/)]);
    expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
    expect(claimsOf(cookiesOf(answer.headers)['DSR'] ?? '')).toMatchObject({ drn: 'DSR', sub: answer.body['subject'] });
  });

  it('has no token at all where both travel in cookies, which last as long as they do', async () => {
    const world = await World.open({ generation, sessions: 'cookies' });
    const answer = await world.post('/guest');
    expect(answer.body).toEqual({ subject: expect.any(String), kind: 'guest', expires_in: 600 });
    expect(answer.headers.getSetCookie().map((line) => /^(\w+)=.*Max-Age=(\d+)/.exec(line)?.slice(1))).toEqual([['DSR', String((generation === 'anonymous_jwt' ? 28 : 364) * 86_400)], ['DS', '600']]);
  });

  it.each([['another', 'https://evil.example'], ['a longer', `${SHOP}.evil.example`], ['no', ''], ['a null', 'null']])('is not made for %s origin, which reads no answer', async (_, origin) => {
    const world = await World.open({ generation });
    const response = await world.send('/guest', { headers: { origin } });
    expect([response.status, response.headers.get('access-control-allow-origin'), world.asked]).toEqual([403, null, []]);
  });

  it('is not made by a form that a page submits', async () => {
    const world = await World.open({ generation });
    expect((await world.send('/guest', { headers: { 'sec-fetch-mode': 'navigate' } })).status).toBe(403);
    expect((await world.send('/guest', { headers: { 'content-type': 'application/json' }, form: '{}' })).status).toBe(415);
    expect((await world.send('/guest', { method: 'GET' })).status).toBe(405);
    expect((await world.send('/guest', { form: `x=${'y'.repeat(16_384)}` })).status).toBe(413);
    expect((await world.send('/guest', { form: 'a=1&a=2' })).status).toBe(400);
    expect((await world.send('/nowhere')).status).toBe(404);
    expect(world.asked).toEqual([]);
  });

  it('waits for a turn of the network, a captcha and the shop’s own rule, in this order', async () => {
    const world = await World.open({ generation });
    const seen: string[] = [];
    const verifier = world.start({
      rateLimit: { network: { burst: 2, perSecond: 0.01 } },
      captcha: (response) => (seen.push(`captcha ${response}`), response === 'right'),
      allow: ({ clientAddress }) => (seen.push(`allow ${clientAddress}`), seen.length < 3),
    });
    const ask = async (form: Readonly<Record<string, string>>, address?: string) => {
      const response = await world.send('/guest', { form, verifier, ...(address !== undefined && { address }) });
      return [response.status, ((await response.json()) as { error?: string }).error];
    };
    expect(await ask({})).toEqual([403, 'captcha_required']);
    expect(await ask({ captcha_response: 'right' })).toEqual([200, undefined]);
    expect(await ask({ captcha_response: 'right' })).toEqual([429, 'rate_limited']);
    expect(await ask({ captcha_response: 'wrong' }, '203.0.113.8')).toEqual([403, 'captcha_required']);
    expect(await ask({ captcha_response: 'right' }, '203.0.113.8')).toEqual([403, 'access_denied']);
    expect(seen).toEqual(['captcha right', 'allow 203.0.113.7', 'captcha wrong', 'captcha right', 'allow 203.0.113.8']);
  });

  it('is told to come again where Descope is away, and the operator hears of what only they can change', async () => {
    const world = await World.open({ generation });
    const route = generation === 'anonymous_jwt' ? 'POST /v1/mgmt/auth/anonymous' : 'POST /v1/auth/password/replace';
    world.shop.descope.faults.add({ route, kind: 'status', status: 503, times: 1 });
    const away = await world.post('/guest');
    expect([...errorOf(away), away.headers.get('retry-after'), world.reports]).toEqual([503, 'temporarily_unavailable', '2', []]);
    const verifier = world.start({ managementKey: 'K2wrong' });
    expect(errorOf(await world.post('/guest', {}, { verifier }))).toEqual([503, 'temporarily_unavailable']);
    await world.post('/guest', {}, { verifier });
    expect(world.reports).toEqual([expect.stringMatching(/new management key/)]);
    world.pass(MINUTE);
    await world.post('/guest', {}, { verifier });
    expect(world.reports).toHaveLength(2);
    await guestOf(world);
  });
});
