/** The first guest: from the making of the client to the token, beside a bare fetch of the same size. `--rounds 5` */
import { setTimeout as sleep } from 'node:timers/promises';
import { report } from '../lib/report.mjs';
import { labelOf, onStage } from '../lib/stage.mjs';
import { stepsOf, stepsTable, TIMELINE } from '../lib/steps.mjs';
import { median, range, spread, table } from '../lib/stats.mjs';
import { column, takeTurns } from '../lib/turns.mjs';

const DELAY_MS = 50;
const CLIENTS = ['passerby', 'by-hand', 'bare', 'floor', 'supabase', 'auth0-anonymous', 'firebase'];
/** A page that people look at already: its app has called completeLogin(), as the quick start does, and what is loaded later has come. The other one has no app. */
const LOOKED_AT = ['passerby', 'bare'];
/** The browser is busy for a second after a page has loaded, with its next processes. */
const REST_MS = 1_500;

await report({ subject: 'first-guest', title: 'The first guest', rounds: { full: 5, few: 2 } }, ({ rounds }) => onStage({ clients: CLIENTS }, async (stage) => {
  // The first visit of all starts the browser's processes, and tells the size of an answer.
  await stage.visit((context) => stage.signIn(context, 'passerby'));
  const first = await takeVisits(stage, { rounds, delayMs: DELAY_MS });
  const lookedAt = await takeTurns({ rounds, names: LOOKED_AT, visit: (name) => stage.visitWithProfile((context) => visitLookedAt(stage, context, name)) });
  const few = Math.min(rounds, 3);
  const watched = {
    'guest-ratio': (await takeTurns({ rounds: few, names: ['passerby'], visit: (name) => stage.visitWithProfile((context) => visitLookedAt(stage, context, name, { delayMs: 0, script: TIMELINE })) })).samples,
    'guest-ratio-cold': (await takeVisits(stage, { rounds: few, names: ['passerby'], delayMs: 0, script: TIMELINE })).samples,
  };
  const profiles = Object.fromEntries(Object.entries(watched).map(([id, { passerby }]) => [id, `What it waits for, with nothing added to an answer:\n\n${stepsTable(column(passerby, 'steps'))}`]));
  return { ...describe(first, lookedAt, rounds), profiles };
}));

/** The first call of a page. The pages of a round are loaded together and rest together; then each has its turn alone. */
async function takeVisits(stage, { rounds, names = CLIENTS, delayMs, script }) {
  let pages = new Map();
  const contexts = [];
  const taken = await takeTurns({ rounds, names, visit: async (name) => {
    if (!pages.has(name)) pages = await loadAll(stage, { names, script, contexts });
    const page = pages.get(name);
    pages.delete(name);
    return guestIn(stage, page, name, delayMs);
  } });
  await Promise.all(contexts.map((context) => context.close()));
  return taken;
}

async function loadAll(stage, { names, script, contexts }) {
  await Promise.all(contexts.splice(0).map((context) => context.close()));
  const pages = new Map();
  for (const name of names) {
    const context = await stage.newContext();
    contexts.push(context);
    pages.set(name, await stage.load(context, name, { script }));
  }
  await sleep(REST_MS);
  return pages;
}

async function visitLookedAt(stage, context, name, { delayMs = DELAY_MS, script } = {}) {
  const page = await stage.load(context, name, { script });
  await page.evaluate((settings) => {
    globalThis.bench.open(settings);
    return globalThis.bench.ready();
  }, stage.settingsFor(name));
  await sleep(REST_MS);
  return guestIn(stage, page, name, delayMs);
}

async function guestIn(stage, page, name, delayMs) {
  const { stub } = stage;
  Object.assign(stub, { asked: [], delayMs });
  const ms = await page.evaluate(measure, stage.settingsFor(name));
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

function describe(first, lookedAt, rounds) {
  const bareOf = ({ samples }) => median(column(samples.bare, 'ms'));
  const rowsOf = (taken) => Object.entries(taken.samples).map(([name, visits]) => {
    const ms = column(visits, 'ms');
    const counts = ['requests', 'preflights', 'files'].map((field) => range(column(visits, field)));
    return [labelOf(name), median(ms).toFixed(1), spread(ms), Math.min(...ms).toFixed(1), (median(ms) / bareOf(taken)).toFixed(2), (Math.min(...ms) / DELAY_MS).toFixed(1), ...counts];
  });
  const tableOf = (what, taken) => table([what, 'ms, median', 'middle half', 'least', '× bare', 'delays (least)', 'requests', 'preflights', 'files of its own'], rowsOf(taken));
  const ours = [first, lookedAt].map(({ samples }) => samples.passerby);
  const most = (field) => Math.max(...ours.flatMap((visits) => column(visits, field)));
  const [cold, warm] = [first, lookedAt].map((taken) => median(column(taken.samples.passerby, 'ms')) / bareOf(taken));
  return {
    measured: { 'guest-requests': most('requests'), 'guest-preflights': most('preflights'), 'guest-ratio': warm, 'guest-ratio-cold': cold },
    lines: [
      tableOf('in a page that people look at already', lookedAt),
      '',
      `${rounds} rounds, each in a browser with a profile of its own. Ours has called \`completeLogin()\` ${REST_MS / 1_000} s before, found nobody, and connected to the verifier.`,
      '',
      tableOf('the first call of a page', first),
      '',
      `${rounds} rounds, each in a browser context of its own, where nothing is connected beforehand; from the making of the client, in a page that has loaded it. Every answer is ${DELAY_MS} ms late, a preflight's and that of a file which the SDK loads later too.`,
      ...first.failures, ...lookedAt.failures,
    ],
  };
}
