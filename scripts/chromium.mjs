/** Where Chromium is on this machine and how the tests start it. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const whole = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];
const shell = '/usr/bin/chromium-headless-shell';

/**
 * The path of a Chromium: named by CHROMIUM, installed on the system, or the test runner's own; undefined: none yet. The headless shell is preferred: a page finds
 * the same browser in it, and nobody has to draw a window's frame and toolbar. The 'whole' one can also keep pages in its back/forward cache;
 * whoever names another by CHROMIUM knows what it can do.
 */
export function chromiumPath(build = 'any') {
  return [process.env.CHROMIUM, ...(build === 'any' ? [shell] : []), ...whole, chromium.executablePath()].find((path) => path && existsSync(path));
}

/** Installs Chromium: the system's package where we may, else the test runner's own. Says what it does; undefined: both failed. */
export function installChromium(say, build = 'any') {
  const asRoot = process.getuid?.() === 0 && spawnSync('apt-get', ['--version']).status === 0;
  if (asRoot) {
    const name = build === 'any' ? 'chromium-headless-shell' : 'chromium';
    say(`No Chromium here: installing the system package (apt-get install ${name})`);
    const quiet = { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
    spawnSync('apt-get', ['update', '-qq'], quiet);
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', name], quiet);
  }
  if (!chromiumPath(build)) {
    say("No Chromium here: installing the test runner's own (playwright install chromium)");
    spawnSync(process.execPath, ['node_modules/playwright/cli.js', 'install', ...(asRoot ? ['--with-deps'] : []), 'chromium'], { stdio: 'inherit' });
  }
  return chromiumPath(build);
}

/** No sandbox: it needs user namespaces, which containers often forbid, and the pages are our own. */
export const chromiumArguments = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
];
