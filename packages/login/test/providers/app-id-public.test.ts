import { inspect } from 'node:util';
import { readClaims } from '@passerby/shared';
import { describe, expect, it, vi } from 'vitest';
import { publicAppId, type PublicAppIdOptions } from '../../src/providers/app-id.ts';
import { createShop, DAY, elsewhere, link, openPage, signIn, startGuest, type Guest, type Shop, type ShopSettings } from '../support/app-id-world.ts';
import { jwt } from '../support/descope-samples.ts';
import { API, SHOP, type Tab } from '../support/world.ts';

// Each App ID makes keys of its own, which takes seconds on a machine that is busy.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const TOKEN = 'POST /oauth/v4/{tenant}/token';
const AUTHORIZATION = 'GET /oauth/v4/{tenant}/authorization';
const LIST = 'GET /api/v1/attributes';

const createPublicShop = (settings: ShopSettings = {}): Promise<Shop> => createShop({ client: 'public', ...settings });
const tokenOf = (shop: Shop, tab: Tab): Promise<string> => shop.world.until(tab.login.getToken());
const userOf = (shop: Shop): string | undefined => shop.service.profiles.find(({ kind }) => kind === 'identified')?.id;
const google = { connectionId: 'google' };

/** Who is to sign in, and the address that App ID brings them back to. */
async function wayBack(shop: Shop): Promise<{ readonly tab: Guest; readonly address: URL }> {
  const tab = await startGuest(shop);
  return { tab, address: new URL(await shop.world.backFrom(tab, (login) => login.linkIdentity(google), 'ada')) };
}

/** The same, of a guest whose token ends while they are away. */
async function lateWayBack(): Promise<{ readonly shop: Shop; readonly tab: Guest; readonly address: string }> {
  const shop = await createPublicShop({ tenant: { anonymousTokenSeconds: DAY / 1000 } });
  const tab = await startGuest(shop);
  await shop.world.time.pass(DAY - 30_000);
  const address = await shop.world.backFrom(tab, (login) => login.linkIdentity(google), 'ada');
  await shop.world.time.pass(31_000);
  return { shop, tab, address };
}

async function arriveAt(shop: Shop, address: URL | string): Promise<{ readonly back: Tab; readonly outcome: Awaited<ReturnType<Tab['login']['completeLogin']>> }> {
  const back = openPage(shop, String(address));
  return { back, outcome: await shop.world.until(back.login.completeLogin()) };
}

/** The next tokens are App ID's, but for this. */
async function alterTokens(shop: Shop, changes: { readonly access?: object; readonly id?: object }): Promise<void> {
  const { handle } = shop.service;
  shop.service.handle = async (request) => {
    const response = await handle(request);
    if (request.method !== 'POST' || !request.url.endsWith('/token') || !response.ok) return response;
    const tokens = (await response.json()) as { access_token: string; id_token: string };
    const altered = { ...tokens, access_token: jwt({ ...readClaims(tokens.access_token), ...changes.access }), id_token: jwt({ ...readClaims(tokens.id_token), ...changes.id }) };
    return Response.json(altered, { headers: response.headers });
  };
}

