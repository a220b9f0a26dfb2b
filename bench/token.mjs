/** A token that is there already: getToken() awaited in sequence, beside an async function that returns a string. `--rounds 31` */
import { parseArgs } from 'node:util';
import { median, report, spread, table, verdict } from './lib/report.mjs';
import { newVisit, openBrowser, openShop } from './lib/shop.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '31' } } });
const ROUNDS = Number(values.rounds);
/** A page each, because a page compiles as it runs, and not always alike. */
const PAGES = 4;
/** Long against the page's clock, which ticks every 0.1 ms. */
const CALLS = 200_000;
const ROWS = { getToken: 'login.getToken(), cached', asyncString: 'an async function that returns a string' };

await report('A cached token', async () => {
  const shop = await openShop();
  const browser = await openBrowser();
  try {
    const visits = [];
    for (let i = 0; i < PAGES; i++) visits.push(await newVisit(browser, shop));
    for (const { page } of visits) await page.evaluate(() => globalThis.bench.authenticate());
    shop.asked = [];
    const samples = await takeSamples(visits);
    if (shop.asked.length > 0) throw new Error(`The verifier was asked meanwhile: ${shop.asked.join(', ')}`);
    return { lines: describe(samples), versions: { Chromium: browser.version() } };
  } finally {
    await browser.close();
    await shop.close();
  }
});

/** ns a call of each row, all rows in every page and round; the first round warms up. */
async function takeSamples(visits) {
  const samples = Object.fromEntries(Object.keys(ROWS).map((name) => [name, []]));
  for (let round = -1; round < ROUNDS; round++) {
    for (const { page } of visits) {
      const names = Object.keys(ROWS);
      if (round % 2 === 0) names.reverse();
      for (const name of names) {
        const ns = await page.evaluate(([name, calls]) => globalThis.bench.eachCall(name, calls), [name, CALLS]);
        if (round >= 0) samples[name].push(ns);
      }
    }
  }
  return samples;
}

function describe({ getToken, asyncString }) {
  const ratios = getToken.map((ns, i) => ns / asyncString[i]);
  const rows = [['getToken', getToken], ['asyncString', asyncString]].map(([name, ns]) => [ROWS[name], median(ns).toFixed(0), spread(ns, 0), Math.min(...ns).toFixed(0), (median(ns) / median(asyncString)).toFixed(1)]);
  return [
    table(['awaited in sequence', 'ns a call, median', 'middle half', 'least', '× the async function'], rows),
    '',
    `${ROUNDS} rounds of ${CALLS.toLocaleString('en')} calls in each of ${PAGES} pages; nothing was asked of the verifier.`,
    '',
    verdict({ what: 'a cached token', value: median(getToken), limit: 120, digits: 0, unit: ' ns', at: 'most' }),
    verdict({ what: 'a cached token beside the async function, in the same round', value: median(ratios), limit: 4.5, digits: 1, unit: '×', at: 'most' }),
  ];
}
