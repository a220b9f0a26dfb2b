/** The verifier is killed, or a call of it fails, at every call of an upgrade and of a merge; another one goes on. */
import { describe, expect, it } from 'vitest';
import { Carts } from './carts.ts';
import { FAULTS, Meddler } from './meddler.ts';
import { ADA, DAY, errorOf, MINUTE, PASSWORD, Visitor, World } from './support.ts';

const settled = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);

/** What ZITADEL and the store say of a subject, which fit each other in one of three ways. */
async function stateOf(world: World, subject: string): Promise<string> {
  const [known, row] = [world.known(subject), await world.store.guestRow(subject)];
  const isTagged = known?.metadataKeys.some((key) => key.startsWith('GUEST_')) === true;
  if (!known && (row === null || row.state === 'gone')) return 'gone';
  if (known?.email === ADA.email && known.hasPassword && known.isVerified && !isTagged && row?.state === 'user') return 'user';
  if (known?.email.endsWith('@guest.invalid') && !known.hasPassword && isTagged && row === null) return 'guest';
  if (known?.email.endsWith('@guest.invalid') && isTagged && row?.state === 'gone') return 'to be purged';
  return `torn: ${JSON.stringify([known, row])}`;
}

interface Upgraded {
  readonly world: World;
  readonly ada: Visitor;
  readonly thief: Visitor;
  readonly subject: string;
  readonly proof: { readonly challenge: string; readonly code: string };
}

/** An upgrade before a verifier that is meddled with. */
async function upgradeWith(meddler: Meddler): Promise<Upgraded> {
  const world = await World.open({ guestDays: 60 });
  const ada = new Visitor(world);
  const subject = await ada.guest();
  world.pass(2 * MINUTE);
  const [proof, thief] = [await ada.challenge(), ada.thief()];
  const verifier = world.start({ store: meddler.store(world.store), fetch: meddler.fetch(world.fetch) });
  await Promise.race([settled(ada.confirm(proof, {}, verifier)), meddler.death]);
  return { world, ada, thief, subject, proof };
}

const after: Readonly<Record<string, (scene: Upgraded) => Promise<void>>> = {
  async 'the person sends it again'({ world, ada, thief, subject, proof }) {
    let answer = await ada.thief().confirm(proof);
    // The cookie went with the answer, where it arrived.
    if (ada.jar.size === 0) answer = await thief.thief().confirm(proof);
    expect([answer.status, answer.body]).toEqual([200, { subject }]);
    expect(await stateOf(world, subject)).toBe('user');
    expect(await ada.signIn({ loginName: ADA.email, password: PASSWORD })).toBe(subject);
  },
  async 'the guest comes back later'({ world, thief, subject }) {
    world.pass(MINUTE + 1);
    const answer = await thief.session(subject);
    const state = await stateOf(world, subject);
    expect([state, answer.status === 200 ? answer.body['kind'] : answer.body['error']]).toEqual(state === 'user' ? ['user', 'guest_upgraded'] : ['guest', 'guest']);
  },
  async 'the purge comes'({ world, thief, subject }) {
    world.pass(45 * DAY);
    const wasUser = world.known(subject)?.hasPassword === true;
    await world.verifier.purgeGuests({ olderThan: 30 * DAY });
    // A user without a tag is in no list of guests: that the upgrade is done is written down by whoever comes with the old cookie.
    if (wasUser) expect(errorOf(await thief.session(subject))).toEqual([400, 'guest_upgraded']);
    expect(await stateOf(world, subject)).toBe(wasUser ? 'user' : 'gone');
  },
  async 'somebody with a copy of the cookie is faster'({ world, thief, ada, subject, proof }) {
    await thief.post('/guest');
    await thief.session(subject);
    await thief.post('/upgrade', ADA);
    world.pass(MINUTE + 1);
    const answer = await thief.session(subject);
    const state = await stateOf(world, subject);
    expect(['guest', 'user']).toContain(state);
    if (state === 'user') expect(answer.status).toBe(400);
    const again = await ada.confirm(proof);
    expect([200, 400]).toContain(again.status);
    expect(['guest', 'user']).toContain(await stateOf(world, subject));
  },
};