describe('a first visitor', () => {
  it('is a guest by a hidden frame and one request, and no server of the shop is asked', async () => {
    const shop = await createPublicShop();
    const tab = await startGuest(shop);
    expect([tab.departed, shop.world.requests]).toEqual([null, ['POST /oauth/v4/tenant_shop/token']]);
    expect(shop.service.profiles).toMatchObject([{ id: tab.subject, kind: 'anonymous' }]);
    expect(await (await shop.world.until(tab.login.fetch(`${API}/me`))).json()).toMatchObject({ subject: tab.subject, kind: 'guest' });
  });

  it('is asked for as App ID’s own SDK asks, by redirect and without a message', async () => {
    const shop = await createPublicShop();
    await startGuest(shop);
    const asked = new URL(shop.seen.find((url) => url.includes('/authorization?')) ?? '').searchParams;
    expect(Object.fromEntries(asked)).toMatchObject({ client_id: 'shop', response_type: 'code', redirect_uri: `${SHOP}/`, scope: 'appid_default', idp: 'appid_anon', code_challenge_method: 'S256' });
    expect([asked.get('response_mode'), atob(asked.get('code_challenge') ?? '')]).toEqual([null, expect.stringMatching(/^[0-9a-f]{64}$/)]);
    expect([asked.get('state'), asked.get('nonce')]).toEqual([expect.stringMatching(/^[\w-]{43}$/), expect.stringMatching(/^[\w-]{43}$/)]);
  });

  it('whose page allows no frame is a guest by leaving it', async () => {
    const shop = await createPublicShop();
    shop.world.framesForbidden = 'yes';
    const { back, outcome } = await arriveAt(shop, await shop.world.backFrom(openPage(shop), (login) => login.authenticate(), null));
    expect(outcome).toMatchObject({ type: 'guest_started', session: { kind: 'guest' } });
    expect(back.address.href).toBe(`${SHOP}/`);
  });

  it('who opens two tabs at once is one guest, of one anonymous profile', async () => {
    const shop = await createPublicShop();
    const tabs = [openPage(shop), openPage(shop)];
    const sessions = await shop.world.until(Promise.all(tabs.flatMap(({ login }) => [login.authenticate(), login.authenticate()])));
    expect([new Set(sessions.map(({ subject }) => subject)).size, shop.service.profiles.length, shop.world.requests.length]).toEqual([1, 1, 1]);
  });

  it.each(['frame', 'redirect'] as const)('where the tenant wants no guests is told so (%s)', async (mode) => {
    const shop = await createPublicShop({ tenant: { anonymousUsers: 'forbidden' } });
    if (mode === 'frame') await expect(shop.world.until(openPage(shop).login.authenticate())).rejects.toMatchObject({ code: 'login_denied', oauthError: 'guests_disabled', retryable: false });
    else expect((await arriveAt(shop, await shop.world.backFrom(openPage(shop), (login) => login.authenticate({ mode }), null))).outcome).toMatchObject({ type: 'failed', error: { code: 'login_denied' } });
    expect([shop.world.requests, shop.service.profiles]).toEqual([[], []]);
  });
});

describe('a guest', () => {
  it('is the same one in each tab and after each reload, until the token ends, and is told that nothing renews it', async () => {
    const shop = await createPublicShop();
    const tab = await startGuest(shop);
    await shop.world.time.pass(29 * DAY);
    const later = openPage(shop);
    expect(await shop.world.until(later.login.authenticate())).toMatchObject({ subject: tab.subject, kind: 'guest', renewable: false });
    await shop.world.time.pass(2 * DAY);
    await expect(tokenOf(shop, later)).rejects.toMatchObject({ code: 'login_required' });
    expect([later.login.getEnd(), shop.world.requests.length]).toEqual(['guest_ended', 1]);
    expect((await startGuest(shop)).subject).not.toBe(tab.subject);
  });

  it('who signs in moves, and the guest’s own token proves whose the cart was', async () => {
    const shop = await createPublicShop();
    const [tab, other] = [await startGuest(shop), openPage(shop)];
    await shop.world.until(other.login.authenticate());
    const { outcome } = await link(shop, tab);
    expect(outcome).toMatchObject({ type: 'moved', from: tab.subject, to: userOf(shop), session: { kind: 'user', renewable: false } });
    expect([...shop.merged.values()]).toMatchObject([{ from: tab.subject, to: userOf(shop) }]);
    expect([other.login.getSession()?.subject, other.notices.map(({ type }) => type)]).toEqual([userOf(shop), ['moved']]);
  });

  it('who signs in as somebody with an account moves there too: App ID does not tell who is new', async () => {
    const shop = await createPublicShop();
    await signIn(elsewhere(shop));
    const ada = userOf(shop);
    const tab = await startGuest(shop);
    expect((await link(shop, tab)).outcome).toMatchObject({ type: 'moved', from: tab.subject, to: ada });
  });

  it('may choose at App ID how to sign in, and in a window', async () => {
    const shop = await createPublicShop();
    const tab = await startGuest(shop);
    void tab.login.linkIdentity({ connectionId: 'app_id' });
    await shop.world.until(shop.world.departureOf(tab));
    expect(new URL(tab.departed ?? '').searchParams.has('idp')).toBe(false);

    const page = openPage(shop);
    const linking = page.login.linkIdentity({ ...google, mode: 'popup' });
    await arriveAt(shop, await shop.world.backFrom(page, () => new Promise(() => undefined), 'ada'));
    expect(await shop.world.until(linking)).toMatchObject({ type: 'moved', from: tab.subject });
  });

  it('and changes their mind is the guest they were', async () => {
    const shop = await createPublicShop();
    const tab = await startGuest(shop);
    const { back, outcome } = await link(shop, tab, null);
    expect([outcome, back.login.getSession()?.subject]).toEqual([{ type: 'cancelled' }, tab.subject]);
  });

  it.each(['error', 'error_code'])('and has yet to verify their e-mail is the guest they were (%s)', async (word) => {
    const shop = await createPublicShop();
    const { tab, address } = await wayBack(shop);
    shop.service.faults.add({ route: TOKEN, kind: 'status', status: 403, body: JSON.stringify({ [word]: 'FORBIDDEN', error_description: 'Pending User Verification' }) });
    const { back, outcome } = await arriveAt(shop, address);
    expect([outcome, back.login.getSession()?.subject]).toEqual([{ type: 'cancelled' }, tab.subject]);
  });

  it('whose token ended on the way is signed in all the same, and nothing proves any more whose the cart was', async () => {
    const { shop, tab, address } = await lateWayBack();
    await expect(tokenOf(shop, tab)).rejects.toMatchObject({ code: 'login_required' });
    const proofs: unknown[] = [];
    const back = openPage(shop, address, { mergeGuest: async ({ guestToken }) => void proofs.push(await guestToken().catch((error: unknown) => error)) });
    expect(await shop.world.until(back.login.completeLogin())).toMatchObject({ type: 'moved', from: tab.subject });
    expect(proofs).toMatchObject([{ code: 'grant_refused' }]);
  });

  it('who came while another one signed in is asked, and nobody’s cart goes along', async () => {
    const { shop, tab, address } = await lateWayBack();
    const second = await startGuest(shop);
    expect(second.subject).not.toBe(tab.subject);
    expect((await arriveAt(shop, address)).outcome).toMatchObject({ type: 'identity_in_use', session: { subject: second.subject } });
    expect(shop.merged.size).toBe(0);
  });

  it('keeps the subject where App ID gives the user the same one', async () => {
    const shop = await createPublicShop();
    const { tab, address } = await wayBack(shop);
    await alterTokens(shop, { access: { sub: tab.subject }, id: { sub: tab.subject } });
    expect((await arriveAt(shop, address)).outcome).toMatchObject({ type: 'linked', session: { subject: tab.subject, kind: 'user' } });
    expect(shop.merged.size).toBe(0);
  });
});

