import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AT_HOME, CLIENT_ID, FakeWorld, LOGIN_URL, visit } from '../fixtures.ts';
import { REDIRECT_TRICKS } from './redirect-tricks.ts';

const query = (parameters: Record<string, string>) => `?${new URLSearchParams(parameters)}`;
const plenty = { burst: 1_000_000, perSecond: 1 };

/** What must hold for every answer, whatever was asked. */
async function expectHarmless(answer: Response): Promise<void> {
  const location = answer.headers.get('location');
  if (location !== null) {
    expect(answer.status).toBe(303);
    expect(new URL(location).origin).toBe(LOGIN_URL);
    expect(location.startsWith(`${LOGIN_URL}/login?code=`)).toBe(true);
    expect([...new URL(location).searchParams.keys()]).toEqual(['code', 'iss', 'state']);
    expect(new URL(location).searchParams.get('iss')).toBe(`${LOGIN_URL}/v1/clients/${CLIENT_ID}`);
    expect(location).toMatch(/^[\x21-\x7e]+$/);
    expect(await answer.text()).toBe('');
  } else {
    expect([400, 404, 405, 414]).toContain(answer.status);
    expect(answer.headers.get('content-type')).toBe('application/json');
  }
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  const allowed = ['allow', 'cache-control', 'content-security-policy', 'content-type', 'location', 'referrer-policy', 'x-content-type-options'];
  expect([...answer.headers.keys()].filter((name) => !allowed.includes(name))).toEqual([]);
}

describe('a visitor sent by Authress', () => {
  it('goes back to the login page with an assertion and the same state', async () => {
    const answer = await new FakeWorld().verifier().handler(visit(query({ state: 'req_1', redirect_uri: `${LOGIN_URL}/login`, client_id: CLIENT_ID })), AT_HOME);
    expect(answer.status).toBe(303);
    expect(new URL(answer.headers.get('location') ?? '').searchParams.get('state')).toBe('req_1');
    await expectHarmless(answer);
  });

  it.each([`${LOGIN_URL}/login`, `${LOGIN_URL}/`, LOGIN_URL, undefined])('is served when the redirect_uri is %s', async (redirectUri) => {
    const answer = await new FakeWorld().verifier().handler(visit(query({ state: 's', ...(redirectUri && { redirect_uri: redirectUri }) })), AT_HOME);
    expect(answer.status).toBe(303);
    await expectHarmless(answer);
  });

  it.each(['a', 'A'.repeat(512), '3b1f0c52-7a31-4d6c-9a43-6f9c1a9be0d1', 'a_b.c~d', 'a+b/c==', 'authorization:1'])('keeps its state to the letter: %s', async (state) => {
    const answer = await new FakeWorld().verifier().handler(visit(query({ state })), AT_HOME);
    expect(new URL(answer.headers.get('location') ?? '').searchParams.get('state')).toBe(state);
  });

  it.each(['response_type=code', 'userId=user_ada', 'sub=user_ada', '__proto__=1', 'Redirect_Uri=https%3A%2F%2Fevil.example', 'a=1&a=2'])('may bring %s, which changes nothing', async (more) => {
    const plain = (bytes: Uint8Array) => void bytes.fill(7);
    const { handler } = new FakeWorld().verifier({ random: plain });
    const [without, withMore] = [await handler(visit('?state=s'), AT_HOME), await handler(visit(`?${more}&state=s`), AT_HOME)];
    expect(withMore.status).toBe(303);
    expect(withMore.headers.get('location')).toBe(without.headers.get('location'));
  });

  it('gets an ID that no other visitor gets', async () => {
    const { handler } = new FakeWorld().verifier({ rateLimit: plenty });
    const subjects = new Set<string>();
    for (let i = 0; i < 500; i += 1) {
      const answer = await handler(visit('?state=same'), AT_HOME);
      const code = new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? '';
      const { sub } = JSON.parse(Buffer.from(code.split('.')[1] ?? '', 'base64url').toString()) as { sub: string };
      expect(sub).toMatch(/^user_[a-z2-7]{32}$/);
      subjects.add(sub);
    }
    expect(subjects.size).toBe(500);
  });
});

