/** The first guest: from the making of the client to the token, beside a bare fetch of the same size. `--rounds 10` */
import { setTimeout as sleep } from 'node:timers/promises';
import { report } from '../lib/report.mjs';
import { labelOf, onStage } from '../lib/stage.mjs';
import { stepsOf, stepsTable, TIMELINE } from '../lib/steps.mjs';
import { median, range, spread, table } from '../lib/stats.mjs';
import { column, takeTurns } from '../lib/turns.mjs';

const DELAY_MS = 50;
/** A client by itself, or one whose app has called completeLogin(), as the quick start does, and whose later files have come: as in a page that people look at already. */
const SETTLED = 'passerby, settled';
const NAMES = [SETTLED, 'passerby', 'by-hand', 'bare', 'floor', 'supabase', 'auth0-anonymous', 'firebase'];
const clientOf = (name) => (name === SETTLED ? 'passerby' : name);
const LABELS = Object.fromEntries(NAMES.map((name) => [name, name === SETTLED ? `${labelOf('passerby')}, after completeLogin()` : labelOf(clientOf(name))]));
/** The browser is busy for a second after a page has loaded, with its next processes. */
const REST_MS = 1_500;

await report({ subject: 'first-guest', title: 'The first guest', rounds: { full: 10, few: 2 } }, ({ rounds }) => onStage({ clients: NAMES.filter((name) => name !== SETTLED) }, async (stage) => {
  // The first visit of all starts the browser's processes, and tells the size of an answer.
  await stage.visit((context) => stage.signIn(context, 'passerby'));
  const { samples, failures } = await takeVisits(stage, { rounds, names: NAMES, delayMs: DELAY_MS });
  const watched = await takeVisits(stage, { rounds: Math.min(rounds, 5), names: ['passerby'], delayMs: 0, script: TIMELINE });
  const { measured, lines } = describe(samples, rounds);
  const steps = `What the first call of a page waits for, with nothing added to an answer:\n\n${stepsTable(column(watched.samples.passerby, 'steps'))}`;
  return { measured, lines: [...lines, ...failures], profiles: { 'guest-ratio': steps, 'guest-ratio-cold': steps } };
}));

/** The pages of a round are loaded together and rest together; then each has its turn alone. */
async function takeVisits(stage, { rounds, names, delayMs, script }) {
  let pages = new Map();
  const contexts = [];
  const { samples, failures } = await takeTurns({ rounds, names, visit: async (name) => {
    if (!pages.has(name)) pages = await loadAll(stage, { names, script, contexts });
    const page = pages.get(name);
    pages.delete(name);
    return guestIn(stage, page, name, delayMs);
  } });
  await Promise.all(contexts.map((context) => context.close()));
  return { samples, failures };
}

async function loadAll(stage, { names, script, contexts }) {
  await Promise.all(contexts.splice(0).map((context) => context.close()));
  const pages = new Map();
  for (const name of names) {
    const context = await stage.newContext();
    contexts.push(context);
    pages.set(name, await stage.load(context, clientOf(name), { script }));
  }
  await sleep(REST_MS);
  return pages;
}

async function guestIn(stage, page, name, delayMs) {
  const { stub } = stage;
  const settings = stage.settingsFor(clientOf(name));
  if (name === SETTLED) {
    await page.evaluate((settings) => {
      globalThis.bench.open(settings);
      return globalThis.bench.ready();
    }, settings);
    await sleep(REST_MS);
  }
  Object.assign(stub, { asked: [], delayMs });
  const ms = await page.evaluate(measure, settings);
  const steps = await stepsOf(page);
  const [files, asked] = [stub.asked.filter(isFile), stub.asked.filter((request) => !isFile(request))];
  stub.delayMs = 0;
  return { ms, steps, files: files.length, requests: asked.filter(({ method }) => method !== 'OPTIONS').length, preflights: asked.filter(({ method }) => method === 'OPTIONS').length };
}

/** What an SDK has its app's own server send later, as late as everything else. */
function isFile({ host, destination }) {
  return host === 'app' && destination === 'script';
}

/** In the page: milliseconds until the token. */
function measure(settings) {
  const { bench } = globalThis;
  return bench.time(async () => {
    if (!bench.client) bench.open(settings);
    if (typeof (await bench.guest()) !== 'string') throw new Error('There is no token');
  });
}

function describe(samples, rounds) {
  const msOf = (name) => column(samples[name], 'ms');
  const bare = median(msOf('bare'));
  const rows = NAMES.map((name) => {
    const ms = msOf(name);
    return [
      LABELS[name], median(ms).toFixed(1), spread(ms), Math.min(...ms).toFixed(1), (median(ms) / bare).toFixed(2), (Math.min(...ms) / DELAY_MS).toFixed(1),
      range(column(samples[name], 'requests')), range(column(samples[name], 'preflights')), range(column(samples[name], 'files')),
    ];
  });
  const most = (field) => Math.max(...[SETTLED, 'passerby'].flatMap((name) => column(samples[name], field)));
  return {
    measured: { 'guest-requests': most('requests'), 'guest-preflights': most('preflights'), 'guest-ratio': median(msOf(SETTLED)) / bare, 'guest-ratio-cold': median(msOf('passerby')) / bare },
    lines: [
      table(['', 'ms, median', 'middle half', 'least', '× bare', 'delays (least)', 'requests', 'preflights', 'files of its own'], rows),
      '',
      `${rounds} rounds, every visit with a browser context of its own; every answer is ${DELAY_MS} ms late, a preflight's and that of a file which the SDK loads later too. From the making of the client, in a page that has loaded it.`,
    ],
  };
}
