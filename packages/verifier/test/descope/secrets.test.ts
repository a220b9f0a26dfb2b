import { afterEach, expect, it, vi } from 'vitest';
import { createDescopeCull, createDescopeTenant } from '../../src/index.ts';
import { ADA, guestOf, SHOP, World, type Fields } from './support.ts';

afterEach(() => vi.restoreAllMocks());

const MARKER = 'm4rk3r';
/** Whatever Descope and the network may do, some of it with all that was sent. */
const FAILURES: Readonly<Record<string, (input: unknown, init?: RequestInit) => Response>> = {
  'a network that repeats what it was given': (input, init) => {
    throw new Error(`could not send ${String(input)} ${JSON.stringify(init?.headers)} ${String(init?.body)}`);
  },
  ...Object.fromEntries([200, 302, 400, 401, 403, 404, 429, 500, 503].flatMap((status) => [
    [`${status} with everything in it`, (input: unknown, init?: RequestInit) => new Response(JSON.stringify({ errorCode: 'E011003', errorMessage: JSON.stringify([String(input), init]), user: { userId: 'U2' } }), { status })],
    [`${status} with an error code of its own making`, (_input: unknown, init?: RequestInit) => new Response(JSON.stringify({ errorCode: JSON.stringify(init?.headers), sessionJwt: JSON.stringify(init?.headers), jwt: JSON.stringify(init?.headers) }), { status })],
    [`${status} that is HTML`, (_input: unknown, init?: RequestInit) => new Response(`<p>${JSON.stringify(init?.headers)}</p>`, { status })],
  ])),
};

it.each(['anonymous_jwt', 'temporary_user'] as const)('the management key, and whatever was sent, is in no answer, error, report or log (%s)', { timeout: 60_000 }, async (generation) => {
  const told: string[] = [];
  const tell = (...parts: unknown[]): void => void told.push(...parts.map((part) => (part instanceof Error ? `${part.stack ?? ''} ${JSON.stringify(part)} ${String(part.cause)}` : String(part))));
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) vi.spyOn(console, method).mockImplementation(tell);
  const world = await World.open({ generation });
  const { refresh, session, subject } = await guestOf(world);
  await world.post('/upgrade', { token: refresh, login_id: ADA });
  const forms: readonly (readonly [string, Fields])[] = [
    ['/guest', { captcha_response: MARKER }], ['/attributes', { token: MARKER }], ['/attributes', { token: session }], ['/attributes', { token: refresh, set: '{"nickname":"x"}' }], ['/attributes', { token: refresh, set: `{"${MARKER}":"x"}` }],
    ['/attributes', { token: refresh, remove: MARKER }], ['/upgrade', { token: refresh, login_id: `${MARKER}@` }], ['/upgrade', { token: refresh, login_id: `${MARKER}@shopper.example` }],
    ['/upgrade/confirm', { ...world.confirmation(refresh), code: MARKER }], ['/upgrade/confirm', { ...world.confirmation(refresh), login_id: `${MARKER}@shopper.example` }], ['/upgrade/confirm', { ...world.confirmation(refresh), challenge: MARKER }],
    ['/guest/keep', { token: refresh }], ['/guest/forget', {}], ['/nowhere', { token: MARKER }],
  ];
  const { projectId, managementKey } = world.shop.descope;
  const report = (message: string): void => tell(message);
  for (const work of [world.fetch, ...Object.values(FAILURES).map((fail): typeof globalThis.fetch => async (input, init) => (String(input).includes('/v2/keys/') ? world.fetch(input, init) : fail(input, init)))]) {
    const verifier = world.start({ fetch: work, report });
    for (const [path, form] of forms) {
      const response = await world.send(path, { form, verifier });
      const text = await response.text();
      // A session is the one answer that holds tokens.
      if (!(work === world.fetch && response.status === 200)) tell(text, JSON.stringify([...response.headers]));
    }
    const service = { projectId, managementKey, fetch: work, report, baseUrl: 'http://descope.shop.localhost:4601' };
    await Promise.allSettled([
      verifier.carryClaims({ guestToken: session, userToken: MARKER }), verifier.updateClaims({ token: refresh, set: { nickname: 'x' } }), verifier.updateClaims({ token: refresh, set: { [MARKER]: MARKER } }), verifier.cull(),
      createDescopeCull({ ...service, tenantId: world.tenantId })(), createDescopeTenant(service), verifier.verifyToken(MARKER), verifier.requireUser(new Request(SHOP, { headers: { authorization: `Bearer ${session}` } })),
    ]).then((all) => all.forEach((one) => one.status === 'rejected' && tell(one.reason)));
  }
  const all = told.join('\n');
  expect(told.length).toBeGreaterThan(300);
  for (const secret of [managementKey, MARKER, refresh, session, subject, world.code, 'eyJ', ADA]) expect(all.includes(secret) ? `${secret} in ${told.find((one) => one.includes(secret))?.slice(0, 400)}` : '').toBe('');
});
