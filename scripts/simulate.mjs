/**
 * `npm run simulate`: the session core in virtual time, many seeds on as many cores as there are (at most eight).
 *   --seeds 10000   how many           --seed 1          the first
 *   --dialect cookie|rotation          --cores 2
 * The sources run through vitest as the tests do, so nothing has to be built and nothing else is installed.
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' }, dialect: { type: 'string' }, cores: { type: 'string' } },
});
const seeds = Number(values.seeds);
const first = Number(values.seed);
const cores = Math.min(seeds, Number(values.cores ?? Math.min(8, availableParallelism())));
if (!(seeds > 0) || !Number.isSafeInteger(first) || !(cores > 0) || !['cookie', 'rotation', undefined].includes(values.dialect)) {
  console.error('Usage: npm run simulate -- [--seeds 10000] [--seed 1] [--dialect cookie|rotation] [--cores 2]');
  process.exit(2);
}

const share = (core) => {
  const from = first + Math.floor((seeds * core) / cores);
  const to = first + Math.floor((seeds * (core + 1)) / cores);
  return { SIMULATION_SEED: String(from), SIMULATION_SEEDS: String(to - from), ...(values.dialect && { SIMULATION_DIALECT: values.dialect }) };
};

const run = (env) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--project', 'node', 'packages/login/test/simulation'], {
      cwd: new URL('..', import.meta.url), env: { ...process.env, ...env }, stdio: 'inherit',
    });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });

const begun = performance.now();
const codes = await Promise.all(Array.from({ length: cores }, (_, core) => run(share(core))));
const failed = codes.some((code) => code !== 0);
const seconds = (performance.now() - begun) / 1000;
console.log(`\n${failed ? '✗' : '✓'} ${seeds} seeds from ${first} in ${Math.round(seconds)} s, ${Math.round(seeds / seconds)} a second`);
process.exit(failed ? 1 : 0);
