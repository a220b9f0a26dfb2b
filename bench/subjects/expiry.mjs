/** A token has expired, and a thousand calls of one page want one at once. `--rounds 2` */
import { report } from '../lib/report.mjs';
import { isRenewal, laterMs } from '../lib/expiry.mjs';
import { labelOf, onStage, OURS, PEERS } from '../lib/stage.mjs';
import { median, range, spread, table } from '../lib/stats.mjs';
import { column, takeTurns } from '../lib/turns.mjs';

const CLIENTS = [...OURS, 'floor', ...PEERS];
const CALLS = 1_000;
const DELAY_MS = 50;

await report({ subject: 'expiry', title: 'A thousand calls at expiry', rounds: { full: 2, few: 1 } }, ({ rounds }) => onStage({ clients: CLIENTS }, async (stage) => {
  const visit = (name) => stage.visit((context) => expire(stage, context, name), { clock: true });
  // The first visit of all starts the browser's processes; it costs too much to have everybody warm up.
  await visit('floor');
  const { samples, failures } = await takeTurns({ rounds, names: CLIENTS, warmUps: 0, visit });
  const of = (name, field) => column(samples[name], field);
  const most = (field) => Math.max(...OURS.map((name) => median(of(name, field))));
  for (const name of OURS) if (Math.min(...of(name, 'answered')) < CALLS) throw new Error(`${name} left a call without a token: ${samples[name].map(({ why }) => why).find(Boolean)}`);
  return {
    measured: { 'expiry-requests': Math.max(...OURS.flatMap((name) => of(name, 'requests'))), 'expiry-last': most('ms') },
    lines: [
      table(['', 'requests for a token', 'ms to the last answer, median', 'middle half', 'calls with a token', 'different tokens'], CLIENTS.map((name) => [
        labelOf(name), range(of(name, 'requests')), median(of(name, 'ms')).toFixed(0), spread(of(name, 'ms'), 0), range(of(name, 'answered')), range(of(name, 'tokens')),
      ])),
      '',
      `${rounds} rounds, each in a browser context of its own; ${CALLS.toLocaleString('en')} calls in one turn, after the page's clock and the service's went ahead to the end of the token; every answer is ${DELAY_MS} ms late. A refresh token is good once, and a second use ends the session, as with the services that rotate them. The slower of ours counts.`,
      ...failures,
    ],
  };
}));

async function expire(stage, context, name) {
  const { stub } = stage;
  Object.assign(stub, { delayMs: 0 });
  stub.world.clockShiftMs = 0;
  const page = await stage.signIn(context, name);
  Object.assign(stub, { asked: [], delayMs: DELAY_MS });
  stub.world.clockShiftMs = laterMs(name);
  const sample = await page.evaluate(async ([calls, shiftMs]) => {
    globalThis.clock.shiftMs = shiftMs;
    const begun = performance.now();
    const answers = await Promise.all(Array.from({ length: calls }, () => globalThis.bench.attempt(() => globalThis.bench.getToken())));
    const tokens = answers.map(({ token }) => token).filter(Boolean);
    return { ms: performance.now() - begun, answered: tokens.length, tokens: new Set(tokens).size, why: answers.find(({ error }) => error)?.error };
  }, [CALLS, laterMs(name)]);
  return { ...sample, requests: stub.asked.filter(isRenewal).length };
}
