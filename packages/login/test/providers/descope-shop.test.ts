import { readClaims } from '@passerby/shared';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { LoginClient } from '../../src/core.ts';
import { codeIn, createShop, linkIn, openPage, typing, type Shop, type ShopSettings } from '../support/descope-world.ts';
import { LOGIN, SHOP, type Tab, type World } from '../support/world.ts';

// Each Descope makes keys of its own, which takes seconds on a machine that is busy.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let shop: Shop;
let world: World;
async function open(settings: ShopSettings = {}): Promise<void> {
  shop = await createShop(settings);
  world = shop.world;
}
beforeEach(async () => {
  await open();
  Object.assign(globalThis, { reportError: () => undefined });
});

const types = ({ notices }: Tab): string[] => notices.map(({ type }) => type);
const tokenOf = (tab: Tab): Promise<string> => world.until(tab.login.getToken());
const startGuest = async (tab = openPage(shop)): Promise<Tab & { readonly subject: string }> => Object.assign(tab, { subject: (await world.until(tab.login.authenticate())).subject });
const linkByCode = (tab: Tab, ...wrong: string[]) => world.until(tab.login.linkIdentity({ connectionId: 'email', challenge: typing(shop, 'ada@example.com', ...wrong) }));
const addAda = (): string => shop.service.addUser({ loginId: 'ada@example.com' });
const asked = (path: string): number => shop.service.log.filter(({ route }) => route?.endsWith(path)).length;

describe.each(['body', 'refresh_cookie'] as const)('a visitor of a shop whose sessions travel by %s', (sessions) => {
  beforeEach(() => open({ sessions }));

  it('is a guest after one request, by a token that Descope signed', async () => {
    const tab = await startGuest();
    expect(world.requests).toEqual(['POST /auth/guest']);
    expect(readClaims(await tokenOf(tab))).toMatchObject({ sub: tab.subject, danu: true, drn: 'DS' });
    expect(shop.service.users).toEqual([]);
  });

  it('who opens twenty tabs at once is one guest', async () => {
    const tabs = Array.from({ length: 20 }, () => openPage(shop));
    await world.until(Promise.all(tabs.map(({ login }) => login.authenticate())));
    expect([new Set(tabs.map(({ login }) => login.getSession()?.subject)).size, world.requests]).toEqual([1, ['POST /auth/guest']]);
  });

  it('is renewed for as long as they come, in one tab for all', async () => {
    const tabs = [await startGuest(), openPage(shop), openPage(shop)];
    for (let day = 1; day <= 5; day++) {
      await world.time.pass(86_400_000);
      const tokens = await world.until(Promise.all(tabs.map(({ login }) => login.getToken())));
      expect([new Set(tokens).size, asked('/v1/auth/refresh'), asked('/v1/auth/me')]).toEqual([1, day, 0]);
    }
    expect(types(tabs[0]!)).toEqual(['guest_started', ...Array(5).fill('refreshed') as string[]]);
  });

  it('whose clock is a year wrong, either way, is the same guest with a token', async () => {
    const tab = await startGuest();
    for (const ms of [365, -730, 365]) {
      world.time.wall += ms * 86_400_000;
      shop.clock.aheadMs -= ms * 86_400_000;
      shop.service.faults.add({ route: 'POST /v1/auth/refresh', kind: 'status', status: 503, times: 1 });
      await world.until(tab.login.getToken().catch(() => undefined));
      expect(tab.login.getSession()).toMatchObject({ subject: tab.subject });
      await world.time.pass(60_000);
      expect(readClaims(await tokenOf(tab))).toMatchObject({ sub: tab.subject });
    }
  });

  it('who gives up the guest is signed out at Descope, and somebody else the next time', async () => {
    const tab = await startGuest();
    await world.until(tab.login.logOut({ discardGuest: true }));
    expect(asked('/v1/auth/logout')).toBe(1);
    expect((await startGuest(openPage(shop))).subject).not.toBe(tab.subject);
  });

  it('who was signed out at Descope is told that the guest is over', async () => {
    const tab = await startGuest();
    shop.service.forgetSessions();
    await world.time.pass(700_000);
    await expect(tokenOf(tab)).rejects.toMatchObject({ code: 'login_required' });
    expect(types(tab)).toContain('guest_ended');
  });
});

