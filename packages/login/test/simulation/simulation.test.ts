import { afterEach, beforeEach, describe as about, expect, it, vi } from 'vitest';
import { planOf } from './operations.ts';
import { shrink } from './shrink.ts';
import type { Dialect } from './service.ts';
import { describe, Trial } from './trial.ts';

const settings = {
  first: Number(process.env.SIMULATION_SEED ?? 20_260_105),
  count: Number(process.env.SIMULATION_SEEDS ?? 1_000),
  dialect: process.env.SIMULATION_DIALECT as Dialect | undefined,
  shrink: process.env.SIMULATION_SHRINK,
  /** Stops looking after so many failures. */
  failures: Number(process.env.SIMULATION_FAILURES ?? 3),
};

beforeEach(() => void vi.stubGlobal('reportError', (error: unknown) => {
  if (!(error instanceof Error && error.message === 'The cart service is down')) throw error;
}));
afterEach(() => void vi.unstubAllGlobals());

about('the session core in virtual time', () => {
  it('tells the same story for the same seed, byte for byte', async () => {
    for (const seed of [1, 2, 3, 4]) {
      const [one, two] = [await new Trial(planOf(seed)).run(), await new Trial(planOf(seed)).run()];
      expect(one.trace.join('\n')).toBe(two.trace.join('\n'));
      expect(one.trace.length).toBeGreaterThan(20);
    }
  });

  it(`keeps every invariant on ${settings.count} traces from seed ${settings.first}`, async () => {
    const totals: Record<string, number> = {};
    const failures: string[] = [];
    console.log(`simulation: ${settings.count} seeds from ${settings.first}`);
    const begun = performance.now();
    for (let seed = settings.first; seed < settings.first + settings.count && failures.length < settings.failures; seed++) {
      const plan = planOf(seed, settings.dialect);
      const result = await new Trial(plan).run();
      for (const [name, amount] of Object.entries(result.stats)) totals[name] = (totals[name] ?? 0) + amount;
      if (result.violation) {
        const shortest = settings.shrink === 'no' ? { plan, result } : await shrink(plan, result);
        failures.push([
          `seed ${seed}, ${plan.dialect}, identity in use: ${plan.identityInUse}, subjects: ${plan.subjects}`, shortest.result.violation?.message,
          ...shortest.plan.operations.map((operation) => `  ${describe(operation)}`), ...shortest.result.trace.map((line) => `  ${line}`),
        ].join('\n'));
      }
    }
    console.log(`simulation: ${JSON.stringify(totals)}, ${Math.round((performance.now() - begun) / 100) / 10} s`);
    for (const failure of failures) console.log(`${failure}\n`);
    expect(failures.map((failure) => failure.split('\n', 2).join(': '))).toEqual([]);
  }, 600_000);
});
