/** A token that is there already: getToken() awaited in sequence, beside an async function that returns a string in the same page. `--rounds 31` */
import { report } from '../lib/report.mjs';
import { labelOf, onStage, OURS, PEERS } from '../lib/stage.mjs';
import { median, spread, table } from '../lib/stats.mjs';
import { column, takeTurns } from '../lib/turns.mjs';

const CLIENTS = [...OURS, 'floor', ...PEERS];
/** Long against the page's clock, which ticks every 0.1 ms. */
const ROUND_MS = 25;

await report({ subject: 'token', title: 'A cached token', rounds: { full: 31, few: 2 } }, ({ rounds }) => onStage({ clients: CLIENTS }, async (stage) => {
  const pages = {};
  for (const name of CLIENTS) {
    pages[name] = await stage.signIn(await stage.newContext(), name);
    await pages[name].evaluate(prepare);
  }
  stage.stub.asked = [];
  const { samples } = await takeTurns({ rounds, names: CLIENTS, visit: (name) => pages[name].evaluate((ms) => globalThis.measureRound(ms), ROUND_MS) });
  if (stage.stub.asked.length > 0) throw new Error(`A service was asked meanwhile: ${stage.stub.asked.map(({ path }) => path).join(', ')}`);
  return describe(samples, rounds);
}));

/** In the page: as many calls as fill the time, the client's and the async function's in turn. */
function prepare() {
  const text = 'x'.repeat(600);
  const calls = { token: () => globalThis.bench.getToken(), text: async () => text };
  const counts = {};
  const nsOf = async (name, count) => {
    const call = calls[name];
    const begun = performance.now();
    for (let i = 0; i < count; i++) await call();
    return ((performance.now() - begun) * 1e6) / count;
  };
  globalThis.measureRound = async (ms) => {
    for (const name of Object.keys(calls)) counts[name] ??= Math.ceil((ms * 1e6) / (await nsOf(name, 2_000)));
    return { token: await nsOf('token', counts.token), text: await nsOf('text', counts.text) };
  };
}

function describe(samples, rounds) {
  const ratio = (name) => median(samples[name].map(({ token, text }) => token / text));
  const rows = CLIENTS.map((name) => ({ name, ns: column(samples[name], 'token') })).sort((one, other) => median(one.ns) - median(other.ns));
  return {
    measured: { 'token-ns': median(column(samples.passerby, 'token')), 'token-ratio': ratio('passerby') },
    lines: [
      table(['awaited in sequence', 'ns a call, median', 'middle half', 'least', '× the async function'], rows.map(({ name, ns }) => [labelOf(name), median(ns).toFixed(0), spread(ns, 0), Math.min(...ns).toFixed(0), ratio(name).toFixed(1)])),
      '',
      `${rounds} rounds of some ${ROUND_MS} ms in a page for each; no service was asked. The async function, which returns a string and does nothing else: ${median(column(samples.passerby, 'text')).toFixed(0)} ns in our page, ${median(CLIENTS.flatMap((name) => column(samples[name], 'text'))).toFixed(0)} ns in all pages.`,
    ],
  };
}
