import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const wanted = (process.env.ENGINES ?? '').split(',').filter(Boolean);
const inBrowsers = wanted.length === 0 || wanted.some((name) => name !== 'PostgreSQL') ? ['*.test.ts'] : [];
const inDatabase = wanted.length === 0 || wanted.includes('PostgreSQL') ? ['database/*.test.ts'] : [];

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  cacheDir: fileURLToPath(new URL('../node_modules/.vite/engines', import.meta.url)),
  // Two cores and many browsers: one file after the other. A crowd at a slow service takes its time.
  test: { include: [...inBrowsers, ...inDatabase], testTimeout: 120_000, hookTimeout: 60_000, fileParallelism: false, retry: 0 },
});
