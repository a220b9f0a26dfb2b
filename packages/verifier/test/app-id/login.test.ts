import { describe, expect, it } from 'vitest';
import { ATTRIBUTES, CALLBACK, codeFor, codeOfNobody, DAY, errorOf, guestOf, heldOf, loginWith, MINUTE, OAUTH_URL, request, revoke, SERVER, SHOP, signIn, TOKEN, World, type Fields } from './support.ts';

const who = ({ status, body }: { readonly status: number; readonly body: Readonly<Record<string, unknown>> }) => [status, body['subject'], body['kind'], body['moved_from']];

describe('a guest who asks where to sign in', () => {
  it('is sent to an address that does not say the token', async () => {
    const world = await World.open();
    const { token } = await guestOf(world);
    const { status, body } = await world.post('/authorize', request({ token }));
    expect([status, Object.keys(body), body['url']]).toEqual([200, ['url'], expect.stringMatching(/^http:\/\/appid\.shop\.localhost:4601\/sign-in\/[\w-]+$/)]);
  });

  it.each<[string, (answer: Response) => Response]>([
    ['says the token', (answer) => withLocation(answer, (location, token) => `${location}?hint=${token}`)],
    ['says what is in the token', (answer) => withLocation(answer, (location, token) => `${location}?hint=${token.split('.')[1] ?? ''}`)],
    ['says the token’s signature', (answer) => withLocation(answer, (location, token) => `${location}#${token.split('.')[2] ?? ''}`)],
    ['is not https', (answer) => withLocation(answer, () => 'http://appid.example/sign-in')],
    ['is a script', (answer) => withLocation(answer, () => 'javascript:alert(1)')],
    ['is none', (answer) => withLocation(answer, () => '')],
    ['comes with a cookie', (answer) => { answer.headers.append('set-cookie', 'appid=1'); return answer; }],
    ['is a page', () => new Response('<h1>Sign in</h1>')],
    ['is the shop’s own, with an error', (answer) => withLocation(answer, () => `${CALLBACK}?error=invalid_request&state=${'s'.repeat(43)}`)],
  ])('and App ID’s answer %s: signs in at the ordinary address, and nothing of the token is in it', async (_, change) => {
    const world = await World.open();
    const { token } = await guestOf(world);
    const verifier = world.start({
      fetch: async (input, init) => {
        const answer = await world.fetch(input, init);
        return String(input).includes('/authorization') ? change(new Response(answer.body, { status: answer.status, headers: { 'x-token': token, ...Object.fromEntries(answer.headers) } })) : answer;
      },
    });
    const { body } = await world.post('/authorize', request({ token, idp: 'google' }), { verifier });
    const url = new URL(String(body['url']));
    expect(url.origin + url.pathname).toBe(`${OAUTH_URL}/authorization`);
    expect(Object.fromEntries(url.searchParams)).toEqual({ client_id: SERVER.clientId, response_type: 'code', scope: 'appid_default', idp: 'google', ...request() });
  });

  it.each<[string, Fields]>([
    ['another site’s page', { redirect_uri: 'https://evil.example/' }], ['a page that begins alike', { redirect_uri: `${SHOP}.evil.example/` }], ['no page', { redirect_uri: 'x' }], ['a fragment', { redirect_uri: `${CALLBACK}#x` }],
    ['a state that is none', { state: 'x' }], ['a nonce that is none', { nonce: 'n n' }], ['a way to sign in that is none', { idp: 'a b' }], ['guests', { idp: 'appid_anon' }],
  ])('and asks for %s is refused, before anybody is asked', async (_, changes) => {
    const world = await World.open();
    const { token } = await guestOf(world);
    const before = world.asked.length;
    expect(errorOf(await world.post('/authorize', request({ token, ...changes })))).toEqual([400, 'invalid_request']);
    expect(world.asked).toHaveLength(before);
  });

  it('by a token that is over, revoked, a user’s, or none is told which', async () => {
    const world = await World.open();
    const [guest, late] = [await guestOf(world), await guestOf(world)];
    await revoke(world, guest.token);
    expect(errorOf(await world.post('/authorize', request({ token: guest.token })))).toEqual([401, 'guest_revoked']);
    expect(errorOf(await world.post('/authorize', request({ token: (await signIn(world.shop, 'grace')).access })))).toEqual([400, 'invalid_grant']);
    expect(errorOf(await world.post('/authorize', request({ token: 'x' })))).toEqual([400, 'invalid_grant']);
    world.pass(31 * DAY);
    expect(errorOf(await world.post('/authorize', request({ token: late.token })))).toEqual([401, 'guest_expired']);
  });

  it('while App ID is away is told to come again', async () => {
    const world = await World.open();
    const { token } = await guestOf(world);
    world.shop.appId.faults.add({ route: 'GET /oauth/v4/{tenant}/authorization', kind: 'status', status: 503, times: 1 });
    expect(errorOf(await world.post('/authorize', request({ token })))).toEqual([503, 'temporarily_unavailable']);
  });
});

