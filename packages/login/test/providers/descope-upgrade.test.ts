import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createShop, openPage, typing, type Shop, type ShopSettings } from '../support/descope-world.ts';
import type { Tab, World } from '../support/world.ts';

// Each Descope makes keys of its own, which takes seconds on a machine that is busy.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let shop: Shop;
let world: World;
async function open(settings: ShopSettings): Promise<void> {
  shop = await createShop(settings);
  world = shop.world;
}
beforeEach(() => void Object.assign(globalThis, { reportError: () => undefined }));

const startGuest = async (tab = openPage(shop)): Promise<Tab & { readonly subject: string }> => Object.assign(tab, { subject: (await world.until(tab.login.authenticate())).subject });
const linkByCode = (tab: Tab, ...wrong: string[]) => world.until(tab.login.linkIdentity({ connectionId: 'email', challenge: typing(shop, 'ada@example.com', ...wrong) }));
const addAda = (): string => shop.service.addUser({ loginId: 'ada@example.com' });

describe.each(['body', 'refresh_cookie', 'cookies'] as const)('what the shop keeps about a guest whose session travels by %s', (sessions) => {
  it.each(['anonymous_jwt', 'temporary_user'] as const)('(%s) is there in every tab, and after a renewal', async (generation) => {
    await open({ sessions, generation });
    const tab = await startGuest();
    await world.until(tab.login.attributes.set('size', 'M'));
    expect(await world.until(openPage(shop).login.attributes.list())).toEqual({ size: 'M' });
    await world.time.pass(700_000);
    await world.until(tab.login.attributes.set('colour', 'red'));
    await world.until(tab.login.attributes.remove('size'));
    expect(await world.until(tab.login.attributes.list())).toEqual({ colour: 'red' });
    expect(tab.login.getSession()).toMatchObject({ subject: tab.subject, kind: 'guest', renewable: true });
    await expect(world.until(tab.login.attributes.set('email', 'x'))).rejects.toMatchObject({ code: 'config_invalid' });
  });
});

describe.each(['body', 'refresh_cookie', 'cookies'] as const)('an old-generation guest whose session travels by %s', (sessions) => {
  const make = (more: ShopSettings = {}): Promise<void> => open({ sessions, generation: 'temporary_user', ...more });
  beforeEach(() => make());

  it('keeps the subject as a user, in every tab', async () => {
    const tab = await startGuest();
    const other = openPage(shop);
    await world.until(other.login.completeLogin());
    expect(shop.service.users).toMatchObject([{ userId: tab.subject, email: '' }]);
    expect(await linkByCode(tab, '00000x')).toMatchObject({ type: 'linked', session: { subject: tab.subject, kind: 'user', renewable: true } });
    await world.time.pass(700_000);
    await world.until(other.login.getToken().catch(() => undefined));
    expect(other.login.getSession()).toMatchObject({ subject: tab.subject, kind: 'user' });
    expect(shop.service.users).toMatchObject([{ userId: tab.subject, email: 'ada@example.com', loginIds: ['ada@example.com'], tenants: [] }]);
    expect([tab.notices[1]?.type, shop.merged.size]).toEqual(['linked', 0]);
  });

  it('by a code whose answer was lost is a user all the same', async () => {
    const tab = await startGuest();
    const person = typing(shop, 'ada@example.com');
    const outcome = await world.until(tab.login.linkIdentity({ connectionId: 'email', challenge: (challenge) => {
      if (challenge.type === 'code') world.loseAnswers(1);
      return person(challenge);
    } }));
    expect(outcome).toMatchObject({ type: 'linked', session: { subject: tab.subject, kind: 'user' } });
  });

  it('with an e-mail that has an account is asked who to be', async () => {
    const ada = addAda();
    const tab = await startGuest();
    expect(await linkByCode(tab)).toMatchObject({ type: 'identity_in_use', existing: { subject: ada }, session: { subject: tab.subject } });
    expect(await world.until(tab.login.resolveLink('continue_as_user'))).toMatchObject({ subject: ada });
    await world.time.pass(1_000);
    expect([...shop.merged.values()]).toEqual([{ from: tab.subject, to: ada }]);
  });

  it.each(['is not', 'is'] as const)('with an e-mail that has an account has moved there, where the shop says so, and the answer %s lost', async (lost) => {
    await make({ identityInUse: 'merge_into_existing' });
    const ada = addAda();
    const tab = await startGuest();
    if (lost === 'is') {
      const person = typing(shop, 'ada@example.com');
      let asked = 0;
      // Tried again by itself, and told that the code is none any more: the person asks for another one.
      expect(await world.until(tab.login.linkIdentity({ connectionId: 'email', challenge: async (challenge) => {
        if (challenge.type !== 'code') return person(challenge);
        if (++asked === 1) world.loseAnswers(1);
        return asked === 2 ? null : person(challenge);
      } }))).toEqual({ type: 'cancelled' });
      expect(tab.login.getSession()).toMatchObject({ subject: tab.subject, kind: 'guest' });
    }
    expect(await linkByCode(tab)).toMatchObject({ type: 'moved', from: tab.subject, to: ada, session: { subject: ada, kind: 'user' } });
    expect(shop.service.users.map(({ tenants }) => tenants.length)).toEqual([0, 1]);
    await world.time.pass(1_000);
    expect([...shop.merged.values()]).toEqual([{ from: tab.subject, to: ada }]);
  });
});
