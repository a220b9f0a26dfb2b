/** What a link costs the store in a real PostgreSQL, among 1,000 to 1,000,000 identities: links a second, and how long one takes at half of that. `--rounds 2`, each a second long */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { migrate, sqlStore } from '@passerby/verifier/sql';
import { startPostgres } from '../../scripts/postgres.mjs';
import { report } from '../lib/report.mjs';
import { median, quantile, table } from '../lib/stats.mjs';

const SIZES = [1_000, 10_000, 100_000, 1_000_000];
const QUICK_SIZES = [1_000, 10_000];
/** As many links are under way at once, each on a connection of its own. */
const AT_ONCE = 16;
const ISSUER = 'https://login.shop.example';

await report({ subject: 'links', title: 'Links in PostgreSQL', rounds: { full: 2, few: 1 } }, async ({ rounds, quick }) => {
  const postgres = await startPostgres({ durable: true });
  const pool = new Pool({ ...postgres.connection, max: AT_ONCE });
  pool.on('error', (error) => console.error(error.message));
  try {
    await migrate(pool);
    const { rows: [{ version }] } = await pool.query("SELECT current_setting('server_version') AS version");
    const measures = [];
    for (const size of quick ? QUICK_SIZES : SIZES) {
      await fillTo(pool, size);
      // The first ones find a cold cache and compile.
      await linksASecond(sqlStore(pool), 500);
      const rate = await linksASecond(sqlStore(pool), rounds * 1_000);
      measures.push({ size, rate, link: await atRate(sqlStore(pool), rate / 2, rounds * 1_000), ...(await alone(sqlStore(pool), size)) });
    }
    return { ...describe(measures), versions: { PostgreSQL: version.split(' ')[0] } };
  } finally {
    await pool.end();
    await postgres.stop();
  }
});

/** As many users as this with an identity each, what is there already counted. */
async function fillTo(pool, size) {
  await pool.query("INSERT INTO passerby.users SELECT 'u_' || md5(i::text), 1 FROM generate_series(1, $1::integer) AS i ON CONFLICT DO NOTHING", [size]);
  await pool.query("INSERT INTO passerby.identities SELECT $2, 'person ' || i, 'u_' || md5(i::text), 0 FROM generate_series(1, $1::integer) AS i ON CONFLICT DO NOTHING", [size, ISSUER]);
  await pool.query('VACUUM ANALYZE');
}

async function linksASecond(store, ms) {
  const [begun, until] = [performance.now(), performance.now() + ms];
  let done = 0;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (; performance.now() < until; done += 1) await link(store);
  }));
  return (done * 1_000) / (performance.now() - begun);
}

/** How long links take that begin this often, from when each should have begun. */
async function atRate(store, rate, ms) {
  const begun = performance.now();
  const under = [];
  for (let i = 0; (i * 1_000) / rate < ms; i += 1) {
    const due = begun + (i * 1_000) / rate;
    if (due > performance.now()) await sleep(due - performance.now());
    under.push(link(store).then(() => performance.now() - due));
  }
  return Promise.all(under);
}

/** One after the other: what each costs by itself. */
async function alone(store, size) {
  const one = async (work) => {
    const samples = [];
    for (let i = 0; i < 1_000; i += 1) {
      const begun = performance.now();
      await work(1 + Math.floor(Math.random() * size));
      samples.push(performance.now() - begun);
    }
    return median(samples);
  };
  return {
    aloneLink: await one(() => link(store)),
    signIn: await one((i) => store.exchange(newExchange({ identity: { issuer: ISSUER, subject: `person ${i}` } }))),
    standing: await one(() => store.standing(`u_${name()}`, name())),
  };
}

async function link(store) {
  const gainer = { subject: `g_${name()}`, kind: 'guest', generation: 0, sessionId: name() };
  const done = await store.exchange(newExchange({ gainer, identity: { issuer: ISSUER, subject: name() } }));
  if (done?.outcome !== 'linked') throw new Error(`A link became ${done?.outcome}`);
}

function newExchange(rest) {
  return { linkId: name(), proofId: name(), thumbprint: name(), sessionId: name(), authTime: Math.floor(Date.now() / 1_000), newSubject: `u_${name()}`, until: Date.now() + 600_000, gainer: null, ...rest };
}

function name() {
  return randomBytes(32).toString('base64url');
}

function describe(measures) {
  const [least, most] = [measures[0], measures.at(-1)];
  const ms = (value) => value.toFixed(2);
  const rows = measures.map(({ size, rate, link, aloneLink, signIn, standing }) => [size.toLocaleString('en'), rate.toFixed(0), ...[median(link), quantile(link, 0.99), aloneLink, signIn, standing].map(ms)]);
  return {
    measured: { 'links-link': most.aloneLink / least.aloneLink, 'links-sign-in': most.signIn / least.signIn, 'links-standing': most.standing / least.standing },
    lines: [
      table(['identities', 'links a second', 'median at half of that, ms', 'p99, ms', 'a link alone, ms', 'a sign-in alone, ms', 'a standing alone, ms'], rows),
      '',
      `The store alone, without the verifier's cryptography: ${AT_ONCE} links at once on as many connections, over a socket on one machine with PostgreSQL, which waits for the disk at each commit. A sign-in is by an identity that is known; a standing is the one read of a renewal. From 1,000 to 1,000,000 a logarithm doubles.`,
    ],
  };
}
