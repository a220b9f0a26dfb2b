/** Takes one subject and keeps what it says: in results.json for the next run, and from there in RESULTS.md for people. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isMet, limitOf, SUBJECTS, WANTED } from '../wanted.mjs';

const bench = fileURLToPath(new URL('..', import.meta.url));
/** A quick run shows that all of it works and says nothing about how fast: it is kept apart. */
const folderOf = ({ quick }) => (quick ? join(tmpdir(), 'passerby-bench') : bench);
const loads = () => loadavg().map((load) => load.toFixed(2)).join(' ');

/** `--quick`: few rounds. `--rounds 5`: as many. */
function readOptions() {
  const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, rounds: { type: 'string' } } });
  return values;
}

/**
 * Measures a subject: `work({ rounds, quick })` gives `lines` for the reader, in `measured` a number for each row of wanted.mjs, the `versions` that count,
 * and in `profiles` what explains a row that is missed.
 */
export async function report({ subject, title, rounds: { full, few } }, work) {
  const options = readOptions();
  const rounds = Number(options.rounds ?? (options.quick ? few : full));
  const [begun, before] = [performance.now(), loads()];
  const { lines, measured, versions = {}, profiles = {} } = await work({ rounds, quick: options.quick });
  const missing = WANTED.filter((row) => row.subject === subject && !Number.isFinite(measured[row.id]));
  if (missing.length > 0) throw new Error(`${subject} measured no ${missing.map(({ id }) => id).join(', ')}`);

  const result = { title, lines, measured, profiles, quick: options.quick, seconds: Math.round((performance.now() - begun) / 1_000), machine: machine(versions), load: `before ${before}, after ${loads()}`, at: new Date().toISOString().slice(0, 10) };
  const results = readResults(options);
  writeResults({ ...results, [subject]: result }, options);
  console.log(`\n${section(result)}\n${WANTED.filter((row) => row.subject === subject).map((row) => verdict(row, measured[row.id])).join('\n')}`);
}

function readResults(options) {
  const path = join(folderOf(options), 'results.json');
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
}

/** Of these subjects, by their ids: the rows that are missed, those of them that nobody has explained, and those that are explained and not missed. */
export function judge(subjects, options) {
  const rows = rowsOf(readResults(options)).filter(({ row }) => subjects.includes(row.subject));
  const ids = (some) => some.map(({ row }) => row.id);
  const why = readShortfalls();
  const missed = ids(rows.filter(({ row, measured }) => !isMet(row, measured)));
  return { missed, unexplained: missed.filter((id) => !why.has(id)), needless: ids(rows).filter((id) => why.has(id) && !missed.includes(id)) };
}

/** Where the tables are. */
export const resultsPath = (options) => join(folderOf(options), 'RESULTS.md');

function writeResults(results, options) {
  const ordered = Object.fromEntries(Object.keys(SUBJECTS).filter((name) => name in results).map((name) => [name, results[name]]));
  mkdirSync(folderOf(options), { recursive: true });
  writeFileSync(join(folderOf(options), 'results.json'), `${JSON.stringify(ordered, null, 1)}\n`);
  writeFileSync(resultsPath(options), page(ordered));
}

function page(results) {
  const rows = rowsOf(results);
  const isQuick = Object.values(results).some(({ quick }) => quick);
  return `${[
    '# Results',
    'Written by `npm run bench`; how each is taken is in [README.md](README.md). Compare within a table, not between machines.',
    ...(isQuick ? ['**Quick: a few rounds, on a machine that had other work. It shows that everything runs, and no figure counts.**'] : []),
    '## Wanted and measured',
    ['| what | wanted | measured | met |', '| --- | ---: | ---: | --- |', ...rows.map(({ row, measured }) => `| ${row.what} | ${limitOf(row)} | ${measured.toFixed(row.digits)}${row.unit} | ${isMet(row, measured) ? '✓' : `✗ [why](#${row.id})`} |`)].join('\n'),
    ...explanations(rows, results),
    ...Object.values(results).map(section),
  ].join('\n\n')}\n`;
}

function rowsOf(results) {
  const measured = Object.assign({}, ...Object.values(results).map((result) => result.measured));
  return WANTED.filter(({ id }) => id in measured).map((row) => ({ row, measured: measured[row.id] }));
}

/** What is missed, and why: by hand from shortfalls.md, then the profile that the subject took. */
function explanations(rows, results) {
  const why = readShortfalls();
  const profiles = Object.assign({}, ...Object.values(results).map((result) => result.profiles));
  const missed = rows.filter(({ row, measured }) => !isMet(row, measured));
  if (missed.length === 0) return [];
  return ['## What is missed, and why', ...missed.flatMap(({ row, measured }) => [
    `### ${row.id}`, `${row.what}: ${measured.toFixed(row.digits)}${row.unit}, wanted ${limitOf(row)}.`, why.get(row.id) ?? '**Nobody has explained this yet.**', ...(row.id in profiles ? [profiles[row.id]] : []),
  ])];
}

/** The texts of shortfalls.md by the rows' ids, which are its headings. */
function readShortfalls() {
  const path = join(bench, 'shortfalls.md');
  const [, ...parts] = existsSync(path) ? readFileSync(path, 'utf8').split(/^## /m) : [];
  const texts = new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')).trim(), part.slice(part.indexOf('\n')).trim()]));
  const unknown = [...texts.keys()].filter((id) => !WANTED.some((row) => row.id === id));
  if (unknown.length > 0) throw new Error(`shortfalls.md explains what nobody wants: ${unknown.join(', ')}`);
  return texts;
}

function section({ title, lines, quick, machine, load, at, seconds }) {
  return `## ${title}\n\n${lines.join('\n')}\n\n${at}${quick ? ', **quick**' : ''}, ${seconds} s; ${machine}; load ${load}.`;
}

function machine(versions) {
  const what = Object.entries({ Node: process.version, ...versions }).map(([name, version]) => `${name} ${version}`).join(', ');
  return `${cpus().length} × ${cpus()[0]?.model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${type()}; ${what}`;
}

const verdict = (row, measured) => `${isMet(row, measured) ? '✓' : '✗ missed:'} ${row.what}: ${measured.toFixed(row.digits)}${row.unit} (${limitOf(row)})`;
