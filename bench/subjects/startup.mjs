/** What it costs a page to take an SDK in: a classic script is parsed and evaluated at once, so nothing else is in the time. `--rounds 4` */
import { Script } from 'node:vm';
import { bundleScript } from '../lib/bundles.mjs';
import { report } from '../lib/report.mjs';
import { onStage } from '../lib/stage.mjs';
import { median, middle, table } from '../lib/stats.mjs';
import { column, takeTurns } from '../lib/turns.mjs';
import { entryPath } from '../../scripts/size.mjs';

const NOTHING = 'an empty script';
const ENTRIES = ['passerby-authress', 'passerby-oidc', 'authress', 'oidc-client-ts', 'supabase', 'firebase', 'auth0', 'descope'];
const RATES = [1, 4];

await report({ subject: 'startup', title: 'Parse and evaluate', rounds: { full: 4, few: 2 } }, async ({ rounds }) => {
  const bundles = await Promise.all(ENTRIES.map(async (name) => [name, await bundleScript(entryPath(name))]));
  const scripts = { [NOTHING]: '', ...Object.fromEntries(bundles) };
  return onStage({}, async (stage) => {
    const names = Object.keys(scripts).flatMap((name) => RATES.map((rate) => `${name} ×${rate}`));
    const { samples, failures } = await takeTurns({ rounds, names, visit: (name, round) => visit(stage, scripts, name, round) });
    // What the browser does for any script, and for being asked.
    const net = (name, rate) => column(samples[`${name} ×${rate}`], 'cpuMs').map((ms) => ms - median(column(samples[`${NOTHING} ×${rate}`], 'cpuMs')));
    const rows = ENTRIES.map((name) => [name, scripts[name].length.toLocaleString('en'), ...RATES.flatMap((rate) => [...middle(net(name, rate), 2), ...middle(column(samples[`${name} ×${rate}`], 'wallMs'), 2)])]);
    return {
      profiles: { 'startup-1': profile(scripts['passerby-authress']) },
      measured: { 'startup-1': median(net('passerby-authress', 1)), 'startup-4': median(net('passerby-authress', 4)) },
      lines: [
        table(['bundle', 'characters', ...RATES.flatMap((rate) => [`CPU ×${rate}, ms`, 'middle half', `wall ×${rate}, ms`, 'middle half'])], rows),
        '',
        `${rounds} rounds, each in a browser context of its own: the script is inserted as text, so it is parsed, compiled as far as it runs, and evaluated before the next statement. CPU: the main thread's own time, less an empty script's.`,
        ...failures,
      ],
    };
  });
});

function visit(stage, scripts, nameAndRate, round) {
  const [name, rate] = nameAndRate.split(' ×');
  return stage.visit(async (context) => {
    const page = await context.newPage();
    await page.goto(`${stage.stub.origins.app}/?isolated`);
    const devtools = await stage.slowDown(page, Number(rate));
    await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
    // A comment of its own, so that no cache knows it; and it is there before the clock starts.
    await page.evaluate((code) => { globalThis.code = code; }, `${scripts[name]}\n// ${nameAndRate} ${round}`);
    const before = await taskMs(devtools);
    const wallMs = await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = globalThis.code;
      const begun = performance.now();
      document.head.append(script);
      return performance.now() - begun;
    });
    return { wallMs, cpuMs: (await taskMs(devtools)) - before };
  });
}

async function taskMs(devtools) {
  const { metrics } = await devtools.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration').value * 1_000;
}

/** How much of it is the parser's: the same text, each time with another comment, so that no cache knows it. */
function profile(code) {
  const samples = Array.from({ length: 40 }, (_, i) => {
    const begun = performance.now();
    const script = new Script(`${code}\n// ${i}`);
    const parsed = performance.now();
    script.runInThisContext();
    return { parse: parsed - begun, evaluate: performance.now() - parsed };
  });
  return table(['in Node, ms', 'median', 'middle half', 'first time'], ['parse', 'evaluate'].map((part) => [part, ...middle(column(samples, part), 2), samples[0][part].toFixed(2)]));
}
