/** The first guest by Authress's protocol: ours in a hidden frame, the published SDK's by leaving the page. `--rounds 5` */
import { setTimeout as sleep } from 'node:timers/promises';
import { report } from '../lib/report.mjs';
import { labelOf, onStage } from '../lib/stage.mjs';
import { median, range, spread, table } from '../lib/stats.mjs';
import { column, takeTurns } from '../lib/turns.mjs';

const DELAY_MS = 50;
/** Whether the verifier and the login host send people on by a redirect, or by a page whose script does. A frame without scripts has only the first. */
const WAYS = {
  ours: { client: 'passerby-authress', label: `${labelOf('passerby-authress')}, hidden frame, after \`completeLogin()\``, hosted: 'redirects', isLookedAt: true },
  cold: { client: 'passerby-authress', label: 'the same as the first call of a page', hosted: 'redirects' },
  theirs: { client: 'authress', label: `${labelOf('authress')}, redirect`, hosted: 'redirects' },
  documents: { client: 'authress', label: `${labelOf('authress')}, redirect over pages with scripts`, hosted: 'documents' },
};
const REST_MS = 1_000;

await report({ subject: 'authress-guest', title: "The first guest by Authress's protocol", rounds: { full: 5, few: 2 } }, ({ rounds }) => onStage({ clients: ['passerby-authress', 'authress'] }, async (stage) => {
  const { samples, failures } = await takeTurns({ rounds, names: Object.keys(WAYS), visit: (way) => stage.visit((context) => guest(stage, context, WAYS[way])) });
  const msOf = (way) => column(samples[way], 'ms');
  const shape = (way) => ['documents', 'frames', 'requests', 'preflights'].map((field) => range(column(samples[way], field)));
  const ratioOf = (way) => median(msOf(way)) / median(msOf('theirs'));
  const trips = (way) => table(['request, as it came in', ...[way, 'theirs'].map((one) => `${WAYS[one].label}, ms`)], tripsOf(samples[way].at(-1), samples.theirs.at(-1)));
  return {
    profiles: { 'authress-ratio': trips('ours'), 'authress-ratio-cold': trips('cold') },
    measured: { 'authress-documents': Math.max(...column([...samples.ours, ...samples.cold], 'documents')), 'authress-ratio': ratioOf('ours'), 'authress-ratio-cold': ratioOf('cold') },
    lines: [
      table(['', 'ms, median', 'middle half', '× the redirect', 'delays (least)', 'documents', 'frame loads', 'requests', 'preflights'], Object.entries(WAYS).map(([way, { label }]) => [
        label, median(msOf(way)).toFixed(0), spread(msOf(way), 0), ratioOf(way).toFixed(2), (Math.min(...msOf(way)) / DELAY_MS).toFixed(1), ...shape(way),
      ])),
      '',
      `${rounds} rounds, every visit with a browser context of its own; every answer is ${DELAY_MS} ms late, preflights, redirects and documents included; scripts come from the cache on the way back. Documents: navigations of the page itself, each hop counted.`,
      ...failures,
    ],
  };
}));

async function guest(stage, context, { client, hosted, isLookedAt }) {
  const { stub } = stage;
  Object.assign(stub, { hosted, delayMs: 0 });
  const page = isLookedAt ? await stage.open(context, client) : await stage.load(context, client);
  if (isLookedAt) await page.evaluate(() => globalThis.bench.ready());
  await sleep(REST_MS);
  Object.assign(stub, { asked: [], delayMs: DELAY_MS });
  const { token, ms } = client === 'authress' ? await stage.leaveAndComeBack(page, client) : await page.evaluate(async (settings) => {
    const begun = Date.now();
    if (!globalThis.bench.client) globalThis.bench.open(settings);
    return { token: await globalThis.bench.guest(), ms: Date.now() - begun };
  }, stage.settingsFor(client));
  stub.delayMs = 0;
  if (typeof token !== 'string') throw new Error('There is no token');
  const [first] = stub.asked;
  const trips = stub.asked.map(({ method, host, path, at }) => ({ what: `${method} ${host}${path.replace(/[\w-]{20,}/, '…')}`, ms: at - first.at }));
  const count = (isOne) => stub.asked.filter(isOne).length;
  return {
    ms, trips, documents: count(({ destination }) => destination === 'document'), frames: count(({ destination }) => destination === 'iframe'),
    requests: count(({ method, destination }) => method !== 'OPTIONS' && destination === 'empty'), preflights: count(({ method }) => method === 'OPTIONS'),
  };
}

/** When each request of one visit came in, from the first: both ways make the same ones, but for the document that a redirect ends on. */
function tripsOf(ours, theirs) {
  const names = [...new Set([...ours.trips, ...theirs.trips].sort((one, other) => one.ms - other.ms).map(({ what }) => what))];
  const at = ({ trips }, what) => trips.find((trip) => trip.what === what)?.ms.toFixed(0) ?? '–';
  return [...names.map((what) => [what, at(ours, what), at(theirs, what)]), ['the token, from the call', ours.ms.toFixed(0), theirs.ms.toFixed(0)]];
}
