/** `npm run bench`: installs, builds, finds a browser, and takes every measure of bench/, or those that are named: `npm run bench -- token`. */
import { build, install, must, say } from './steps.mjs';

const SUBJECTS = { 'first-guest': 'the first guest, in Chromium', mint: 'guests a second and their memory, in Node', token: 'a cached token, in Chromium', links: 'links a second, on PostgreSQL' };

const named = process.argv.slice(2);
const unknown = named.filter((name) => !Object.hasOwn(SUBJECTS, name));
if (unknown.length > 0) {
  console.error(`✗ There is no ${unknown.join(' or ')}: choose of ${Object.keys(SUBJECTS).join(', ')}`);
  process.exit(2);
}

await install();
await build();

const { chromiumPath, installChromium } = await import('./chromium.mjs');
if (!(chromiumPath() ?? installChromium(say))) {
  console.error('\n✗ No Chromium was found and none could be installed. Install one, or name it: CHROMIUM=/path/to/chromium npm run bench');
  process.exit(1);
}

for (const [name, what] of Object.entries(SUBJECTS).filter(([name]) => named.length === 0 || named.includes(name))) {
  say(`Measuring ${what} (bench/${name}.mjs)`);
  await must(process.execPath, [`bench/${name}.mjs`]);
}
say('All of it is in bench/RESULTS.md');
