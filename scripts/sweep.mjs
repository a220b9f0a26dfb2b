/** `npm run sweep`: every public method of the client, with each of its port calls failing in each way there is. `--traces` shows what happened. */
import { must } from './steps.mjs';

const { length: traces } = process.argv.filter((argument) => argument === '--traces');
await must(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--project', 'node', 'packages/login/test/sweep'], traces ? { SWEEP_TRACES: 'yes' } : {});
