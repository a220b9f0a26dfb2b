/** Descope's own SDK for browsers and ours, before the same Descope with the same faults. Its window is happy-dom's; requests and answers are Node's own. */
import type createSdk from '@descope/web-js-sdk';
import { readClaims } from '@passerby/shared';
import { Window } from 'happy-dom';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createShop, openPage, type Shop } from '../support/descope-world.ts';
import { descopeError } from '../support/descope-samples.ts';
import { LOGIN, SHOP, type Tab, type World } from '../support/world.ts';

const ROUTES = ['POST /v1/auth/refresh', 'POST /v1/auth/try-refresh', 'GET /v1/auth/me'] as const;
const html = '<!doctype html><title>Welcome to the airport</title>';
/** What was seen to cost guests their session elsewhere, and what Descope may answer by itself. Its SDK waits ten real seconds for a 503, so others stand for it. */
const answers: readonly (readonly [string, number, string])[] = [
  ['429', 429, ''], ['429 in Descope’s words', 429, JSON.stringify(descopeError('E130429'))], ['403 as HTML', 403, html], ['404 as HTML', 404, html], ['404 in Descope’s words', 404, JSON.stringify(descopeError('E062108'))], ['408', 408, ''],
  ['400 in Descope’s words', 400, JSON.stringify(descopeError('E011001'))], ['401 in Descope’s words', 401, JSON.stringify(descopeError('E011004'))], ['425', 425, '{}'], ['451 as HTML', 451, html], ['500', 500, '{}'], ['502', 502, '{}'], ['504', 504, '{}'], ['511', 511, '{}'],
];

let shop: Shop;
let sdk: ReturnType<typeof createSdk>;
const seen: string[] = [];
beforeAll(async () => {
  Object.assign(globalThis, { reportError: () => undefined });
  shop = await createShop();
  const window = new Window({ url: `${SHOP}/` });
  for (const [name, value] of Object.entries({ window, document: window.document, localStorage: window.localStorage })) vi.stubGlobal(name, value);
  for (const method of ['log', 'debug'] as const) vi.spyOn(console, method).mockImplementation(() => undefined);
  const { default: create } = await import('@descope/web-js-sdk');
  const fetch = async (url: string, init: RequestInit): Promise<Response> => shop.service.handle(new Request(url, { ...init, headers: { ...Object.fromEntries(new Headers(init.headers)), origin: SHOP } }));
  sdk = create({ projectId: shop.service.projectId, baseUrl: LOGIN, persistTokens: true, autoRefresh: false, fetch: fetch as typeof globalThis.fetch });
});
afterAll(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  console.info(['what becomes of a guest after', ...seen].join('\n  '));
});

/** A guest of the vendor's SDK, who then asks; and whether they are still there. */
async function withTheirs(route: (typeof ROUTES)[number]): Promise<'kept' | 'lost'> {
  const asks = { 'POST /v1/auth/refresh': () => sdk.refresh(), 'POST /v1/auth/try-refresh': () => sdk.refresh(undefined, true), 'GET /v1/auth/me': () => sdk.me() };
  // It rejects where an answer is no JSON.
  await Promise.allSettled([asks[route]()]);
  return localStorage.getItem('DSR') ? 'kept' : 'lost';
}

interface Way {
  readonly shop: Shop;
  /** What makes a page, or the verifier for it, ask there. */
  ask(tab: Tab, world: World): Promise<unknown>;
  /** What has to be so before anybody asks there. */
  readonly first?: { readonly route: string; readonly status: number; readonly body: string };
}

/** Where each of the three is asked about a guest of ours: `me` by the verifier alone, about a guest of the old generation. */
let ways: Readonly<Record<(typeof ROUTES)[number], Way>>;
beforeAll(async () => {
  const renew: Way['ask'] = async ({ login }, world) => {
    await world.time.pass(700_000);
    return world.until(login.getToken());
  };
  ways = {
    'POST /v1/auth/refresh': { shop, ask: renew },
    'POST /v1/auth/try-refresh': { shop: await createShop({ sessions: 'refresh_cookie' }), ask: renew, first: { route: 'POST /v1/auth/refresh', status: 401, body: JSON.stringify(descopeError('E061004')) } },
    'GET /v1/auth/me': { shop: await createShop({ generation: 'temporary_user' }), ask: ({ login }, world) => world.until(login.attributes.set('size', 'M')) },
  };
});

/** A guest of ours, while one of them answers like that; then it is well. */
async function withOurs(route: (typeof ROUTES)[number], status: number, body: string): Promise<'kept' | 'lost'> {
  const { shop: { service, ...rest }, ask, first } = ways[route];
  const world = rest.world.anotherBrowser();
  const tab = openPage({ ...rest, service, world });
  const { subject } = await world.until(tab.login.authenticate());
  const from = service.log.length;
  const heals = [{ route, status, body }, ...(first ? [first] : [])].map((fault) => service.faults.add({ kind: 'status', ...fault }));
  await ask(tab, world).catch(() => undefined);
  expect(service.log.slice(from).map((entry) => entry.route)).toContain(route);
  const during = tab.login.getSession()?.subject;
  heals.forEach((heal) => heal());
  await world.time.pass(300_000);
  await ask(tab, world);
  const token = await world.until(tab.login.getToken());
  return during === subject && readClaims(token).sub === subject ? 'kept' : 'lost';
}

describe.each(answers)('%s', (name, status, body) => {
  it.each(ROUTES)('to %s leaves our guest alive, where the vendor’s SDK loses its own on any 4xx', async (route) => {
    await sdk.flow.start('anonymous', { redirectUrl: SHOP });
    expect(localStorage.getItem('DSR')).toMatch(/^eyJ/);
    const heal = shop.service.faults.add({ route, kind: 'status', status, body });
    const theirs = await withTheirs(route);
    heal();
    const ours = await withOurs(route, status, body);
    seen.push(`${name} to ${route}: ${theirs} by the vendor's SDK, ${ours} by ours`);
    expect([theirs, ours]).toEqual([status < 500 ? 'lost' : 'kept', 'kept']);
  });
});

it('200 with nothing in it leaves our guest alive', async () => {
  for (const route of ['POST /v1/auth/refresh', 'GET /v1/auth/me'] as const) expect(await withOurs(route, 200, '{}')).toBe('kept');
});

it('a guest of the SDK is gone as soon as a page asks who it is, where Descope has no user for it; ours never asks', async () => {
  await sdk.flow.start('anonymous', { redirectUrl: SHOP });
  expect(await withTheirs('GET /v1/auth/me')).toBe('lost');
  const asked = shop.service.log.length;
  expect(await withOurs('POST /v1/auth/refresh', 503, '')).toBe('kept');
  expect(shop.service.log.slice(asked).map(({ route }) => route)).not.toContain('GET /v1/auth/me');
});