describe('a visitor who is refused', () => {
  const cases: readonly (readonly [string, Request, number, string])[] = [
    ['asks for another path', new Request('https://v.example/v1/login/?state=s'), 404, 'not_found'],
    ['asks for the root', new Request('https://v.example/?state=s'), 404, 'not_found'],
    ['posts', new Request('https://v.example/v1/login?state=s', { method: 'POST' }), 405, 'method_not_allowed'],
    ['only asks for the head', new Request('https://v.example/v1/login?state=s', { method: 'HEAD' }), 405, 'method_not_allowed'],
    ['sends 4 KiB of query', visit(`?state=s&redirect_uri=${'a'.repeat(4_096)}`), 414, 'query_too_long'],
    ['sends 20 MB of query', visit(`?state=${'a'.repeat(20_000_000)}`), 414, 'query_too_long'],
    ['has no state', visit(''), 400, 'state_invalid'],
    ['has an empty state', visit('?state='), 400, 'state_invalid'],
    ['has a state of 513 characters', visit(`?state=${'a'.repeat(513)}`), 400, 'state_invalid'],
    ['has a line break in the state', visit('?state=a%0d%0aset-cookie:x=1'), 400, 'state_invalid'],
    ['has markup in the state', visit('?state=%3Cscript%3E'), 400, 'state_invalid'],
    ['has bytes that are no text in the state', visit('?state=%ff%fe'), 400, 'state_invalid'],
    ['says the state twice', visit('?state=s&state=s'), 400, 'parameter_repeated'],
    ['says the state twice, once escaped', visit('?state=s&%73tate=s'), 400, 'parameter_repeated'],
    ['is sent for another service client', visit('?state=s&client_id=sc_other'), 400, 'client_id_refused'],
    ['names a foreign host', visit('?state=s&redirect_uri=https%3A%2F%2Fevil.example%2Fcollect'), 400, 'redirect_uri_refused'],
  ];
  it.each(cases)('%s and gets a reason', async (_, request, status, error) => {
    const answer = await new FakeWorld().verifier().handler(request, AT_HOME);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('location')).toBeNull();
    expect(await answer.clone().json()).toEqual({ error, reason: expect.any(String) as string });
    await expectHarmless(answer);
  });

  it('learns which method there is', async () => {
    const answer = await new FakeWorld().verifier().handler(new Request('https://v.example/v1/login', { method: 'DELETE' }), AT_HOME);
    expect(answer.headers.get('allow')).toBe('GET');
  });

  it('after the 300th guest of one address gets 429 and when to come back', async () => {
    const world = new FakeWorld();
    const { handler } = world.verifier();
    const statuses = new Map<number, number>();
    for (let i = 0; i < 10_000; i += 1) {
      const { status } = await handler(visit('?state=s'), AT_HOME);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect(statuses).toEqual(new Map([[303, 300], [429, 9_700]]));
    const refused = await handler(visit('?state=s'), AT_HOME);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await handler(visit('?state=s'), { clientAddress: '203.0.113.8' })).status).toBe(303);
    world.time += 1_000;
    expect((await handler(visit('?state=s'), AT_HOME)).status).toBe(303);
  });

  it('does not use up the turns of others by asking wrongly', async () => {
    const { handler } = new FakeWorld().verifier({ rateLimit: { burst: 1, perSecond: 1 } });
    expect((await handler(visit('?state='), AT_HOME)).status).toBe(400);
    expect((await handler(visit('?state=s'), AT_HOME)).status).toBe(303);
  });

  it.each([false, undefined, 0, 'yes', Promise.resolve(false)])('by a rule of the shop that says %s gets 403', async (verdict) => {
    const allow = (() => verdict) as () => boolean;
    const answer = await new FakeWorld().verifier({ allow }).handler(visit('?state=s'), AT_HOME);
    expect(answer.status).toBe(403);
    expect(answer.headers.get('location')).toBeNull();
  });

  it('by a rule was seen by it: the address and the headers', async () => {
    const seen: string[] = [];
    const { handler } = new FakeWorld().verifier({
      allow: ({ clientAddress, headers }) => { seen.push(clientAddress, headers.get('user-agent') ?? ''); return true; },
    });
    const answer = await handler(new Request('https://v.example/v1/login?state=s', { headers: { 'user-agent': 'Firefox' } }), AT_HOME);
    expect(answer.status).toBe(303);
    expect(seen).toEqual(['203.0.113.7', 'Firefox']);
  });
});