describe('a user', () => {
  it('who signs in where no guest is goes the same way, and is asked to sign in again when the token ends', async () => {
    const shop = await createPublicShop();
    const { back, outcome } = await signIn(shop);
    expect(outcome).toMatchObject({ type: 'signed_in', session: { subject: userOf(shop), kind: 'user' } });
    await expect(shop.world.until(back.login.linkIdentity({ connectionId: 'facebook' }))).rejects.toMatchObject({ code: 'unsupported' });
    await shop.world.time.pass(3_700_000);
    await expect(tokenOf(shop, back)).rejects.toMatchObject({ code: 'login_required' });
    expect([back.login.getEnd(), shop.world.requests.length]).toEqual(['user_expired', 1]);
  });

  it('signs out here, with nothing to end at App ID', async () => {
    const shop = await createPublicShop();
    const { back } = await signIn(shop);
    await shop.world.until(back.login.logOut());
    expect([back.login.getSession(), back.login.getEnd(), shop.world.requests.length]).toEqual([null, 'signed_out', 1]);
  });
});

describe('a callback', () => {
  const WRONG: readonly (readonly [string, (address: URL) => void, object | null])[] = [
    ['with another state', ({ searchParams }) => searchParams.set('state', 'another'), null],
    ['of another issuer', ({ searchParams }) => searchParams.set('iss', 'https://other.appid.test/oauth/v4/tenant_shop'), { type: 'failed', error: { code: 'callback_invalid' } }],
    ['with a code that App ID never gave', ({ searchParams }) => searchParams.set('code', 'another'), { type: 'failed', error: { code: 'callback_invalid' } }],
    ['with an error of App ID’s', ({ searchParams }) => searchParams.set('error', 'server_error'), { type: 'failed', error: { code: 'callback_invalid' } }],
  ];
  it.each(WRONG)('%s signs nobody in', async (_name, change, expected) => {
    const shop = await createPublicShop();
    const { tab, address } = await wayBack(shop);
    change(address);
    const { back, outcome } = await arriveAt(shop, address);
    if (expected) expect(outcome).toMatchObject(expected);
    else expect(outcome).toBeNull();
    expect([back.login.getSession()?.subject, userOf(shop)]).toEqual([tab.subject, undefined]);
  });

  it('with somebody else’s code signs nobody in: it was given for their verifier', async () => {
    const shop = await createPublicShop();
    const { address: theirs } = await wayBack(elsewhere(shop));
    const { tab, address } = await wayBack(shop);
    address.searchParams.set('code', theirs.searchParams.get('code') ?? '');
    const { back, outcome } = await arriveAt(shop, address);
    expect([outcome, back.login.getSession()?.subject]).toMatchObject([{ type: 'failed', error: { code: 'callback_invalid' } }, tab.subject]);
  });

  it('that the hidden frame ends at, with a state that nobody asked for, makes nobody', async () => {
    const shop = await createPublicShop();
    shop.service.faults.add({ route: AUTHORIZATION, kind: 'status', status: 302, headers: { location: `${SHOP}/?code=planted&state=planted` } });
    await expect(shop.world.until(openPage(shop).login.authenticate())).rejects.toMatchObject({ code: 'frame_blocked' });
    expect(shop.world.requests).toEqual([]);
  });

  it('in two tabs is redeemed once', async () => {
    const shop = await createPublicShop();
    const { address } = await wayBack(shop);
    const tabs = [openPage(shop, address.href), openPage(shop, address.href)];
    const outcomes = await shop.world.until(Promise.all(tabs.map(({ login }) => login.completeLogin())));
    expect(outcomes).toMatchObject([{ type: 'moved' }, { type: 'moved' }]);
    expect(shop.world.requests).toHaveLength(2);
  });

  it.each(['error', 'error_code'])('whose code App ID does not take says so at once (%s)', async (word) => {
    const shop = await createPublicShop();
    const { address } = await wayBack(shop);
    shop.service.faults.add({ route: TOKEN, kind: 'status', status: 400, body: JSON.stringify({ [word]: 'invalid_grant' }), times: 1 });
    expect((await arriveAt(shop, address)).outcome).toMatchObject({ type: 'failed', error: { code: 'callback_invalid' } });
    expect(shop.world.requests).toHaveLength(2);
  });

  it.each([[undefined, 'login_denied'], ['https://other.appid.test/oauth/v4/tenant_shop', 'callback_invalid']])('by which the tenant wants no guests is believed where App ID sent it (iss %s)', async (iss, code) => {
    const shop = await createPublicShop();
    const back = new URLSearchParams({ error: 'access_denied', ...(iss && { iss }) });
    const answered = (url: string): string => `${SHOP}/?${back}&state=${new URL(url).searchParams.get('state')}`;
    const { handle } = shop.service;
    shop.service.handle = async (request) => request.url.includes('/authorization?') ? new Response(null, { status: 302, headers: { location: answered(request.url) } }) : handle(request);
    await expect(shop.world.until(openPage(shop).login.authenticate())).rejects.toMatchObject({ code });
  });

  it('whose answer was lost says that it has to be begun again, and then it is the same user', async () => {
    const shop = await createPublicShop();
    const { tab, address } = await wayBack(shop);
    shop.service.faults.add({ route: TOKEN, kind: 'lost_answer', times: 1 });
    const { back, outcome } = await arriveAt(shop, address);
    expect([outcome, back.login.getSession()?.subject]).toMatchObject([{ type: 'failed', error: { code: 'callback_invalid' } }, tab.subject]);
    const made = userOf(shop);
    expect((await link(shop, back)).outcome).toMatchObject({ type: 'moved', from: tab.subject, to: made });
  });
});

