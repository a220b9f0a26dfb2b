import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createShop, openPage, typing, type Shop, type ShopSettings } from '../support/descope-world.ts';
import { SHOP, type Tab, type World } from '../support/world.ts';

// Each Descope makes keys of its own, which takes seconds on a machine that is busy.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let shop: Shop;
let world: World;
async function open(settings: ShopSettings = {}): Promise<void> {
  shop = await createShop(settings);
  world = shop.world;
}
beforeEach(() => void Object.assign(globalThis, { reportError: () => undefined }));

const startGuest = async (tab = openPage(shop)): Promise<Tab & { readonly subject: string }> => Object.assign(tab, { subject: (await world.until(tab.login.authenticate())).subject });
const linkByCode = (tab: Tab) => world.until(tab.login.linkIdentity({ connectionId: 'email', challenge: typing(shop, 'ada@example.com') }));
const addAda = (): string => shop.service.addUser({ loginId: 'ada@example.com' });
const asked = (path: string): number => shop.service.log.filter(({ route }) => route?.endsWith(path)).length;

describe('where every token is a cookie', () => {
  beforeEach(() => open({ sessions: 'cookies' }));

  it('a guest has no token to read, is renewed, and moves to the user', async () => {
    const tab = await startGuest();
    await expect(world.until(tab.login.getToken())).rejects.toMatchObject({ code: 'unsupported' });
    expect(JSON.stringify([...world.rows.values()])).not.toMatch(/eyJ/);
    await world.time.pass(700_000);
    await world.until(tab.login.getToken().catch(() => undefined));
    expect(asked('/v1/auth/refresh')).toBe(1);
    expect(tab.login.getSession()).toMatchObject({ subject: tab.subject, kind: 'guest', renewable: true });
    expect(await linkByCode(tab)).toMatchObject({ type: 'moved', from: tab.subject });
    await world.time.pass(700_000);
    await world.until(tab.login.getToken().catch(() => undefined));
    expect(tab.login.getSession()).toMatchObject({ kind: 'user', renewable: true });
  });

  it.each(['anonymous_jwt', 'temporary_user'] as const)('a guest’s things follow them to their account, however long they took to choose (%s)', async (generation) => {
    await open({ sessions: 'cookies', generation });
    const ada = addAda();
    const tab = await startGuest();
    expect(await linkByCode(tab)).toMatchObject({ type: 'identity_in_use', existing: { subject: ada } });
    await world.time.pass(500_000);
    expect(await world.until(tab.login.resolveLink('continue_as_user'))).toMatchObject({ subject: ada });
    await world.time.pass(2_000);
    expect([...shop.merged.values()]).toEqual([{ from: tab.subject, to: ada }]);
  });

  it('a guest’s things follow by Google, and by a page that is opened days later', async () => {
    const tab = await startGuest();
    const back = openPage(shop, await world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada'), { mergeGuest: () => Promise.reject(new Error('The shop is down')) });
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'moved', from: tab.subject });
    await world.time.pass(3 * 86_400_000);
    expect(shop.merged.size).toBe(0);
    const later = openPage(shop);
    await world.until(later.login.completeLogin());
    await world.time.pass(120_000);
    expect([...shop.merged.values()]).toEqual([{ from: tab.subject, to: shop.service.users[0]?.userId }]);
  });

  it('nobody’s things go to the next person at the device', async () => {
    const tab = await startGuest();
    await linkByCode(tab);
    expect(world.jar.for(new URL(SHOP))).toMatch(/passerby-guest=\S/);
    await world.until(tab.login.logOut());
    expect(world.jar.for(new URL(SHOP))).not.toMatch(/passerby-guest=[^;]|DSR=[^;]/);
  });
});

describe.each([['refresh_cookie', 'anonymous_jwt'], ['refresh_cookie', 'temporary_user'], ['cookies', 'anonymous_jwt'], ['cookies', 'temporary_user']] as const)('a user whose page storage was cleared (%s, %s)', (sessions, generation) => {
  it('is asked to sign in and is made no guest, and their session at Descope stays', async () => {
    await open({ sessions, generation });
    const ada = addAda();
    const tab = openPage(shop);
    await world.until(tab.login.authenticate({ connectionId: 'email', challenge: typing(shop, 'ada@example.com') }));
    const cookies = world.jar.for(new URL(SHOP));
    world.evict();
    const next = openPage(shop);
    await expect(world.until(next.login.authenticate())).rejects.toMatchObject({ code: 'login_required' });
    expect([next.login.getSession(), next.login.getEnd(), world.jar.for(new URL(SHOP))]).toEqual([null, 'user_expired', cookies]);
    // On every page, until they sign in…
    await expect(world.until(openPage(shop, '/', { guests: 'on-demand' }).login.getToken())).rejects.toMatchObject({ code: 'login_required' });
    expect(await world.until(next.login.authenticate({ connectionId: 'email', challenge: typing(shop, 'ada@example.com') }))).toMatchObject({ subject: ada, kind: 'user' });
  });

  it('may be a guest, where they ask for it once more', async () => {
    await open({ sessions, generation });
    addAda();
    await world.until(openPage(shop).login.authenticate({ connectionId: 'email', challenge: typing(shop, 'ada@example.com') }));
    world.evict();
    const next = openPage(shop);
    await expect(world.until(next.login.authenticate())).rejects.toMatchObject({ code: 'login_required' });
    expect(await world.until(next.login.authenticate())).toMatchObject({ kind: 'guest' });
  });
});
