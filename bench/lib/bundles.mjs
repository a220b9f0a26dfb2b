/** Scripts for the pages and for the sizes, by esbuild. */
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const bench = fileURLToPath(new URL('..', import.meta.url));
const SETTINGS = {
  bundle: true, minify: true, platform: 'browser', target: 'es2022', legalComments: 'none', charset: 'utf8', write: false, logLevel: 'error', absWorkingDir: bench,
  define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
};

/** One module of this code, with all that it imports. */
export async function bundleCode(contents) {
  const { outputFiles } = await build({ ...SETTINGS, stdin: { contents, resolveDir: bench }, format: 'esm' });
  return outputFiles[0].text;
}

/** The files of a page of this code by their names, without their ending: the page loads `name`, and that the others, some of them later. */
export async function bundleChunks(name, contents) {
  const { outputFiles } = await build({ ...SETTINGS, stdin: { contents, resolveDir: bench }, format: 'esm', splitting: true, outdir: 'out', chunkNames: `${name}-[hash]` });
  return Object.fromEntries(outputFiles.map(({ path, text }) => [basename(path, '.js').replace(/^stdin$/, name), text]));
}

/** One classic script of this file. What it would load later stays out: nobody asks for it while a page opens. */
export async function bundleScript(path) {
  const later = { name: 'later', setup: ({ onResolve }) => onResolve({ filter: /./ }, ({ kind, path }) => (kind === 'dynamic-import' ? { path, external: true } : undefined)) };
  const { outputFiles } = await build({ ...SETTINGS, entryPoints: [path], format: 'iife', globalName: 'entry', plugins: [later] });
  return outputFiles[0].text;
}

/** The files of a page, as `weigh()` takes them. */
export async function bundleFiles(path) {
  const { outputFiles, metafile } = await build({ ...SETTINGS, entryPoints: [path], format: 'esm', splitting: true, outdir: 'out', metafile: true });
  const texts = new Map(outputFiles.map((file) => [basename(file.path), file.text]));
  return Object.entries(metafile.outputs).map(([name, { imports, entryPoint }]) => ({
    name: basename(name), isEntry: entryPoint !== undefined && basename(name) === basename(path), code: texts.get(basename(name)),
    imports: imports.filter(({ kind }) => kind === 'import-statement').map((one) => basename(one.path)),
  }));
}

/** The minified bytes that each source file has in what is loaded first, most first: `[path, bytes]`. */
export async function bytesByModule(contents) {
  const { metafile } = await build({ ...SETTINGS, stdin: { contents, resolveDir: bench }, format: 'esm', splitting: true, outdir: 'out', metafile: true });
  const { outputs } = metafile;
  const first = new Set(Object.keys(outputs).filter((name) => outputs[name].entryPoint === '<stdin>'));
  for (const name of first) for (const { kind, path } of outputs[name].imports) if (kind === 'import-statement') first.add(path);
  const bytes = new Map();
  for (const name of first) for (const [path, { bytesInOutput }] of Object.entries(outputs[name].inputs)) bytes.set(path, (bytes.get(path) ?? 0) + bytesInOutput);
  return [...bytes].filter(([, size]) => size > 0).sort(([, one], [, other]) => other - one);
}
