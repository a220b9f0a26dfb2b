/** The work that Authress asks for with each request: ours beside the published SDK's loop, on warm pages and cold ones. `--rounds 18` */
import { report } from '../lib/report.mjs';
import { bundleCode } from '../lib/bundles.mjs';
import { onStage } from '../lib/stage.mjs';
import { median, quantile, spread, table } from '../lib/stats.mjs';
import { column, takeTurns } from '../lib/turns.mjs';

const LABELS = { ours: 'Passerby: synchronous, in slices', published: "@authress/login: awaited `subtle.digest`", library: '@noble/hashes: synchronous, in one piece' };
const RATES = [1, 4];
/** How many are needed is luck, so what is compared is scaled to the mean. */
const MEAN_ATTEMPTS = 4_096;
/** Below this the start is most of it. */
const FEWEST_ATTEMPTS = 500;

await report({ subject: 'proof-of-work', title: 'The proof of work', rounds: { full: 18, few: 4 } }, async ({ rounds }) => {
  const scripts = { work: await bundleCode("import './page/work.js';") };
  return onStage({ scripts }, async (stage) => {
    const cases = Object.keys(LABELS).flatMap((way) => RATES.map((rate) => `${way} ×${rate}`));
    const warm = await takeWarm(stage, cases, rounds);
    const cold = await takeTurns({ rounds: Math.ceil(rounds / 3), names: cases.filter((name) => !name.startsWith('library')), visit: (name, round) => stage.visit((context) => workIn(stage, context, name, round)) });
    const holds = await takeHolds(stage, rounds);
    const ratio = (samples) => median(scaled(samples['published ×1'])) / median(scaled(samples['ours ×1']));
    return {
      measured: { 'work-warm': ratio(warm), 'work-cold': ratio(cold.samples), 'work-block': median(holds.ours) },
      lines: [
        ...describe('warm page', cases, warm), '', ...describe('cold page', Object.keys(cold.samples), cold.samples), '',
        table(['main thread held, CPU ×4', 'ms, median of the longest', 'middle half', 'p95'], Object.keys(LABELS).map((way) => [LABELS[way], median(holds[way]).toFixed(1), spread(holds[way]), quantile(holds[way], 0.95).toFixed(1)])),
        '',
        `${rounds} rounds warm, ${Math.ceil(rounds / 3)} cold, each cold one on a page of its own that has done nothing yet. How many hashes it takes is luck, so times are also scaled to the mean of ${MEAN_ATTEMPTS}. A sign-in needs two. Held: the longest time in which a message to the page's own main thread was not delivered.`,
        ...cold.failures,
      ],
    };
  });
});

/** One page for each rate, in which everything has run before. */
async function takeWarm(stage, cases, rounds) {
  const pages = {};
  for (const rate of RATES) pages[rate] = await openAt(stage, await stage.newContext(), rate);
  const { samples } = await takeTurns({ rounds, names: cases, warmUps: 3, visit: (name, round) => run(pages[name.split(' ×')[1]], name, round) });
  return samples;
}

async function takeHolds(stage, rounds) {
  const page = await openAt(stage, await stage.newContext(), 4);
  const { samples } = await takeTurns({ rounds, names: Object.keys(LABELS), warmUps: 3, visit: (way, round) => page.evaluate(([way, values]) => globalThis.longestHold(way, values), [way, valuesOf(round)]) });
  return samples;
}

async function workIn(stage, context, name, round) {
  return run(await openAt(stage, context, Number(name.split(' ×')[1])), name, round);
}

async function openAt(stage, context, rate) {
  const page = await stage.load(context, 'work', { query: '?isolated' });
  await stage.slowDown(page, rate);
  return page;
}

function run(page, name, round) {
  return page.evaluate(([way, values]) => globalThis.work(way, values), [name.split(' ×')[0], valuesOf(round)]);
}

function valuesOf(round) {
  return [`con_guest_${round}`, 'app_mSS5QVgrJA'];
}

function scaled(samples) {
  return samples.filter(({ attempts }) => attempts >= FEWEST_ATTEMPTS).map(({ ms, attempts }) => (ms * MEAN_ATTEMPTS) / attempts);
}

function describe(title, names, samples) {
  return [table([title, 'ms, median', 'p95', `ms for ${MEAN_ATTEMPTS} hashes, median`, 'middle half', 'hashes, median'], names.map((name) => {
    const [way, rate] = name.split(' ×');
    const ms = column(samples[name], 'ms');
    const even = scaled(samples[name]);
    return [`${LABELS[way]}, CPU ×${rate}`, median(ms).toFixed(1), quantile(ms, 0.95).toFixed(1), median(even).toFixed(1), spread(even), median(column(samples[name], 'attempts')).toFixed(0)];
  }))];
}
