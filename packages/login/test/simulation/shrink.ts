/** Makes a failing plan shorter: leaves operations out as long as the same invariant still breaks. */
import type { Plan } from './operations.ts';
import { Trial, type Result } from './trial.ts';

export interface Shrunk {
  readonly plan: Plan;
  readonly result: Result;
}

export async function shrink(plan: Plan, result: Result, tries = 400): Promise<Shrunk> {
  let best: Shrunk = { plan, result };
  let left = tries;
  for (let size = Math.ceil(plan.operations.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let shorter = true; shorter;) {
      shorter = false;
      for (let at = best.plan.operations.length - size; at >= 0 && left > 0; at -= size) {
        const operations = [...best.plan.operations];
        const [gone, ...others] = operations.splice(at, size);
        const next = operations[at];
        // The time that an operation waited is not what fails, so it stays.
        if (gone && next) operations[at] = { ...next, afterMs: [gone, ...others].reduce((sum, one) => sum + one.afterMs, next.afterMs) };
        left--;
        const shorterPlan = { ...best.plan, operations };
        const again = await new Trial(shorterPlan).run();
        if (again.violation?.invariant !== result.violation?.invariant) continue;
        best = { plan: shorterPlan, result: again };
        shorter = true;
      }
    }
  }
  return best;
}
