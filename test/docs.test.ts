/** Keeps the documentation true: snippets compile, links lead somewhere, tables say what the sources say. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { guards } from '../mutants/guards.mjs';
import { LoginError, type LoginErrorCode } from '../packages/shared/src/errors.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const list = (folder: string): string[] => readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));

const pages = [
  'README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...list('docs').filter((path) => path.endsWith('.md')),
  ...['login', 'verifier', 'emulator'].map((name) => `packages/${name}/README.md`), 'examples/vanilla/README.md',
].filter((path) => existsSync(join(root, path)));

interface Snippet {
  readonly name: string;
  readonly language: string;
  readonly text: string;
}

function snippetsOf(path: string, text: string): Snippet[] {
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', body = ''], i) => ({ name: `${path} #${i + 1} (${language})`, language, text: body }));
}

const snippets = pages.flatMap((path) => snippetsOf(path, read(path)));
const of = (language: string): Snippet[] => snippets.filter((snippet) => snippet.language === language);

/** What snippets may take for granted: the client and the server that an earlier snippet of the same page made, and the shop's own database. */
const PRELUDE = `
  declare const login: import('@passerby/login').LoginClient;
  declare const verifier: import('@passerby/verifier').Verifier;
  declare const Unauthorized: typeof import('@passerby/verifier').Unauthorized;
  declare const authress: import('@passerby/emulator').Authress;
  declare const carts: {
    hasMerged(merge: { to: string; key: string }): Promise<boolean>;
    mergeOnce(merge: { from: string; to: string; key: string }): Promise<void>;
  };
`;

const at = (path: string): string => join(root, 'docs', '.compiled', path);

