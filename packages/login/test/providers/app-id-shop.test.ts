import { readClaims } from '@passerby/shared';
import { memoryStore } from '@passerby/verifier';
import { describe, expect, it, vi } from 'vitest';
import { createShop, DAY, elsewhere, link, openPage, SECRET, signIn, startGuest, type Shop } from '../support/app-id-world.ts';
import { API, type Tab } from '../support/world.ts';

// Each App ID makes keys of its own, which takes seconds on a machine that is busy.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

const tokenOf = async (shop: Shop, tab: { readonly login: { getToken(): Promise<string> } }): Promise<string> => shop.world.until(tab.login.getToken());
const guestsOf = (shop: Shop) => shop.service.profiles.filter(({ kind }) => kind === 'anonymous').map(({ id }) => id);
/** The page that a guest came back on with a code, whose verifier was killed when App ID had taken that, before it could answer. */
async function killedOnTheWayBack(shop: Shop, tab: Tab): Promise<Tab> {
  const back = openPage(shop, await shop.world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada'));
  shop.world.loseAnswers(1);
  const coming = back.login.completeLogin();
  await shop.world.time.pass(5);
  shop.restart();
  expect(await shop.world.until(coming)).toMatchObject({ type: 'failed', error: { code: 'callback_invalid' } });
  return back;
}

describe('a first visitor', () => {
  it('is a guest after one request, by a token that App ID signed', async () => {
    const shop = await createShop();
    const tab = await startGuest(shop);
    expect(shop.world.requests).toEqual(['POST /auth/guest']);
    expect(shop.service.profiles).toMatchObject([{ id: tab.subject, kind: 'anonymous' }]);
    expect(await shop.verifier.verifyToken(await tokenOf(shop, tab))).toMatchObject({ subject: tab.subject, kind: 'guest' });
  });

  it('who opens twenty tabs at once is one guest, of one anonymous profile', async () => {
    const shop = await createShop();
    const tabs = Array.from({ length: 20 }, () => openPage(shop));
    const sessions = await shop.world.until(Promise.all(tabs.flatMap(({ login }) => [login.authenticate(), login.authenticate()])));
    expect(new Set(sessions.map(({ subject }) => subject)).size).toBe(1);
    expect([guestsOf(shop).length, shop.world.requests]).toEqual([1, ['POST /auth/guest']]);
  });

  it('where the tenant wants no guests is told so, once, and so is the operator', async () => {
    const shop = await createShop({ tenant: { anonymousUsers: 'forbidden' } });
    await expect(shop.world.until(openPage(shop).login.authenticate())).rejects.toMatchObject({ code: 'login_denied', oauthError: 'guests_disabled', retryable: false });
    expect([shop.world.requests, shop.reports, shop.service.profiles]).toEqual([['POST /auth/guest'], [expect.stringMatching(/anonymousAccess/)], []]);
  });
});

describe('a guest', () => {
  it.each([['a refresh token', 'yes'], ['none', 'no']] as const)('to whom App ID gives %s is renewed in good time, as the same profile, and so for months', async (_name, anonRefreshToken) => {
    const shop = await createShop({ switches: { anonRefreshToken } });
    const tab = await startGuest(shop);
    for (let i = 0; i < 8; i++) {
      await shop.world.time.pass(16 * DAY);
      await tokenOf(shop, tab);
      await shop.world.time.pass(5_000);
      expect(readClaims(await tokenOf(shop, tab))).toMatchObject({ sub: tab.subject });
    }
    expect(guestsOf(shop)).toEqual([tab.subject]);
    expect(shop.world.requests.filter((one) => one === 'POST /auth/renew')).toHaveLength(8);
  });

  it('who comes back too late is told that it has ended, and is somebody else when they begin anew', async () => {
    const shop = await createShop();
    const tab = await startGuest(shop);
    await shop.world.time.pass(31 * DAY);
    await expect(tokenOf(shop, tab)).rejects.toMatchObject({ code: 'login_required', cause: { code: 'grant_refused', oauthError: 'guest_expired' } });
    expect([tab.login.getEnd(), tab.notices.map(({ type }) => type)]).toEqual(['guest_ended', ['guest_started', 'guest_ended']]);
    expect((await startGuest(shop)).subject).not.toBe(tab.subject);
  });

  it('whom App ID would renew as somebody else is nobody else, and lives to the end of the token', async () => {
    const shop = await createShop();
    const tab = await startGuest(shop);
    shop.service.faults.add({ route: 'GET /api/v1/attributes', kind: 'status', status: 200, body: '{}', times: 1 });
    await revoke(shop, await tokenOf(shop, tab));
    await shop.world.time.pass(16 * DAY);
    await tokenOf(shop, tab);
    await shop.world.time.pass(5_000);
    expect(tab.login.getSession()).toMatchObject({ subject: tab.subject, kind: 'guest', renewable: false });
    expect(shop.reports).toEqual([expect.stringMatching(/as somebody else/)]);
    await shop.world.time.pass(15 * DAY);
    await expect(tokenOf(shop, tab)).rejects.toMatchObject({ code: 'login_required' });
  });

  it('whose tenant wants no guests any more waits for the operator, and goes on as the same', async () => {
    const shop = await createShop();
    const tab = await startGuest(shop);
    shop.service.tenant = { ...shop.service.tenant, anonymousUsers: 'forbidden' };
    await shop.world.time.pass(16 * DAY);
    await tokenOf(shop, tab);
    await shop.world.time.pass(60_000);
    expect([tab.login.getSession()?.renewable, shop.reports]).toEqual([true, [expect.stringMatching(/anonymousAccess/)]]);
    shop.service.tenant = { ...shop.service.tenant, anonymousUsers: 'allowed' };
    await tokenOf(shop, tab);
    await shop.world.time.pass(5_000);
    expect(readClaims(await tokenOf(shop, tab)).exp).toBeGreaterThan(shop.world.time.wall / 1000 + 29 * 86_400);
  });

  it('who gives up is nobody, whoever kept a copy of the token', async () => {
    const shop = await createShop();
    const tab = await startGuest(shop);
    const copy = await tokenOf(shop, tab);
    await shop.world.until(tab.login.logOut({ discardGuest: true }));
    await expect(shop.verifier.verifyToken(copy)).rejects.toMatchObject({ code: 'token_invalid' });
  });
});

/** As an operator does, or whoever has the secret. */
export async function revoke(shop: Shop, token: string): Promise<void> {
  const headers = { authorization: `Basic ${btoa(`shop:${SECRET}`)}` };
  await shop.service.handle(new Request(`${shop.service.issuer}/revoke`, { method: 'POST', headers, body: new URLSearchParams({ token }) }));
}

describe('a guest who signs in for the first time', () => {
  it('keeps the subject where App ID keeps it, in every tab, with what was noted, and the guest’s token is worth nothing', async () => {
    const shop = await createShop();
    const [tab, other] = [await startGuest(shop), openPage(shop)];
    await shop.world.until(other.login.authenticate());
    await shop.world.until(tab.login.attributes.set('theme', 'dark'));
    const copy = await tokenOf(shop, tab);
    const { back, outcome } = await link(shop, tab);
    expect(outcome).toMatchObject({ type: 'linked', session: { subject: tab.subject, kind: 'user' } });
    expect(other.login.getSession()).toMatchObject({ subject: tab.subject, kind: 'user' });
    expect(other.notices.map(({ type }) => type)).toEqual(['linked']);
    expect(await shop.world.until(back.login.attributes.get('theme'))).toBe('dark');
    expect(await shop.verifier.verifyToken(await tokenOf(shop, back))).toMatchObject({ subject: tab.subject, kind: 'user' });
    await expect(shop.verifier.verifyToken(copy)).rejects.toMatchObject({ code: 'token_invalid' });
    expect([shop.merged.size, guestsOf(shop)]).toEqual([0, []]);
  });

  it.each([
    ['App ID makes another subject', { linkKeepsSub: 'no' }], ['App ID wants a cookie of the browser that began', { widget: 'cookie' }], ['App ID’s answer is a page', { widget: 'page' }],
  ] as const)('moves where %s, and their things follow without a question', async (_name, switches) => {
    const shop = await createShop({ switches });
    const tab = await startGuest(shop);
    await shop.world.until(tab.login.attributes.set('theme', 'dark'));
    const copy = await tokenOf(shop, tab);
    const { back, outcome } = await link(shop, tab);
    const to = shop.service.profiles.find(({ kind }) => kind === 'identified')?.id;
    expect(outcome).toMatchObject({ type: 'moved', from: tab.subject, to });
    expect([...shop.merged.values()]).toEqual([{ from: tab.subject, to, carried: [] }]);
    expect(await shop.world.until(back.login.attributes.list())).toEqual({ theme: 'dark' });
    await expect(shop.verifier.verifyToken(copy)).rejects.toMatchObject({ code: 'token_invalid' });
    expect(guestsOf(shop)).toEqual([]);
  });

  it('is sent to App ID’s own page, where people choose by whom, where the app does not choose', async () => {
    const shop = await createShop();
    const tab = await startGuest(shop);
    void tab.login.linkIdentity({ connectionId: 'app_id' });
    await shop.world.until(shop.world.departureOf(tab));
    expect(new URL(tab.departed ?? '').pathname).toMatch(/^\/sign-in\//);
    expect(await (await shop.service.handle(new Request(tab.departed ?? ''))).text()).toContain('Continue with Facebook');
  });

  it('and changes their mind is the guest they were', async () => {
    const shop = await createShop();
    const tab = await startGuest(shop);
    const { back, outcome } = await link(shop, tab, null);
    expect(outcome).toEqual({ type: 'cancelled' });
    expect(back.login.getSession()).toMatchObject({ subject: tab.subject, kind: 'guest' });
    expect(await shop.verifier.verifyToken(await tokenOf(shop, back))).toMatchObject({ subject: tab.subject, kind: 'guest' });
  });

  it.each([['kept', 'yes', 'linked'], ['not kept', 'no', 'moved']] as const)('though the answer was lost, is in (subject %s)', async (_name, linkKeepsSub, type) => {
    const shop = await createShop({ switches: { linkKeepsSub } });
    const tab = await startGuest(shop);
    const address = await shop.world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada');
    const back = openPage(shop, address);
    shop.world.loseAnswers(2);
    expect(await shop.world.until(back.login.completeLogin())).toMatchObject({ type, ...(type === 'moved' && { from: tab.subject }) });
    expect(guestsOf(shop)).toEqual([]);
  });

  it('and whose verifier was killed after App ID had taken the code signs in once more, is asked, and keeps everything', async () => {
    const shop = await createShop({ switches: { linkKeepsSub: 'no' } });
    const tab = await startGuest(shop);
    const back = await killedOnTheWayBack(shop, tab);
    const again = await link(shop, back);
    expect(again.outcome).toMatchObject({ type: 'identity_in_use', session: { subject: tab.subject } });
    expect(await shop.world.until(again.back.login.resolveLink('continue_as_user'))).toMatchObject({ kind: 'user' });
    await shop.world.time.pass(1_000);
    expect([...shop.merged.values()]).toMatchObject([{ from: tab.subject }]);
  });

  it.each(['yes', 'no'] as const)('and whose verifier was killed after it had written down who they became signs in once more (subject kept: %s)', async (linkKeepsSub) => {
    const shop = await createShop({ switches: { linkKeepsSub }, verifier: { store: memoryStore() } });
    const tab = await startGuest(shop);
    const back = await killedOnTheWayBack(shop, tab);
    const again = await link(shop, back);
    expect(again.outcome).toMatchObject(linkKeepsSub === 'yes' ? { type: 'linked', session: { subject: tab.subject } } : { type: 'identity_in_use' });
  });
});

describe('a guest who signs in with an identity that has a profile', () => {
  it('which nobody was attached to has theirs attached to it', async () => {
    const shop = await createShop();
    const { back: first } = await signIn(elsewhere(shop));
    const ada = first.login.getSession()?.subject;
    const tab = await startGuest(shop);
    await shop.world.until(tab.login.attributes.set('theme', 'dark'));
    const { back, outcome } = await link(shop, tab);
    expect(outcome).toMatchObject({ type: 'moved', from: tab.subject, to: ada });
    expect(await shop.world.until(back.login.attributes.get('theme'))).toBe('dark');
  });

  const settled = async (switches = {}) => {
    const shop = await createShop({ switches });
    const home = await startGuest(shop);
    await shop.world.until(home.login.attributes.set('theme', 'light'));
    await link(shop, home);
    const away = elsewhere(shop);
    const tab = await startGuest(away);
    await away.world.until(tab.login.attributes.set('theme', 'dark'));
    await away.world.until(tab.login.attributes.set('size', 'M'));
    return { away, tab, ada: shop.service.profiles.find(({ kind }) => kind === 'identified')?.id, ...(await link(away, tab)) };
  };

  it.each(['yes', 'no'] as const)('which a guest was attached to before is asked, and stays the guest with all that they have (subject kept: %s)', async (linkKeepsSub) => {
    const { away, tab, back, outcome, ada } = await settled({ linkKeepsSub });
    expect(outcome).toMatchObject({ type: 'identity_in_use', existing: { subject: ada }, session: { subject: tab.subject, kind: 'guest' } });
    expect(await away.verifier.verifyToken(await tokenOf(away, back))).toMatchObject({ subject: tab.subject, kind: 'guest' });
    expect(await away.world.until(back.login.resolveLink('stay_guest'))).toMatchObject({ subject: tab.subject, kind: 'guest' });
    expect(await away.world.until(back.login.attributes.list())).toEqual({ theme: 'dark', size: 'M' });
    expect(away.merged.size).toBe(linkKeepsSub === 'yes' ? 0 : 1);
  });

  it.each(['yes', 'no'] as const)('goes on as the user, and what they have none of is carried over, once (subject kept: %s)', async (linkKeepsSub) => {
    const { away, tab, back, ada } = await settled({ linkKeepsSub });
    const before = away.merged.size;
    const copy = await tokenOf(away, back);
    expect(await away.world.until(back.login.resolveLink('continue_as_user'))).toMatchObject({ subject: ada, kind: 'user' });
    await away.world.time.pass(1_000);
    expect([...away.merged.values()].slice(before)).toEqual([{ from: tab.subject, to: ada, carried: ['size'] }]);
    expect(await away.world.until(back.login.attributes.list())).toEqual({ theme: 'light', size: 'M' });
    await expect(away.verifier.verifyToken(copy)).rejects.toMatchObject({ code: 'token_invalid' });
  });

  it('where App ID gives no refresh token and does not take the guest along is asked, and the operator is told why', async () => {
    const shop = await createShop({ switches: { widget: 'cookie' }, tenant: { refreshTokens: 'off' } });
    const tab = await startGuest(shop);
    const { back, outcome } = await link(shop, tab);
    expect(outcome).toMatchObject({ type: 'identity_in_use', session: { subject: tab.subject } });
    expect(shop.reports).toEqual([expect.stringMatching(/refresh tokens on/)]);
    await shop.world.until(back.login.resolveLink('continue_as_user'));
    await shop.world.time.pass(1_000);
    expect([...shop.merged.values()]).toMatchObject([{ from: tab.subject }]);
  });
});

describe('a guest whose token', () => {
  it('has ended signs in without it, and is told', async () => {
    const shop = await createShop();
    const tab = await startGuest(shop);
    await shop.world.time.pass(31 * DAY);
    const late = openPage(shop);
    const address = await shop.world.backFrom(late, (login) => login.authenticate({ connectionId: 'google' }), 'ada');
    const back = openPage(shop, address);
    expect(await shop.world.until(back.login.completeLogin())).toMatchObject({ type: 'signed_in', session: { kind: 'user' } });
    expect([...tab.notices, ...late.notices].map(({ type }) => type)).toContain('guest_ended');
    expect(shop.service.profiles.find(({ kind }) => kind === 'identified')?.id).not.toBe(tab.subject);
  });

  it.each(['silent', 'error'] as const)('was revoked signs in without it, is asked, and keeps their things (App ID is %s about it)', async (deadAnonymousToken) => {
    const shop = await createShop({ switches: { deadAnonymousToken } });
    const tab = await startGuest(shop);
    await revoke(shop, await tokenOf(shop, tab));
    await expect(shop.world.until(tab.login.attributes.get('theme'))).rejects.toMatchObject({ code: 'grant_refused' });
    expect(tab.login.getSession()).toMatchObject({ subject: tab.subject, kind: 'guest' });
    const { back, outcome } = await link(shop, tab);
    expect(outcome).toMatchObject({ type: 'identity_in_use', session: { subject: tab.subject } });
    await shop.world.until(back.login.resolveLink('continue_as_user'));
    await shop.world.time.pass(1_000);
    expect([...shop.merged.values()]).toMatchObject([{ from: tab.subject, carried: [] }]);
  });
});

describe('what the shop keeps about who is here', () => {
  it('is noted, read and taken away, by listed names', async () => {
    const shop = await createShop();
    const { login } = await startGuest(shop);
    const until = <T>(promise: Promise<T>) => shop.world.until(promise);
    await until(login.attributes.set('theme', 'dark'));
    await until(login.attributes.set('size', '42'));
    expect(await until(login.attributes.list())).toEqual({ theme: 'dark', size: '42' });
    await until(login.attributes.remove('size'));
    await until(login.attributes.remove('size'));
    expect([await until(login.attributes.get('size')), await until(login.attributes.get('theme'))]).toEqual([null, 'dark']);
    await expect(until(login.attributes.set('admin', 'yes'))).rejects.toMatchObject({ code: 'config_invalid' });
    const before = shop.world.requests.length;
    await expect(until(login.attributes.set('theme', 'x'.repeat(513)))).rejects.toMatchObject({ code: 'config_invalid' });
    expect(shop.world.requests).toHaveLength(before);
    expect(shop.service.profiles[0]?.attributes).toEqual({ theme: 'dark' });
  });

  it('is nothing where the tenant keeps none, and the app, the operator, and nobody’s session hear of it', async () => {
    const shop = await createShop({ tenant: { profiles: 'inactive' } });
    const tab = await startGuest(shop);
    await expect(shop.world.until(tab.login.attributes.set('theme', 'dark'))).rejects.toMatchObject({ code: 'unsupported', oauthError: 'attributes_disabled' });
    expect([tab.login.getSession()?.subject, shop.reports]).toEqual([tab.subject, [expect.stringMatching(/User profiles/)]]);
    const { outcome } = await link(shop, tab);
    expect(outcome).toMatchObject({ type: 'linked', session: { subject: tab.subject } });
  });

  it.each(['linkKeepsSub', 'widget'] as const)('does not have to be kept for a guest to be told from a user (%s)', async (name) => {
    const shop = await createShop({ tenant: { profiles: 'inactive' }, switches: name === 'widget' ? { widget: 'cookie' } : { linkKeepsSub: 'no' } });
    const tab = await startGuest(shop);
    expect((await link(shop, tab)).outcome).toMatchObject({ type: 'moved', from: tab.subject });
    const away = elsewhere(shop);
    const second = await startGuest(away);
    expect((await link(away, second)).outcome).toMatchObject({ type: 'identity_in_use' });
  });
});

describe('a user', () => {
  it('is renewed by the refresh token, is known to the API, and signs out at App ID too', async () => {
    const shop = await createShop();
    const { back } = await signIn(shop);
    const subject = back.login.getSession()?.subject;
    for (let i = 0; i < 3; i++) {
      await shop.world.time.pass(3_700_000);
      expect(readClaims(await tokenOf(shop, back))).toMatchObject({ sub: subject });
    }
    expect(await (await shop.world.until(back.login.fetch(`${API}/me`))).json()).toMatchObject({ subject, kind: 'user' });
    await shop.world.until(back.login.logOut());
    expect(shop.service.log.map(({ route }) => route)).toContain('POST /oauth/v4/{tenant}/revoke');
    expect(back.login.getSession()).toBeNull();
  });

  it('to whom App ID gives no refresh token is asked to sign in again, and is made no guest', async () => {
    const shop = await createShop({ tenant: { refreshTokens: 'off' } });
    const { back } = await signIn(shop);
    await shop.world.time.pass(3_700_000);
    await expect(tokenOf(shop, back)).rejects.toMatchObject({ code: 'login_required' });
    expect(back.login.getEnd()).toBe('user_expired');
  });

  it('adds no identity here, for App ID has none to add', async () => {
    const shop = await createShop();
    const { back } = await signIn(shop);
    await expect(shop.world.until(back.login.linkIdentity({ connectionId: 'facebook' }))).rejects.toMatchObject({ code: 'unsupported' });
  });
});