describe('an answer with tokens', () => {
  const OTHER = 'https://other.appid.test/oauth/v4/tenant_shop';
  it.each<[string, { readonly access?: object; readonly id?: object }]>([
    ['whose access token has no length', { access: { exp: 0 } }],
    ['whose access token says both guest and user', { access: { amr: ['appid_anon'], scope: 'appid_default appid_authenticated' } }],
    ['whose ID token is of another subject', { id: { sub: 'somebody' } }],
    ['whose ID token has another nonce', { id: { nonce: 'another' } }], ['whose ID token has no nonce', { id: { nonce: undefined } }],
  ])('%s makes nobody, and a guest stays', async (_name, changes) => {
    const shop = await createPublicShop();
    const { tab, address } = await wayBack(shop);
    await alterTokens(shop, changes);
    const { back, outcome } = await arriveAt(shop, address);
    expect([outcome, back.login.getSession()]).toMatchObject([{ type: 'failed', error: { code: 'callback_invalid' } }, { subject: tab.subject, kind: 'guest' }]);
    expect(shop.merged.size).toBe(0);

    const away = elsewhere(shop);
    await expect(away.world.until(openPage(away).login.authenticate())).rejects.toMatchObject({ code: expect.stringMatching(/^(response|callback)_invalid$/) });
    expect(away.world.requests.length).toBeGreaterThan(0);
  });

  it.each<[string, { readonly access?: object; readonly id?: object }]>([
    ['access token is of another issuer', { access: { iss: OTHER } }], ['access token is for another application', { access: { aud: ['other'] } }], ['ID token is of another issuer', { id: { iss: OTHER } }], ['ID token is for another application', { id: { aud: ['other'] } }],
  ])('whose %s is a wrong setting, which is told at once and makes no second profile', async (_name, changes) => {
    const shop = await createPublicShop();
    const { tab, address } = await wayBack(shop);
    await alterTokens(shop, changes);
    const { back, outcome } = await arriveAt(shop, address);
    expect([outcome, back.login.getSession()]).toMatchObject([{ type: 'failed', error: { code: 'config_invalid' } }, { subject: tab.subject, kind: 'guest' }]);

    const away = elsewhere(shop);
    const before = shop.service.profiles.length;
    await expect(away.world.until(openPage(away).login.authenticate())).rejects.toMatchObject({ code: 'config_invalid', retryable: false });
    expect([away.world.requests.length, shop.service.profiles.length]).toEqual([1, before + 1]);
  });
});

