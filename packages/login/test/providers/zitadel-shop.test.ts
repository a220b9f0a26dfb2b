import { beforeEach, describe, expect, it } from 'vitest';
import type { AskPerson } from '../../src/flows/challenge.ts';
import type { LoginClient } from '../../src/index.ts';
import { createShop, json, openPage, type Shop } from '../support/zitadel-world.ts';
import { SHOP, type Tab, type World } from '../support/world.ts';

let shop: Shop;
let world: World;
beforeEach(async () => {
  shop = await createShop();
  world = shop.world;
  Object.assign(globalThis, { reportError: () => undefined });
});

const types = ({ notices }: Tab): string[] => notices.map(({ type }) => type);
const GUEST = '__Host-passerby-guest';
const USER = '__Host-passerby-user';
/** The shop's own; the sign-in page has others. */
const cookiesOf = ({ jar }: World): string[] => jar.cookies.filter(({ domain }) => domain === 'www.shop.test').map(({ name }) => name).sort();
const cookies = (): string[] => cookiesOf(world);
const guests = (): string[] => shop.service.users.filter(({ metadataKeys }) => metadataKeys.some((key) => key.startsWith('GUEST_'))).map(({ userId }) => userId);
const whoAsked = async ({ login }: Tab): Promise<unknown> => (await world.until(login.fetch(`${SHOP}/api/me`, json({})))).json();
const startGuest = async (tab = openPage(shop)): Promise<Tab & { readonly subject: string }> => Object.assign(tab, { subject: (await world.until(tab.login.authenticate())).subject });

const ada = { givenName: 'Ada', familyName: 'Lovelace', email: 'ada@example.com', password: 'Secret-password-1' };
/** Fills in the form, and types the code that came by mail; wrong ones before it, where given. */
const registersAs = (person = ada, ...wrong: string[]): AskPerson => async (challenge) => {
  if (challenge.type === 'registration') return person;
  return { code: wrong.shift() ?? shop.mail.findLast(({ email }) => email === person.email)?.code ?? '' };
};
const register = (challenge: AskPerson) => (login: LoginClient): Promise<unknown> => login.linkIdentity({ connectionId: 'google', challenge });
/** Signs in at ZITADEL's own page. */
const signIn = async (tab: Tab, begin: (login: LoginClient) => Promise<unknown>, fields: Readonly<Record<string, string>> | null): Promise<Tab> => openPage(shop, await world.backFrom(tab, begin, fields));

