/** The script of the test pages: the client as it is built, and a few sources of its ports, in one file. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import resolve from '@rollup/plugin-node-resolve';
import { rollup, type Plugin } from 'rollup';
import ts from 'typescript';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const typescript: Plugin = {
  name: 'typescript',
  transform: (code, id) => {
    if (!id.endsWith('.ts')) return null;
    const { outputText } = ts.transpileModule(code, { fileName: id, compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true } });
    return { code: outputText, map: null };
  },
};

const asBuilt: Plugin = {
  name: 'as built',
  resolveId: (id) => (id === '@passerby/login/core' ? createRequire(import.meta.url).resolve('@passerby/login/core') : null),
};

/** The client with the OpenID provider as a page loads them, and what it loads later, by the files' names; the first is `/client.js`. */
export async function bundleFiles(): Promise<ReadonlyMap<string, string>> {
  const input = 'client';
  const entry: Plugin = { name: 'entry', resolveId: (id) => (id === input ? id : null), load: (id) => (id === input ? ['core', 'oidc'].map((name) => `export * from '${createRequire(import.meta.url).resolve(`@passerby/login/${name}`)}';`).join('\n') : null) };
  const bundle = await rollup({ input, plugins: [entry, resolve({ browser: true })] });
  const { output } = await bundle.generate({ format: 'es', entryFileNames: '[name].js' });
  await bundle.close();
  return new Map(output.flatMap((file) => (file.type === 'chunk' ? [[`/${file.fileName}`, file.code]] : [])));
}

export async function bundlePage(): Promise<string> {
  const bundle = await rollup({ input: here('../page/page.ts'), plugins: [asBuilt, resolve({ browser: true }), typescript], onwarn: () => undefined });
  const { output } = await bundle.generate({ format: 'es', inlineDynamicImports: true });
  await bundle.close();
  return output[0].code;
}