const badAnswers = [
  ['503', { kind: 'status', status: 503, body: '{"error":"server_error"}' }], ['503 with App ID’s word', { kind: 'status', status: 503, body: '{"error":"invalid_grant"}' }], ['HTML', { kind: 'html' }], ['403 as HTML', { kind: 'status', status: 403, body: '<p>No' }], ['429', { kind: 'status', status: 429, body: '{"error_code":"too many requests"}' }],
  ['a cut connection', { kind: 'reset' }], ['a lost answer', { kind: 'lost_answer' }],
] as const;
const aCutBody = ['a cut body', { kind: 'truncated' }] as const;
const steps = [...badAnswers.map(([name, what]) => [AUTHORIZATION, name, what] as const), ...[...badAnswers, aCutBody].map(([name, what]) => [TOKEN, name, what] as const)];

describe('where App ID fails', () => {
  it.each(steps)('(%s by %s), a visitor is a guest once it is well', async (route, _name, what) => {
    const shop = await createPublicShop();
    const heal = shop.service.faults.add({ route, ...what });
    await expect(shop.world.until(openPage(shop).login.authenticate())).rejects.toMatchObject({ retryable: true });
    heal();
    await shop.world.time.pass(300_000);
    expect((await startGuest(shop)).subject).toBe(shop.service.profiles.at(-1)?.id);
    // A try whose code was redeemed has made somebody, whoever hears of it: some seven in the quarter of a minute that a visitor waits.
    const tries = shop.world.requests.length;
    expect([shop.service.profiles.length, tries <= 8]).toEqual([['lost_answer', 'truncated'].includes(what.kind) ? tries : 1, true]);
  });

  it.each([...badAnswers, aCutBody])('(%s), a guest who comes back from a sign-in is one still, and a user the next time, with all that they had', async (_name, what) => {
    const shop = await createPublicShop();
    const { tab, address } = await wayBack(shop);
    const heal = shop.service.faults.add({ route: TOKEN, ...what });
    const back = openPage(shop, address.href);
    await shop.world.until(back.login.completeLogin().catch(() => null));
    expect(readClaims(await tokenOf(shop, back))).toMatchObject({ sub: tab.subject });
    heal();
    await shop.world.time.pass(300_000);
    await link(shop, back);
    expect([...shop.merged.values()]).toMatchObject([{ from: tab.subject, to: userOf(shop) }]);
  });
});

