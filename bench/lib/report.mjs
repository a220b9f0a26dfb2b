/** What every subject says in the same way: its numbers, the machine, and RESULTS.md. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, type } from 'node:os';

const RESULTS = new URL('../RESULTS.md', import.meta.url);
const PREFACE = '# Results\n\nWritten by `npm run bench`; how each is taken is in [README.md](README.md). Compare within a table, not between machines.\n';

/** The value that this part (0 to 1) of the samples lies below. */
export function quantile(samples, part) {
  const sorted = [...samples].sort((one, other) => one - other);
  const at = (sorted.length - 1) * part;
  const low = sorted[Math.floor(at)];
  return low + (sorted[Math.ceil(at)] - low) * (at % 1);
}

export const median = (samples) => quantile(samples, 0.5);

/** The middle half of the samples: `12.1–13.4`. */
export const spread = (samples, digits = 1) => [0.25, 0.75].map((part) => quantile(samples, part).toFixed(digits)).join('–');

/** A table in Markdown; every column but the first is numbers. */
export function table(heads, rows) {
  const lines = [heads, heads.map((_, i) => (i === 0 ? '---' : '---:')), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** A promise about a number, and whether it is kept. */
export const verdict = ({ what, value, limit, digits = 2, unit = '', at }) => {
  const isKept = at === 'most' ? value <= limit : value >= limit;
  return `${isKept ? '✓' : '✗ missed:'} ${what}: ${value.toFixed(digits)}${unit} (${at === 'most' ? '≤' : '≥'} ${limit}${unit})`;
};

const loads = () => loadavg().map((load) => load.toFixed(2)).join(' ');

/** Prints a subject and puts it in its place in RESULTS.md. `work` gives the lines under the title, and the versions that count. */
export async function report(title, work) {
  const before = loads();
  const { lines, versions = {} } = await work();
  const what = Object.entries({ node: process.version, ...versions }).map(([name, version]) => `${name} ${version}`).join(', ');
  const text = `## ${title}\n\n${lines.join('\n')}\n\n${new Date().toISOString().slice(0, 16)}Z; ${cpus().length} × ${cpus()[0]?.model.trim()}, ${type()}; ${what}; load before ${before}, after ${loads()}.\n`;
  console.log(`\n${text}`);
  const [, ...sections] = (existsSync(RESULTS) ? readFileSync(RESULTS, 'utf8') : PREFACE).split(/^(?=## )/m);
  const at = sections.findIndex((section) => section.startsWith(`## ${title}\n`));
  sections.splice(at < 0 ? sections.length : at, at < 0 ? 0 : 1, text);
  writeFileSync(RESULTS, [PREFACE, ...sections].map((section) => section.trimEnd()).join('\n\n') + '\n');
}
