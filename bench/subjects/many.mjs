/** What many cost: clients and listeners on a page, tabs of a browser, keys of an issuer. `--rounds 7` */
import { setTimeout as sleep } from 'node:timers/promises';
import { createTokenCheck } from '@passerby/verifier';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { laterMs } from '../lib/expiry.mjs';
import { CLIENT, ISSUER } from '../lib/issuer.mjs';
import { report } from '../lib/report.mjs';
import { onStage } from '../lib/stage.mjs';
import { median, middle, table } from '../lib/stats.mjs';
import { takeTurns } from '../lib/turns.mjs';

const COUNTS = { clients: [1, 10, 100], listeners: [1, 10, 100], tabs: [1, 20, 100], keys: [1, 10, 50] };
const QUICK_TABS = [1, 5, 10];
const WHAT = {
  clients: 'clients that are made on a page, until each knows who is here',
  listeners: 'listeners of a client, until each has heard of a renewal',
  tabs: 'tabs, until each has heard of a renewal in one of them',
  keys: 'keys in the issuer\'s JWKS, until the first token is checked',
};

await report({ subject: 'many', title: 'The cost of many', rounds: { full: 7, few: 2 } }, ({ rounds, quick }) => onStage({ clients: ['passerby'] }, async (stage) => {
  const counts = { ...COUNTS, ...(quick && { tabs: QUICK_TABS }) };
  const samples = { clients: await takeClients(stage, rounds), listeners: await takeListeners(stage, rounds), tabs: await takeTabs(stage, counts.tabs, rounds), keys: await takeKeys(rounds) };
  const last = ([, middle, most], name) => median(samples[name][most]) / median(samples[name][middle]);
  return {
    measured: Object.fromEntries(Object.keys(COUNTS).map((name) => [`many-${name}`, last(counts[name], name)])),
    lines: [
      table(['', 'how many', 'ms, median', 'middle half', '× the one before'], Object.entries(counts).flatMap(([name, list]) => list.map((count, i) => [
        WHAT[name], count, ...middle(samples[name][count], 2), i === 0 ? '–' : (median(samples[name][count]) / median(samples[name][list[i - 1]])).toFixed(1),
      ]))),
      '',
      `${rounds} rounds, of tabs ${3 * rounds} and of keys ${5 * rounds}. Clients of the same application share one row and one channel; each renewal is one request to the verifier, on loopback. Tabs are pages of one browser context. Keys are ES256, downloaded in process; the token is the last key's, whose check needs the whole set.`,
    ],
  };
}));

async function takeClients(stage, rounds) {
  const context = await stage.newContext();
  await (await stage.signIn(context, 'passerby')).close();
  const settings = stage.settingsFor('passerby');
  const { samples } = await takeTurns({ rounds, names: COUNTS.clients, visit: async (count) => {
    const page = await stage.load(context, 'passerby', { query: '?isolated' });
    await sleep(300);
    const ms = await page.evaluate(([settings, count]) => globalThis.bench.time(async () => {
      const clients = Array.from({ length: count }, () => globalThis.sdk.create(settings));
      await Promise.all(clients.map((client) => globalThis.sdk.ready(client)));
      if (clients.some((client) => !client.getSession())) throw new Error('Nobody is here');
    }), [settings, count]);
    await page.close();
    return ms;
  } });
  await context.close();
  return samples;
}

async function takeListeners(stage, rounds) {
  const context = await stage.newContext({ clock: true });
  const page = await stage.signIn(context, 'passerby', { query: '?isolated' });
  const { samples } = await takeTurns({ rounds, names: COUNTS.listeners, visit: (count) => {
    const shiftMs = later(stage);
    return page.evaluate(async ([count, shiftMs]) => {
      const { bench, sdk, clock } = globalThis;
      clock.shiftMs = shiftMs;
      const begun = performance.now();
      const heard = Array.from({ length: count }, () => new Promise((resolve) => {
        const stop = sdk.subscribe(bench.client, ({ type }) => {
          if (type !== 'refreshed') return;
          stop();
          resolve();
        });
      }));
      await bench.getToken();
      await Promise.all(heard);
      return performance.now() - begun;
    }, [count, shiftMs]);
  } });
  await context.close();
  return samples;
}

/** The same tabs stay open while more are opened, so the counts are not in turn. */
async function takeTabs(stage, counts, rounds) {
  const context = await stage.newContext({ clock: true });
  const pages = [await stage.signIn(context, 'passerby')];
  const samples = {};
  for (const count of counts) {
    while (pages.length < count) pages.push(await stage.open(context, 'passerby'));
    await Promise.all(pages.map((page) => page.evaluate(() => globalThis.bench.ready())));
    await sleep(1_000);
    samples[count] = [];
    // Once the tabs are there a round is short, and the busiest moment of a hundred processes is luck.
    for (let round = -1; round < 3 * rounds; round++) {
      const ms = await renewAndTell(stage, pages);
      if (round >= 0) samples[count].push(ms);
    }
  }
  await context.close();
  return samples;
}

/** Milliseconds from the call in the first tab to the last tab's notice. */
async function renewAndTell(stage, pages) {
  const shiftMs = later(stage);
  await Promise.all(pages.map((page) => page.evaluate((shiftMs) => {
    const { bench, sdk, clock } = globalThis;
    clock.shiftMs = shiftMs;
    bench.heard = new Promise((resolve) => {
      const stop = sdk.subscribe(bench.client, ({ type }) => {
        if (type !== 'refreshed') return;
        stop();
        resolve(clock.real());
      });
    });
  }, shiftMs)));
  const begun = await pages[0].evaluate(async () => {
    const begun = globalThis.clock.real();
    await globalThis.bench.getToken();
    return begun;
  });
  const heard = await Promise.all(pages.map((page) => page.evaluate(() => globalThis.bench.heard)));
  return Math.max(...heard) - begun;
}

/** Everybody's clock goes on, and the token is over. */
function later({ stub: { world } }) {
  world.clockShiftMs += laterMs('passerby');
  return world.clockShiftMs;
}

async function takeKeys(rounds) {
  const pairs = await Promise.all(Array.from({ length: Math.max(...COUNTS.keys) }, () => generateKeyPair('ES256', { extractable: true })));
  const jwks = await Promise.all(pairs.map(async ({ publicKey }, i) => ({ ...(await exportJWK(publicKey)), kid: `key-${i}`, alg: 'ES256', use: 'sig' })));
  const { samples } = await takeTurns({ rounds: 5 * rounds, names: COUNTS.keys, warmUps: 5, visit: async (count) => {
    const token = await signWith(pairs[count - 1].privateKey, `key-${count - 1}`);
    const body = JSON.stringify({ keys: jwks.slice(0, count) });
    const begun = performance.now();
    const { verifyToken } = createTokenCheck({ issuer: ISSUER, clientId: CLIENT, fetch: async () => new Response(body, { headers: { 'content-type': 'application/json' } }) });
    await verifyToken(token);
    return performance.now() - begun;
  } });
  return samples;
}

function signWith(key, kid) {
  const iat = Math.floor(Date.now() / 1_000);
  const claims = { iss: ISSUER, aud: ISSUER, sub: 'g_bench', client_id: CLIENT, iat, exp: iat + 600, jti: crypto.randomUUID(), sid: crypto.randomUUID(), kind: 'guest', gen: 0 };
  return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid, typ: 'at+jwt' }).sign(key);
}
