/** What a page loads, minified and gzipped, and how much it may be: `npm run size`. What is loaded later (the flows, the provider's part, jose) is counted apart. */
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import resolve from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';
import { rollup } from 'rollup';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Bytes of gzip -9, for the whole (`first` and `lazy`) or for what is loaded first. `budget` is what it was when it was last looked at, and 3 %; who makes it
 * smaller lowers it. `wanted` is where it is to come to: bench/RESULTS.md says what is in the way.
 */
export const BUDGETS = [
  { id: 'size-authress', name: 'LoginClient with Authress, first load', entry: 'passerby-authress', of: ['first'], wanted: 6_000, budget: 8_700 },
  { id: 'size-authress-lazy', name: 'LoginClient with Authress and all its lazy chunks', entry: 'passerby-authress', of: ['first', 'lazy'], wanted: 14_000, budget: 27_900 },
  { id: 'size-oidc', name: 'core and OpenID provider, first load', entry: 'passerby-oidc', of: ['first'], wanted: 5_000, budget: 8_620 },
];

/** Where the page's own code is that loads an SDK. */
export const entryPath = (name) => `${root}bench/entries/${name}.js`;

/** The bytes of a page's code, minified, by what it loads first and what later; `plugins` for packages that are not ES modules. */
export async function measure(input, plugins = []) {
  return weigh(await filesOf(input, plugins));
}

/** A page's files as a bundler makes them: which import which, and which are fetched for themselves. */
export async function filesOf(input, plugins = []) {
  const bundle = await rollup({ input, plugins: [resolve({ browser: true }), ...plugins, terser({ module: true, ecma: 2020 })], onwarn: refuseHoles });
  const { output } = await bundle.generate({ format: 'es', compact: true });
  await bundle.close();
  return output.filter(({ type }) => type === 'chunk').map(({ fileName, imports, isEntry, isDynamicEntry, code }) => ({ name: fileName, imports, isEntry, isDynamicEntry, code }));
}

/** Peers' sources give all kinds of warnings; only what was left out would make a size wrong. @throws Error */
function refuseHoles({ code, message }) {
  if (code === 'UNRESOLVED_IMPORT') throw new Error(message);
}

/** Sums up files that import each other by their names: `{ first, lazy }`, each `{ minified, gzip }` in bytes. */
export function weigh(files) {
  const first = loadedFirst(files);
  const sum = (some) => ({ minified: some.reduce((bytes, { code }) => bytes + Buffer.byteLength(code), 0), gzip: some.reduce((bytes, { code }) => bytes + gzipSync(code, { level: 9 }).length, 0) });
  return { first: sum([...first]), lazy: sum(files.filter((file) => !first.has(file))) };
}

/** The files of these that a page cannot do without. */
export function loadedFirst(files) {
  const first = new Set(files.filter(({ isEntry }) => isEntry));
  // A set that grows while it is walked is walked to its end.
  for (const { imports } of first) for (const file of files) if (imports.includes(file.name)) first.add(file);
  return first;
}

/** Each budget with the bytes that it is about; the packages are built by then. */
export async function measureBudgets() {
  const entries = [...new Set(BUDGETS.map(({ entry }) => entry))];
  const sizes = new Map(await Promise.all(entries.map(async (entry) => [entry, await measure(entryPath(entry))])));
  return BUDGETS.map((budget) => ({ ...budget, bytes: budget.of.reduce((sum, part) => sum + sizes.get(budget.entry)[part].gzip, 0) }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { name, bytes, budget, wanted } of await measureBudgets()) {
    console.log(`${name.padEnd(46)} ${String(bytes).padStart(6)} B, budget ${String(budget).padStart(6)}, wanted ${String(wanted).padStart(6)}${bytes > budget ? '  ✗ over its budget' : ''}`);
  }
}
