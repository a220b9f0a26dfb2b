/** The house's rules, read out of the syntax tree. Every rule is also shown a few lines that break it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Source {
  /** From the root, with `/`. */
  readonly path: string;
  readonly text: string;
}

const IGNORED = /(^|\/)(node_modules|dist|\.git|\.compiled|coverage)(\/|$)/;

function sourcesUnder(folders: readonly string[], endings: RegExp): Source[] {
  return folders
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)))
    .map((path) => path.slice(root.length).replaceAll('\\', '/'))
    .filter((path) => endings.test(path) && !IGNORED.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

const packages = readdirSync(join(root, 'packages'));
const sources = sourcesUnder(packages.map((name) => `packages/${name}/src`), /\.ts$/);
const tests = sourcesUnder(['packages', 'examples', 'e2e', 'test'], /\.test\.ts$/);
const everything = [
  ...sourcesUnder(['packages', 'examples', 'e2e', 'test', 'scripts', 'docs'], /\.(ts|mts|mjs|js|html|css|md|json)$/),
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'package.json', 'rollup.config.mjs', 'vitest.config.ts'].map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') })),
];

const treeOf = ({ path, text }: Source): ts.SourceFile => ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);

/** Every node of a tree for which `test` holds. */
function nodesOf<T extends ts.Node>(node: ts.Node, test: (node: ts.Node) => node is T): T[] {
  const inner: T[] = [];
  ts.forEachChild(node, (child) => void inner.push(...nodesOf(child, test)));
  return test(node) ? [node, ...inner] : inner;
}

