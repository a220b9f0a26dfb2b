import { expect, it } from 'vitest';
import type { Store } from '../../src/index.ts';
import { ADA, DAY, Visitor, World } from './support.ts';

/** Guests who become users while the purge is at them. `open` gives an empty store that goes by this clock. */
export function describeZitadelRaces(name: string, open: (now: () => number) => Promise<Store>, { upgrades }: { readonly upgrades: number }): void {
  it(`${name}: of ${upgrades} guests who become users while a purge goes on, each is a user for good, or was gone before`, { timeout: 300_000 }, async () => {
    const holder: { now: () => number } = { now: () => 0 };
    const store = await open(() => holder.now());
    const world = await World.open({ store: (now) => { holder.now = now; return store; }, guestDays: 60 });
    const visitors = await Promise.all(Array.from({ length: upgrades }, async (_, i) => {
      const visitor = new Visitor(world);
      return { visitor, subject: await visitor.guest(), person: { ...ADA, email: `ada${i}@shopper.example` } };
    }));
    // A network: without one, whoever needs no thread goes through to the end before anybody else has begun.
    world.restart({ fetch: async (input, init) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
      return world.fetch(input, init);
    } });
    world.pass(31 * DAY);
    const proofs = await Promise.all(visitors.map(async ({ visitor, person }) => {
      const challenge = String((await visitor.post('/upgrade', person)).body['challenge']);
      return { challenge, code: world.mails.find(({ email }) => email === person.email)?.code ?? '' };
    }));
    const statuses: number[] = [];
    const upgrading = Promise.all(Array.from({ length: 20 }, async (_, line) => {
      // From the end: the purge begins with the oldest.
      for (let i = upgrades - 1 - line; i >= 0; i -= 20) statuses[i] = (await visitors[i]?.visitor.confirm(proofs[i] ?? { challenge: '', code: '' }, visitors[i]?.person))?.status ?? 0;
    }));
    const [{ failed }] = await Promise.all([world.start().purgeGuests({ olderThan: 30 * DAY }), upgrading]);
    expect(failed).toBe(0);
    await world.verifier.purgeGuests({ olderThan: 30 * DAY });
    for (const [i, { subject, person }] of visitors.entries()) {
      const known = world.known(subject);
      // 503: the purge was faster between two steps.
      expect([i, known?.username, known?.metadataKeys, statuses[i] === 200 || statuses[i] === 400 || statuses[i] === 503]).toEqual(statuses[i] === 200 ? [i, person.email, [], true] : [i, undefined, undefined, true]);
    }
    const upgraded = statuses.filter((status) => status === 200).length;
    expect([upgraded > 0, upgraded < upgrades]).toEqual([true, true]);
  });
}