describe('a guest who signs in by a code', () => {
  it('has moved to the user that this made, and their things follow without a question', async () => {
    const tab = await startGuest();
    const other = openPage(shop);
    await tokenOf(other);
    const outcome = await linkByCode(tab);
    const [ada] = shop.service.users;
    expect(outcome).toMatchObject({ type: 'moved', from: tab.subject, to: ada?.userId, session: { subject: ada?.userId, kind: 'user' } });
    await world.time.pass(1_000);
    expect([...shop.merged.values()]).toEqual([{ from: tab.subject, to: ada?.userId }]);
    expect(types(tab)).toEqual(['guest_started', 'moved']);
    for (const page of [tab, other]) expect(readClaims(await tokenOf(page))).toMatchObject({ sub: ada?.userId });
    await world.time.pass(86_400_000);
    expect(readClaims(await tokenOf(other))).toMatchObject({ sub: ada?.userId });
  });

  it('and had an account is asked who to be, and is the guest until then', async () => {
    const ada = addAda();
    const tab = await startGuest();
    expect(await linkByCode(tab)).toMatchObject({ type: 'identity_in_use', existing: { connectionId: 'email', subject: ada }, session: { subject: tab.subject, kind: 'guest' } });
    expect(readClaims(await tokenOf(tab))).toMatchObject({ sub: tab.subject });
    expect(await world.until(tab.login.resolveLink('continue_as_user'))).toMatchObject({ subject: ada, kind: 'user' });
    await world.time.pass(1_000);
    expect([...shop.merged.values()]).toEqual([{ from: tab.subject, to: ada }]);
  });

  it('and would rather stay the guest leaves nothing of the account in this browser', async () => {
    addAda();
    const tab = await startGuest();
    await linkByCode(tab);
    await world.until(tab.login.resolveLink('stay_guest'));
    await world.time.pass(700_000);
    expect(asked('/v1/auth/logout')).toBe(1);
    expect(readClaims(await tokenOf(tab))).toMatchObject({ sub: tab.subject, danu: true });
    expect(shop.merged.size).toBe(0);
  });

  it('and mistypes it gets in by the next try, and with no tries left by the next code', async () => {
    const tab = await startGuest();
    expect(await linkByCode(tab, '00000x', '00000y')).toMatchObject({ type: 'moved' });
    await open();
    const unlucky = await startGuest();
    expect(await linkByCode(unlucky, ...Array.from({ length: 6 }, () => '00000x'))).toMatchObject({ type: 'moved' });
    expect(shop.mails).toHaveLength(2);
  });

  it('and changes their mind is the guest they were', async () => {
    const tab = await startGuest();
    expect(await world.until(tab.login.linkIdentity({ connectionId: 'email', challenge: async ({ type }) => (type === 'login_id' ? { loginId: 'ada@example.com' } : null) }))).toEqual({ type: 'cancelled' });
    expect(tab.login.getSession()).toMatchObject({ subject: tab.subject, kind: 'guest' });
  });

  it('and for whom a server had made an account is asked who to be, though they sign in for the first time', async () => {
    await open({ switches: { firstSeen: 'first_sign_in' } });
    await shop.service.handle(new Request(`${LOGIN}/v1/mgmt/user/create`, { method: 'POST', headers: { authorization: `Bearer ${shop.service.projectId}:${shop.service.managementKey}`, 'content-type': 'application/json' }, body: '{"loginId":"ada@example.com","email":"ada@example.com"}' }));
    await world.time.pass(60_000);
    const tab = await startGuest();
    expect(await linkByCode(tab)).toMatchObject({ type: 'identity_in_use', existing: { subject: shop.service.users[0]?.userId }, session: { subject: tab.subject } });
    expect(shop.merged.size).toBe(0);
  });

  it('whose answer was lost, and the code with it, gets in by another one: nothing of the guest is lost', async () => {
    const tab = await startGuest();
    shop.service.faults.add({ route: 'POST /v1/auth/otp/verify/email', kind: 'lost_answer', times: 1 });
    expect(await linkByCode(tab)).toMatchObject({ type: 'identity_in_use', session: { subject: tab.subject } });
    await world.until(tab.login.resolveLink('continue_as_user'));
    await world.time.pass(1_000);
    expect([...shop.merged.values()]).toMatchObject([{ from: tab.subject }]);
  });

  it('signs in on a page where nobody was', async () => {
    const ada = addAda();
    const tab = openPage(shop);
    expect(await world.until(tab.login.authenticate({ connectionId: 'email', challenge: typing(shop, 'ada@example.com') }))).toMatchObject({ subject: ada, kind: 'user' });
    expect(types(tab)).toEqual(['signed_in']);
  });

  it('leaves no trace of what they typed in storage', async () => {
    const tab = await startGuest();
    let code = '';
    await world.until(tab.login.linkIdentity({ connectionId: 'email', challenge: async (challenge) => {
      if (challenge.type === 'login_id') return { loginId: 'ada@example.com' };
      code = codeIn(shop);
      expect(JSON.stringify([...world.rows.values()])).not.toMatch(new RegExp(`ada@|${code}`));
      return { code };
    } }));
    expect(JSON.stringify([...world.rows.values()])).not.toMatch(new RegExp(`ada@|"${code}"`));
  });
});

