/** What a page loads first, minified and gzipped: `npm run size`. The lazy chunk (jose) is counted apart. */
import { gzipSync } from 'node:zlib';
import resolve from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';
import { rollup } from 'rollup';

const ENTRY = '\0entry';

/** The bytes of the entry chunk and of what it loads later, gzip -9. */
export async function measure(code) {
  const bundle = await rollup({
    input: ENTRY,
    plugins: [{ name: 'entry', resolveId: (id) => (id === ENTRY ? id : null), load: (id) => (id === ENTRY ? code : null) }, resolve({ browser: true, rootDir: process.cwd() }), terser({ module: true })],
    onwarn: () => undefined,
  });
  const { output } = await bundle.generate({ format: 'es', compact: true });
  const gzip = (chunks) => chunks.reduce((sum, chunk) => sum + gzipSync(chunk.code, { level: 9 }).length, 0);
  return { first: gzip(output.filter((chunk) => chunk.isEntry || output[0].imports.includes(chunk.fileName))), lazy: gzip(output.filter((chunk) => !chunk.isEntry && !output[0].imports.includes(chunk.fileName))) };
}

export const entries = {
  'LoginClient with Authress': "export { LoginClient } from './packages/login/dist/index.js';",
  'core alone': "export { LoginClient } from './packages/login/dist/core.js';",
};

if (process.argv[1]?.endsWith('size.mjs')) {
  for (const [name, code] of Object.entries(entries)) {
    const { first, lazy } = await measure(code.replace('./', `${process.cwd()}/`));
    console.log(`${name.padEnd(28)} ${String(first).padStart(6)} B first, ${String(lazy).padStart(6)} B lazy`);
  }
}
