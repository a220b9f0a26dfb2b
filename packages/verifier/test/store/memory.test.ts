import { describe, expect, it } from 'vitest';
import { memoryStore } from '../../src/index.ts';
import { describeStore } from './store-suite.ts';

describeStore('memory', async (now) => memoryStore({ now }));

describe('memory', () => {
  it('forgets a revoked session after its end', async () => {
    const clock = { ms: 0 };
    const store = memoryStore({ now: () => clock.ms });
    await store.revoke('one', 1_000);
    clock.ms = 1_000;
    expect((await store.standing('s', 'one')).revoked).toBe(false);
  });

  it('holds a hundred thousand revoked sessions, and then lets go of the one that was first', async () => {
    const store = memoryStore({ now: () => 0 });
    for (let i = 0; i <= 100_000; i += 1) await store.revoke(`s${i}`, 1_000 + i);
    const isRevoked = async (id: string) => (await store.standing('s', id)).revoked;
    expect([await isRevoked('s0'), await isRevoked('s1'), await isRevoked('s100000')]).toEqual([false, true, true]);
  });

  it('keeps the buckets of one rate while another rate is flooded', async () => {
    const store = memoryStore({ now: () => 0 });
    const [network, key] = [{ burst: 1, perSecond: 1 }, { burst: 1, perSecond: 0.5 }];
    await store.takeTurn('network a', network);
    for (let i = 0; i < 60_000; i += 1) await store.takeTurn(`key ${i}`, key);
    expect(await store.takeTurn('network a', network)).toBe(1_000);
  });

  it('goes by the clock of the platform', async () => {
    const store = memoryStore();
    await store.revoke('one', Date.now() + 60_000);
    expect((await store.standing('s', 'one')).revoked).toBe(true);
  });
});
