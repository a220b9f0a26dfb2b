/** The tests in Node with one guard taken out: `MUTANT` names it; without it, all of them as they are. No source is touched. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { guards } from './guards.mjs';

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const guard = guards.find(({ id }) => id === process.env['MUTANT']);
if (process.env['MUTANT'] && !guard) throw new Error(`No guard is called ${process.env['MUTANT']}`);

/** Whose tests are to notice that a guard is missing; what is shared is everybody's. */
const packages = guard && !guard.file.startsWith('packages/shared/') ? [guard.file.split('/')[1] ?? ''] : ['shared', 'login', 'verifier'];

/** The tests of the very file come first, then those of its folder and the short ones; those that open a database and the long ones last. */
const [folder = '', name = ''] = guard?.file.replace('/src/', '/test/').split(/\/(?=[^/]*$)/) ?? [];
const ORDER = [new RegExp(`/${name.replace('.ts', '')}[^/]*$`), new RegExp(`${folder}/(?!races|.*(client|login|nothing-lost|sql|command)\\.test)[^/]*$`), /\/test\/(core|providers|tokens)\/(?!verify-token|key-set|strict-json)/, /^(?!.*\/(client|login|nothing-lost)\.test)/, /^(?!.*(nothing-lost|store\/(sql|command)\.test))/, /./];
/** One service's whole story tells little of the others' guards, and takes long. */
const isElsewhere = (moduleId: string): boolean => ['zitadel', 'descope', 'app-id'].some((service) => moduleId.includes(service) && !guard?.file.includes(service));
const rank = ({ moduleId }: TestSpecification): number => ORDER.findIndex((pattern) => pattern.test(moduleId)) + (isElsewhere(moduleId) ? ORDER.length : 0);

class ShortOnesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return [...files].sort((a, b) => rank(a) - rank(b) || (a.moduleId < b.moduleId ? -1 : 1));
  }
}

export default defineConfig({
  root: at(''),
  resolve: {
    alias: {
      '@passerby/emulator': at('packages/emulator/src/index.ts'),
      '@passerby/verifier/node': at('packages/verifier/src/node.ts'),
      '@passerby/verifier/sql': at('packages/verifier/src/sql.ts'),
      '@passerby/verifier': at('packages/verifier/src/index.ts'),
      '@passerby/login': at('packages/login/src/index.ts'),
    },
  },
  plugins: [
    {
      name: 'take-a-guard-out',
      enforce: 'pre',
      transform(code, module) {
        if (!guard || module.split('?')[0] !== at(guard.file)) return null;
        if (code.split(guard.find).length !== 2) throw new Error(`${guard.id}: what it looks for is not there exactly once`);
        // Whoever started this run looks for these words: without them the guard was never out.
        process.stdout.write(`Taken out: ${guard.id}\n`);
        return { code: code.replace(guard.find, () => guard.replace), map: null };
      },
    },
  ],
  test: {
    include: packages.map((name) => `packages/${name}/test/**/*.test.ts`),
    // What runs in a browser, and the two that try a few thousand stories each: those need minutes, and their seeds would find much of this by luck.
    exclude: ['**/*.{browser,dom,chromium}.test.ts', '**/test/{simulation,sweep}/**'],
    // Where a missing guard has somebody wait for ever, this ends it.
    testTimeout: 10_000,
    maxWorkers: 1,
    cache: false,
    sequence: { sequencer: ShortOnesFirst },
  },
});