const where = (node: ts.Node): string => {
  const file = node.getSourceFile();
  return `${file.fileName}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
};

const told = (nodes: readonly ts.Node[]): string[] => nodes.map((node) => `${where(node)} ${node.getText().split('\n')[0]?.slice(0, 80)}`);

/** What breaks a rule, as `path:line text`. */
type Rule = (source: Source) => string[];

// Which way imports go

/** The rooms of the browser SDK from the ground up. A file imports from its own room and from those before it. */
const ROOMS: readonly (readonly [room: string, paths: RegExp])[] = [
  ['core', /^core\//], ['interfaces', /^ports\/ports\.ts$/], ['browser', /^ports\//], ['providers', /^providers\//], ['tokens', /^tokens\//],
  ['record', /^kept-record\.ts$/], ['reader', /^session-reader\.ts$/], ['keeper', /^session-keeper\.ts$/], ['flows', /^flows\//], ['acts', /^(calls|acts|load-acts)\.ts$/], ['client', /^client\.ts$/], ['entries', /^(core|index)\.ts$/],
];
/** Only these know that there is a browser; everybody else is handed its ports. */
const KNOW_THE_BROWSER = ['browser', 'acts', 'client', 'entries'];
/** The browser's ports stand beside the floors: they know nothing but the interfaces. */
const KNOWN_TO_THE_BROWSER = ['interfaces', 'browser'];
/** Imports that go up all the same. Types cost nothing at run time; the lazy one is a chunk that is loaded when it is needed. */
const UPWARDS = [
  'type core/options.ts → providers/provider.ts',
  'type core/options.ts → flows/merge.ts',
  'lazy providers/authress/requests.ts → tokens/verify.ts',
];
/** The one file that imports what it is told. */
const BRINGER = 'ports/bring.ts';
const COMPUTED = 'something computed';

interface Import {
  readonly kind: 'value' | 'type' | 'lazy';
  readonly target: string;
  readonly node: ts.Node;
}

function importsOf(source: Source): Import[] {
  const tree = treeOf(source);
  const written = tree.statements.flatMap((node): Import[] => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) return [{ kind: node.importClause?.isTypeOnly ? 'type' : 'value', target: node.moduleSpecifier.text, node }];
    if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) return [{ kind: node.isTypeOnly ? 'type' : 'value', target: node.moduleSpecifier.text, node }];
    return [];
  });
  const isLazy = (node: ts.Node): node is ts.CallExpression => ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  const lazy = nodesOf(tree, isLazy).map((node): Import => ({ kind: 'lazy', target: node.arguments[0] && ts.isStringLiteral(node.arguments[0]) ? node.arguments[0].text : COMPUTED, node }));
  const isTypeImport = (node: ts.Node): node is ts.ImportTypeNode => ts.isImportTypeNode(node);
  const types = nodesOf(tree, isTypeImport).map((node): Import => ({ kind: 'type', target: ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal) ? node.argument.literal.text : '', node }));
  return [...written, ...lazy, ...types];
}

const LOGIN = 'packages/login/src/';
const floorOf = (path: string): number => ROOMS.findIndex(([, paths]) => paths.test(path));
const roomOf = (path: string): string => ROOMS[floorOf(path)]?.[0] ?? 'nowhere';

/** Imports inside the browser SDK that do not go down, each with the words by which UPWARDS would name it. */
function upwardImports(source: Source): { readonly name: string; readonly text: string }[] {
  if (!source.path.startsWith(LOGIN)) return [];
  const from = source.path.slice(LOGIN.length);
  return importsOf(source).filter(({ target }) => target.startsWith('.')).flatMap(({ kind, target, node }) => {
    const to = posix.join(posix.dirname(from), target);
    const isDown = floorOf(to) >= 0 && floorOf(from) >= 0 && floorOf(to) <= floorOf(from);
    const isBeside = roomOf(to) === 'browser' ? KNOW_THE_BROWSER.includes(roomOf(from)) : roomOf(from) !== 'browser' || KNOWN_TO_THE_BROWSER.includes(roomOf(to));
    return isDown && isBeside ? [] : [{ name: `${kind} ${from} → ${to}`, text: told([node])[0] ?? '' }];
  });
}

const goesUp: Rule = (source) => upwardImports(source).filter(({ name }) => !UPWARDS.includes(name)).map(({ text }) => text);

/** What a published package may import besides its own files: the shared one, what its package.json names, and Node where it runs there. */
const leavesTheHouse: Rule = (source) => {
  const [, name = ''] = /^packages\/([^/]+)\//.exec(source.path) ?? [];
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as Record<'dependencies' | 'peerDependencies', Record<string, string> | undefined>;
  const allowed = [...(name === 'shared' ? [] : ['@passerby/shared']), ...Object.keys({ ...dependencies, ...peerDependencies })];
  const runsInNode = name === 'verifier' || name === 'emulator';
  return told(importsOf(source).filter(({ target }) => {
    if (target.startsWith('.')) return !posix.join(posix.dirname(source.path), target).startsWith(`packages/${name}/src/`);
    if (target === COMPUTED && source.path === LOGIN + BRINGER) return false;
    return !allowed.some((one) => target === one || target.startsWith(`${one}/`)) && !(runsInNode && target.startsWith('node:'));
  }).map(({ node }) => node));
};

// What a file may hold

const MOST_LINES = 300;
const isLong: Rule = ({ path, text }) => {
  const lines = text.trimEnd().split('\n').length;
  return lines > MOST_LINES ? [`${path} has ${lines} lines`] : [];
};

const hasModuleState: Rule = (source) =>
  told(treeOf(source).statements.filter((node) => ts.isVariableStatement(node) && (node.declarationList.flags & ts.NodeFlags.Const) === 0));

const saysAny: Rule = (source) => told(nodesOf(treeOf(source), (node): node is ts.Node => node.kind === ts.SyntaxKind.AnyKeyword));

const hushesTheCompiler: Rule = ({ path, text }) =>
  [...text.matchAll(/@ts-(ignore|nocheck|expect-error)|eslint-disable/g)].map(({ index, 0: word }) => `${path}:${text.slice(0, index).split('\n').length} ${word}`);

const exportsADefault: Rule = (source) =>
  told(nodesOf(treeOf(source), (node): node is ts.Node =>
    ts.isExportAssignment(node)
    || (ts.isExportSpecifier(node) && node.name.text === 'default')
    || (ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword))));

const swallows: Rule = (source) =>
  told(nodesOf(treeOf(source), (node): node is ts.CatchClause => ts.isCatchClause(node) && node.block.statements.length === 0));

const isBoolean = (type: ts.TypeNode | undefined): boolean => {
  if (!type) return false;
  if (type.kind === ts.SyntaxKind.BooleanKeyword) return true;
  if (ts.isLiteralTypeNode(type)) return type.literal.kind === ts.SyntaxKind.TrueKeyword || type.literal.kind === ts.SyntaxKind.FalseKeyword;
  return ts.isUnionTypeNode(type) && type.types.some(isBoolean);
};

/** Functions, methods, constructors and the signatures of ports; a reader of their calls would have to look up what `true` means. */
const takesAFlag: Rule = (source) =>
  told(nodesOf(treeOf(source), (node): node is ts.ParameterDeclaration => {
    if (!ts.isParameter(node)) return false;
    const { initializer, parent } = node;
    // `asserts condition` has no other way to say it.
    if (parent.type && ts.isTypePredicateNode(parent.type) && parent.type.assertsModifier && parent.type.parameterName.getText() === node.name.getText()) return false;
    return isBoolean(node.type) || initializer?.kind === ts.SyntaxKind.TrueKeyword || initializer?.kind === ts.SyntaxKind.FalseKeyword;
  }));

// The browser

const GLOBALS = [
  'window', 'self', 'globalThis', 'document', 'location', 'history', 'navigator', 'fetch', 'XMLHttpRequest', 'localStorage', 'sessionStorage', 'indexedDB', 'caches',
  'crypto', 'performance', 'setTimeout', 'setInterval', 'queueMicrotask', 'requestAnimationFrame', 'addEventListener', 'BroadcastChannel', 'SharedWorker', 'Worker', 'console', 'alert', 'process',
];
/** The clock and the dice. */
const IMPURE = ['Date.now', 'Math.random', 'new Date()'];

/** Uses of the browser outside `ports/`, and of anything impure in the shared package. A name that the file declares itself is not a global. */
const usesTheBrowser: Rule = (source) => {
  const isCovered = (source.path.startsWith(LOGIN) && !source.path.startsWith(`${LOGIN}ports/`)) || source.path.startsWith('packages/shared/src/');
  if (!isCovered) return [];
  const tree = treeOf(source);
  const host: ts.CompilerHost = {
    ...ts.createCompilerHost({}), getSourceFile: (path) => (path === source.path ? tree : undefined), fileExists: (path) => path === source.path,
    readFile: () => undefined, writeFile: () => undefined,
  };
  const checker = ts.createProgram([source.path], { noLib: true, noResolve: true, target: ts.ScriptTarget.ES2022, types: [] }, host).getTypeChecker();
  const isDeclared = (node: ts.Identifier): boolean => {
    const symbol = ts.isShorthandPropertyAssignment(node.parent) ? checker.getShorthandAssignmentValueSymbol(node.parent) : checker.getSymbolAtLocation(node);
    return (symbol?.declarations ?? []).some((declaration) => declaration.getSourceFile() === tree);
  };
  return told(nodesOf(tree, (node): node is ts.Node => {
    if (ts.isPropertyAccessExpression(node)) return IMPURE.includes(node.getText());
    if (ts.isNewExpression(node)) return IMPURE.includes(`${node.getText().replace(/\(\)$/, '')}()`) && (node.arguments?.length ?? 0) === 0;
    if (!ts.isIdentifier(node) || !GLOBALS.includes(node.text)) return false;
    const { parent } = node;
    const isAName = (ts.isPropertyAccessExpression(parent) && parent.name === node) || (ts.isPropertyAssignment(parent) && parent.name === node)
      || (ts.isPropertySignature(parent) && parent.name === node) || (ts.isMethodSignature(parent) && parent.name === node) || (ts.isBindingElement(parent) && parent.propertyName === node);
    return !isAName && !isDeclared(node);
  }));
};

// Tests and texts

const leavesTestsOut: Rule = (source) =>
  told(nodesOf(treeOf(source), (node): node is ts.Node => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) return ['xit', 'xtest', 'xdescribe', 'fit', 'fdescribe'].includes(node.expression.text);
    return ts.isPropertyAccessExpression(node) && /^(it|test|describe|suite)\b/.test(node.expression.getText()) && ['skip', 'only', 'todo', 'skipIf', 'runIf', 'fails'].includes(node.name.text);
  }));

const match = (pattern: RegExp): Rule => ({ path, text }) =>
  [...text.matchAll(pattern)].map(({ index, 0: found }) => `${path}:${text.slice(0, index).split('\n').length} ${found}`);

// Put together from pieces, so that this file does not break its own rules.
const putsOff = match(new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`, 'g'));
const namesAMachine = match(new RegExp(`(?<![\\w.])/(${['work', 'home', 'root', 'Users'].join('|')})/[\\w.]|[A-Z]:\\\\\\\\Users`, 'g'));