describe('a visitor of a shop with ZITADEL', () => {
  it('is a guest after one request, and has nothing that a script can read', async () => {
    const tab = await startGuest();
    expect(world.requests).toEqual(['POST /auth/guest']);
    expect(guests()).toEqual([tab.subject]);
    expect([cookies(), world.jar.readable(new URL(SHOP))]).toEqual([[GUEST], '']);
    expect(await whoAsked(tab)).toMatchObject({ subject: tab.subject, kind: 'guest' });
    await expect(world.until(tab.login.getToken())).rejects.toMatchObject({ code: 'unsupported' });
    expect(JSON.stringify([...world.rows.values()])).not.toMatch(/eyJ/);
  });

  it('has a token where the shop wants it so, and is known by it at the API', async () => {
    shop = await createShop({ tokens: 'exposed' });
    world = shop.world;
    const tab = await startGuest();
    const token = await world.until(tab.login.getToken());
    expect(await shop.verifier.verifyToken(token)).toMatchObject({ subject: tab.subject, kind: 'guest' });
    expect(await whoAsked(tab)).toMatchObject({ subject: tab.subject });
    await world.time.pass(86_400_000);
    expect(await world.until(tab.login.getToken())).not.toBe(token);
  });

  it('who opens twenty tabs at once is one guest', async () => {
    const tabs = Array.from({ length: 20 }, () => openPage(shop));
    await world.until(Promise.all(tabs.map(({ login }) => login.authenticate())));
    expect([guests().length, world.requests]).toEqual([1, ['POST /auth/guest']]);
  });

  it('whose answer was lost or whose storage was cleared is the same guest', async () => {
    const { subject } = await startGuest();
    world.evict();
    expect(await world.until(openPage(shop).login.authenticate())).toMatchObject({ subject });
    expect(guests()).toHaveLength(1);
  });

  it('is renewed for as long as they come, and the API never says no', async () => {
    const tab = await startGuest();
    for (let day = 0; day < 5; day++) {
      await world.time.pass(86_400_000);
      expect(await whoAsked(tab)).toMatchObject({ subject: tab.subject, kind: 'guest' });
    }
    expect(types(tab)).toEqual(['guest_started']);
  });

  it('stays who they are while ZITADEL is away', async () => {
    const tab = await startGuest();
    await world.time.pass(86_400_000);
    shop.service.faults.add({ route: 'POST /oauth/v2/token', kind: 'status', status: 503, times: 2 });
    expect(await whoAsked(tab)).toMatchObject({ subject: tab.subject });
  });

  it('finds a shop whose settings are wrong closed for guests, and the operator reads which', async () => {
    shop.service.instance.enableImpersonation = false;
    await expect(world.until(openPage(shop).login.authenticate())).rejects.toMatchObject({ code: 'server', retryable: true });
    expect(shop.reports.join()).toMatch(/impersonation/i);
  });

  it('who gives up the guest is somebody else the next time, also where nobody heard of it', async () => {
    const tab = await startGuest();
    world.offline = 'yes';
    await expect(world.until(tab.login.logOut({ discardGuest: true }))).rejects.toMatchObject({ retryable: true });
    world.offline = 'no';
    expect(cookies()).toEqual([GUEST]);
    expect((await world.until(openPage(shop).login.authenticate())).subject).not.toBe(tab.subject);
  });

  it('keeps attributes, and keeps them as the user they become', async () => {
    const tab = await startGuest();
    await world.until(tab.login.attributes.set('size', 'M'));
    expect(await world.until(tab.login.attributes.get('size'))).toBe('M');
    const back = await signIn(tab, register(registersAs()), { loginName: ada.email, password: ada.password });
    await world.until(back.login.completeLogin());
    expect(await world.until(back.login.attributes.list())).toEqual({ size: 'M' });
    await world.until(back.login.attributes.remove('size'));
    expect(await world.until(back.login.attributes.get('size'))).toBeNull();
  });
});

