import { describe, expect, it } from 'vitest';
import { Unauthorized } from '../../src/index.ts';
import { Carts } from './carts.ts';
import { DAY, errorOf, GUEST_COOKIE, HOUR, MINUTE, USER_COOKIE, Visitor, World } from './support.ts';

async function open(settings: Parameters<typeof World.open>[0] = {}) {
  const world = await World.open(settings);
  const ada = new Visitor(world);
  const [from, to] = [await ada.guest(), await ada.signIn()];
  const carts = new Carts();
  const merge = (who = ada, key = 'merge 1', verifier = world.verifier) => verifier.mergeGuest(who.writing(), { key, from, merge: carts.merge });
  return { world, ada, from, to, carts, merge };
}

const codeOf = (merge: Promise<unknown>): Promise<string> => merge.then(() => 'merged', (error: unknown) => (error instanceof Unauthorized ? error.code : String(error)));

describe('a guest who turns out to be a user', () => {
  it('has the things carried over once, and is gone: at ZITADEL, and in the browser', async () => {
    const { world, ada, from, to, carts, merge } = await open();
    expect(await merge()).toEqual({ from, to, headers: { 'set-cookie': `${GUEST_COOKIE}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict` } });
    expect(carts.done).toEqual([{ from, to, key: 'merge 1' }]);
    expect([world.known(from), world.known(to)?.userId]).toEqual([undefined, to]);
    expect(errorOf(await ada.session(from))).toEqual([400, 'invalid_grant']);
    expect((await ada.session(to)).status).toBe(200);
  });

  it('hears the same where the answer was lost, and nothing is carried over twice', async () => {
    const { from, to, carts, merge } = await open();
    const answers = [await merge(), await merge(), ...(await Promise.all([merge(), merge()]))];
    for (const answer of answers) expect(answer).toMatchObject({ from, to });
    expect(carts.calls).toBe(1);
  });

  it('hears the same where the guest’s cookie went with the lost answer, and another guest came meanwhile, who stays one', async () => {
    const { world, ada, from, to, carts, merge } = await open();
    await merge();
    ada.jar.delete(GUEST_COOKIE);
    expect(await merge()).toEqual({ from, to, headers: {} });
    const next = await ada.guest();
    expect(await merge()).toEqual({ from, to, headers: {} });
    expect([carts.calls, world.known(next)?.userId]).toEqual([1, next]);
    expect(await codeOf(world.verifier.mergeGuest(ada.writing(), { key: 'merge 2', from, merge: carts.merge }))).toBe('ticket_refused');
    expect((await ada.session(next)).body).toMatchObject({ subject: next, kind: 'guest' });
  });

  it('waits where an operator has to change something first, who is told', async () => {
    const { world, carts, merge } = await open();
    world.shop.zitadel.expirePat(world.shop.pat);
    expect(await codeOf(merge())).toBe('verifier_unavailable');
    expect([carts.calls, world.reports.join()]).toEqual([0, expect.stringMatching(/personal access token/)]);
  });

  it('is merged into the user whom the page means, or into nobody', async () => {
    const { world, ada, from, to, carts } = await open();
    const asked = (subject: string): Promise<string> => codeOf(world.verifier.mergeGuest(ada.writing({ 'passerby-subject': subject }), { key: 'merge 1', from, merge: carts.merge }));
    expect([await asked('somebody'), await asked(from)]).toEqual(['token_missing', 'token_missing']);
    expect(await asked(to)).toBe('merged');
  });

  it('whose merge is asked for twice at once is merged once', async () => {
    const { world, from, carts, merge } = await open();
    const codes = await Promise.all([codeOf(merge()), codeOf(merge())]);
    for (const code of codes) expect(['merged', 'verifier_unavailable']).toContain(code);
    expect(await codeOf(merge())).toBe('merged');
    expect([carts.done.length, world.known(from)]).toEqual([1, undefined]);
  });

  it('is the guest as before where the shop’s own merge failed, and it can be tried again', async () => {
    const { world, ada, from, carts, merge } = await open();
    carts.failing = 1;
    await expect(merge()).rejects.toThrow('the carts are away');
    expect(await world.store.guestRow(from)).toBeNull();
    expect((await ada.session(from)).body).toMatchObject({ subject: from, kind: 'guest' });
    expect(await codeOf(merge())).toBe('merged');
    expect(carts.done.length).toBe(1);
  });

  it('is found by the purge where ZITADEL did not delete, at any age', async () => {
    const { world, ada, from, to, merge } = await open();
    const repair = world.shop.zitadel.faults.add({ route: 'POST /zitadel.user.v2.UserService/DeleteUser', kind: 'status', status: 503 });
    expect(await merge()).toMatchObject({ from, to });
    expect(world.known(from)?.userId).toBe(from);
    expect(errorOf(await ada.session(from))).toEqual([400, 'invalid_grant']);
    expect(await world.verifier.purgeGuests({ olderThan: 30 * DAY })).toEqual({ looked: 1, deleted: 0, kept: 0, failed: 1 });
    repair();
    expect(await world.verifier.purgeGuests({ olderThan: 30 * DAY })).toEqual({ looked: 1, deleted: 1, kept: 0, failed: 0 });
    expect([world.known(from), world.known(to)?.userId]).toEqual([undefined, to]);
  });

  it('is deleted at the second or third try', async () => {
    const { world, from, merge } = await open();
    world.shop.zitadel.faults.add({ route: 'POST /zitadel.user.v2.UserService/DeleteUser', kind: 'status', status: 503, times: 2 });
    await merge();
    expect(world.known(from)).toBeUndefined();
  });

  it('whom the operator’s settings keep from being deleted is told to the operator', async () => {
    const { world, merge } = await open();
    const { pat, userId } = world.shop.zitadel.addServiceAccount({ roles: [] });
    const carts = new Carts();
    const others = world.start({ fetch: (input, init) => {
      const headers = new Headers(init?.headers);
      if (String(input).endsWith('/DeleteUser')) headers.set('authorization', `Bearer ${pat}`);
      return world.fetch(input, { ...init, headers });
    } });
    await merge(undefined, 'merge 1', others);
    expect([world.reports, carts.calls, userId]).toEqual([[expect.stringContaining('ORG_USER_MANAGER')], 0, userId]);
  });

  it('needs both cookies, of two people, and a page of the shop', async () => {
    const { world, ada, from, merge, carts } = await open();
    for (const [name, code] of [[GUEST_COOKIE, 'ticket_refused'], [USER_COOKIE, 'token_missing']] as const) {
      const half = ada.thief();
      half.jar.delete(name);
      expect(await codeOf(merge(half))).toBe(code);
    }
    const twice = ada.thief();
    twice.jar.set(USER_COOKIE, ada.jar.get(GUEST_COOKIE) ?? '');
    expect(await codeOf(merge(twice))).toBe('token_missing');
    for (const headers of [{ origin: 'https://evil.example' }, { origin: '' }, { 'content-type': 'text/plain' }, { 'sec-fetch-site': 'same-site' }]) {
      expect(await codeOf(world.verifier.mergeGuest(ada.writing(headers), { key: 'x', from, merge: carts.merge }))).toBe('token_invalid');
    }
    await expect(world.verifier.mergeGuest(ada.writing(), { key: '', from, merge: carts.merge })).rejects.toThrow(TypeError);
    expect(carts.calls).toBe(0);
  });

  it('is not merged into a user who signed out, or whose token is over', async () => {
    const { world, ada, to, carts, merge } = await open();
    const thief = ada.thief();
    world.pass(13 * HOUR);
    expect(await codeOf(merge())).toBe('token_expired');
    await ada.session(to);
    await ada.post('/logout', { subject: to });
    expect(await codeOf(merge(thief))).toBe('token_invalid');
    expect(carts.calls).toBe(0);
  });

  it('who became a user is merged into nobody, also with a copy of the cookie', async () => {
    const { world, ada, from, carts, merge } = await open();
    const thief = ada.thief();
    await ada.becomeUser();
    expect(await codeOf(merge(thief))).toBe('ticket_refused');
    // Also where the store has lost what was decided.
    const { memoryStore } = await import('../../src/index.ts');
    world.restart({ store: memoryStore({ now: () => world.now }) });
    expect(await codeOf(merge(thief))).toBe('ticket_refused');
    expect([world.known(from)?.hasPassword, carts.calls]).toEqual([true, 0]);
  });

  it('who became a user and signs in is one person, and nothing is merged', async () => {
    const world = await World.open();
    const ada = new Visitor(world);
    const from = await ada.guest();
    const old = ada.jar.get(GUEST_COOKIE) ?? '';
    await ada.becomeUser();
    await ada.signIn({ loginName: 'ada@shopper.example', password: 'correct horse battery' });
    ada.jar.set(GUEST_COOKIE, old);
    expect(await codeOf(world.verifier.mergeGuest(ada.writing(), { key: 'x', from, merge: () => undefined }))).toBe('ticket_refused');
  });

  it('who was merged is not merged into somebody else, nor by another name', async () => {
    const { ada, merge, carts } = await open();
    const copy = ada.thief();
    await merge();
    expect(await codeOf(merge(copy, 'another key'))).toBe('ticket_refused');
    copy.jar.delete(USER_COOKIE);
    await copy.signIn({ person: 'grace' });
    expect(await codeOf(merge(copy))).toBe('ticket_refused');
    expect(carts.calls).toBe(1);
  });

  it('waits while somebody merges, and is a guest again ten minutes after they died', async () => {
    const { world, ada, from, merge } = await open();
    const dying = world.start();
    void dying.mergeGuest(ada.writing(), { key: 'merge 1', from, merge: () => new Promise(() => undefined) });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const waiting = await ada.session(from);
    expect([errorOf(waiting), await codeOf(merge(ada, 'another key'))]).toEqual([[503, 'temporarily_unavailable'], 'verifier_unavailable']);
    world.pass(9 * MINUTE);
    expect(errorOf(await ada.session(from))).toEqual([503, 'temporarily_unavailable']);
    world.pass(MINUTE + 1);
    expect((await ada.session(from)).body).toMatchObject({ subject: from, kind: 'guest' });
    expect(await codeOf(merge(ada, 'another key'))).toBe('merged');
  });

  it('whom ZITADEL does not know yet is merged a moment later', async () => {
    const { world, merge } = await open();
    world.shop.zitadel.switches = { ...world.shop.zitadel.switches, eventualConsistencyMs: 3_000 };
    expect(await codeOf(merge())).toBe('verifier_unavailable');
    world.pass(3_000);
    expect(await codeOf(merge())).toBe('merged');
  });

  it('is not merged while ZITADEL cannot say that it is a guest', async () => {
    const { world, from, carts, merge } = await open();
    world.shop.zitadel.faults.add({ route: 'POST /zitadel.user.v2.UserService/GetUserByID', kind: 'reset', times: 1 });
    expect([await codeOf(merge()), carts.calls, await world.store.guestRow(from)]).toEqual(['verifier_unavailable', 0, null]);
    expect(await codeOf(merge())).toBe('merged');
  });
});
