/** `npm test`: installs, builds, finds a browser, and runs every test in Node, happy-dom and Chromium. */
import { build, install, must, say } from './steps.mjs';

await install();
await build();

const { chromiumPath, installChromium } = await import('./chromium.mjs');
const path = chromiumPath() ?? installChromium(say);
if (!path) {
  console.error('\n✗ No Chromium was found and none could be installed. Install one, or name it: CHROMIUM=/path/to/chromium npm test');
  process.exit(1);
}
say(`Browser: ${path}`);

say('Checking types');
await must(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']);

say('Running the tests in Node, happy-dom and Chromium');
await must(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...process.argv.slice(2)], { CHROMIUM: path });