describe('a guest who registers', () => {
  it('is the same subject afterwards, in every tab, and no guest is left', async () => {
    const tab = await startGuest(openPage(shop, '/checkout'));
    const other = openPage(shop, '/', { guests: 'on-demand' });
    expect(await whoAsked(other)).toMatchObject({ subject: tab.subject });
    const back = await signIn(tab, register(registersAs()), { loginName: ada.email, password: ada.password });
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'linked', session: { subject: tab.subject, kind: 'user' } });
    expect([guests(), cookies()]).toEqual([[], [USER]]);
    for (const page of [back, other]) expect(await whoAsked(page)).toMatchObject({ subject: tab.subject, kind: 'user' });
    expect(types(other)).toEqual(['user_expired', 'signed_in']);
    expect(new URL(tab.departed ?? '').searchParams.get('login_hint')).toBe(ada.email);
  });

  it('by a copy of their own old cookie is nobody', async () => {
    const tab = await startGuest();
    const copy = structuredClone(world.jar.cookies);
    const back = await signIn(tab, register(registersAs()), { loginName: ada.email, password: ada.password });
    await world.until(back.login.completeLogin());
    const thief = world.anotherBrowser();
    thief.jar.cookies = copy;
    await expect(thief.until(openPage({ ...shop, world: thief }, '/', { guests: 'on-demand' }).login.fetch(`${SHOP}/api/me`))).rejects.toMatchObject({ code: 'login_required' });
  });

  it('and mistypes the code gets in by the next try', async () => {
    const tab = await startGuest();
    const asked: unknown[] = [];
    const person = registersAs(ada, '000000x', '000000y');
    await signIn(tab, register(async (challenge) => (asked.push(challenge), person(challenge))), { loginName: ada.email, password: ada.password });
    expect(asked).toMatchObject([{ type: 'registration' }, { type: 'code' }, { type: 'code', triesLeft: 4 }, { type: 'code', triesLeft: 3 }]);
  });

  it('with somebody else’s e-mail and no code stays a guest', async () => {
    const tab = await startGuest();
    let tries = 0;
    const guessing: AskPerson = async (challenge) => (challenge.type === 'registration' ? (tries > 0 ? null : ada) : { code: `00000${tries++}` });
    expect(await world.until(tab.login.linkIdentity({ connectionId: 'google', challenge: guessing }))).toEqual({ type: 'cancelled' });
    expect([tries, guests()]).toEqual([5, [tab.subject]]);
    expect(await whoAsked(tab)).toMatchObject({ subject: tab.subject, kind: 'guest' });
  });

  it('and changes their mind is the guest they were', async () => {
    const tab = await startGuest();
    const rows = structuredClone([...world.rows]);
    expect(await world.until(tab.login.linkIdentity({ connectionId: 'google', challenge: async ({ type }) => (type === 'registration' ? ada : null) }))).toEqual({ type: 'cancelled' });
    expect([[...world.rows], guests()]).toEqual([rows, [tab.subject]]);
  });

  it('by a code whose answer was lost is a user all the same', async () => {
    const tab = await startGuest();
    const person = registersAs();
    const back = await signIn(tab, register(async (challenge) => {
      if (challenge.type === 'code') world.loseAnswers(1);
      return person(challenge);
    }), { loginName: ada.email, password: ada.password });
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'linked', session: { subject: tab.subject } });
  });

  it('and leaves the sign-in page is asked to sign in, and is not made a new guest in silence', async () => {
    const tab = await startGuest();
    await world.backFrom(tab, register(registersAs()), {});
    const later = openPage(shop, '/', { guests: 'on-demand' });
    await expect(world.until(later.login.fetch(`${SHOP}/api/me`))).rejects.toMatchObject({ code: 'login_required' });
    expect(later.login.getEnd()).toBe('user_expired');
    const back = await signIn(later, (login) => login.authenticate({ connectionId: 'google' }), { loginName: ada.email, password: ada.password });
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'signed_in', session: { subject: tab.subject, kind: 'user' } });
  });

  it('and whose page never heard that it was done is asked to sign in, with or without a record of the guest', async () => {
    const tab = await startGuest();
    const person = registersAs();
    const upgrading = tab.login.linkIdentity({ connectionId: 'google', challenge: async (challenge) => {
      if (challenge.type === 'code') world.loseAnswers(3);
      return person(challenge);
    } });
    await expect(world.until(upgrading)).rejects.toMatchObject({ code: 'network' });
    await world.time.pass(60_000);
    expect((await world.until(tab.login.fetch(`${SHOP}/api/me`))).status).toBe(401);
    expect(types(tab)).toEqual(['guest_started', 'user_expired']);
  });

  it('with an e-mail that has an account is sent to it, and asked who to be', async () => {
    await register1();
    const second = await createGuestInAnotherBrowser();
    const back = await signInAt(second, register(registersAs()), { loginName: ada.email, password: ada.password });
    expect(await second.world.until(back.login.completeLogin())).toMatchObject({ type: 'identity_in_use' });
    expect(back.login.getSession()).toMatchObject({ subject: second.subject, kind: 'guest' });
  });
});

/** Ada registers in this browser. */
async function register1(): Promise<string> {
  const tab = await startGuest();
  const back = await signIn(tab, register(registersAs()), { loginName: ada.email, password: ada.password });
  await world.until(back.login.completeLogin());
  return tab.subject;
}

interface Second extends Shop {
  readonly tab: Tab;
  readonly subject: string;
}

async function createGuestInAnotherBrowser(): Promise<Second> {
  const second = { ...shop, world: world.anotherBrowser() };
  const tab = openPage(second);
  return { ...second, tab, subject: (await second.world.until(tab.login.authenticate())).subject };
}

const signInAt = async (at: Second, begin: (login: LoginClient) => Promise<unknown>, fields: Readonly<Record<string, string>>): Promise<Tab> => openPage(at, await at.world.backFrom(at.tab, begin, fields));

