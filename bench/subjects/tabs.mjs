/** A token has expired, and twenty tabs want one at once: tabs that were open all the time, and tabs of a window that is opened again. `--rounds 1` */
import { setTimeout as sleep } from 'node:timers/promises';
import { report } from '../lib/report.mjs';
import { isRenewal, laterMs } from '../lib/expiry.mjs';
import { labelOf, onStage, OURS } from '../lib/stage.mjs';
import { median, range, table } from '../lib/stats.mjs';
import { column, takeTurns } from '../lib/turns.mjs';

const CLIENTS = [...OURS, 'floor', 'auth0', 'oidc-client-ts', 'supabase', 'firebase', 'authress'];
const WAYS = { wake: 'open when the token expired', restore: 'opened with an expired token' };
const TABS = 20;
const DELAY_MS = 50;
/** All tabs look at the same clock and begin at the same moment; until then they are told what to do. */
const LEAD_MS = 500;
/** Whoever was refused tries again, or has lost the session. */
const LATER_LOOK_MS = 1_000;

await report({ subject: 'tabs', title: 'Twenty tabs at expiry', rounds: { full: 1, few: 1 } }, ({ rounds }) => onStage({ clients: CLIENTS }, async (stage) => {
  const names = CLIENTS.flatMap((name) => Object.keys(WAYS).map((way) => `${name} ${way}`));
  const context = await stage.newContext({ clock: true });
  const tabs = await Promise.all(Array.from({ length: TABS }, () => context.newPage()));
  const { samples, failures } = await takeTurns({ rounds, names, warmUps: 0, visit: (name) => expire(stage, tabs, ...name.split(' ')) });
  await context.close();
  const ours = names.filter((name) => OURS.includes(name.split(' ')[0]));
  return {
    measured: {
      'tabs-requests': Math.max(...ours.flatMap((name) => column(samples[name], 'requests'))),
      'tabs-answered': Math.min(...ours.flatMap((name) => samples[name].flatMap(({ answered, later }) => [answered, later]))),
    },
    lines: [
      table(['', 'requests for a token', `of ${TABS} tabs have one`, `${LATER_LOOK_MS / 1_000} s later`, 'slowest tab, ms'], names.map((name) => {
        const [client, way] = name.split(' ');
        const of = (field) => column(samples[name], field);
        return [`${labelOf(client)}, ${WAYS[way]}`, range(of('requests')), range(of('answered')), range(of('later')), median(of('ms')).toFixed(0)];
      })),
      '',
      `${rounds} rounds, in the same ${TABS} tabs of one browser, which have forgotten everything before each. A refresh token is good once, and a second use ends the session. Every answer is ${DELAY_MS} ms late.`,
      ...failures,
    ],
  };
}));

async function expire(stage, pages, name, way) {
  const { stub } = stage;
  const context = pages[0].context();
  Object.assign(stub, { delayMs: 0 });
  stub.world.clockShiftMs = 0;
  await forget(stage, pages);
  const first = await stage.signIn(context, name);
  await sleep(200);
  await first.close();
  await Promise.all(pages.map((page) => stage.show(page, name, `?shift=${way === 'restore' ? laterMs(name) : 0}`)));
  const settings = stage.settingsFor(name);
  if (way === 'wake') await Promise.all(pages.map((page) => page.evaluate(openAndAsk, settings)));
  Object.assign(stub, { asked: [], delayMs: DELAY_MS });
  stub.world.clockShiftMs = laterMs(name);
  const at = Date.now() + LEAD_MS;
  const answers = await Promise.all(pages.map((page) => page.evaluate(askAt, { settings, at, shiftMs: laterMs(name) })));
  const requests = stub.asked.filter(isRenewal).length;
  await sleep(LATER_LOOK_MS);
  const later = await Promise.all(pages.map((page) => page.evaluate(() => globalThis.bench.attempt(() => globalThis.bench.getToken()))));
  const count = (some) => some.filter(({ token }) => token).length;
  return { requests, answered: count(answers), later: count(later), ms: Math.max(...answers.map(({ ms }) => ms)) };
}

/** A tab takes longer to open than all that is measured, so they stay open: on an empty page, while the browser forgets what was stored. */
async function forget({ stub }, pages) {
  await Promise.all(pages.map(async (page) => {
    if (page.url() !== 'about:blank') await page.evaluate(() => sessionStorage.clear());
    await page.goto('about:blank');
  }));
  const context = pages[0].context();
  await context.clearCookies();
  const devtools = await context.newCDPSession(pages[0]);
  for (const origin of Object.values(stub.origins)) await devtools.send('Storage.clearDataForOrigin', { origin, storageTypes: 'local_storage,indexeddb,service_workers' });
  await devtools.detach();
}

async function openAndAsk(settings) {
  globalThis.bench.open(settings);
  await globalThis.bench.ready();
  await globalThis.bench.getToken();
}

/** In each tab: waits for the moment, the last milliseconds without sleeping, moves the clock, and asks. */
async function askAt({ settings, at, shiftMs }) {
  const { clock, bench } = globalThis;
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, at - clock.real() - 8)));
  while (clock.real() < at);
  clock.shiftMs = shiftMs;
  const begun = performance.now();
  const answer = await bench.attempt(async () => {
    if (!bench.client) {
      bench.open(settings);
      await bench.ready();
    }
    return bench.getToken();
  });
  return { ...answer, ms: performance.now() - begun };
}
