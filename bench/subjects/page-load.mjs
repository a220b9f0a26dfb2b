/** Somebody is here already and opens another page: from the making of the client to the token. `--rounds 5` */
import { setTimeout as sleep } from 'node:timers/promises';
import { report } from '../lib/report.mjs';
import { labelOf, onStage, OURS } from '../lib/stage.mjs';
import { stepsOf, stepsTable, TIMELINE } from '../lib/steps.mjs';
import { median, range, spread, table } from '../lib/stats.mjs';
import { column, takeTurns } from '../lib/turns.mjs';

const CLIENTS = [...OURS, 'floor', 'authress', 'supabase', 'auth0', 'firebase'];
/** What the page before still writes is written by then, and this one is loaded. */
const REST_MS = 300;

await report({ subject: 'page-load', title: 'A page that opens with a session', rounds: { full: 5, few: 2 } }, ({ rounds }) => onStage({ clients: CLIENTS }, async (stage) => {
  const contexts = new Map();
  const { samples, failures } = await takeTurns({ rounds, names: CLIENTS, visit: async (name) => open(stage, contexts.get(name) ?? await signIn(stage, contexts, name), name) });
  const watched = await takeTurns({ rounds: Math.min(rounds, 3), names: OURS, visit: (name) => open(stage, contexts.get(name), name, TIMELINE) });
  await Promise.all([...contexts.values()].map((context) => context.close()));
  const profile = OURS.map((name) => `${labelOf(name)}:\n\n${stepsTable(column(watched.samples[name], 'steps'))}`).join('\n\n');
  const msOf = (name) => column(samples[name], 'ms');
  const ours = Math.max(...OURS.map((name) => median(msOf(name))));
  return {
    profiles: { 'load-ratio': profile, 'load-beyond': 'The steps are those of `load-ratio`.' },
    measured: { 'load-requests': Math.max(...OURS.flatMap((name) => column(samples[name], 'requests'))), 'load-ratio': ours / median(msOf('floor')), 'load-beyond': ours - median(msOf('authress')) },
    lines: [
      table(['', 'ms to the token, median', 'middle half', '× the floor', 'requests'], CLIENTS.map((name) => [labelOf(name), median(msOf(name)).toFixed(1), spread(msOf(name)), (median(msOf(name)) / median(msOf('floor'))).toFixed(2), range(column(samples[name], 'requests'))])),
      '',
      `${rounds} rounds. Each client has a browser context, in which somebody became a guest (or signed in, where there are no guests); in every round one more page of theirs opens. Supabase and auth0 read localStorage, which no Web Lock keeps in order between tabs. The slower of ours counts.`,
      ...failures,
    ],
  };
}));

async function signIn(stage, contexts, name) {
  const context = await stage.newContext();
  try {
    const page = await stage.signIn(context, name);
    await sleep(REST_MS);
    await page.close();
  } catch (error) {
    await context.close();
    throw error;
  }
  contexts.set(name, context);
  return context;
}

async function open(stage, context, name, script) {
  const page = await stage.load(context, name, { query: '?isolated', script });
  await sleep(REST_MS);
  const { ms, requests } = await page.evaluate(measure, stage.settingsFor(name));
  const steps = await stepsOf(page);
  await page.close();
  return { ms, requests, steps };
}

/** In the page: milliseconds until the token, and what was requested until then. */
async function measure(settings) {
  const { bench } = globalThis;
  const ms = await bench.time(async () => {
    bench.open(settings);
    await bench.ready();
    const token = await bench.getToken();
    if (typeof token !== 'string') throw new Error('There is no token');
  });
  // A request that is still on its way has no entry yet.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const requests = performance.getEntriesByType('resource').filter(({ startTime }) => startTime >= bench.begun && startTime <= bench.begun + ms).length;
  return { ms, requests };
}