describe('a guest who has an account', () => {
  let at: Second;
  let user: string;
  let back: Tab;
  beforeEach(async () => {
    user = await register1();
    at = await createGuestInAnotherBrowser();
    back = await signInAt(at, (login) => login.linkIdentity({ connectionId: 'google', challenge: async () => ({ type: 'sign_in' }) }), { loginName: ada.email, password: ada.password });
    expect(await at.world.until(back.login.completeLogin())).toMatchObject({ type: 'identity_in_use', existing: { subject: user } });
  });
  const names = (): string[] => cookiesOf(at.world);
  const asks = async (tab: Tab): Promise<unknown> => (await at.world.until(tab.login.fetch(`${SHOP}/api/me`, json({})))).json();

  it('is the guest until they have chosen, at the shop’s API too', async () => {
    expect(names()).toEqual([GUEST, USER]);
    expect(await asks(back)).toMatchObject({ subject: at.subject, kind: 'guest' });
  });

  it('and stays the guest leaves nothing of the account in this browser', async () => {
    expect(await at.world.until(back.login.resolveLink('stay_guest'))).toMatchObject({ subject: at.subject, kind: 'guest' });
    await at.world.time.pass(1_000);
    expect(names()).toEqual([GUEST]);
    expect(await asks(back)).toMatchObject({ subject: at.subject });
  });

  it('and goes on as the user has the carts merged once, and the guest is deleted', async () => {
    expect(await at.world.until(back.login.resolveLink('continue_as_user'))).toMatchObject({ subject: user, kind: 'user' });
    await at.world.time.pass(1_000);
    expect([...shop.merged.values()]).toEqual([{ from: at.subject, to: user }]);
    expect([guests(), names()]).toEqual([[], [USER]]);
    expect(shop.service.users.map(({ userId }) => userId)).not.toContain(at.subject);
    expect(await asks(back)).toMatchObject({ subject: user, kind: 'user' });
  });

  it('and whose merge was answered into nothing is asked again with the same key', async () => {
    shop.service.faults.add({ route: 'POST /zitadel.user.v2.UserService/DeleteUser', kind: 'status', status: 503, times: 1 });
    const page = openPage(at, '/', { mergeGuest: async ({ key, from }) => {
      statuses.push((await page.login.fetch(`${SHOP}/api/merge`, json({ key, from }))).status);
      if (shop.merged.size === 1 && !tried) {
        tried = true;
        throw new Error('The answer was lost');
      }
    } });
    let tried = false;
    const statuses: number[] = [];
    await at.world.until(page.login.resolveLink('continue_as_user'));
    await at.world.time.pass(60_000);
    expect([...shop.merged.values()]).toEqual([{ from: at.subject, to: user }]);
    expect(statuses).toEqual([200, 200]);
    expect(JSON.stringify([...at.world.rows.values()])).toContain('"merges":[]');
  });

  it('and signs out is gone with both cookies, and sent to ZITADEL’s own page', async () => {
    await at.world.until(back.login.resolveLink('continue_as_user'));
    await at.world.until(back.login.logOut());
    expect(names()).toEqual([]);
    expect(back.departed).toMatch(/^https:\/\/login\.shop\.test\/oidc\/v1\/end_session\?client_id=shop/);
    expect(back.departed).not.toMatch(/eyJ/);
  });
});

describe('a user', () => {
  it('is renewed by ZITADEL for as long as they come', async () => {
    const subject = await register1();
    const tab = openPage(shop);
    for (let day = 0; day < 3; day++) {
      await world.time.pass(86_400_000);
      expect(await whoAsked(tab)).toMatchObject({ subject, kind: 'user' });
    }
  });

  it('whose sign-in lost its answer is signed in by the next try', async () => {
    const tab = await startGuest();
    const address = await world.backFrom(tab, register(registersAs()), { loginName: ada.email, password: ada.password });
    world.loseAnswers(1);
    expect(await world.until(openPage(shop, address).login.completeLogin())).toMatchObject({ type: 'linked', session: { subject: tab.subject } });
  });

  it('who declines at ZITADEL’s page is the guest they were', async () => {
    const tab = await startGuest();
    const back = await signIn(tab, (login) => login.linkIdentity({ connectionId: 'google' }), null);
    expect(await world.until(back.login.completeLogin())).toEqual({ type: 'cancelled' });
    expect(await whoAsked(back)).toMatchObject({ subject: tab.subject, kind: 'guest' });
  });
});
