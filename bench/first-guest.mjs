/** The first guest: from the call of authenticate() to the session, beside a bare fetch of the same size. `--rounds 15` */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { median, report, spread, table, verdict } from './lib/report.mjs';
import { newVisit, openBrowser, openShop } from './lib/shop.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '15' } } });
const ROUNDS = Number(values.rounds);
const DELAYS_MS = [50, 0];
const ROWS = {
  authenticate: 'login.authenticate()', settled: 'login.authenticate(), after completeLogin()', byHand: 'the same grant by hand, nothing kept', bare: 'a bare fetch of the same size',
};
const TIMELINE = readFileSync(new URL('page/timeline.js', import.meta.url), 'utf8');
/** The browser is busy for a second after a page has loaded, with its next processes. */
const REST_MS = 1_500;

await report('The first guest', async () => {
  const shop = await openShop();
  const browser = await openBrowser();
  try {
    // The first visit of all starts the browser's processes, and tells the size of an answer.
    await visit('authenticate');
    const samples = await takeSamples();
    const steps = await watchSteps();
    return { lines: [...describe(samples), '', ...describeSteps(steps)], versions: { Chromium: browser.version() } };
  } finally {
    await browser.close();
    await shop.close();
  }

  /** Every row once in each round, each as often first as the others. */
  async function takeSamples() {
    const cases = DELAYS_MS.flatMap((delayMs) => Object.keys(ROWS).map((name) => ({ delayMs, name, ms: [], asked: [] })));
    for (let round = 0; round < ROUNDS; round++) {
      for (let i = 0; i < cases.length; i++) {
        const one = cases[(i + round) % cases.length];
        const { ms, asked } = await visit(one.name, one.delayMs);
        one.ms.push(ms);
        one.asked.push(asked);
      }
    }
    return cases;
  }

  /** When each slower call of authenticate() begins and how long it takes, a list for each visit. */
  async function watchSteps() {
    const visits = [];
    for (let round = 0; round < ROUNDS; round++) visits.push((await visit('authenticate', 0, TIMELINE)).steps);
    return visits;
  }

  async function visit(name, delayMs = 0, script = '') {
    const { page, end } = await newVisit(browser, shop, { script });
    await sleep(REST_MS);
    Object.assign(shop, { delayMs, asked: [] });
    const result = await page.evaluate(([name, form]) => globalThis.bench.time(name, form), [name, shop.last?.form]);
    await end();
    return { ...result, asked: shop.asked };
  }
});

function describe(cases) {
  const rows = cases.map((one) => {
    const { delayMs, name, ms, asked } = one;
    const bare = cases.find((other) => other.delayMs === delayMs && other.name === 'bare');
    return [
      `${delayMs} ms`, ROWS[name], median(ms).toFixed(1), spread(ms), Math.min(...ms).toFixed(1), (median(ms) / median(bare.ms)).toFixed(2), `+${(median(ms) - median(bare.ms)).toFixed(1)}`,
      count(asked, (line) => !line.startsWith('OPTIONS')), count(asked, (line) => line.startsWith('OPTIONS')),
    ];
  });
  const find = (wanted) => cases.find(({ name, delayMs }) => name === wanted && delayMs === DELAYS_MS[0]);
  return [
    table(['added to every answer', 'what', 'ms, median', 'middle half', 'least', '× bare', 'ms over bare', 'requests', 'preflights'], rows),
    '',
    `${ROUNDS} rounds, every visit with a browser context of its own. What authenticate() asked the verifier for: ${find('authenticate').asked[0].join(', ')}.`,
    '',
    ...['settled', 'authenticate'].map((name) => verdict({ what: `${ROWS[name]}, beside the bare fetch`, value: median(find(name).ms) / median(find('bare').ms), limit: 1.25, unit: '×', at: 'most' })),
  ];
}

/** How many of these each visit made: one number where all made the same. */
function count(asked, isOne) {
  return [...new Set(asked.map((lines) => lines.filter(isOne).length))].join(' to ');
}

/** The second call of one kind is another step than the first. */
function describeSteps(visits) {
  const steps = new Map();
  for (const notes of visits) {
    const counts = new Map();
    for (const { what, begun, took } of notes.sort((one, other) => one.begun - other.begun)) {
      counts.set(what, (counts.get(what) ?? 0) + 1);
      const name = `${what}, ${counts.get(what)}.`;
      const step = steps.get(name) ?? { begun: [], took: [] };
      steps.set(name, step);
      step.begun.push(begun);
      step.took.push(took);
    }
  }
  const rows = [...steps].map(([name, { begun, took }]) => [name, median(begun), median(took)]).sort(([, one], [, other]) => one - other);
  return [
    'What authenticate() waits for, watched in visits of their own, with nothing added to an answer (medians, ms from the call):',
    '',
    table(['step', 'begins', 'takes'], rows.map(([name, ...ms]) => [name, ...ms.map((one) => one.toFixed(1))])),
  ];
}