describe('a guest who asks for a link by mail', () => {
  const beginLink = (tab: Tab, seen: string[] = []): Promise<unknown> => tab.login.linkIdentity({
    connectionId: 'magic_link', challenge: (challenge) => {
      seen.push(challenge.type);
      return challenge.type === 'login_id' ? Promise.resolve({ loginId: 'ada@example.com' }) : new Promise(() => undefined);
    },
  });

  it('opens it in another tab, and both are in', async () => {
    const tab = await startGuest(openPage(shop, '/checkout?step=2'));
    const seen: string[] = [];
    const waiting = beginLink(tab, seen);
    await world.time.pass(2_000);
    expect(seen).toEqual(['login_id', 'link_sent']);
    const opened = openPage(shop, linkIn(shop));
    expect(opened.address.searchParams.has('t')).toBe(true);
    expect(await world.until(opened.login.completeLogin())).toMatchObject({ type: 'moved', from: tab.subject });
    expect(opened.address.search).not.toMatch(/[?&](t|state)=/);
    expect(await world.until(waiting)).toMatchObject({ type: 'moved', from: tab.subject, session: { kind: 'user' } });
    expect(JSON.stringify([...world.rows.values()])).not.toContain(new URL(linkIn(shop)).searchParams.get('t'));
  });

  it('opens it twice, and the second time says so', async () => {
    const tab = await startGuest();
    void beginLink(tab);
    await world.time.pass(2_000);
    const link = linkIn(shop);
    await world.until(openPage(shop, link).login.completeLogin());
    const again = openPage(shop, link);
    expect(await world.until(again.login.completeLogin())).toMatchObject({ type: 'moved' });
    expect(again.login.getSession()).toMatchObject({ kind: 'user' });
  });

  it('opens it in another browser, where nobody asked for it: nobody is signed in', async () => {
    const tab = await startGuest();
    void beginLink(tab);
    await world.time.pass(2_000);
    const elsewhere = { ...shop, world: world.anotherBrowser() };
    const opened = openPage(elsewhere, linkIn(shop));
    expect(await elsewhere.world.until(opened.login.completeLogin())).toBeNull();
    expect(opened.login.getSession()).toBeNull();
  });

  it('opens it though the answer to that request was lost, and is in', async () => {
    const tab = await startGuest();
    shop.service.faults.add({ route: 'POST /v1/auth/magiclink/signup-in/email', kind: 'lost_answer', times: 1 });
    await expect(world.until(beginLink(tab) as Promise<unknown>)).rejects.toMatchObject({ code: 'network' });
    expect(await world.until(openPage(shop, linkIn(shop)).login.completeLogin())).toMatchObject({ type: 'moved', from: tab.subject });
  });

  it('opens it too late, and is the guest they were', async () => {
    const tab = await startGuest();
    void beginLink(tab);
    await world.time.pass(200_000);
    expect(await world.until(openPage(shop, linkIn(shop)).login.completeLogin())).toMatchObject({ type: 'failed', error: { code: 'callback_invalid' } });
    expect(tab.login.getSession()).toMatchObject({ subject: tab.subject, kind: 'guest' });
  });
});

describe('a guest who signs in with Google', () => {
  const withGoogle = (login: LoginClient): Promise<unknown> => login.linkIdentity({ connectionId: 'google' });

  it('comes back as the user, and their things follow', async () => {
    const tab = await startGuest(openPage(shop, '/checkout'));
    const back = openPage(shop, await world.backFrom(tab, withGoogle, 'ada'));
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'moved', from: tab.subject });
    expect(back.address.href).toBe(`${SHOP}/checkout`);
    await world.time.pass(1_000);
    expect([...shop.merged.values()]).toMatchObject([{ from: tab.subject, to: back.login.getSession()?.subject }]);
  });

  it('and declines is the guest they were', async () => {
    const tab = await startGuest();
    const back = openPage(shop, await world.backFrom(tab, withGoogle, null));
    expect(await world.until(back.login.completeLogin())).toEqual({ type: 'cancelled' });
    expect(readClaims(await tokenOf(back))).toMatchObject({ sub: tab.subject });
  });

  it('and whose answer was lost is told that the code is used, and is the guest they were', async () => {
    const tab = await startGuest();
    const address = await world.backFrom(tab, withGoogle, 'ada');
    shop.service.faults.add({ route: 'POST /v1/auth/oauth/exchange', kind: 'lost_answer', times: 1 });
    const back = openPage(shop, address);
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'failed', error: { code: 'callback_invalid' } });
    expect(readClaims(await tokenOf(back))).toMatchObject({ sub: tab.subject });
  });

  it('is nobody’s by a code that was planted', async () => {
    const thief = world.anotherBrowser();
    const theirs = await startGuestIn(thief);
    const planted = await thief.backFrom(theirs, withGoogle, 'ada');
    await startGuest();
    const victim = openPage(shop, planted);
    expect(await world.until(victim.login.completeLogin())).toBeNull();
    expect(shop.service.log.some(({ route }) => route === 'POST /v1/auth/oauth/exchange')).toBe(false);
  });
});

