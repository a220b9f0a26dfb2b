/** What a page loads, ours and the peers', by two bundlers; and which files make up ours. */
import { readdirSync, readFileSync } from 'node:fs';
import commonjs from '@rollup/plugin-commonjs';
import json from '@rollup/plugin-json';
import { BUDGETS, entryPath, measure, weigh } from '../../scripts/size.mjs';
import { bundleFiles, bytesByModule } from '../lib/bundles.mjs';
import { report } from '../lib/report.mjs';
import { table } from '../lib/stats.mjs';

/** What is not ours comes from elsewhere at these versions. */
const { dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const PROFILED = { 'size-authress': "export { LoginClient } from '../packages/login/src/index.ts';", 'size-oidc': "export { LoginClient } from '../packages/login/src/core.ts'; export { oidc } from '../packages/login/src/providers/oidc.ts';" };
const PACKAGES = { auth0: '@auth0/auth0-spa-js', authress: '@authress/login', supabase: '@supabase/auth-js', descope: '@descope/web-js-sdk', appid: 'ibmcloud-appid-js', firebase: 'firebase', 'firebase-redirect': 'firebase' };
const OWN = { 'passerby-authress': 'Passerby, Authress', 'passerby-oidc': 'Passerby, core and OpenID provider' };
/** A file below this is one of many. */
const LEAST_SHARE = 0.01;

await report({ subject: 'size', title: 'What a page loads', rounds: { full: 1, few: 1 } }, async () => {
  const names = readdirSync(new URL('../entries', import.meta.url)).map((file) => file.replace(/\.js$/, ''));
  const rows = [];
  for (const name of names) rows.push({ name, byRollup: await measure(entryPath(name), [json(), commonjs()]), byEsbuild: weigh(await bundleFiles(entryPath(name))) });
  rows.sort((one, other) => one.byRollup.first.gzip - other.byRollup.first.gzip);
  const sizeOf = (entry) => rows.find(({ name }) => name === entry).byRollup;
  const measured = Object.fromEntries(BUDGETS.map(({ id, entry, of }) => [id, of.reduce((sum, part) => sum + sizeOf(entry)[part].gzip, 0) / 1_000]));
  const profiles = Object.fromEntries(await Promise.all(Object.entries(PROFILED).map(async ([id, code]) => [id, profile(await bytesByModule(code), measured[id])])));
  return { lines: describe(rows), measured, profiles };
});

function describe(rows) {
  const cells = ({ first, lazy }) => [first.minified, first.gzip, lazy.gzip].map((bytes) => (bytes === 0 ? '–' : bytes.toLocaleString('en')));
  return [
    table(['bytes', 'rollup and terser: minified', 'gzip -9', 'lazy, gzip -9', 'esbuild: minified', 'gzip -9', 'lazy, gzip -9'], rows.map(({ name, byRollup, byEsbuild }) => [nameOf(name), ...cells(byRollup), ...cells(byEsbuild)])),
    '',
    `What a page is that only constructs the client and offers its calls (\`entries/\`). The budgets of ours, kept by \`npm test\`: ${BUDGETS.map(({ name, budget }) => `${name} ${budget.toLocaleString('en')}`).join('; ')} bytes.`,
  ];
}

function nameOf(entry) {
  const name = PACKAGES[entry] ?? entry;
  return OWN[entry] ?? `${name} ${dependencies[name]}${entry === 'firebase-redirect' ? ', with redirects' : ''}`;
}

/** Gzip does not know files, so a file's share of the minified bytes stands for its share of the gzipped ones. */
function profile(modules, kilobytes) {
  const total = modules.reduce((sum, [, bytes]) => sum + bytes, 0);
  const big = modules.filter(([, bytes]) => bytes >= LEAST_SHARE * total);
  const rest = modules.filter(([, bytes]) => bytes < LEAST_SHARE * total);
  const row = (name, bytes) => [name, bytes.toLocaleString('en'), `${((100 * bytes) / total).toFixed(1)} %`, ((kilobytes * bytes) / total).toFixed(2)];
  const rooms = new Map();
  for (const [path, bytes] of modules) rooms.set(roomOf(path), (rooms.get(roomOf(path)) ?? 0) + bytes);
  const heads = ['minified bytes', 'share', 'of the gzipped, about kB'];
  return [
    table(['room', ...heads], [...rooms].sort(([, one], [, other]) => other - one).map(([name, bytes]) => row(name, bytes))),
    '',
    table(['file', ...heads], [...big.map(([path, bytes]) => row(shortened(path), bytes)), row(`${rest.length} smaller ones`, rest.reduce((sum, [, bytes]) => sum + bytes, 0))]),
  ].join('\n');
}

function shortened(path) {
  return path.replace(/^.*node_modules\//, '').replace(/^.*packages\//, '');
}

function roomOf(path) {
  const [, room] = /login\/src\/(\w+)\//.exec(path) ?? [];
  if (room) return `login, ${room}`;
  return path.includes('login/src') ? 'login, the client, the keeper, the record' : shortened(path).split('/')[0];
}