/** What the page tells App ID alone: tokens, without the header that many have alike, and the verifiers of codes. */
function secretsIn({ sent }: Shop['world']): string[] {
  const proofs = sent.map(({ init }) => new Headers(init.headers).get('authorization') ?? '');
  const basic = proofs.filter((one) => one.startsWith('Basic ')).map((one) => one.slice('Basic '.length));
  return [...basic, ...basic.map((one) => atob(one).slice('shop:'.length)), ...proofs.filter((one) => one.startsWith('Bearer ')).flatMap((one) => one.split('.').slice(1))];
}

it('no token is in an address, a log or an error, all the way from guest to user', async () => {
  const shop = await createPublicShop({ switches: { attributesCors: 'clients' } });
  const tab = await startGuest(shop);
  const guestToken = await tokenOf(shop, tab);
  await shop.world.until(tab.login.attributes.set('theme', 'dark'));
  const { back, address } = await link(shop, tab);
  const userToken = await tokenOf(shop, back);
  const errors: unknown[] = [await shop.world.until(back.login.linkIdentity(google).catch((error: unknown) => error))];
  const failing = async (route: string, fault: { readonly kind: 'lost_answer' } | { readonly kind: 'status'; readonly status: number }, act: () => Promise<unknown>): Promise<void> => {
    const heal = shop.service.faults.add({ route, ...fault });
    errors.push(await shop.world.until(act().catch((error: unknown) => error)));
    heal();
    await shop.world.time.pass(60_000);
  };
  for (const status of [401, 503]) {
    await failing(LIST, { kind: 'status', status }, () => back.login.attributes.list());
    await failing('PUT /api/v1/attributes/{name}', { kind: 'status', status }, () => back.login.attributes.set('theme', 'light'));
  }
  const others = [elsewhere(shop), elsewhere(shop)] as const;
  for (const [away, fault] of [[others[0], { kind: 'status', status: 503 }], [others[1], { kind: 'lost_answer' }]] as const) {
    await failing(TOKEN, fault, () => openPage(away).login.authenticate());
    const { address: theirs } = await wayBack(away);
    await failing(TOKEN, fault, () => openPage(away, theirs.href).login.completeLogin());
  }
  expect(errors).toMatchObject(['unsupported', 'unsupported', 'unsupported', 'server', 'server', 'server', 'server', 'network', 'network'].map((code) => ({ code })));
  const worlds = [shop, ...others].map(({ world }) => world);
  const readable = JSON.stringify([shop.seen, shop.service.log, shop.asked, worlds.map(({ sent }) => sent.map(({ url }) => url)), tab.departed, tab.address, address, back.address, tab.notices, back.notices, errors, errors.map((error) => inspect(error, { depth: 9, showHidden: true }))]);
  const parts = [...[guestToken, userToken].flatMap((token) => token.split('.').slice(1)), ...worlds.flatMap(secretsIn)];
  expect(parts.filter((part) => /^[\w-]{43}$/.test(part)).length).toBeGreaterThan(5);
  expect([...parts, 'appid_access_token', 'eyJ'].filter((part) => readable.includes(part))).toEqual([]);
  // That it looks where something is to be found.
  expect(readable).toContain('code=');
});

