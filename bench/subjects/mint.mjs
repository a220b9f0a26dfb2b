/** What one core can do: guests a second by the issuer's handler, beside the cryptography that a guest cannot do without; and the memory they leave. `--rounds 5` */
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createIssuer, memoryStore } from '@passerby/verifier';
import { importJWK, jwtVerify, SignJWT } from 'jose';
import { batchesOf, newGuests } from '../lib/guests.mjs';
import { CLIENT, ISSUER, newKeys, NO_LIMITS } from '../lib/issuer.mjs';
import { report } from '../lib/report.mjs';
import { median, quantile, spread, table } from '../lib/stats.mjs';
import { takeTurns } from '../lib/turns.mjs';

const GUESTS = 100_000;
const QUICK_GUESTS = 5_000;
/** Guests in a round of each row. */
const BATCH = 1_000;
const STEPS = 5;
/** How long guests come at half the rate. */
const SECONDS = 4;
/** As many are under way at once, so that the one core never waits. */
const AT_ONCE = 16;
const SHOP = 'https://shop.example';
const HEADERS = { 'content-type': 'application/x-www-form-urlencoded', origin: SHOP, 'sec-fetch-mode': 'cors', 'sec-fetch-site': 'same-site' };
const AT_HOME = { clientAddress: '203.0.113.7' };
const LABELS = {
  handler: "the issuer's handler", byHand: 'the same answer by hand, nothing checked', jose: 'jose alone: import the key, verify the proof, sign the access token',
  one: 'bare: import, verify, sign one token', two: 'bare: import, verify, sign two tokens',
};
const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const { subtle } = crypto;
const utf8 = new TextEncoder();

const isPinned = pinTo(cpus().length - 1);
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');
const server = await subtle.generateKey(P256, false, ['sign', 'verify']);

await report({ subject: 'mint', title: 'Guests a second, and their memory', rounds: { full: 5, few: 2 } }, async ({ rounds, quick }) => {
  const rates = await takeRates(rounds);
  const waits = await takeWaits(median(ratesOf(rates, 'handler', 'byClock')) / 2, quick ? 1 : SECONDS);
  // What guests leave is the same on all cores.
  pinTo(`0-${cpus().length - 1}`);
  const heaps = await measureMemory(quick ? QUICK_GUESTS : GUESTS);
  const growth = (heaps.at(-1)[1] - heaps.at(-2)[1]) / 1e6;
  return {
    measured: { 'mint-ratio': shareOf(rates, 'handler', 'byCpu'), 'mint-p99': quantile(waits.handler, 0.99), 'mint-heap': growth },
    lines: [...describeRates(rates, rounds), '', ...describeWaits(waits), '', ...describeMemory(heaps)],
  };
});

/** What each row does for a guest. */
function newWorks() {
  const { handler } = newIssuer();
  return { handler: ({ body }) => mint(handler, body), byHand: ({ body }) => mint(answerByHand, body), jose: withJose, one: (guest) => bare(guest, 1), two: (guest) => bare(guest, 2) };
}

/** Guests a second of each row, by the clock and by the processor time. Each round has its own guests, the same ones for every row. */
async function takeRates(rounds) {
  const works = newWorks();
  let coming = { round: null, guests: [] };
  const { samples } = await takeTurns({ rounds, names: Object.keys(works), warmUps: 2, visit: async (name, round) => {
    if (coming.round !== round) coming = { round, guests: newGuests(BATCH) };
    const { guests } = coming;
    // Nobody pays for what others left.
    await heapBytes();
    const { seconds, cpuSeconds } = await time(() => inTurn(guests, works[name]));
    return { byClock: BATCH / seconds, byCpu: BATCH / cpuSeconds };
  } });
  return samples;
}

function ratesOf(rates, name, by) {
  return rates[name].map((rate) => rate[by]);
}

function shareOf(rates, name, by, other = 'jose') {
  return median(ratesOf(rates, name, by)) / median(ratesOf(rates, other, by));
}

function describeRates(rates, rounds) {
  const cells = (name, by) => [median(ratesOf(rates, name, by)).toFixed(0), spread(ratesOf(rates, name, by), 0), shareOf(rates, name, by).toFixed(2)];
  const beside = (name) => `${shareOf(rates, 'handler', 'byCpu', name).toFixed(2)}×`;
  return [
    table(['what', 'guests a second of processor time', 'middle half', '× jose', 'guests a second by the clock', 'middle half', '× jose'], Object.keys(LABELS).map((name) => [LABELS[name], ...cells(name, 'byCpu'), ...cells(name, 'byClock')])),
    '',
    `${rounds} rounds of ${BATCH} guests each, ${AT_ONCE} at once, every one with a key of its own; ${isPinned ? 'all threads on one core' : 'on as many cores as there are: there is no taskset here'}. The handler signs two tokens a guest, one for access and one for renewal. The bare rows are WebCrypto on bytes that are there already: no JWT is read or written. Beside the first of them the handler is ${beside('one')}, beside the second ${beside('two')}.`,
  ];
}

/** How long guests of some rows take who come this often, from when each should have come: milliseconds by row. */
async function takeWaits(rate, seconds) {
  const { handler, byHand, two } = newWorks();
  const works = { handler, byHand, two };
  const { samples } = await takeTurns({ rounds: 3, names: Object.keys(works), visit: (name) => waitAt(rate, newGuests(Math.ceil((rate * seconds) / 3)), works[name]) });
  return Object.fromEntries(Object.entries(samples).map(([name, rounds]) => [name, rounds.flat()]));
}

