/** What one core can do: guests a second by the issuer's handler, beside the cryptography that a guest cannot do without; and the memory they leave. */
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createIssuer, memoryStore } from '@passerby/verifier';
import { importJWK, jwtVerify, SignJWT } from 'jose';
import { median, report, spread, table, verdict } from './lib/report.mjs';
import { CLIENT, GUEST_GRANT, newKeys, NO_LIMITS } from './lib/issuer.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '21' }, guests: { type: 'string', default: '100000' } } });
const ROUNDS = Number(values.rounds);
const GUESTS = Number(values.guests);
/** Guests in a round of each row. */
const BATCH = 1_000;
const STEPS = 5;
/** As many are under way at once, so that the one core never waits. */
const AT_ONCE = 16;
const ISSUER = 'https://verifier.shop.example';
const SHOP = 'https://shop.example';
const HEADERS = { 'content-type': 'application/x-www-form-urlencoded', origin: SHOP, 'sec-fetch-mode': 'cors', 'sec-fetch-site': 'same-site' };
const AT_HOME = { clientAddress: '203.0.113.7' };
const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const { subtle } = crypto;
const utf8 = new TextEncoder();

const core = pinToOneCore();
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');
const server = await subtle.generateKey(P256, false, ['sign', 'verify']);

await report('Guests a second', async () => {
  const samples = await takeSamples();
  return { lines: describeRates(samples) };
});

await report('Memory of guests', async () => ({ lines: describeMemory(await measureMemory()) }));

/** Guests a second of each row, by the clock and by the processor time, all rows in every round. */
async function takeSamples() {
  const { handler } = newIssuer();
  const rows = {
    handler: { what: "the issuer's handler", work: ({ body }) => mint(handler, body) },
    byHand: { what: 'the same answer by hand, nothing checked', work: ({ body }) => mint(answerByHand, body) },
    jose: { what: "jose alone: import the key, verify the proof, sign the access token", work: withJose },
    one: { what: 'bare: import, verify, sign one token', work: (guest) => bare(guest, 1) },
    two: { what: 'bare: import, verify, sign two tokens', work: (guest) => bare(guest, 2) },
  };
  for (const row of Object.values(rows)) Object.assign(row, { byClock: [], byCpu: [] });
  const names = Object.keys(rows);
  for (let round = -2; round < ROUNDS; round++) {
    for (let i = 0; i < names.length; i++) {
      const row = rows[names[(i + round + 2) % names.length]];
      const guests = await newGuests(BATCH);
      const { seconds, cpuSeconds } = await time(() => inTurn(guests, row.work));
      if (round < 0) continue;
      row.byClock.push(BATCH / seconds);
      row.byCpu.push(BATCH / cpuSeconds);
    }
  }
  return rows;
}

function describeRates({ handler, byHand, jose, one, two }) {
  const share = (row, by) => median(row[by]) / median(jose[by]);
  const rows = [handler, byHand, jose, one, two].map((row) => [row.what, ...['byCpu', 'byClock'].flatMap((by) => [median(row[by]).toFixed(0), spread(row[by], 0), share(row, by).toFixed(2)])]);
  return [
    table(['what', 'guests a second of processor time', 'middle half', '× jose', 'guests a second by the clock', 'middle half', '× jose'], rows),
    '',
    `${ROUNDS} rounds of ${BATCH} guests each, ${AT_ONCE} at once, every one with a key of its own; ${core}. The handler signs two tokens a guest, one for access and one for renewal. The bare rows are WebCrypto on bytes that are there already: no JWT is read or written. Beside the first of them the handler is ${(median(handler.byCpu) / median(one.byCpu)).toFixed(2)}×, beside the second ${(median(handler.byCpu) / median(two.byCpu)).toFixed(2)}×.`,
    '',
    verdict({ what: 'the handler beside jose alone', value: share(handler, 'byCpu'), limit: 0.6, unit: '×', at: 'least' }),
  ];
}

/** Bytes of heap after garbage collection, as guests come and are gone. */
async function measureMemory() {
  const { handler } = newIssuer();
  const mintAll = async (count) => inTurn(await newGuests(count), ({ body }) => mint(handler, body));
  // What is made once is made before the first look.
  await mintAll(BATCH);
  const heaps = [[0, await heapBytes()]];
  for (let done = 0; done < GUESTS;) {
    const count = Math.min(1_000, GUESTS / STEPS);
    await mintAll(count);
    done += count;
    if (done % (GUESTS / STEPS) === 0) heaps.push([done, await heapBytes()]);
  }
  return heaps;
}

function describeMemory(heaps) {
  const megabytes = (bytes) => bytes / 1e6;
  const [before, last] = heaps.slice(-2);
  return [
    table(['guests so far', 'heap, MB'], heaps.map(([guests, bytes]) => [guests.toLocaleString('en'), megabytes(bytes).toFixed(1)])),
    '',
    'Used heap after garbage collection; one issuer with a memory store, every guest with a key of its own. The store keeps the limits of 50,000 keys and no more: it fills up to that, and then nothing grows.',
    '',
    verdict({ what: `growth over the last ${(last[0] - before[0]).toLocaleString('en')} guests`, value: megabytes(last[1] - before[1]), limit: 1, unit: ' MB', at: 'most' }),
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

/** Guests to be, each with a key, a proof, and what the bare row needs of them. */
function newGuests(count) {
  return Promise.all(Array.from({ length: count }, async () => {
    const { privateKey, publicKey } = await subtle.generateKey(P256, false, ['sign', 'verify']);
    const { kty, crv, x, y } = await subtle.exportKey('jwk', publicKey);
    const jwk = { kty, crv, x, y };
    const proof = { jti: crypto.randomUUID(), htm: 'POST', htu: `${ISSUER}/token`, iat: Math.floor(Date.now() / 1000) };
    const text = [{ typ: 'dpop+jwt', alg: 'ES256', jwk }, proof].map(writePart).join('.');
    const signed = utf8.encode(text);
    const signature = new Uint8Array(await subtle.sign(P256, privateKey, signed));
    const dpop = `${text}.${Buffer.from(signature).toString('base64url')}`;
    const body = new URLSearchParams({ grant_type: GUEST_GRANT, client_id: CLIENT, dpop }).toString();
    // As long as an access token of the issuer's.
    return { jwk, dpop, signed, signature, body, claims: utf8.encode('x'.repeat(480)) };
  }));
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
  await new Promise((resolve) => setTimeout(resolve, 50));
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** WebCrypto works on threads of its own, so one process takes more than one core where it may. */
function pinToOneCore() {
  const last = String(cpus().length - 1);
  const pinned = spawnSync('taskset', ['-acp', last, String(process.pid)]);
  return pinned.status === 0 ? 'all threads on one core' : 'on as many cores as there are: there is no taskset here';
}