function withLocation(answer: Response, change: (location: string, token: string) => string): Response {
  const headers = new Headers(answer.headers);
  const location = change(headers.get('location') ?? '', headers.get('x-token') ?? '');
  if (location === '') headers.delete('location');
  else headers.set('location', location);
  return new Response(null, { status: 302, headers });
}

describe('a code', () => {
  it('of nobody in particular is a user with a refresh token', async () => {
    const world = await World.open();
    const answer = await loginWith(world, await codeOfNobody(world));
    expect(answer.body).toEqual({ access_token: expect.any(String), refresh_token: expect.any(String), subject: expect.any(String), kind: 'user', expires_in: 3_600 });
  });

  it('is good once, and for a minute whoever lost the answer has the same', async () => {
    const world = await World.open();
    const code = await codeOfNobody(world);
    const answers = await Promise.all([loginWith(world, code), loginWith(world, code)]);
    expect([answers[0]?.body['access_token'], await loginWith(world, code)]).toEqual([answers[1]?.body['access_token'], expect.objectContaining({ status: 200 })]);
    expect(errorOf(await loginWith(world, code, { code_verifier: 'w'.repeat(43) }))).toEqual([400, 'invalid_grant']);
    world.pass(2 * MINUTE);
    expect(errorOf(await loginWith(world, code))).toEqual([400, 'invalid_grant']);
  });

  it.each<[string, Fields]>([['another browser’s verifier', { code_verifier: 'w'.repeat(43) }], ['another page', { redirect_uri: `${SHOP}/` }]])('with %s signs nobody in', async (_, changes) => {
    const world = await World.open();
    expect(errorOf(await loginWith(world, await codeOfNobody(world), changes))).toEqual([400, 'invalid_grant']);
  });

  it('of a sign-in with no nonce signs nobody in', async () => {
    const world = await World.open();
    expect(errorOf(await loginWith(world, await codeOfNobody(world, 'ada', { nonce: '' })))).toEqual([400, 'invalid_grant']);
    expect(world.reports).toEqual([expect.stringContaining('nonce')]);
  });

  it('for another site’s page is not redeemed', async () => {
    const world = await World.open();
    expect(errorOf(await loginWith(world, 'code', { redirect_uri: 'https://evil.example/' }))).toEqual([400, 'invalid_request']);
    expect(world.asked).toEqual([]);
  });

  it('of a guest is no sign-in', async () => {
    const world = await World.open();
    const url = `${OAUTH_URL}/authorization?${new URLSearchParams({ client_id: SERVER.clientId, response_type: 'code', idp: 'appid_anon', ...request() })}`;
    const answer = await world.fetch(url);
    const code = new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? '';
    expect(errorOf(await loginWith(world, code))).toEqual([503, 'temporarily_unavailable']);
    expect(world.reports).toEqual([expect.stringMatching(/token of a user/)]);
  });

  it('whose two tokens are of two people signs nobody in', async () => {
    const world = await World.open();
    const grace = await signIn(world.shop, 'grace');
    const verifier = world.start({ fetch: async (input, init) => {
      const answer = await world.fetch(input, init);
      return String(input).endsWith('/token') ? Response.json({ ...((await answer.json()) as object), access_token: grace.access }) : answer;
    } });
    expect(errorOf(await world.post('/login', { code: await codeOfNobody(world), redirect_uri: CALLBACK, code_verifier: 'v'.repeat(43) }, { verifier }))).toEqual([400, 'invalid_grant']);
  });

  it.each([['whom App ID has not verified', 403, '{"error_code":"FORBIDDEN","error_description":"Pending User Verification"}', [403, 'access_denied']], ['that comes at a bad time', 429, '{"error_code":"too many requests"}', [503, 'temporarily_unavailable']]] as const)('of somebody %s lets nobody in, in a word of its own', async (_, status, body, expected) => {
    const world = await World.open();
    const code = await codeOfNobody(world);
    world.shop.appId.faults.add({ route: TOKEN, kind: 'status', status, body, times: 1 });
    expect(errorOf(await loginWith(world, code))).toEqual(expected);
    expect((await loginWith(world, code)).status).toBe(200);
  });
});