interface HouseRule {
  readonly says: string;
  readonly rule: Rule;
  readonly files: readonly Source[];
  /** Lines that break it. */
  readonly breaks: readonly string[];
  /** Lines that look like it and do not. */
  readonly keeps: readonly string[];
  /** Where the lines stand; default: a file of the browser SDK. */
  readonly path?: string;
}

const rules: readonly HouseRule[] = [
  {
    says: 'imports go down', rule: goesUp, files: sources, path: `${LOGIN}core/policy.ts`,
    breaks: [
      "import { SessionKeeper } from '../session-keeper.ts';", "import type { Context } from '../flows/context.ts';", "export * from '../client.ts';", "import { browserPorts } from '../ports/browser.ts';",
      "const later = () => import('../tokens/verify.ts');", "import '../nowhere/file.ts';", "let keeper: import('../session-keeper.ts').SessionKeeper;",
    ],
    keeps: ["import { transition } from './record.ts';", "import { LoginError } from '@passerby/shared';"],
  },
  {
    says: 'only client, acts and entries know the browser', rule: goesUp, files: sources, path: `${LOGIN}flows/merge.ts`,
    breaks: ["import { browserPorts } from '../ports/browser.ts';", "import { webLock } from '../ports/web-lock.ts';"], keeps: ["import type { Ports } from '../ports/ports.ts';", "import { SessionKeeper } from '../session-keeper.ts';"],
  },
  {
    says: 'the browser knows nothing but the interfaces', rule: goesUp, files: sources, path: `${LOGIN}ports/frame.ts`,
    breaks: ["import { nextStep } from '../core/policy.ts';"], keeps: ["import type { Clock } from './ports.ts';", "import { webLock } from './web-lock.ts';"],
  },
  {
    says: 'a package imports what it names', rule: leavesTheHouse, files: sources,
    breaks: ["import { createVerifier } from '@passerby/verifier';", "import { readFile } from 'node:fs';", "import { x } from '../../verifier/src/index.ts';", "import axios from 'axios';", 'const f = (address: string) => import(address);'],
    keeps: ["import { get } from 'idb-keyval';", "import { LoginError } from '@passerby/shared';", "import { x } from './y.ts';"],
  },
  { says: `a file has ${MOST_LINES} lines at most`, rule: isLong, files: sources, breaks: ['x;\n'.repeat(MOST_LINES + 1)], keeps: ['x;\n'.repeat(MOST_LINES)] },
  { says: 'a module has no state', rule: hasModuleState, files: sources, breaks: ['let count = 0;', 'export let open;', 'var old = 1;'], keeps: ['const one = 1;', 'function f() { let inside = 1; return inside; }'] },
  { says: 'nothing is any', rule: saysAny, files: sources, breaks: ['const a = b as any;', 'function f(x: any) {}', 'type T = Record<string, any>;'], keeps: ["const any = 'any';", '// any of them'] },
  { says: 'the compiler is not hushed', rule: hushesTheCompiler, files: sources, breaks: [`// @ts-${'ignore'}`, `// @ts-${'expect-error'} because`], keeps: ['// ignore'] },
  { says: 'nothing is exported as default', rule: exportsADefault, files: sources, breaks: ['export default 1;', 'export default function f() {}', 'export { a as default };', 'export default class {}'], keeps: ['export const a = 1;', 'switch (a) { default: b(); }'] },
  { says: 'no error is swallowed', rule: swallows, files: sources, breaks: ['try { f(); } catch {}', 'try { f(); } catch (error) { /* later */ }'], keeps: ['try { f(); } catch (error) { if (!isLoginError(error)) throw error; }'] },
  {
    says: 'no parameter is a flag', rule: takesAFlag, files: sources,
    breaks: ['export function f(fresh: boolean) {}', 'class C { m(x: string, keepOpen?: boolean) {} }', 'export const f = (fresh = false) => fresh;', 'interface Port { open(url: string, now: boolean | undefined): void }', 'type F = (on: true | false) => void;'],
    keeps: ['export function isOpen(x: string): boolean { return true; }', 'interface Port { travel(isEnd: (url: URL) => boolean): void }', 'interface Options { readonly linkIdentity?: boolean }', 'function is(x: unknown): x is string { return true; }', 'function must(holds: boolean): asserts holds {}'],
  },
  {
    says: 'only the ports know the browser', rule: usesTheBrowser, files: sources,
    breaks: ['window.close();', 'const at = Date.now();', "fetch('/x');", "localStorage.getItem('x');", 'crypto.randomUUID();', 'const f = globalThis.fetch;', 'f(document);', 'const at = new Date();', 'const dice = Math.random();', 'const ports = { fetch };', 'setTimeout(f, 1);'],
    keeps: ['const f = (crypto: Crypto) => crypto.subtle;', 'ports.fetch(url);', 'const { now: fetch } = ports; fetch();', 'interface Ports { fetch(url: string): void; readonly crypto: Crypto }', 'new Date(0);', 'const o = { location: 1 };'],
  },
  {
    says: 'no test is left out', rule: leavesTestsOut, files: tests, path: 'packages/login/test/x.test.ts',
    breaks: ["it.skip('x', f);", "describe.only('x', f);", "test.todo('x');", "it.each([1]).skip('x', f);", "xit('x', f);", "it.skipIf(true)('x', f);"], keeps: ["it.each([1])('x', f);", "expect(only).toBe(1);", 'list.skip(1);'],
  },
  { says: 'nothing is put off', rule: putsOff, files: everything, breaks: [`// ${'TO' + 'DO'}: later`, `/* ${'FIX' + 'ME'} */`], keeps: ['// todos are elsewhere'] },
  { says: 'no path of a machine', rule: namesAMachine, files: everything, breaks: [`const path = '${'/wo' + 'rk'}/main/x';`, `// see ${'/ho' + 'me'}/ada/notes`], keeps: ["fetch('/api/work/1');", 'https://example.com/home/', "'/usr/bin/chromium'"] },
];