const startGuestIn = async (browser: World): Promise<Tab> => {
  const tab = openPage({ ...shop, world: browser });
  await browser.until(tab.login.authenticate());
  return tab;
};

describe('a guest in a flow', () => {
  const convert = (tab: Tab, ...wrong: string[]) => world.until(tab.login.linkIdentity({ connectionId: 'flow:convert', challenge: typing(shop, 'ada@example.com', ...wrong) }));

  it('has moved, where the flow makes another subject', async () => {
    const tab = await startGuest();
    expect(await convert(tab, '00000x')).toMatchObject({ type: 'moved', from: tab.subject });
  });

  it('is the same subject, where the flow keeps it', async () => {
    await open({ switches: { conversionKeepsSub: 'yes' } });
    const tab = await startGuest();
    expect(await convert(tab)).toMatchObject({ type: 'linked', session: { subject: tab.subject, kind: 'user' } });
    expect(types(tab)).toEqual(['guest_started', 'linked']);
    await world.time.pass(86_400_000);
    expect(readClaims(await tokenOf(tab))).toMatchObject({ sub: tab.subject });
  });

  it('and has no tries left begins it again', async () => {
    const tab = await startGuest();
    expect(await convert(tab, ...Array.from({ length: 6 }, () => '00000x'))).toMatchObject({ type: 'moved' });
  });

  it('may have come from one, too', async () => {
    await open({ page: { guestFlow: 'anonymous', verifier: undefined as never } });
    const tab = await startGuest();
    expect(readClaims(await tokenOf(tab))).toMatchObject({ danu: true });
    await expect(world.until(tab.login.attributes.list())).rejects.toMatchObject({ code: 'unsupported' });
  });
});

describe('where refresh tokens rotate', () => {
  beforeEach(() => open({ switches: { refreshRotates: 'yes' } }));

  it('a guest is renewed by each new one', async () => {
    const tab = await startGuest();
    for (let i = 0; i < 5; i++) {
      await world.time.pass(700_000);
      expect(readClaims(await tokenOf(tab))).toMatchObject({ sub: tab.subject });
    }
  });
});

describe('where the refresh token is a cookie', () => {
  beforeEach(() => open({ sessions: 'refresh_cookie' }));

  it('nothing in storage renews anybody, and no script reads it', async () => {
    await startGuest();
    expect(JSON.stringify([...world.rows.values()])).not.toContain('refreshToken');
    expect(world.jar.readable(new URL(SHOP))).toBe('');
  });

  it('a guest who stays one after a sign-in has a session that ends with its token, and no renewal as somebody else', async () => {
    addAda();
    const tab = await startGuest();
    expect(await linkByCode(tab)).toMatchObject({ type: 'identity_in_use' });
    await world.until(tab.login.resolveLink('stay_guest'));
    expect(tab.login.getSession()).toMatchObject({ subject: tab.subject, renewable: false });
    await world.time.pass(700_000);
    await expect(tokenOf(tab)).rejects.toMatchObject({ code: 'login_required' });
  });

  it('a sign-in whose answer was lost is found by the cookie', async () => {
    const tab = await startGuest();
    const address = await world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada');
    // The cookie came, the body did not.
    shop.service.faults.add({ route: 'POST /v1/auth/oauth/exchange', kind: 'truncated', times: 1 });
    const back = openPage(shop, address);
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'identity_in_use', session: { subject: tab.subject } });
  });

  it('the next person after a sign-out that nobody heard of is never the last one', async () => {
    const tab = await startGuest();
    await linkByCode(tab);
    world.offline = 'yes';
    await expect(world.until(tab.login.logOut())).rejects.toMatchObject({ retryable: true });
    world.offline = 'no';
    const next = openPage(shop);
    const address = await world.backFrom(next, (login) => login.authenticate({ connectionId: 'google' }), 'grace');
    shop.service.faults.add({ route: 'POST /v1/auth/oauth/exchange', kind: 'reset', times: 1 });
    const back = openPage(shop, address);
    await world.until(back.login.completeLogin());
    const grace = shop.service.users.find(({ email }) => email.startsWith('grace'));
    expect(back.login.getSession()).toMatchObject({ subject: grace?.userId });
  });
});