describe('ver-1: a visitor whose query names a foreign host', () => {
  it('is a corpus worth its name', () => expect(REDIRECT_TRICKS.length).toBeGreaterThan(80));

  it.each(REDIRECT_TRICKS)('gets 400 and no redirect: %j', async (trick) => {
    const { handler } = new FakeWorld().verifier({ rateLimit: plenty });
    const once = encodeURIComponent(trick);
    const good = encodeURIComponent(`${LOGIN_URL}/login`);
    const queries = [
      `?state=s&redirect_uri=${once}`,
      `?state=s&redirect_uri=${encodeURIComponent(once)}`,
      `?state=s&redirect_uri=${good}&redirect_uri=${once}`,
      `?state=s&redirect_uri=${once}&redirect_uri=${good}`,
      `?state=s&client_id=${once}`,
    ];
    for (const each of queries) {
      const answer = await handler(visit(each), AT_HOME);
      expect.soft(answer.status, each).toBe(400);
      expect.soft(answer.headers.get('location'), each).toBeNull();
      await expectHarmless(answer);
    }
    // Written raw, some of these lose their spaces and line breaks on the way and arrive as the login host's own address.
    await expectHarmless(await handler(visit(`?state=s&redirect_uri=${trick}`), AT_HOME));
    // Names the verifier does not know are not read, so these visitors go where all others go.
    for (const name of ['iss', 'redirectUrl', 'redirect_uri[]', 'redirect_uri%00', 'Redirect_Uri', 'returnTo', 'next', 'code']) {
      await expectHarmless(await handler(visit(`?state=s&redirect_uri=${good}&${name}=${once}`), AT_HOME));
      await expectHarmless(await handler(visit(`?state=s&${name}=${once}&${name}=${once}`), AT_HOME));
    }
    await expectHarmless(await handler(visit(`?state=${once}`), AT_HOME));
    await expectHarmless(await handler(visit(`?state=s&state=${once}`), AT_HOME));
  });
});

describe('10,000 visitors with any query at all', () => {
  const word = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }), fc.string({ maxLength: 40 }), fc.webUrl(), fc.constantFrom(...REDIRECT_TRICKS),
    fc.constantFrom('\r\nset-cookie: a=b', '%0d%0alocation:%20//evil.example', '\u010d\u010aX: y', '<script>alert(1)</script>', LOGIN_URL, `${LOGIN_URL}/login`),
  );
  const name = fc.oneof({ weight: 6, arbitrary: fc.constantFrom('state', 'redirect_uri', 'client_id') }, { weight: 1, arbitrary: fc.constantFrom('iss', 'code', 'redirectUrl', '__proto__') }, { weight: 1, arbitrary: fc.string() });
  const encoded = fc.tuple(name, word).map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`);
  const raw = fc.tuple(name, word).map(([key, value]) => `${key}=${value}`);
  const anything = fc.array(fc.oneof(encoded, raw), { maxLength: 4 }).map((parts) => parts.join('&'));
  const served = word.map((state) => `state=${encodeURIComponent(state)}`);

  it('are never sent anywhere but to the login host, and read nothing of what they wrote', async () => {
    const { handler } = new FakeWorld().verifier({ rateLimit: plenty });
    const reasons = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.oneof(anything, served), async (text) => {
        const answer = await handler(visit(`?${text}`), AT_HOME);
        await expectHarmless(answer.clone());
        reasons.add(await answer.text());
      }),
      { numRuns: 10_000 },
    );
    // All bodies there are: fixed sentences, none of them made from a query.
    expect(reasons.size).toBeLessThanOrEqual(8);
    for (const reason of reasons) expect(reason).not.toMatch(/[<>]|evil/);
  }, 120_000);
});
