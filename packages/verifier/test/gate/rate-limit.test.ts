import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { networkOf } from '../../src/gate/address.ts';
import { TokenBuckets } from '../../src/gate/rate-limit.ts';

function buckets(settings: { burst: number; perSecond: number; capacity?: number }) {
  const clock = { ms: 1_800_000_000_000 };
  return { clock, limit: new TokenBuckets({ ...settings, now: () => clock.ms }) };
}

describe('a bucket', () => {
  it('gives its burst, then one turn at a time', () => {
    const { clock, limit } = buckets({ burst: 3, perSecond: 2 });
    expect([1, 2, 3, 4].map(() => limit.take('a'))).toEqual([0, 0, 0, 500]);
    clock.ms += 499;
    expect(limit.take('a')).toBe(1);
    clock.ms += 1;
    expect([limit.take('a'), limit.take('a')]).toEqual([0, 500]);
  });

  it('is not emptied further by being asked in vain', () => {
    const { clock, limit } = buckets({ burst: 1, perSecond: 1 });
    limit.take('a');
    for (let i = 0; i < 1000; i += 1) limit.take('a');
    clock.ms += 1000;
    expect(limit.take('a')).toBe(0);
  });

  it('never makes anybody wait longer than one turn, also after a clock was set back', () => {
    const { clock, limit } = buckets({ burst: 5, perSecond: 1 });
    for (let i = 0; i < 5; i += 1) limit.take('a');
    clock.ms -= 86_400_000;
    expect(limit.take('a')).toBe(1000);
  });

  it('gives never more than burst + elapsed × rate, and never less to who waited as told', () => {
    const step = fc.record({ waitMs: fc.integer({ min: 0, max: 5_000 }), takes: fc.integer({ min: 1, max: 20 }) });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.double({ min: 0.01, max: 100, noNaN: true }), fc.array(step, { maxLength: 50 }), (burst, perSecond, steps) => {
        const { clock, limit } = buckets({ burst, perSecond });
        const start = clock.ms;
        let given = 0;
        for (const { waitMs, takes } of steps) {
          clock.ms += waitMs;
          for (let i = 0; i < takes; i += 1) if (limit.take('a') === 0) given += 1;
          expect(given).toBeLessThanOrEqual(burst + ((clock.ms - start) / 1000) * perSecond + 0.01);
        }
        const wait = limit.take('a');
        clock.ms += Math.ceil(wait);
        if (wait > 0) expect(limit.take('a')).toBe(0);
      }),
    );
  });

  it('is shared by a whole /64 and by nobody else', () => {
    const { limit } = buckets({ burst: 10, perSecond: 1 });
    const taken = (prefix: string) => Array.from({ length: 100 }, (_, i) => limit.take(networkOf(`${prefix}::${i.toString(16)}`))).filter((wait) => wait === 0).length;
    expect([taken('2001:db8:1:1'), taken('2001:db8:1:2')]).toEqual([10, 10]);
  });
});

describe('many buckets', () => {
  it('keep their number, however many networks come', () => {
    const { limit } = buckets({ burst: 3, perSecond: 1, capacity: 100 });
    fc.assert(fc.property(fc.array(fc.string({ maxLength: 6 }), { maxLength: 500 }), (networks) => { networks.forEach((network) => limit.take(network)); }));
    // The hundred it remembers are counted from outside: who is remembered with an empty bucket waits.
    const names = Array.from({ length: 300 }, (_, i) => `n${i}`);
    for (const name of names) for (let i = 0; i < 3; i += 1) limit.take(name);
    expect(names.filter((name) => limit.take(name) > 0).length).toBeLessThanOrEqual(100);
  });

  it('forget full ones before any that is not', () => {
    const { clock, limit } = buckets({ burst: 2, perSecond: 1, capacity: 3 });
    limit.take('spent'); limit.take('spent');
    clock.ms += 500;
    limit.take('early');
    clock.ms += 1_000;
    limit.take('spent');
    expect(limit.take('spent')).toBeGreaterThan(0);
    limit.take('b'); limit.take('c');
    expect(limit.take('spent')).toBeGreaterThan(0);
  });

  it('forget the fullest where none is full', () => {
    const { limit } = buckets({ burst: 3, perSecond: 1, capacity: 2 });
    limit.take('spent'); limit.take('spent'); limit.take('spent');
    limit.take('hardly');
    limit.take('new');
    expect([limit.take('spent') > 0, limit.take('hardly')]).toEqual([true, 0]);
  });
});