describe('what the shop keeps about who is here', () => {
  it.each(['flat', 'named', 'value'] as const)('is noted, read and taken away by the page itself, where App ID lets pages do it (%s)', async (attributeSingleShape) => {
    const shop = await createPublicShop({ switches: { attributesCors: 'clients', attributeSingleShape } });
    const { attributes } = (await startGuest(shop)).login;
    const until = <T>(promise: Promise<T>) => shop.world.until(promise);
    await until(attributes.set('theme', 'dark'));
    await until(attributes.set('size_2', '42'));
    expect(await until(attributes.list())).toEqual({ theme: 'dark', size_2: '42' });
    await until(attributes.remove('size_2'));
    await until(attributes.remove('size_2'));
    expect([await until(attributes.get('size_2')), await until(attributes.get('theme'))]).toEqual([null, 'dark']);
    const before = shop.world.requests.length;
    await expect(until(attributes.set('theme', 'x'.repeat(513)))).rejects.toMatchObject({ code: 'config_invalid' });
    expect([shop.world.requests.length, shop.service.profiles[0]?.attributes]).toEqual([before, { theme: 'dark' }]);
  });

  it.each(['..', '.', '', 'a/b', '2nd', '__proto__', 'x'.repeat(61), '\ud800'])('has no name %j, and nothing is sent: it would be another address', async (name) => {
    const shop = await createPublicShop({ switches: { attributesCors: 'clients' } });
    const { attributes } = (await startGuest(shop)).login;
    const before = shop.world.requests.length;
    await expect(shop.world.until(attributes.set(name, 'dark'))).rejects.toMatchObject({ code: 'config_invalid' });
    await expect(shop.world.until(attributes.remove(name))).rejects.toMatchObject({ code: 'config_invalid' });
    expect(shop.world.requests.length).toBe(before);
  });

  it('is the texts among what an operator keeps there too', async () => {
    const shop = await createPublicShop({ switches: { attributesCors: 'clients' } });
    const { attributes } = (await startGuest(shop)).login;
    shop.service.faults.add({ route: LIST, kind: 'status', status: 200, body: '{"theme":"dark","points":7,"tags":["a"],"gone":null}' });
    expect(await shop.world.until(attributes.list())).toEqual({ theme: 'dark' });
  });

  it('was written where App ID answers nothing after that', async () => {
    const shop = await createPublicShop({ switches: { attributesCors: 'clients' } });
    const { attributes } = (await startGuest(shop)).login;
    shop.service.faults.add({ route: LIST, kind: 'status', status: 503 });
    await shop.world.until(attributes.set('theme', 'dark'));
    expect(shop.service.profiles[0]?.attributes).toEqual({ theme: 'dark' });
  });

  it.each([[401, '', 'unsupported'], [403, '', 'unsupported'], [401, 'Unauthorized', 'unsupported'], [403, '{"error":"x"}', 'unsupported'], [401, '<p>Sign in to this network', 'response_invalid'], [403, '\n<p>No', 'response_invalid']])(
    'is answered with %i %j, which is %s: a firewall’s page is not App ID’s word', async (status, body, code) => {
      const shop = await createPublicShop({ switches: { attributesCors: 'clients' } });
      const { attributes } = (await startGuest(shop)).login;
      shop.service.faults.add({ route: LIST, kind: 'status', status, body });
      await expect(shop.world.until(attributes.list())).rejects.toMatchObject({ code, status, retryable: code !== 'unsupported' });
    });

  it('is nothing where the tenant keeps none, and nobody’s session hears of it', async () => {
    const shop = await createPublicShop({ tenant: { profiles: 'inactive' }, switches: { attributesCors: 'clients' } });
    const tab = await startGuest(shop);
    await expect(shop.world.until(tab.login.attributes.set('theme', 'dark'))).rejects.toMatchObject({ code: 'unsupported', status: 401 });
    expect(tab.login.getSession()?.subject).toBe(tab.subject);
  });

  it('is an error of the network where App ID answers no page: a browser tells no more', async () => {
    const shop = await createPublicShop({ switches: { attributesCors: 'none' } });
    const tab = await startGuest(shop);
    await expect(shop.world.until(tab.login.attributes.list())).rejects.toMatchObject({ code: 'network' });
    expect(await tokenOf(shop, tab)).toBeTruthy();
  });

  it('was not written where App ID was down', async () => {
    const shop = await createPublicShop({ switches: { attributesCors: 'clients' } });
    const tab = await startGuest(shop);
    shop.service.faults.add({ route: 'PUT /api/v1/attributes/{name}', kind: 'status', status: 503 });
    await expect(shop.world.until(tab.login.attributes.set('theme', 'dark'))).rejects.toMatchObject({ code: 'server' });
  });
});

it.each(['guest', 'appid_anon'])('the connection of guests (%s) links nobody', async (connectionId) => {
  const shop = await createPublicShop();
  const tab = await startGuest(shop);
  await expect(shop.world.until(tab.login.linkIdentity({ connectionId }))).rejects.toMatchObject({ code: 'config_invalid' });
  expect(tab.departed).toBeNull();
});

it.each<[RegExp, Partial<PublicAppIdOptions>]>([[/oauthServerUrl/, { oauthServerUrl: 'http://eu-de.appid.cloud.ibm.com/oauth/v4/t' }], ...['', 'a:b', 'shöp', 'ш', 'a b', 'x'.repeat(257)].map((clientId): [RegExp, Partial<PublicAppIdOptions>] => [/clientId/, { clientId }])])('settings are refused at once: %s %j', (message, changes) => {
  expect(() => publicAppId({ oauthServerUrl: 'https://eu-de.appid.cloud.ibm.com/oauth/v4/t', clientId: 'shop', ...changes })).toThrow(message);
});
