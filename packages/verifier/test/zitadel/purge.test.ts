import { describe, expect, it } from 'vitest';
import type { Purged } from '../../src/index.ts';
import { isOlder, tagOf } from '../../src/zitadel/judge.ts';
import { ISSUER } from '../../../emulator/test/zitadel/support.ts';
import { ADA, DAY, Visitor, World } from './support.ts';

const callOf = async (world: World, rpc: string, body: object): Promise<void> => {
  const answer = await world.fetch(`${ISSUER}/zitadel.user.v2.UserService/${rpc}`, { method: 'POST', body: JSON.stringify(body), headers: { authorization: `Bearer ${world.shop.pat}`, 'content-type': 'application/json' } });
  if (answer.status !== 200) throw new Error(await answer.text());
};
const tag = (world: World, subject: string, key: string) => callOf(world, 'SetUserMetadata', { userId: subject, metadata: [{ key, value: 'eA==' }] });
const guests = async (world: World, count: number): Promise<readonly string[]> => Promise.all(Array.from({ length: count }, () => new Visitor(world).guest()));

describe.each(['known', 'unknown'] as const)('a purge, where the metadata filter is %s', (metadataFilterInListUsers) => {
  const open = (settings: Parameters<typeof World.open>[0] = {}) => World.open({ ...settings, zitadel: { switches: { metadataFilterInListUsers } } });

  it('deletes the guests whose day is over for so long, and nobody else', async () => {
    const world = await open();
    const old = await guests(world, 3);
    const ada = new Visitor(world);
    const user = await ada.guest();
    await ada.becomeUser();
    const grace = await new Visitor(world).signIn({ person: 'grace' });
    world.pass(20 * DAY);
    const young = await guests(world, 2);
    world.pass(11 * DAY);
    const before = world.shop.zitadel.users.length;
    expect(await world.verifier.purgeGuests({ olderThan: 30 * DAY })).toEqual({ looked: 5, deleted: 3, kept: 2, failed: 0 });
    for (const subject of old) expect(world.known(subject)).toBeUndefined();
    for (const subject of [...young, user, grace, world.shop.accountId]) expect(world.known(subject)?.userId).toBe(subject);
    expect([before - world.shop.zitadel.users.length, await world.verifier.purgeGuests({ olderThan: 30 * DAY })]).toEqual([3, { looked: 2, deleted: 0, kept: 2, failed: 0 }]);
  });

  it('goes through many, and tells how far it is', async () => {
    const world = await open();
    await guests(world, 100);
    world.pass(31 * DAY);
    const told: Purged[] = [];
    expect(await world.verifier.purgeGuests({ olderThan: 30 * DAY, on: (progress) => told.push(progress) })).toEqual({ looked: 100, deleted: 100, kept: 0, failed: 0 });
    expect(told.map(({ looked, deleted }) => [looked, deleted])).toEqual([[40, 40], [80, 80], [100, 100]]);
  });

  it('deletes no guest who is a user since it was listed', async () => {
    const world = await open({ guestDays: 60 });
    const ada = new Visitor(world);
    const subject = await ada.guest();
    world.pass(31 * DAY);
    const proof = await ada.challenge();
    const slow = world.start({ fetch: async (input, init) => {
      const answer = await world.fetch(input, init);
      if (answer.ok && String(input).endsWith('/ListUsers') && world.known(subject)?.hasPassword === false) expect((await ada.confirm(proof)).status).toBe(200);
      return answer;
    } });
    expect(await slow.purgeGuests({ olderThan: 30 * DAY })).toEqual({ looked: 1, deleted: 0, kept: 1, failed: 0 });
    expect(world.known(subject)).toMatchObject({ username: ADA.email });
  });

  it('deletes no user, also where the store has lost what was decided and a tag is still there', async () => {
    const world = await open();
    const ada = new Visitor(world);
    const subject = await ada.guest();
    await ada.becomeUser();
    await tag(world, subject, 'GUEST_2020_01_01');
    const { memoryStore } = await import('../../src/index.ts');
    world.restart({ store: memoryStore({ now: () => world.now }) });
    world.pass(400 * DAY);
    expect(await world.verifier.purgeGuests({ olderThan: 30 * DAY })).toMatchObject({ deleted: 0, failed: 0 });
    expect(world.known(subject)).toMatchObject({ username: ADA.email });
  });

  it('deletes nobody about whom something is decided while the purge looks', async () => {
    for (const state of ['upgrading', 'merging', 'user'] as const) {
      const world = await open();
      const [subject] = await guests(world, 1) as [string];
      world.pass(31 * DAY);
      const slow = world.start({ fetch: async (input, init) => {
        const answer = await world.fetch(input, init);
        if (String(input).endsWith('/GetUserByID')) await world.store.changeGuest(subject, null, { generation: 1, state, by: 'x', at: world.now, until: null });
        return answer;
      } });
      expect(await slow.purgeGuests({ olderThan: 30 * DAY })).toEqual({ looked: 1, deleted: 0, kept: 1, failed: 0 });
      expect(world.known(subject)?.userId).toBe(subject);
    }
  });

  it('deletes nobody whom another store made a user while the purge looks', async () => {
    const world = await open({ guestDays: 60 });
    const { memoryStore } = await import('../../src/index.ts');
    const other = world.start({ store: memoryStore({ now: () => world.now }) });
    const ada = new Visitor(world);
    const subject = await ada.guest();
    world.pass(31 * DAY);
    const challenge = String((await ada.post('/upgrade', ADA, other)).body['challenge']);
    const slow = world.start({ fetch: async (input, init) => {
      const answer = await world.fetch(input, init);
      if (String(input).endsWith('/GetUserByID') && !world.known(subject)?.hasPassword) expect((await ada.confirm({ challenge, code: world.mails[0]?.code ?? '' }, {}, other)).status).toBe(200);
      return answer;
    } });
    expect(await slow.purgeGuests({ olderThan: 30 * DAY })).toEqual({ looked: 1, deleted: 0, kept: 1, failed: 0 });
    expect([world.known(subject)?.username, (await world.store.guestRow(subject))?.state]).toEqual([ADA.email, 'user']);
  });

  it('leaves a guest who is just being made a user or merged, and one whose tag has no day or a later one', async () => {
    const world = await open();
    const [upgrading, merging, later, odd] = await guests(world, 4) as [string, string, string, string];
    world.pass(31 * DAY);
    for (const [subject, state] of [[upgrading, 'upgrading'], [merging, 'merging']] as const) await world.store.changeGuest(subject, null, { generation: 1, state, by: 'x', at: world.now, until: null });
    await tag(world, later, tagOf(world.now));
    await callOf(world, 'DeleteUserMetadata', { userId: odd, keys: [world.known(odd)?.metadataKeys[0]] });
    await tag(world, odd, 'GUEST_forever');
    expect(await world.verifier.purgeGuests({ olderThan: 30 * DAY })).toEqual({ looked: 4, deleted: 0, kept: 4, failed: 0 });
  });

  it('goes on where ZITADEL fails, and the next one finds what is left', async () => {
    const world = await open();
    const all = await guests(world, 5);
    world.pass(31 * DAY);
    world.shop.zitadel.faults.add({ route: 'POST /zitadel.user.v2.UserService/DeleteUser', kind: 'status', status: 503, times: 2 });
    expect(await world.verifier.purgeGuests({ olderThan: 30 * DAY })).toEqual({ looked: 5, deleted: 3, kept: 0, failed: 2 });
    expect(await world.verifier.purgeGuests({ olderThan: 30 * DAY })).toEqual({ looked: 2, deleted: 2, kept: 0, failed: 0 });
    for (const subject of all) expect(world.known(subject)).toBeUndefined();
  });
});