/** Every problem that the compiler finds in these modules, as strict as our own sources, as `name: message`. */
function problemsIn(modules: readonly Snippet[]): string[] {
  const { compilerOptions } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile).config as { compilerOptions: object };
  const { options } = ts.convertCompilerOptionsFromJson({
    ...compilerOptions, noEmit: true, types: ['node'], noUnusedLocals: false, noUnusedParameters: false,
    paths: {
      '@passerby/login': ['./packages/login/src/index.ts'], '@passerby/login/core': ['./packages/login/src/core.ts'],
      '@passerby/login/authress': ['./packages/login/src/providers/authress.ts'], '@passerby/login/oidc': ['./packages/login/src/providers/oidc.ts'],
      '@passerby/login/zitadel': ['./packages/login/src/providers/zitadel.ts'], '@passerby/login/descope': ['./packages/login/src/providers/descope.ts'], '@passerby/login/app-id': ['./packages/login/src/providers/app-id.ts'],
      '@passerby/verifier': ['./packages/verifier/src/index.ts'], '@passerby/verifier/node': ['./packages/verifier/src/node.ts'],
      '@passerby/verifier/sql': ['./packages/verifier/src/sql.ts'],
      '@passerby/emulator': ['./packages/emulator/src/index.ts'],
    },
  }, root);
  const texts = new Map(modules.map(({ name, text }, i) => [at(`${i}.ts`), { name, text: `${text}\nexport {};\n` }]));
  texts.set(at('prelude.d.ts'), { name: 'prelude', text: PRELUDE });
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => texts.has(path) || fileExists(path);
  host.readFile = (path) => texts.get(path)?.text ?? readFile(path);
  host.getSourceFile = (path, ...rest) => {
    const text = texts.get(path)?.text;
    return text === undefined ? getSourceFile(path, ...rest) : ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  };
  const program = ts.createProgram([...texts.keys()], options, host);
  return [...texts].flatMap(([path, { name }]) => {
    const file = program.getSourceFile(path);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(({ messageText }) => `${name}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
  });
}

function syntaxProblems({ name, text }: Snippet): string[] {
  const { diagnostics = [] } = ts.transpileModule(text, { reportDiagnostics: true, fileName: 'snippet.mjs', compilerOptions: { allowJs: true, module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 } });
  return diagnostics.map(({ messageText }) => `${name}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
}

const scriptsOf = ({ name, text }: Snippet): Snippet[] =>
  [...text.matchAll(/<script type="module">(.*?)<\/script>/gs)].map(([, body = ''], i) => ({ name: `${name}, script ${i + 1}`, language: 'js', text: body }));

describe('every snippet', () => {
  it('is found', () => {
    expect(pages).toContain('docs/providers/authress.md');
    expect(of('ts').length).toBeGreaterThan(10);
    expect(of('html').length).toBeGreaterThan(1);
    expect(snippets.filter(({ language }) => !['ts', 'js', 'html', 'json', 'sh'].includes(language))).toEqual([]);
  });

  it('in TypeScript compiles, as strictly as the sources', { timeout: 120_000 }, () => {
    expect(problemsIn(of('ts'))).toEqual([]);
    const [wrong] = problemsIn([{ name: 'a wrong one', language: 'ts', text: 'const token: number = await login.getToken();' }]);
    expect(wrong).toMatch(/^a wrong one: Type 'string' is not assignable to type 'number'/);
  });

  it('in JavaScript, HTML and JSON parses', () => {
    expect([...of('js'), ...of('html').flatMap(scriptsOf)].flatMap(syntaxProblems)).toEqual([]);
    for (const { text } of of('json')) JSON.parse(text);
    expect(syntaxProblems({ name: 'a wrong one', language: 'js', text: 'const = 1;' })).not.toEqual([]);
  });

  it('for the shell uses commands that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const text = [...of('sh').map((snippet) => snippet.text), read('README.md'), read('CONTRIBUTING.md'), read('docs/guarantees.md')].join('\n');
    const named = [...text.matchAll(/\bnpm (?:run )?(start|test|typecheck|build|size)\b/g)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(4);
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });

  it("of the vendor's guide works with only the package name changed", { timeout: 120_000 }, () => {
    const guide = [
      "const loginClient = new LoginClient({ authressApiUrl: 'https://login.example.com', applicationId: 'app_shop' });",
      "await loginClient.authenticate({ connectionId: 'sc_guests' });",
      'const userToken: string = await loginClient.getToken();',
      "await loginClient.linkIdentity({ linkIdentity: true, connectionId: 'con_google' });",
      "await loginClient.linkIdentity({ connectionId: 'con_google' });",
    ].join('\n');
    expect(problemsIn([{ name: 'the guide', language: 'ts', text: `import { LoginClient } from '@passerby/login';\n${guide}` }])).toEqual([]);
  });
});

describe('a link', () => {
  const slug = (heading: string): string => heading.toLowerCase().replace(/[^\p{L}\p{N} -]/gu, '').replaceAll(' ', '-');
  const leadsNowhere = (page: string, text: string): string[] =>
    [...text.replace(/^```.*?^```$/gms, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target).filter((target) => !/^https?:/.test(target)).filter((target) => {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : relative(root, resolve(root, dirname(page), path));
      if (!existsSync(join(root, file))) return true;
      return anchor !== undefined && ![...read(file).matchAll(/^#+ (.+)$/gm)].some(([, heading = '']) => slug(heading) === anchor);
    }).map((target) => `${page} → ${target}`);

  it('leads to a file and a heading that exist', () => {
    expect(pages.flatMap((page) => leadsNowhere(page, read(page)))).toEqual([]);
    expect(leadsNowhere('README.md', '[a](docs/nothing.md) [b](README.md#nothing) [c](README.md#methods)')).toEqual(['README.md → docs/nothing.md', 'README.md → README.md#nothing']);
  });
});

/** The rows of the first table under a heading, as cells. */
function tableUnder(page: string, heading: string): string[][] {
  const text = read(page);
  const from = text.indexOf(heading);
  if (from < 0) throw new Error(`${page} has no "${heading}"`);
  const lines = text.slice(from).split('\n');
  const start = lines.findIndex((line) => line.startsWith('| '));
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) => line.slice(1, -1).split(/(?<!\\)\|/).map((cell) => cell.trim()));
}

const code = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);
const firstCode = (row: readonly string[]): string => code(row[0] ?? '')[0] ?? '';

const parse = (path: string): ts.SourceFile => ts.createSourceFile(path, read(path), ts.ScriptTarget.ES2022, true);

function unionOf(path: string, name: string): string[] {
  const alias = parse(path).statements.find((node): node is ts.TypeAliasDeclaration => ts.isTypeAliasDeclaration(node) && node.name.text === name);
  const members = alias && ts.isUnionTypeNode(alias.type) ? alias.type.types : [];
  return members.flatMap((member) => (ts.isLiteralTypeNode(member) && ts.isStringLiteral(member.literal) ? [member.literal.text] : []));
}

/** Public methods of LoginClient, each with the codes that its doc comment says it throws. */
function methodsOfLoginClient(): Map<string, string[]> {
  const file = parse('packages/login/src/client.ts');
  const client = file.statements.find((node): node is ts.ClassDeclaration => ts.isClassDeclaration(node) && node.name?.text === 'LoginClient');
  // Private ones have a PrivateIdentifier for a name.
  const methods = (client?.members ?? []).flatMap((node) => (ts.isMethodDeclaration(node) && ts.isIdentifier(node.name) ? [node.name] : []));
  return new Map(methods.map((name) => [name.text, code(/@throws LoginError ([^\n]*)/.exec(file.text.slice(name.parent.pos, name.pos))?.[1] ?? '')]));
}

/** Properties of interfaces, by their names. */
function propertiesOf(path: string, name: string): string[] {
  const found = parse(path).statements.find((node): node is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(node) && node.name.text === name);
  return (found?.members ?? []).flatMap((member) => (member.name && ts.isIdentifier(member.name) ? [member.name.text] : []));
}

describe('a table of the README', () => {
  const codes = unionOf('packages/shared/src/errors.ts', 'LoginErrorCode');
  const methods = tableUnder('README.md', '## Methods');

  it('lists the public methods of LoginClient and no other', () => {
    expect(methods.map((row) => firstCode(row).replace(/\(.*/, ''))).toEqual([...methodsOfLoginClient().keys()]);
  });

  it('lists for each method the codes that its doc comment names, and only codes that exist', () => {
    const known = new Set([...codes, 'retryAfterMs']);
    for (const row of methods) {
      const listed = code(row[3] ?? '');
      expect(listed.filter((one) => !known.has(one)), row[0]).toEqual([]);
      const documented = methodsOfLoginClient().get(firstCode(row).replace(/\(.*/, '')) ?? [];
      // The retryable ones are listed once, above the table.
      expect(listed, row[0]).toEqual(expect.arrayContaining(documented.filter((one) => codes.includes(one) && !new LoginError(one as LoginErrorCode, '').retryable)));
    }
  });

  it('lists every code of LoginError, and which are retryable', () => {
    const rows = tableUnder('README.md', 'Every error is a `LoginError`');
    expect(rows.map(firstCode)).toEqual(codes);
    for (const row of rows) expect([firstCode(row), row[1]]).toEqual([firstCode(row), new LoginError(firstCode(row) as LoginErrorCode, '').retryable ? 'yes' : 'no']);
  });

  it('lists every notice', () => {
    expect(tableUnder('README.md', '## Notices').map(firstCode)).toEqual(unionOf('packages/login/src/core/notice.ts', 'NoticeType'));
  });

  it('lists every outcome of completeLogin()', () => {
    const file = parse('packages/login/src/flows/outcome.ts');
    const outcome = file.statements.find((node): node is ts.TypeAliasDeclaration => ts.isTypeAliasDeclaration(node) && node.name.text === 'LinkOutcome');
    const types = [...(outcome?.getText(file) ?? '').matchAll(/readonly type: ([^;]+);/g)].flatMap(([, text = '']) => [...text.matchAll(/'(\w+)'/g)].map(([, type = '']) => type));
    expect(new Set(tableUnder('README.md', '| `completeLogin()` gives').map(firstCode))).toEqual(new Set(['null', ...types]));
  });

  it('lists every way a session ends', () => {
    const [row] = methods.filter((one) => firstCode(one) === 'getEnd()');
    const ends = unionOf('packages/login/src/core/record.ts', 'Ended');
    expect(ends.length).toBeGreaterThan(1);
    expect(code(row?.[1] ?? '')).toEqual(expect.arrayContaining(ends.map((end) => `'${end}'`)));
  });

  it('lists every setting', () => {
    const settings = [...propertiesOf('packages/login/src/core/options.ts', 'CoreOptions'), ...propertiesOf('packages/login/src/providers/authress.ts', 'AuthressOptions')];
    const listed = tableUnder('README.md', '## Settings').flatMap(([name = '', , text = '']) => [...code(name), ...(name.includes('authressApiUrl') ? code(text) : [])]);
    expect(settings.length).toBeGreaterThan(6);
    expect(settings.filter((name) => !listed.includes(name))).toEqual([]);
  });
});

describe('the guarantees', () => {
  const rows = ['## In the browser', '## With an OpenID provider', '## With ZITADEL', '## With Descope', '## With IBM App ID', '## Attacks on a guest, a link and a merge', '## On the server', '## Of the house'].flatMap((heading) => tableUnder('docs/guarantees.md', heading));

  it('name tests that exist, by their sentences', () => {
    const cited = rows.flatMap(([promise = '', by = '']) => {
      const tests = [...by.matchAll(/`([^`]+\.ts)`: "([^"]+)"/g)].map(([, path = '', sentence = '']) => ({ path, sentence }));
      return tests.length > 0 ? tests : [{ path: 'nothing', sentence: promise }];
    });
    expect(cited.length).toBeGreaterThan(40);
    expect(cited.filter(({ path, sentence }) => !existsSync(join(root, path)) || !read(path).includes(sentence))).toEqual([]);
  });
});

describe('the attacks', () => {
  it('name guards that are taken out in turn', () => {
    const named = tableUnder('docs/guarantees.md', '## Attacks on a guest, a link and a merge').flatMap(([, , way = '']) => [...way.matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map(([, id]) => id));
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter((id) => !guards.some((guard) => guard.id === id))).toEqual([]);
  });
});

describe('the architecture', () => {
  /** Paths of the tree, by its indentation. */
  const tree = (): string[] => {
    const lines = /^```\n(packages\/.*?)^```$/ms.exec(read('docs/architecture.md'))?.[1]?.split('\n') ?? [];
    const parents: string[] = [];
    return lines.flatMap((line) => {
      const [, indent = '', names = ''] = /^( *)([\w./-]+(?:, [\w./-]+)*)/.exec(line) ?? [];
      if (names === '') return [];
      const depth = indent.length / 2;
      return names.split(', ').map((name) => {
        parents[depth] = name;
        return join(...parents.slice(0, depth), name);
      });
    });
  };

  it('names rooms that exist, and every file of the browser SDK', () => {
    const named = tree();
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const sources = ['packages/login/src', 'packages/shared/src'].flatMap(list).filter((path) => path.endsWith('.ts') && path !== 'packages/shared/src/index.ts');
    expect(sources.filter((path) => !named.includes(path))).toEqual([]);
    const rooms = ['packages/verifier/src', 'packages/emulator/src'].flatMap(list).filter((path) => !path.endsWith('.ts'));
    expect(rooms.filter((path) => !named.includes(`${path}/`))).toEqual([]);
  });

  it('names every method of a provider', () => {
    const text = read('docs/architecture.md').split('## How to add a provider')[1] ?? '';
    expect(propertiesOf('packages/login/src/providers/provider.ts', 'Provider').filter((name) => !text.includes(`\`${name}`))).toEqual([]);
  });
});

describe('the guide to Authress', () => {
  it("moves a guest's permissions with the vendor's published SDK: everything else stays, and twice is as good as once", async () => {
    const source = of('ts').find(({ text }) => text.includes('function moveCart'))?.text ?? '';
    const { outputText } = ts.transpileModule(source, { compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 } });
    const { moveCart } = (await import(`data:text/javascript,${encodeURIComponent(outputText)}`)) as { moveCart: (authress: unknown, cart: { cartId: string; from: string; to: string }) => Promise<void> };
    // By a name the compiler does not follow: the package's own types do not compile under our settings.
    const { AuthressClient } = (await import('@authress/sdk' as string)) as { AuthressClient: new (settings: object, token: () => Promise<string>) => unknown };

    let record: object = {
      recordId: 'rec_cart_1', name: 'Cart 1', description: 'A cart', status: 'ACTIVE', lastUpdated: '2026-01-01T00:00:00.000Z', users: [{ userId: 'user_guest' }, { userId: 'user_other' }],
      admins: [{ userId: 'user_admin' }], groups: [{ groupId: 'grp_1' }], statements: [{ roles: ['role_cart_owner'], resources: [{ resourceUri: '/carts/1' }], users: [{ userId: 'user_guest' }] }],
    };
    const requests: string[] = [];
    const server = createServer(async (incoming, outgoing) => {
      const body = Buffer.concat(await incoming.toArray()).toString();
      requests.push(`${incoming.method} ${incoming.url} ${incoming.headers['if-unmodified-since'] ?? ''}`.trim());
      if (incoming.method === 'PUT') record = { status: 'ACTIVE', lastUpdated: '2026-01-02T00:00:00.000Z', ...(JSON.parse(body) as object) };
      outgoing.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(record));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    try {
      const authress = new AuthressClient({ authressApiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }, () => Promise.resolve('token'));
      await moveCart(authress, { cartId: '1', from: 'user_guest', to: 'user_ada' });
      const moved = {
        recordId: 'rec_cart_1', name: 'Cart 1', description: 'A cart', users: [{ userId: 'user_ada' }, { userId: 'user_other' }],
        admins: [{ userId: 'user_admin' }], groups: [{ groupId: 'grp_1' }], statements: [{ roles: ['role_cart_owner'], resources: [{ resourceUri: '/carts/1' }], users: [{ userId: 'user_ada' }] }],
      };
      expect(record).toMatchObject(moved);
      await moveCart(authress, { cartId: '1', from: 'user_guest', to: 'user_ada' });
      expect(record).toMatchObject(moved);
      expect(requests).toEqual(['GET /v1/records/rec_cart_1', 'PUT /v1/records/rec_cart_1 2026-01-01T00:00:00.000Z', 'GET /v1/records/rec_cart_1', 'PUT /v1/records/rec_cart_1 2026-01-02T00:00:00.000Z']);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});