it('a code is not spent while the keys cannot be had that its answer is checked with', async () => {
  const world = await World.open();
  const code = await codeOfNobody(world);
  const heal = world.shop.appId.faults.add({ route: 'GET /oauth/v4/{tenant}/publickeys', kind: 'status', status: 503 });
  expect(errorOf(await loginWith(world, code))).toEqual([503, 'temporarily_unavailable']);
  heal();
  world.pass(MINUTE / 2);
  expect((await loginWith(world, code)).status).toBe(200);
});

describe('a guest who comes back with a code', () => {
  it('has the same subject, where App ID keeps it', async () => {
    const world = await World.open();
    const guest = await guestOf(world);
    expect(who(await loginWith(world, await codeFor(world, guest), { token: guest.token }))).toEqual([200, guest.subject, 'user', undefined]);
    await expect(world.verifier.verifyToken(guest.token)).rejects.toMatchObject({ code: 'token_invalid' });
    expect(errorOf(await world.post('/renew', { token: guest.token }))).toEqual([401, 'guest_revoked']);
    expect(errorOf(await world.post('/attributes', { token: guest.token }))).toEqual([400, 'invalid_grant']);
  });

  it.each([['by the sign-in', 'address'], ['afterwards', 'cookie']] as const)('has moved where the profile was attached %s, and App ID was asked no more than it takes', async (_, widget) => {
    const world = await World.open({ switches: { linkKeepsSub: 'no', widget } });
    const guest = await guestOf(world);
    const code = await codeFor(world, guest);
    const answer = await loginWith(world, code, { token: guest.token });
    expect(who(answer)).toEqual([200, expect.any(String), 'user', guest.subject]);
    const again = await loginWith(world, code, { token: guest.token });
    expect(who(again)).toEqual(who(answer));
    // Not the one that the first try spent.
    expect(heldOf(again).refresh).toBe(heldOf(answer).refresh);
    await expect(world.verifier.verifyToken(guest.token)).rejects.toMatchObject({ code: 'token_invalid' });
    expect(world.asked.filter((one) => one.endsWith('/token'))).toHaveLength(widget === 'cookie' ? 3 : 2);
  });

  it.each(['signs in', 'signs out'] as const)('and %s leaves no token of the guest that counts, though a copy of it was renewed elsewhere and lives longer', async (how) => {
    const world = await World.open();
    const guest = await guestOf(world);
    world.pass(16 * DAY);
    const copy = heldOf(await world.post('/renew', { token: guest.token }));
    if (how === 'signs in') expect(who(await loginWith(world, await codeFor(world, guest), { token: guest.token }))).toEqual([200, guest.subject, 'user', undefined]);
    else expect((await world.post('/logout', { token: guest.token })).status).toBe(200);
    await expect(world.verifier.verifyToken(copy.token)).rejects.toMatchObject({ code: 'token_invalid' });
    // The first token has ended by its age, the copy has not.
    world.pass(15 * DAY);
    await expect(world.verifier.verifyToken(copy.token)).rejects.toMatchObject({ code: 'token_invalid' });
  });

  it('is not that user where another guest was attached before, and still themselves', async () => {
    const world = await World.open({ switches: { linkKeepsSub: 'no' } });
    const [first, second] = [await guestOf(world), await guestOf(world)];
    const { body } = await loginWith(world, await codeFor(world, first), { token: first.token });
    expect(who(await loginWith(world, await codeFor(world, second), { token: second.token }))).toEqual([200, body['subject'], 'user', undefined]);
    expect(await world.verifier.verifyToken(second.token)).toMatchObject({ subject: second.subject, kind: 'guest' });
    expect((await world.post('/renew', { token: second.token })).status).toBe(200);
  });

  it('whose token ends within the minute has nothing attached, and has not moved', async () => {
    const world = await World.open({ switches: { widget: 'cookie' } });
    const guest = await guestOf(world);
    world.pass(30 * DAY - MINUTE + 1_000);
    const code = await codeFor(world, guest);
    expect(who(await loginWith(world, code, { token: guest.token }))).toEqual([200, expect.any(String), 'user', undefined]);
    expect(world.guests).toEqual([guest.subject]);
  });

  it('with somebody else’s token, or none, is just signed in', async () => {
    const world = await World.open();
    const grace = await signIn(world.shop, 'grace');
    for (const token of ['x', grace.access]) expect(who(await loginWith(world, await codeOfNobody(world), { token }))).toEqual([200, expect.any(String), 'user', undefined]);
  });

  it('with the token of a user who signed out is just signed in, and that user has not moved', async () => {
    const world = await World.open();
    const grace = await signIn(world.shop, 'grace');
    await revoke(world, grace.access);
    expect(who(await loginWith(world, await codeOfNobody(world), { token: grace.access }))).toEqual([200, expect.any(String), 'user', undefined]);
  });

  it('as whose profile was attached to another user already has not moved to this one', async () => {
    const world = await World.open({ switches: { linkKeepsSub: 'no' } });
    const guest = await guestOf(world);
    expect(who(await loginWith(world, await codeFor(world, guest), { token: guest.token }))[3]).toBe(guest.subject);
    expect(who(await loginWith(world, await codeOfNobody(world, 'grace'), { token: guest.token }))).toEqual([200, expect.any(String), 'user', undefined]);
  });

  it('is attached by a second try, where App ID was away at the first', async () => {
    const world = await World.open({ switches: { widget: 'cookie' } });
    const guest = await guestOf(world);
    const code = await codeFor(world, guest);
    let asked = 0;
    const verifier = world.start({ fetch: (input, init) => (String(input).endsWith('/token') && (asked += 1) === 2 ? Promise.resolve(new Response('', { status: 503 })) : world.fetch(input, init)) });
    const login = () => world.post('/login', { code, redirect_uri: CALLBACK, code_verifier: 'v'.repeat(43), token: guest.token }, { verifier });
    expect(errorOf(await login())).toEqual([503, 'temporarily_unavailable']);
    expect(who(await login())).toEqual([200, expect.any(String), 'user', guest.subject]);
  });

  it('has moved though introspection knows nothing of it', async () => {
    const world = await World.open({ switches: { linkKeepsSub: 'no' } });
    const guest = await guestOf(world);
    const code = await codeFor(world, guest);
    world.shop.appId.faults.add({ route: 'POST /oauth/v4/{tenant}/introspect', kind: 'status', status: 200, body: '{"active":true}' });
    expect(who(await loginWith(world, code, { token: guest.token }))[3]).toBe(guest.subject);
  });

  it('is just signed in where App ID refuses to attach, and the operator hears why', async () => {
    const world = await World.open({ switches: { widget: 'cookie' } });
    const guest = await guestOf(world);
    const code = await codeFor(world, guest);
    let redeemed = 0;
    const verifier = world.start({ fetch: (input, init) => (String(input).endsWith('/token') && (redeemed += 1) === 2 ? Promise.resolve(Response.json({ error: 'invalid_request' }, { status: 400 })) : world.fetch(input, init)) });
    expect(who(await world.post('/login', { code, redirect_uri: CALLBACK, code_verifier: 'v'.repeat(43), token: guest.token }, { verifier }))).toEqual([200, expect.any(String), 'user', undefined]);
    expect(world.reports).toEqual([expect.stringMatching(/invalid_request/)]);
    expect(await world.verifier.verifyToken(guest.token)).toMatchObject({ subject: guest.subject });
  });

  it('is not handed the tokens of somebody else, whom App ID renewed in their place', async () => {
    const world = await World.open({ switches: { widget: 'cookie' } });
    const [guest, grace] = [await guestOf(world), heldOf(await loginWith(world, await codeOfNobody(world, 'grace')))];
    const code = await codeFor(world, guest);
    let redeemed = 0;
    const verifier = world.start({ fetch: (input, init) => (String(input).endsWith('/token') && (redeemed += 1) === 2 ? Promise.resolve(Response.json({ access_token: grace.token, refresh_token: 'r' })) : world.fetch(input, init)) });
    expect(errorOf(await world.post('/login', { code, redirect_uri: CALLBACK, code_verifier: 'v'.repeat(43), token: guest.token }, { verifier }))).toEqual([503, 'temporarily_unavailable']);
  });

  it('and whose answer was lost in the middle gets what it came to', async () => {
    const world = await World.open({ switches: { widget: 'cookie' } });
    const guest = await guestOf(world);
    const code = await codeFor(world, guest);
    world.shop.appId.faults.add({ route: ATTRIBUTES, kind: 'lost_answer', times: 1 });
    expect(errorOf(await loginWith(world, code, { token: guest.token }))).toEqual([503, 'temporarily_unavailable']);
    expect(who(await loginWith(world, code, { token: guest.token }))).toEqual([200, expect.any(String), 'user', guest.subject]);
  });

  it.each([{ kind: 'html', status: 403 }, { kind: 'status', status: 401, body: '\n<html><h1>Sign in to the network</h1></html>' }] as const)('is not taken for somebody else’s because a firewall stood in the way (%j)', async (fault) => {
    const world = await World.open({ switches: { widget: 'cookie' } });
    const guest = await guestOf(world);
    const code = await codeFor(world, guest);
    world.shop.appId.faults.add({ route: ATTRIBUTES, ...fault, times: 1 });
    expect(errorOf(await loginWith(world, code, { token: guest.token }))).toEqual([503, 'temporarily_unavailable']);
    expect(who(await loginWith(world, code, { token: guest.token }))).toEqual([200, expect.any(String), 'user', guest.subject]);
  });

  it.each(['', 'The token is over', '{"error":"invalid_token"}'])('has moved where App ID says that their token is over, in whatever words (401 %j)', async (body) => {
    const world = await World.open({ switches: { linkKeepsSub: 'no' } });
    const guest = await guestOf(world);
    const code = await codeFor(world, guest);
    const verifier = world.start({ fetch: async (input, init) => {
      const answer = await world.fetch(input, init);
      return answer.status === 401 ? new Response(body, { status: 401 }) : answer;
    } });
    expect(who(await world.post('/login', { code, redirect_uri: CALLBACK, code_verifier: 'v'.repeat(43), token: guest.token }, { verifier }))).toEqual([200, expect.any(String), 'user', guest.subject]);
  });

  it('is told from a user where the tenant keeps no attributes', async () => {
    const world = await World.open({ switches: { widget: 'cookie' }, tenant: { profiles: 'inactive' } });
    const [first, second] = [await guestOf(world), await guestOf(world)];
    expect(who(await loginWith(world, await codeFor(world, first), { token: first.token }))[3]).toBe(first.subject);
    expect(who(await loginWith(world, await codeFor(world, second), { token: second.token }))[3]).toBeUndefined();
  });
});

it('a user who signs out has no renewal left', async () => {
  const world = await World.open();
  const { refresh = '' } = heldOf(await loginWith(world, await codeOfNobody(world)));
  expect((await world.post('/renew', { refresh_token: refresh })).status).toBe(200);
  expect((await world.post('/logout', { refresh_token: refresh })).status).toBe(200);
  world.pass(2 * MINUTE);
  expect(errorOf(await world.post('/renew', { refresh_token: refresh }))).toEqual([400, 'invalid_grant']);
});
