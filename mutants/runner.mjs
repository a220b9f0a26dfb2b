/**
 * One of the processes that `npm run mutants` works with. It is told the id of a guard, runs the tests in Node with that guard taken out up to the first that
 * fails, and tells what became of it; then the next. It lives on between two, so that what did not change is transformed once. No source is touched.
 */
import { fileURLToPath } from 'node:url';
import { BaseSequencer, createVitest } from 'vitest/node';
import { guards } from './guards.mjs';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
/** Which guard is out at the moment, and whether a test has loaded its file. */
const now = { guard: undefined, isOut: false };
/** The test files that have noticed a guard missing, by the file it was in, the latest first: they likely notice the next one. */
const noticed = new Map();
const serviceOf = (path) => ['zitadel', 'descope', 'app-id'].find((service) => path.includes(service));
const packageOf = (path) => /packages\/([^/]*)\//.exec(path)?.[1];

const takeOut = {
  name: 'take-a-guard-out',
  enforce: 'pre',
  transform(code, module) {
    const { guard } = now;
    if (!guard || module.split('?')[0] !== at(guard.file)) return null;
    now.isOut = true;
    return { code: code.replace(guard.find, () => guard.replace), map: null };
  },
};

/** Those that have noticed one of the file's guards come first, then its own tests, those of its folder and the short ones; those that open a database and the long ones last. */
class ShortOnesFirst extends BaseSequencer {
  async sort(files) {
    const { guard } = now;
    const [folder = '', name = ''] = guard?.file.replace('/src/', '/test/').split(/\/(?=[^/]*$)/) ?? [];
    const order = [new RegExp(`/${name.replace('.ts', '')}[^/]*$`), new RegExp(`${folder}/(?!races|.*(client|login|nothing-lost|sql|command)\\.test)[^/]*$`), /\/test\/(core|providers|tokens)\/(?!verify-token|key-set|strict-json)/, /^(?!.*\/(client|login|nothing-lost)\.test)/, /^(?!.*(nothing-lost|store\/(sql|command)\.test))/, /./];
    // One service's whole story tells little of the others' guards, and takes long.
    const isElsewhere = (path) => serviceOf(path) !== serviceOf(guard?.file ?? '');
    const before = noticed.get(guard?.file) ?? [];
    const rank = ({ moduleId }) => (before.includes(moduleId) ? before.indexOf(moduleId) - before.length : 0) || order.findIndex((pattern) => pattern.test(moduleId)) + (isElsewhere(moduleId) ? order.length : 0);
    return [...files].sort((a, b) => rank(a) - rank(b) || (a.moduleId < b.moduleId ? -1 : 1));
  }
}

const vitest = await createVitest('test', {
  config: false,
  root: at(''),
  watch: false,
  reporters: [{}],
  bail: 1,
  include: ['shared', 'login', 'verifier'].map((name) => `packages/${name}/test/**/*.test.ts`),
  // What runs in a browser, and the two that try a few thousand stories each: those need minutes, and their seeds would find much of this by luck.
  exclude: ['**/*.{browser,dom,chromium}.test.ts', '**/test/{simulation,sweep}/**'],
  // Where a missing guard has somebody wait for ever, this ends it.
  testTimeout: 10_000,
  maxWorkers: 1,
  // Its tests share what they load, as in `npm test`.
  isolate: false,
  sequence: { sequencer: ShortOnesFirst },
}, {
  plugins: [takeOut],
  resolve: {
    alias: {
      '@passerby/emulator': at('packages/emulator/src/index.ts'),
      '@passerby/verifier/node': at('packages/verifier/src/node.ts'),
      '@passerby/verifier/sql': at('packages/verifier/src/sql.ts'),
      '@passerby/verifier': at('packages/verifier/src/index.ts'),
      '@passerby/login': at('packages/login/src/index.ts'),
    },
  },
});
await vitest.standalone();
const everything = await vitest.globTestSpecifications();

process.on('message', async (id) => process.send(await runWithout(id)));
process.once('disconnect', () => vitest.exit());
process.send('ready');

/** Runs the tests with one guard out; '' takes none. `failed`: the first test that noticed; `problem`: what kept the run from proving anything. */
async function runWithout(id) {
  const before = now.guard;
  const guard = guards.find((one) => one.id === id);
  Object.assign(now, { guard, isOut: false });
  for (const one of [before, guard]) if (one) vitest.invalidateFile(at(one.file));
  // Whose tests are to notice that a guard is missing; what is shared is everybody's.
  const files = everything.filter(({ moduleId }) => !guard || packageOf(guard.file) === 'shared' || packageOf(moduleId) === packageOf(guard.file));
  // What was not run this time must not answer with what it said the last.
  vitest.state.clearFiles(vitest.getRootProject(), everything.map(({ moduleId }) => moduleId));
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(files);
  const unloaded = testModules.find((module) => module.errors().length > 0 && [...module.children.allTests()].length === 0);
  const failed = testModules.flatMap((module) => [...module.children.allTests('failed')])[0];
  if (guard && failed) noticed.set(guard.file, [failed.module.moduleId, ...(noticed.get(guard.file) ?? []).filter((one) => one !== failed.module.moduleId)]);
  if (guard && !now.isOut) return { problem: 'no test loads its file' };
  if (failed) return { failed: { name: failed.fullName.replaceAll(' > ', ' '), timedOut: failed.result().errors.some(({ message }) => message.includes('timed out in')) } };
  if (unloaded) return { problem: `${unloaded.relativeModuleId} does not load: ${unloaded.errors()[0].message.split('\n')[0]}` };
  return unhandledErrors.length > 0 ? { problem: `the run failed, and no test did: ${String(unhandledErrors[0])}` } : {};
}
