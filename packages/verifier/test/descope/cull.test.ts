import { describe, expect, it } from 'vitest';
import { ADA, becomeUser, call, DAY, guestOf, heldOf, manage, World, type Held } from './support.ts';

const open = () => World.open({ generation: 'temporary_user' });
const LIFE = 364 * DAY;

describe('the cull', () => {
  it('deletes the guests who cannot come back, and nobody else', async () => {
    const world = await open();
    const [old, user, halfway] = [await guestOf(world), await guestOf(world), await guestOf(world)];
    heldOf(await becomeUser(world, user));
    world.shop.descope.faults.add({ route: 'POST /v1/mgmt/user/update/tenant/remove', kind: 'status', status: 500, times: 1 });
    await becomeUser(world, halfway, 'bob@shopper.example');
    const colleague = world.shop.descope.addUser({ loginId: 'guest-desk', tenantIds: [world.tenantId] });
    world.pass(LIFE - DAY);
    const young = await guestOf(world);
    world.pass(DAY);
    const seen: unknown[] = [];
    expect(await world.verifier.cull({ on: (progress) => seen.push(progress) })).toEqual({ looked: 3, deleted: 1, kept: 2, failed: 0 });
    expect(seen).toEqual([{ looked: 3, deleted: 1, kept: 2, failed: 0 }]);
    expect([old, user, halfway, young].map(({ subject }) => world.known(subject) !== undefined)).toEqual([false, true, true, true]);
    expect(world.known(colleague)).toBeDefined();
    expect(await world.verifier.cull()).toEqual({ looked: 2, deleted: 0, kept: 2, failed: 0 });
  });

  it('never deletes whoever could still come back: the tenant says for how long', async () => {
    const world = await open();
    await expect(world.verifier.cull({ olderThan: LIFE - 1 })).rejects.toThrow(/364 days/);
    await expect(world.verifier.cull({ olderThan: Number.NaN })).rejects.toThrow(TypeError);
    expect(await world.verifier.cull({ olderThan: LIFE })).toMatchObject({ looked: 0 });
    const silent = world.shop.descope.addTenant({ name: 'Silent' });
    await expect(world.start({ tenantId: silent }).cull()).rejects.toThrow(/session settings/);
    await manage(world.shop, 'POST /v1/mgmt/tenant/settings', { tenantId: world.tenantId, enabled: false, refreshTokenExpiration: 4, refreshTokenExpirationUnit: 'weeks' });
    await expect(world.verifier.cull()).rejects.toThrow(/session settings/);
    await expect((await World.open()).verifier.cull()).rejects.toThrow(TypeError);
  });

  it('walks through more than a page, whoever vanishes meanwhile, and never for ever', async () => {
    const world = await open();
    for (let i = 0; i < 45; i += 1) await manage(world.shop, 'POST /v1/mgmt/user/create', { loginId: `g${i}@guest.invalid`, userTenants: [{ tenantId: world.tenantId }] });
    world.pass(LIFE + 1_000);
    const gone = world.shop.descope.users[3]?.userId;
    const verifier = world.start({
      fetch: async (input, init) => {
        const answer = await world.fetch(input, init);
        // Between the list and the look.
        if (String(input).endsWith('/search') && String(init?.body).includes('"page":1') && world.known(gone ?? '')) await manage(world.shop, 'POST /v1/mgmt/user/delete/batch', { userIds: [gone] });
        return answer;
      },
    });
    world.shop.descope.faults.add({ route: 'POST /v1/mgmt/user/delete', kind: 'status', status: 500, times: 5 });
    world.shop.descope.faults.add({ route: 'GET /v1/mgmt/user', kind: 'html', times: 2 });
    const { looked, deleted, kept, failed } = await verifier.cull();
    expect([looked, deleted, kept, failed]).toEqual([45, 37, 1, 7]);
    expect((await verifier.cull()).failed).toBe(0);
    expect(world.shop.descope.users).toEqual([]);
  });

  it('ends where the service answers the same page again and again, and tells where it cannot be asked', async () => {
    const world = await open();
    await guestOf(world);
    world.pass(LIFE + 1_000);
    const user = { userId: 'U2', loginIds: ['x@guest.invalid'], userTenants: [{ tenantId: world.tenantId }], createdTime: 1 };
    const users = Array.from({ length: 40 }, (_, i) => ({ ...user, userId: `U${i}` }));
    let searches = 0;
    const stuck = world.start({
      fetch: async (input, init) => {
        if (!String(input).endsWith('/search')) return world.fetch(input, init);
        searches += 1;
        if (searches > 50) throw new TypeError('asked for ever');
        return Response.json({ users });
      },
    });
    expect(await stuck.cull()).toEqual({ looked: 40, deleted: 0, kept: 40, failed: 0 });
    const away = world.start({ fetch: (input, init) => (String(input).endsWith('/search') ? Promise.reject(new TypeError('away')) : world.fetch(input, init)) });
    await expect(away.cull()).rejects.toMatchObject({ failure: 'unavailable' });
    const silent = world.start({ fetch: (input, init) => (String(input).endsWith('/search') ? Promise.resolve(Response.json({})) : world.fetch(input, init)) });
    expect(await silent.cull()).toMatchObject({ looked: 0 });
  });

  it('looks for itself whether somebody is in the tenant, and how old they are', async () => {
    const world = await open();
    const [left, old] = [await guestOf(world), await guestOf(world)];
    await manage(world.shop, 'POST /v1/mgmt/user/update/tenant/remove', { loginId: left.subject, tenantId: world.tenantId });
    world.pass(LIFE + 1_000);
    const young = await guestOf(world);
    const users = [left, old, young].map(({ subject }) => ({ userId: subject }));
    const verifier = world.start({ fetch: (input, init) => (String(input).endsWith('/search') ? Promise.resolve(Response.json({ users })) : world.fetch(input, init)) });
    expect(await verifier.cull()).toEqual({ looked: 3, deleted: 1, kept: 2, failed: 0 });
    expect([left, old, young].map(({ subject }) => world.known(subject) !== undefined)).toEqual([true, false, true]);
  });

  it('leaves whoever becomes a user while it is under way', async () => {
    const world = await open();
    const guests: Held[] = [];
    for (let i = 0; i < 3; i += 1) guests.push(await guestOf(world));
    const [ada] = guests;
    await world.post('/upgrade', { token: ada?.refresh ?? '', login_id: ADA });
    const right = world.confirmation(ada?.refresh ?? '', { email: ADA });
    // The tenant's tokens live shorter from now on, so that this one is still good.
    await manage(world.shop, 'POST /v1/mgmt/tenant/settings', { tenantId: world.tenantId, enabled: true, refreshTokenExpiration: 1, refreshTokenExpirationUnit: 'minutes', sessionTokenExpiration: 1, sessionTokenExpirationUnit: 'minutes' }).then(() => manage(world.shop, 'POST /v1/mgmt/tenant/settings', { tenantId: world.tenantId, enabled: true, refreshTokenExpiration: 3, refreshTokenExpirationUnit: 'minutes', sessionTokenExpiration: 3, sessionTokenExpirationUnit: 'minutes' }));
    world.pass(179_000);
    const confirming = world.post('/upgrade/confirm', right);
    expect((await confirming).status).toBe(200);
    world.pass(2_000);
    const verifier = world.start({
      fetch: async (input, init) => {
        const answer = await world.fetch(input, init);
        // The second guest proves an e-mail after the list was made.
        if (String(input).endsWith('/search')) await manage(world.shop, 'POST /v1/mgmt/user/update/email', { loginId: guests[1]?.subject, email: 'bob@shopper.example', verified: true });
        return answer;
      },
    });
    expect(await verifier.cull()).toMatchObject({ looked: 2, deleted: 1, kept: 1 });
    expect(guests.map(({ subject }) => world.known(subject) !== undefined)).toEqual([true, true, false]);
    expect((await call(world.shop, 'POST /v1/auth/refresh', { token: guests[2]?.refresh })).status).toBe(401);
  });
});
