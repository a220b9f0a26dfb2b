import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { chromiumArguments, chromiumPath } from './scripts/chromium.mjs';

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const everywhere = ['packages/*/test/**/*.test.ts', 'examples/*/test/**/*.test.ts', 'test/**/*.test.ts'];
const inBrowser = ['packages/*/test/**/*.browser.test.ts'];
const inDom = ['packages/*/test/**/*.dom.test.ts'];
const withBrowser = ['**/*.chromium.test.ts'];

export default defineConfig({
  resolve: {
    alias: {
      '@passerby/emulator': source('packages/emulator/src/index.ts'),
      '@passerby/verifier/node': source('packages/verifier/src/node.ts'),
      '@passerby/verifier/sql': source('packages/verifier/src/sql.ts'),
      '@passerby/verifier': source('packages/verifier/src/index.ts'),
      '@passerby/login': source('packages/login/src/index.ts'),
    },
  },
  test: {
    // One for each core of the smallest machine that has to do it within ten minutes.
    maxWorkers: 2,
    projects: [
      // No source keeps anything between calls, so the files of a worker share what they load: it takes a third off.
      { extends: true, test: { name: 'node', isolate: false, testTimeout: 30_000, include: everywhere, exclude: [...inBrowser, ...inDom, ...withBrowser] } },
      { extends: true, test: { name: 'happy-dom', environment: 'happy-dom', include: inDom } },
      {
        extends: true,
        optimizeDeps: { include: ['idb-keyval', 'jose'] },
        test: {
          name: 'chromium',
          include: inBrowser,
          browser: {
            enabled: true, headless: true, screenshotFailures: false,
            instances: [{ browser: 'chromium', provider: playwright({ launchOptions: { executablePath: chromiumPath() ?? '', args: chromiumArguments } }) }],
          },
        },
      },
      // Whole pages, driven from outside. The packages are built by then: these tests load what is shipped.
      { test: { name: 'pages', include: ['e2e/**/*.test.ts', ...withBrowser], testTimeout: 120_000, hookTimeout: 120_000 } },
    ],
  },
});
