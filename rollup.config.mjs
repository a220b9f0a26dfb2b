import { existsSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import resolve from '@rollup/plugin-node-resolve';
import terser from '@rollup/plugin-terser';
import typescript from '@rollup/plugin-typescript';
import dts from 'rollup-plugin-dts';

/** The packages that are published, and the entries of each. `@passerby/shared` is inlined into all of them. */
const packages = {
  login: ['index', 'core', 'authress', 'oidc', 'zitadel', 'descope', 'app-id'],
  verifier: ['index', 'node', 'sql', 'cli'],
  emulator: ['index', 'cli'],
};

const dependenciesOf = (name) => {
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(`packages/${name}/package.json`, 'utf8'));
  return Object.keys({ ...dependencies, ...peerDependencies });
};
const isExternal = (names) => (id) => id.startsWith('node:') || builtinModules.includes(id) || names.some((name) => id === name || id.startsWith(`${name}/`));
/** An entry that is one provider's has the provider's own file. */
const source = (name, entry) => [`packages/${name}/src/${entry}.ts`, `packages/${name}/src/providers/${entry}.ts`].find((path) => existsSync(path));
const inputs = (name) => Object.fromEntries(packages[name].map((entry) => [entry, source(name, entry)]));
const compile = () => typescript({ tsconfig: './tsconfig.build.json' });
/** The compiler has every address that is made at run time looked through for an ending of its own; ours have none, and it forgets to bring along what looks. */
const addressesAsTheyAre = { name: 'addresses-as-they-are', renderChunk: (code) => code.replaceAll('__rewriteRelativeImportExtension', '') };
const dir = (name) => ({ dir: `packages/${name}/dist`, format: 'es' });

const modules = Object.keys(packages).flatMap((name) => [
  {
    input: inputs(name),
    external: isExternal(dependenciesOf(name)),
    plugins: [resolve(), compile(), addressesAsTheyAre],
    output: { ...dir(name), chunkFileNames: '[name]-[hash].js' },
  },
  { input: inputs(name), external: isExternal(dependenciesOf(name)), plugins: [resolve(), dts({ respectExternal: true, includeExternal: ['@passerby/shared'] })], output: dir(name) },
]);

/** For a plain `<script type="module">`: one file, every provider and all that they need in it. */
const EVERYTHING = 'everything';
const everything = {
  name: EVERYTHING,
  resolveId: (id) => (id === EVERYTHING ? id : null),
  load: (id) => (id === EVERYTHING ? ['index', 'oidc', 'zitadel', 'descope', 'app-id'].map((entry) => `export * from '${process.cwd()}/${source('login', entry)}';`).join('\n') : null),
};
const singleFile = {
  input: EVERYTHING,
  plugins: [everything, resolve({ browser: true }), compile(), addressesAsTheyAre, terser({ module: true })],
  output: { file: 'packages/login/dist/passerby.min.js', format: 'es', inlineDynamicImports: true },
};

export default [...modules, singleFile];