describe('an upgrade', () => {
  it.each(Object.entries(after))('that fails or is killed anywhere is whole when %s', { timeout: 120_000 }, async (_, then) => {
    const clean = new Meddler();
    const { world, subject } = await upgradeWith(clean);
    expect(await stateOf(world, subject)).toBe('user');
    expect(clean.calls).toEqual(['takeTurn', 'guestRow', 'guestRow', 'tryCode', 'changeGuest', 'GetUserByID', 'ListUserMetadata', 'ListUsers', 'UpdateUser', 'ListUserMetadata', 'DeleteUserMetadata', 'ListUserMetadata', 'guestRow', 'changeGuest']);
    for (const [index, name] of clean.calls.entries()) {
      for (const fault of FAULTS) {
        const scene = await upgradeWith(new Meddler(index + 1, fault));
        try {
          await then(scene);
        } catch (error) {
          throw new Error(`call ${index + 1}, ${name}, ${fault}: ${String(error)}`, { cause: error });
        }
      }
    }
  });
});

interface Merged {
  readonly world: World;
  readonly ada: Visitor;
  readonly carts: Carts;
  readonly from: string;
  readonly to: string;
}

async function mergeWith(meddler: Meddler): Promise<Merged> {
  const world = await World.open({ guestDays: 60 });
  const ada = new Visitor(world);
  const [from, to] = [await ada.guest(), await ada.signIn()];
  const carts = new Carts();
  const verifier = world.start({ store: meddler.store(world.store), fetch: meddler.fetch(world.fetch) });
  await Promise.race([settled(verifier.mergeGuest(ada.writing(), { key: 'one', from, merge: (merge) => meddler.call('merge', () => carts.merge(merge)) })), meddler.death]);
  return { world, ada, carts, from, to };
}

const afterMerge: Readonly<Record<string, (scene: Merged) => Promise<void>>> = {
  async 'it is asked for again'({ world, ada, carts, from, to }) {
    expect(await world.verifier.mergeGuest(ada.writing(), { key: 'one', from, merge: carts.merge })).toMatchObject({ from, to });
    expect([await stateOf(world, from), carts.done]).toEqual(['gone', [{ from, to, key: 'one' }]]);
  },
  async 'the guest comes back later'({ world, ada, carts, from, to }) {
    world.pass(10 * MINUTE + 1);
    const answer = await ada.session(from);
    const state = await stateOf(world, from);
    if (answer.status === 200) {
      // Then it is still to be merged, and what was carried over is not carried over again.
      expect(state).toBe('guest');
      await world.verifier.mergeGuest(ada.writing(), { key: 'one', from, merge: carts.merge });
    } else {
      expect([errorOf(answer), ['gone', 'to be purged'].includes(state)]).toEqual([[400, 'invalid_grant'], true]);
    }
    expect(carts.done).toEqual([{ from, to, key: 'one' }]);
  },
  async 'the purge comes'({ world, carts, from, to }) {
    world.pass(10 * MINUTE + 1);
    await world.verifier.purgeGuests({ olderThan: 30 * DAY });
    const state = await stateOf(world, from);
    expect(['guest', 'gone']).toContain(state);
    // Nobody goes before their things went.
    if (state === 'gone') expect(carts.done).toEqual([{ from, to, key: 'one' }]);
    world.pass(45 * DAY);
    await world.verifier.purgeGuests({ olderThan: 30 * DAY });
    expect([await stateOf(world, from), world.known(to)?.userId]).toEqual(['gone', to]);
  },
};

describe('a merge', () => {
  it.each(Object.entries(afterMerge))('that fails or is killed anywhere is whole when %s', { timeout: 120_000 }, async (_, then) => {
    const clean = new Meddler();
    const { world, from } = await mergeWith(clean);
    expect(await stateOf(world, from)).toBe('gone');
    expect(clean.calls).toEqual(['standing', 'guestRow', 'guestRow', 'guestRow', 'changeGuest', 'GetUserByID', 'ListUserMetadata', 'merge', 'changeGuest', 'DeleteUser']);
    for (const [index, name] of clean.calls.entries()) {
      for (const fault of FAULTS) {
        const scene = await mergeWith(new Meddler(index + 1, fault));
        try {
          await then(scene);
        } catch (error) {
          throw new Error(`call ${index + 1}, ${name}, ${fault}: ${String(error)}`, { cause: error });
        }
      }
    }
  });
});