const named = (texts: readonly string[]): { name: string; text: string }[] => texts.map((text) => ({ name: text.split('\n')[0] ?? '', text }));

describe.each(rules.map((rule) => [rule.says, rule] as const))('%s', (_says, { rule, files, breaks, keeps, path = `${LOGIN}flows/example.ts` }) => {
  it('holds for every source file', { timeout: 60_000 }, () => {
    expect(files.length).toBeGreaterThan(10);
    expect(files.flatMap((source) => rule(source))).toEqual([]);
  });

  it.each(named(breaks))('is broken by: $name', ({ text }) => {
    expect(rule({ path, text })).not.toEqual([]);
  });

  it.each(named(keeps))('is kept by: $name', ({ text }) => {
    expect(rule({ path, text })).toEqual([]);
  });
});

it('no exception is named that nobody needs', () => {
  const needed = sources.flatMap(upwardImports).map(({ name }) => name);
  expect(UPWARDS.filter((name) => !needed.includes(name))).toEqual([]);
});

it('every room of the browser SDK has its floor', () => {
  expect(sources.filter(({ path }) => path.startsWith(LOGIN) && floorOf(path.slice(LOGIN.length)) < 0).map(({ path }) => path)).toEqual([]);
});

it('the docs stand alone: they name no file that is not here', () => {
  const foreign = match(new RegExp(['VENDORS', 'SECURITY', 'DESIGN', 'STYLE', 'COMPONENTS', 'PEERS'].map((name) => `\\b${name}\\.md`).join('|'), 'g'));
  expect(everything.filter(({ path }) => path.endsWith('.md')).flatMap(foreign)).toEqual([]);
});
