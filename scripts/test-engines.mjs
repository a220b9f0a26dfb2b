/** `npm run test:engines`: installs, builds, finds three browser engines and a PostgreSQL, runs engines/ in each, and says what it saw. ENGINES=Firefox runs some. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { postgresPath } from './postgres.mjs';
import { build, install, run, say } from './steps.mjs';

await install();
await build();

const { chromiumPath, installChromium } = await import('./chromium.mjs');
const isThere = (command) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;

/** What each engine needs: how it is found, and the system's packages that bring it. */
const needs = [
  { engine: 'Chromium', isHere: () => chromiumPath('whole') !== undefined, install: () => installChromium(say, 'whole') },
  { engine: 'Firefox', isHere: () => existsSync(process.env.FIREFOX ?? '/usr/bin/firefox-esr'), install: () => installPackages('firefox-esr') },
  { engine: 'WebKitGTK', isHere: () => isThere('WebKitWebDriver') && isThere('Xvfb'), install: () => installPackages('webkit2gtk-driver', 'xvfb') },
  { engine: 'PostgreSQL', isHere: () => postgresPath() !== undefined, install: () => installPackages('postgresql') },
];

const wanted = (process.env.ENGINES ?? '').split(',').filter(Boolean);
const missing = [];
for (const need of needs.filter(({ engine }) => wanted.length === 0 || wanted.includes(engine))) {
  if (!need.isHere()) need.install();
  if (!need.isHere()) missing.push(need.engine);
}
if (missing.length > 0) {
  console.error(`\n✗ ${missing.join(' and ')} could not be found or installed here. In Debian: apt-get install chromium firefox-esr webkit2gtk-driver xvfb postgresql. To run without: ENGINES=Chromium npm run test:engines`);
  process.exit(1);
}

say(`Running engines/ in ${wanted.length > 0 ? wanted.join(', ') : needs.map(({ engine }) => engine).join(', ')}`);
const folder = mkdtempSync(join(tmpdir(), 'engines-'));
const results = join(folder, 'results.json');
const code = await run(process.execPath, [
  'node_modules/vitest/vitest.mjs', 'run', '--config', 'engines/vitest.config.ts', '--reporter=default', '--reporter=json', `--outputFile.json=${results}`, ...process.argv.slice(2),
]);
if (existsSync(results)) summarize(JSON.parse(readFileSync(results, 'utf8')));
rmSync(folder, { recursive: true, force: true });
process.exit(code);

/** Asks the system for packages where we may. */
function installPackages(...names) {
  if (process.getuid?.() !== 0 || !isThere('apt-get')) return;
  say(`Installing the system's packages (apt-get install ${names.join(' ')})`);
  const quiet = { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  spawnSync('apt-get', ['update', '-qq'], quiet);
  spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], quiet);
}

/** What was measured, how many tests passed where, and what an engine cannot do. */
function summarize({ testResults }) {
  const tests = testResults.flatMap(({ name, assertionResults }) => assertionResults.map((test) => ({ ...test, file: name.split('/').at(-1).replace('.test.ts', '') })));
  const engineOf = ({ ancestorTitles }) => needs.find(({ engine }) => ancestorTitles[0]?.startsWith(`in ${engine}`))?.engine;
  say('Measured (told, not tested)');
  for (const test of tests) for (const what of test.meta?.measured ?? []) console.log(`  ${`${engineOf(test)}`.padEnd(10)} ${test.file.padEnd(12)} ${what}`);
  say('What an engine cannot do (engines/README.md)');
  console.log(readFileSync(new URL('../engines/README.md', import.meta.url), 'utf8').split('<!-- cannot -->')[1]?.trim());
  say('Summary');
  for (const { engine } of needs) {
    const own = tests.filter((test) => engineOf(test) === engine);
    const passed = own.filter(({ status }) => status === 'passed').length;
    if (own.length > 0) console.log(`  ${passed === own.length ? '✓' : '✗'} ${engine.padEnd(10)} ${passed} of ${own.length} passed`);
    for (const { status, title } of own) if (status !== 'passed') console.log(`      ✗ ${title}`);
  }
}
