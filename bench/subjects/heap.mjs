/** What a page keeps of a hundred thousand calls of getToken(). `--rounds 2` */
import { report } from '../lib/report.mjs';
import { labelOf, onStage, OURS, PEERS } from '../lib/stage.mjs';
import { median, table } from '../lib/stats.mjs';
import { column, takeTurns } from '../lib/turns.mjs';

const CLIENTS = [...OURS, 'floor', ...PEERS];
const CALLS = 100_000;
/** What is made once is made by then. */
const WARM_UP_CALLS = 500;

await report({ subject: 'heap', title: 'The heap after a hundred thousand tokens', rounds: { full: 2, few: 1 } }, ({ rounds, quick }) => onStage({ clients: CLIENTS }, async (stage) => {
  const calls = quick ? CALLS / 10 : CALLS;
  const { samples, failures } = await takeTurns({ rounds, names: CLIENTS, warmUps: 0, visit: (name) => stage.visit((context) => fill(stage, context, name, calls)) });
  const kib = (name, field) => column(samples[name], field).map((bytes) => bytes / 1_024);
  const cells = (values) => [median(values).toFixed(0), `${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)}`];
  return {
    measured: { heap: Math.max(...OURS.map((name) => median(kib(name, 'growth')))) },
    lines: [
      table(['KiB after garbage collection', 'code, client and session: median', 'least to most', `growth by ${calls.toLocaleString('en')} calls: median`, 'least to most'], CLIENTS.map((name) => [labelOf(name), ...cells(kib(name, 'client')), ...cells(kib(name, 'growth'))])),
      '',
      `${rounds} rounds, each in a browser context of its own. The first two columns are over an empty page. The larger of ours counts.`,
      ...failures,
    ],
  };
}));

async function fill(stage, context, name, calls) {
  const empty = await heapOf(await blank(stage, context));
  const page = await stage.signIn(context, name);
  await page.evaluate(callMany, WARM_UP_CALLS);
  const before = await heapOf(page);
  await page.evaluate(callMany, calls);
  return { client: before - empty, growth: (await heapOf(page)) - before };
}

async function blank(stage, context) {
  const page = await context.newPage();
  await page.goto(stage.stub.origins.app);
  return page;
}

async function callMany(calls) {
  for (let i = 0; i < calls; i++) await globalThis.bench.getToken();
}

/** Bytes in use, after what nobody holds is gone: what is let go in a callback is free after the next collection only. */
async function heapOf(page) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('HeapProfiler.enable');
  for (let i = 0; i < 3; i++) await devtools.send('HeapProfiler.collectGarbage');
  const { usedSize } = await devtools.send('Runtime.getHeapUsage');
  await devtools.detach();
  return usedSize;
}