describe('a purge', () => {
  it.each([-1, Number.NaN, Infinity])('is not told %s', async (olderThan) => {
    const world = await World.open();
    await guests(world, 1);
    await expect(world.verifier.purgeGuests({ olderThan })).rejects.toThrow(/olderThan/);
    expect(world.shop.zitadel.users.length).toBe(2);
  });

  it('says so where it cannot list anybody', async () => {
    const world = await World.open();
    world.shop.zitadel.expirePat(world.shop.pat);
    await expect(world.verifier.purgeGuests({ olderThan: 0 })).rejects.toThrow(/new personal access token/);
  });

  it('is told by the operator’s own words where deleting is not allowed', async () => {
    const world = await World.open();
    await guests(world, 1);
    world.pass(2 * DAY);
    const { pat } = world.shop.zitadel.addServiceAccount({ roles: [] });
    const others = world.start({ fetch: (input, init) => {
      const headers = new Headers(init?.headers);
      if (String(input).endsWith('/DeleteUser')) headers.set('authorization', `Bearer ${pat}`);
      return world.fetch(input, { ...init, headers });
    } });
    expect(await others.purgeGuests({ olderThan: 0 })).toMatchObject({ failed: 1 });
    expect(world.reports).toEqual([expect.stringContaining('ORG_USER_MANAGER')]);
  });

  it('counts from the end of the day, in UTC', () => {
    const noon = Date.parse('2025-06-15T12:00:00Z');
    expect(tagOf(noon)).toBe('GUEST_2025_06_15');
    const due = (tags: readonly string[], nowIso: string): boolean => isOlder(tags, 30 * DAY, Date.parse(nowIso));
    expect([due(['GUEST_2025_06_15'], '2025-07-15T23:59:59Z'), due(['GUEST_2025_06_15'], '2025-07-16T00:00:00Z')]).toEqual([false, true]);
    expect(due(['GUEST_2025_06_15', 'GUEST_2025_06_16'], '2025-07-16T00:00:00Z')).toBe(false);
    for (const odd of ['GUEST_', 'GUEST_x', 'GUEST_25_06_15', 'GUEST_2025_13_45', 'GUEST_2025_06_15_x']) expect(due([odd], '2099-01-01T00:00:00Z')).toBe(false);
  });
});
