import { afterEach, expect, it, vi } from 'vitest';
import { codeFor, codeOfNobody, guestOf, heldOf, loginWith, OAUTH_URL, request, SERVER, SHOP, World, type Fields } from './support.ts';

afterEach(() => vi.restoreAllMocks());

const MARKER = 'm4rk3r';
/** Whatever App ID and the network may do, some of it with all that was sent. */
const FAILURES: Readonly<Record<string, (input: unknown, init?: RequestInit) => Response>> = {
  'a network that repeats what it was given': (input, init) => {
    throw new Error(`could not send ${String(input)} ${JSON.stringify(init?.headers)} ${String(init?.body)}`);
  },
  ...Object.fromEntries([200, 302, 400, 401, 403, 404, 413, 429, 500, 503].flatMap((status) => [
    [`${status} with everything in it`, (input: unknown, init?: RequestInit) => new Response(JSON.stringify({ error: 'invalid_request', error_description: JSON.stringify([String(input), init, String(init?.body)]) }), { status, headers: { location: `${SHOP}/?error=${encodeURIComponent(String(input))}` } })],
    [`${status} with an error of its own making`, (input: unknown, init?: RequestInit) => new Response(JSON.stringify({ error: JSON.stringify(init?.headers), error_code: String(input), access_token: JSON.stringify(init?.headers), active: String(init?.body) }), { status, headers: { location: String(input) } })],
    [`${status} that is HTML`, (input: unknown, init?: RequestInit) => new Response(`<p>${JSON.stringify(init?.headers)}${String(input)}</p>`, { status })],
  ])),
};

it('the secret, and whatever was sent, is in no answer, error, report or log', { timeout: 60_000 }, async () => {
  const told: string[] = [];
  const tell = (...parts: unknown[]): void => void told.push(...parts.map((part) => (part instanceof Error ? `${part.stack ?? ''} ${JSON.stringify(part)} ${String(part.cause)}` : String(part))));
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) vi.spyOn(console, method).mockImplementation(tell);
  const world = await World.open({ switches: { widget: 'cookie' } });
  const [guest, user] = [await guestOf(world), heldOf(await loginWith(world, await codeOfNobody(world, 'grace')))];
  const code = await codeFor(world, guest);
  const forms: readonly (readonly [string, Fields])[] = [
    ['/guest', { captcha_response: MARKER }], ['/renew', { token: guest.token }], ['/renew', { token: MARKER }], ['/renew', { refresh_token: user.refresh ?? '' }], ['/renew', { refresh_token: MARKER }],
    ['/authorize', request({ token: guest.token })], ['/authorize', request({ token: guest.token, state: MARKER })], ['/authorize', request({ token: guest.token, redirect_uri: `https://${MARKER}/` })],
    ['/login', { code, redirect_uri: `${SHOP}/callback`, code_verifier: MARKER, token: guest.token }], ['/login', { code: MARKER, redirect_uri: `${SHOP}/callback`, code_verifier: MARKER, token: guest.token }], ['/login', { code: MARKER, redirect_uri: MARKER, code_verifier: MARKER }],
    ['/attributes', { token: guest.token, set: '{"nickname":"x"}' }], ['/attributes', { token: user.token, set: `{"${MARKER}":"x"}` }], ['/attributes', { token: MARKER, remove: MARKER }], ['/logout', { refresh_token: MARKER }], ['/logout', { token: MARKER }], ['/nowhere', { token: MARKER }],
  ];
  for (const work of [world.fetch, ...Object.values(FAILURES).map((fail): typeof globalThis.fetch => async (input, init) => (String(input).endsWith('/publickeys') ? world.fetch(input, init) : fail(input, init)))]) {
    const verifier = world.start({ fetch: work, report: (message) => tell(message) });
    for (const [path, form] of forms) {
      const response = await world.send(path, { form, verifier });
      const text = await response.text();
      // A session, and where to sign in, are the answers that hold what is theirs.
      if (!(work === world.fetch && response.status === 200)) tell(text.replace(`${OAUTH_URL}/authorization`, ''), JSON.stringify([...response.headers]));
    }
    await Promise.allSettled([
      verifier.mergeGuest({ guestToken: guest.token, userToken: user.token }), verifier.mergeGuest({ guestToken: MARKER, userToken: user.token }), verifier.verifyToken(MARKER), verifier.requireUser(new Request(SHOP, { headers: { authorization: `Bearer ${guest.token}` } })),
    ]).then((all) => all.forEach((one) => one.status === 'rejected' && tell(one.reason)));
  }
  const all = told.join('\n');
  expect(told.length).toBeGreaterThan(300);
  for (const secret of [SERVER.secret, btoa(SERVER.secret), MARKER, guest.token, user.token, user.refresh ?? '', guest.subject, user.subject, code, 'eyJ']) expect(all.includes(secret) ? `${secret} in ${told.find((one) => one.includes(secret))?.slice(0, 400)}` : '').toBe('');
});
