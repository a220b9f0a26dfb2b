/**
 * `npm run bench`: installs, builds, finds a browser, and takes every measure of bench/, or those that are named: `npm run bench -- token`. `--quick` takes a few
 * rounds, which show that it works. It fails where something that is wanted was missed and bench/shortfalls.md does not say why.
 */
import { parseArgs } from 'node:util';
import { SUBJECTS } from '../bench/wanted.mjs';
import { build, install, must, say } from './steps.mjs';

const { positionals: named, values } = readArguments();
const passedOn = Object.entries(values).flatMap(([name, value]) => (value === true ? [`--${name}`] : [`--${name}`, value]));
const chosen = Object.keys(SUBJECTS).filter((name) => named.length === 0 || named.includes(name));
const begun = performance.now();

await install();
say('Installing the peers and their bundlers with npm ci, in bench/ alone');
await must('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', 'bench']);
await build();
await findBrowser();
for (const name of chosen) {
  say(`Measuring ${SUBJECTS[name]} (bench/subjects/${name}.mjs)`);
  await must(process.execPath, [`bench/subjects/${name}.mjs`, ...passedOn]);
}
await conclude();

function readArguments() {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { quick: { type: 'boolean' }, rounds: { type: 'string' } } });
  const unknown = positionals.filter((name) => !Object.hasOwn(SUBJECTS, name));
  if (unknown.length > 0) refuse(`There is no ${unknown.join(' or ')}: choose of ${Object.keys(SUBJECTS).join(', ')}`);
  return { positionals, values: { ...values } };
}

/** Loaded only now: it stands on what was just installed. */
async function findBrowser() {
  const { chromiumPath, installChromium } = await import('./chromium.mjs');
  if (!(chromiumPath() ?? installChromium(say))) refuse('No Chromium was found and none could be installed. Install one, or name it: CHROMIUM=/path/to/chromium npm run bench');
}

async function conclude() {
  const { judge, resultsPath } = await import('../bench/lib/report.mjs');
  const { missed, unexplained, needless } = judge(chosen, values);
  say(`All of it is in ${resultsPath(values)}, after ${Math.round((performance.now() - begun) / 1_000)} s`);
  if (missed.length > 0) console.log(`  missed: ${missed.join(', ')}`);
  if (needless.length > 0) console.log(`  explained in bench/shortfalls.md and not missed: ${needless.join(', ')}`);
  if (unexplained.length === 0) return;
  const complaint = `Missed, and not explained in bench/shortfalls.md: ${unexplained.join(', ')}`;
  // A few rounds miss at random.
  if (values.quick) console.log(`  ${complaint}`);
  else refuse(complaint);
}

function refuse(reason) {
  console.error(`\n✗ ${reason}`);
  process.exit(1);
}