async function waitAt(rate, guests, work) {
  // Making them left garbage, which is not the server's.
  await heapBytes();
  const waits = new Float64Array(guests.length);
  const begun = performance.now();
  const coming = [];
  for (const [i, guest] of guests.entries()) {
    const due = begun + (i * 1_000) / rate;
    if (due > performance.now()) await sleep(due - performance.now());
    coming.push(work(guest).then(() => { waits[i] = performance.now() - due; }));
  }
  await Promise.all(coming);
  return [...waits];
}

function describeWaits(waits) {
  return [
    table(['at half of that by the clock', 'ms, median', 'p90', 'p99', 'most'], Object.entries(waits).map(([name, ms]) => [LABELS[name], ...[0.5, 0.9, 0.99, 1].map((part) => quantile(ms, part).toFixed(2))])),
    '',
    `${waits.handler.length.toLocaleString('en')} guests each in even steps, from when each was due; whoever sends them is on the same core, and its timer, which counts in milliseconds, is in it.`,
  ];
}

/** Bytes of heap after garbage collection, as guests come and are gone. */
async function measureMemory(guests) {
  const { handler } = newIssuer();
  const mintAll = (coming) => inTurn(coming, ({ body }) => mint(handler, body));
  // What is made once is made before the first look.
  await mintAll(newGuests(BATCH));
  const heaps = [[0, await heapBytes()]];
  let done = 0;
  for await (const coming of batchesOf(BATCH, guests / BATCH)) {
    await mintAll(coming);
    done += BATCH;
    if (done % (guests / STEPS) === 0) heaps.push([done, await heapBytes()]);
  }
  return heaps;
}

function describeMemory(heaps) {
  return [
    table(['guests so far', 'heap, MB'], heaps.map(([guests, bytes]) => [guests.toLocaleString('en'), (bytes / 1e6).toFixed(1)])),
    '',
    'Used heap after garbage collection; one issuer with a memory store, every guest with a key of its own. The store keeps the limits of 50,000 keys and no more: it fills up to that, and then nothing grows.',
  ];
}

function newIssuer() {
  return createIssuer({ issuer: ISSUER, keys: newKeys(), clientId: CLIENT, origins: [SHOP], store: memoryStore(), rateLimit: NO_LIMITS });
}

/** As a server has it: the request is made for the handler, and the answer is read. */
async function mint(handler, body) {
  const answer = await handler(new Request(`${ISSUER}/token`, { method: 'POST', headers: HEADERS, body }), AT_HOME);
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${answer.status} ${text}`);
}

/** What no issuer can do without: the JWTs, read and written by the library that the handler uses too. */
async function withJose({ jwk, dpop }) {
  const { payload: { iat } } = await jwtVerify(dpop, await importJWK(jwk, 'ES256'), { typ: 'dpop+jwt' });
  const claims = { iss: ISSUER, sub: `g_${jwk.x}`, client_id: CLIENT, iat, sid: crypto.randomUUID(), kind: 'guest', gen: 0, aud: ISSUER, exp: iat + 600, jti: crypto.randomUUID() };
  await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'bench', typ: 'at+jwt' }).sign(server.privateKey);
}

async function bare({ jwk, signed, signature, claims }, signatures) {
  const key = await subtle.importKey('jwk', jwk, P256, false, ['verify']);
  if (!(await subtle.verify(P256, key, signature, signed))) throw new Error('The proof does not verify');
  await Promise.all(Array.from({ length: signatures }, () => subtle.sign(P256, server.privateKey, claims)));
}

/** The least that a handler of web requests can do: the cryptography, and what lies around it, with no check of anything but the signature. */
async function answerByHand(request) {
  const [, head, claims, signature] = /^(.+)\.(.+)\.(.+)$/.exec(new URLSearchParams(await request.text()).get('dpop'));
  const { jwk } = readPart(head);
  const key = await subtle.importKey('jwk', jwk, P256, false, ['verify']);
  if (!(await subtle.verify(P256, key, Buffer.from(signature, 'base64url'), utf8.encode(`${head}.${claims}`)))) throw new Error('The proof does not verify');
  const { crv, kty, x, y } = jwk;
  const jkt = Buffer.from(await subtle.digest('SHA-256', utf8.encode(JSON.stringify({ crv, kty, x, y })))).toString('base64url');
  const { iat } = readPart(claims);
  const about = { iss: ISSUER, sub: `g_${jkt}`, client_id: CLIENT, iat, sid: crypto.randomUUID(), kind: 'guest', gen: 0 };
  const [access_token, refresh_token] = await Promise.all([
    sign({ ...about, aud: ISSUER, exp: iat + 600, jti: crypto.randomUUID() }),
    sign({ ...about, aud: `${ISSUER}/token`, exp: iat + 7_776_000, cnf: { jkt } }),
  ]);
  return Response.json({ access_token, token_type: 'Bearer', expires_in: 600, refresh_token }, { headers: { 'cache-control': 'no-store', 'access-control-allow-origin': SHOP } });
}

async function sign(claims) {
  const text = [{ alg: 'ES256', kid: 'bench', typ: 'at+jwt' }, claims].map(writePart).join('.');
  return `${text}.${Buffer.from(await subtle.sign(P256, server.privateKey, utf8.encode(text))).toString('base64url')}`;
}

function readPart(part) {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}

function writePart(part) {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

async function inTurn(guests, work) {
  const left = guests.values();
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (const guest of left) await work(guest);
  }));
}

async function time(work) {
  const [begun, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - begun) / 1000, cpuSeconds: (user + system) / 1e6 };
}

async function heapBytes() {
  // What was let go in a callback is free only after it.
  await sleep(50);
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** Keeps all threads on these cores, where the machine has a way to: WebCrypto works on threads of its own, so one process takes more than one core where it may. */
function pinTo(cores) {
  return spawnSync('taskset', ['-acp', String(cores), String(process.pid)]).status === 0;
}
