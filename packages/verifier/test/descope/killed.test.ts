/** Every call of Descope fails once, in every way, and so does the store: the guest stays a guest or is made a user by another try. */
import { describe, expect, it } from 'vitest';
import type { DescopeSettings } from '../../src/index.ts';
import { ADA, call, claimsOf, guestOf, heldOf, tokensOf, World, type Answered, type Held } from './support.ts';

type Fault = 'is cut' | 'is done, but cut' | 500 | 429 | 'is HTML' | 'is an empty object';
const FAULTS: readonly Fault[] = ['is cut', 'is done, but cut', 500, 429, 'is HTML', 'is an empty object'];

/** Has the nth call of Descope fail; with no fault it only counts. */
class Meddler {
  readonly calls: string[] = [];
  readonly #nth: number;
  readonly #fault: Fault | null;

  constructor(nth = 0, fault: Fault | null = null) {
    this.#nth = nth;
    this.#fault = fault;
  }

  fetch(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
    return async (input, init) => {
      this.calls.push(new URL(String(input)).pathname.replace(/^\/v\d\//, '').replace(/keys\/.*/, 'keys'));
      const fault = this.calls.length === this.#nth ? this.#fault : null;
      if (fault === 'is cut') throw new TypeError('fetch failed');
      if (fault === 500 || fault === 429) return Response.json({ errorCode: 'E130429' }, { status: fault, headers: { 'retry-after': '7' } });
      if (fault === 'is HTML') return new Response('<html>Access denied</html>', { status: 403 });
      if (fault === 'is an empty object') return Response.json({});
      const answer = await fetch(input, init);
      if (fault === 'is done, but cut') throw new TypeError('fetch failed');
      return answer;
    };
  }
}

const open = (changes: Partial<DescopeSettings> = {}) => World.open({ generation: 'temporary_user', ...changes } as Parameters<typeof World.open>[0]);
const send = (world: World, { refresh }: Held, path: '/upgrade' | '/upgrade/confirm', verifier = world.verifier): Promise<Answered> =>
  world.post(path, path === '/upgrade' ? { token: refresh, login_id: ADA } : world.confirmation(refresh), { verifier });

/** Asks, and confirms, until it works: at most as often as a patient person. */
async function patiently(world: World, guest: Held): Promise<Answered> {
  let answer = await send(world, guest, '/upgrade/confirm');
  for (let tries = 0; tries < 2 && answer.status !== 200; tries += 1) {
    world.pass(3_600_000);
    await send(world, guest, '/upgrade');
    answer = await send(world, guest, '/upgrade/confirm');
  }
  return answer;
}

async function eachFault(meddled: (meddler: Meddler) => Promise<World>): Promise<readonly string[]> {
  const clean = new Meddler();
  await meddled(clean);
  for (const [index, name] of clean.calls.entries()) {
    for (const fault of FAULTS) {
      await meddled(new Meddler(index + 1, fault)).catch((error: unknown) => {
        throw new Error(`call ${index + 1}, ${name}, ${fault}: ${String(error)}`, { cause: error });
      });
    }
  }
  return clean.calls;
}

describe('a call that fails', () => {
  it('while a guest of the old generation is made leaves nobody with a session that does not work', { timeout: 60_000 }, async () => {
    const calls = await eachFault(async (meddler) => {
      const world = await open();
      const answer = await world.post('/guest', {}, { verifier: world.start({ fetch: meddler.fetch(world.fetch) }) });
      expect([200, 503]).toContain(answer.status);
      const guest = answer.status === 200 ? heldOf(answer) : await guestOf(world);
      expect(await world.verifier.verifyToken(guest.session)).toMatchObject({ subject: guest.subject, kind: 'guest' });
      // Who was left behind is nobody, and is found by the cull.
      expect(world.shop.descope.users.length).toBeLessThanOrEqual(2);
      world.pass(365 * 86_400_000);
      const { failed, kept } = await world.verifier.cull();
      expect([failed, kept]).toEqual([0, 0]);
      expect(world.shop.descope.users).toEqual([]);
      return world;
    });
    expect(calls).toEqual(['mgmt/user/create', 'mgmt/user/password/set/active', 'auth/password/replace']);
  });

  it('while the code is sent leaves a guest who asks again', { timeout: 60_000 }, async () => {
    const calls = await eachFault(async (meddler) => {
      const world = await open();
      const guest = await guestOf(world);
      const { status } = await send(world, guest, '/upgrade', world.start({ fetch: meddler.fetch(world.fetch) }));
      expect([200, 503]).toContain(status);
      await send(world, guest, '/upgrade');
      expect((await patiently(world, guest)).body).toMatchObject({ subject: guest.subject, kind: 'user' });
      return world;
    });
    expect(calls).toEqual(['keys', 'auth/me', 'mgmt/user', 'mgmt/user/search', 'auth/otp/update/email']);
  });

  it('while the code is confirmed leaves the guest or the user, who is the same one', { timeout: 60_000 }, async () => {
    const calls = await eachFault(async (meddler) => {
      const world = await open();
      const guest = await guestOf(world);
      await send(world, guest, '/upgrade');
      const answer = await send(world, guest, '/upgrade/confirm', world.start({ fetch: meddler.fetch(world.fetch) }));
      expect([200, 503]).toContain(answer.status);
      // Whatever happened, their token still is theirs.
      expect(claimsOf(tokensOf(await call(world.shop, 'POST /v1/auth/refresh', { token: guest.refresh })).session).sub).toBe(guest.subject);
      const after = answer.status === 200 ? answer : await patiently(world, guest);
      expect(after.body).toMatchObject({ subject: guest.subject, kind: 'user' });
      expect(await world.verifier.verifyToken(heldOf(after).session)).toMatchObject({ subject: guest.subject, kind: 'user' });
      expect(world.known(guest.subject)).toMatchObject({ loginIds: [ADA], verifiedEmail: true, tenants: [] });
      return world;
    });
    expect(calls).toEqual(['keys', 'mgmt/user', 'mgmt/user', 'mgmt/user/search', 'auth/otp/verify/email', 'mgmt/user', 'mgmt/user/update/tenant/remove', 'mgmt/user/update/loginid', 'auth/refresh']);
  });

  it('while somebody else’s code is confirmed leaves a guest, who asks for another code', { timeout: 60_000 }, async () => {
    await eachFault(async (meddler) => {
      const world = await open();
      const userId = world.shop.descope.addUser({ loginId: ADA });
      const guest = await guestOf(world);
      await send(world, guest, '/upgrade');
      const answer = await send(world, guest, '/upgrade/confirm', world.start({ fetch: meddler.fetch(world.fetch) }));
      const after = answer.status === 200 ? answer : await patiently(world, guest);
      expect(after.body).toMatchObject({ subject: userId, kind: 'user' });
      expect(world.known(guest.subject)).toMatchObject({ tenants: [world.tenantId] });
      return world;
    });
  });

  it('of the store is told, and nothing is done without it', async () => {
    const world = await open();
    const guest = await guestOf(world);
    const from = world.asked.length;
    const store = { takeTurn: () => Promise.reject(new Error('no database')) };
    for (const path of ['/guest', '/attributes', '/upgrade', '/upgrade/confirm']) {
      await expect(world.post(path, { token: guest.refresh, login_id: ADA, code: '1', challenge: 'x' }, { verifier: world.start({ store }) })).rejects.toThrow('no database');
    }
    expect(world.asked.slice(from)).toEqual([]);
  });
});
