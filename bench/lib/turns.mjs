/** Rounds in which everybody has a turn, so that a busy moment hits all of them. */

/** Who fails this often is left alone: the others are not to wait for it. */
const MOST_FAILURES = 2;

/**
 * Calls `visit(name, round)` for each name in each round, everybody as often first as the others, after one round that warms up. Gives the samples by name, and
 * as `failures` the lines that say what went wrong. @throws Error of who has no sample at all
 */
export async function takeTurns({ rounds, names, visit, warmUps = 1 }) {
  const samples = Object.fromEntries(names.map((name) => [name, []]));
  const failed = new Map(names.map((name) => [name, []]));
  for (let round = -warmUps; round < rounds; round++) {
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + round + warmUps) % names.length];
      if (failed.get(name).length >= MOST_FAILURES) continue;
      try {
        const sample = await visit(name, round);
        if (round >= 0) samples[name].push(sample);
      } catch (error) {
        failed.get(name).push(error);
      }
    }
  }
  for (const name of names) if (samples[name].length === 0) throw new Error(`${name} has no sample`, { cause: failed.get(name)[0] });
  const failures = [...failed].filter(([, errors]) => errors.length > 0).map(([name, errors]) => `${name} failed ${errors.length} times: ${errors[0].message.split('\n')[0]}`);
  return { samples, failures };
}

/** One field of each sample. */
export const column = (samples, field) => samples.map((sample) => sample[field]);
