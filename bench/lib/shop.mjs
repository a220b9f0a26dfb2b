/** A shop's page and its verifier, on two origins of this machine; and a Chromium to visit it. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createIssuer, memoryStore } from '@passerby/verifier';
import { toNodeListener } from '@passerby/verifier/node';
import { chromium } from 'playwright-core';
import { chromiumArguments, chromiumPath } from '../../scripts/chromium.mjs';
import { CLIENT, newKeys, NO_LIMITS } from './issuer.mjs';

const PAGE = '<!doctype html><meta charset="utf-8"><title>Shop</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';

/**
 * Starts both. The verifier answers `delayMs` late, preflights included, and everything it is asked is in `asked`. Besides the issuer's own addresses it has
 * `/bare`, which answers with the size and the headers of the last guest's tokens and does nothing for it.
 */
export async function openShop() {
  const [shop, verifier] = [createServer(), createServer()];
  const [shopUrl, verifierUrl] = [await listen(shop, 'www.shop.localhost'), await listen(verifier, 'verifier.localhost')];
  const state = { shopUrl, verifierUrl, delayMs: 0, asked: [], last: null };

  const files = { '/passerby.min.js': '../../packages/login/dist/passerby.min.js', '/page.js': '../page/page.js' };
  shop.on('request', ({ url }, answer) => {
    const file = files[url];
    answer.writeHead(200, { 'content-type': file ? 'text/javascript' : 'text/html' });
    answer.end(file ? readFileSync(new URL(file, import.meta.url)) : PAGE);
  });

  const issuer = createIssuer({ issuer: verifierUrl, keys: newKeys(), clientId: CLIENT, origins: [shopUrl], store: memoryStore(), rateLimit: NO_LIMITS });
  const answerIt = toNodeListener(async (request, from) => {
    const form = await request.clone().text();
    if (new URL(request.url).pathname === '/bare') return new Response(state.last.body, { headers: state.last.headers });
    const answer = await issuer.handler(request, from);
    if (answer.ok && request.method === 'POST') state.last = { form, body: await answer.clone().text(), headers: [...answer.headers] };
    return answer;
  });
  verifier.on('request', async (request, answer) => {
    state.asked.push(`${request.method} ${request.url}`);
    if (state.delayMs > 0) await sleep(state.delayMs);
    answerIt(request, answer);
  });
  return Object.assign(state, { close: () => Promise.all([shop, verifier].map(stop)) });
}

export async function openBrowser() {
  const executablePath = chromiumPath();
  if (!executablePath) throw new Error('No Chromium was found: npm test installs one, or name it: CHROMIUM=/path/to/chromium');
  return chromium.launch({ executablePath, args: chromiumArguments });
}

/** A person who was never here opens the shop: the page is loaded, and with it the client, and nothing was asked of the verifier. `script` runs before the page's own. */
export async function newVisit(browser, { shopUrl, verifierUrl }, { script = '' } = {}) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(script);
  await page.goto(shopUrl);
  await page.waitForFunction(() => globalThis.bench);
  await page.evaluate((options) => globalThis.bench.open(options), { verifier: verifierUrl, clientId: CLIENT });
  return { page, end: () => context.close() };
}

function listen(server, name) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(`http://${name}:${server.address().port}`));
  });
}

function stop(server) {
  return new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
}
