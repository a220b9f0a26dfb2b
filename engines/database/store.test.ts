/** The store in a real PostgreSQL: what every store keeps, and what only a database with many connections can get wrong. */
import { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../packages/verifier/src/command.ts';
import { migrate, sqlStore } from '../../packages/verifier/src/sql.ts';
import { describeCull } from '../../packages/verifier/test/store/cull-suite.ts';
import { NOW } from '../../packages/verifier/test/store/people.ts';
import { describeStore } from '../../packages/verifier/test/store/store-suite.ts';
import { describeTwins } from '../../packages/verifier/test/store/twins-suite.ts';
import { describeZitadelRaces } from '../../packages/verifier/test/zitadel/races-suite.ts';
import { startPostgres, type Postgres } from '../../scripts/postgres.mjs';

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const connect = (settings: object = {}): Pool => {
  const pool = new Pool({ ...postgres.connection, ...settings });
  // As an application does: a connection that ends while nobody uses it is nobody's failure.
  pool.on('error', () => undefined);
  return pool;
};

/** A database of its own. */
async function createDatabase(name: string): Promise<string> {
  const admin = connect();
  await admin.query(`CREATE DATABASE ${name}`);
  await admin.end();
  return name;
}

describe.for(['read committed', 'repeatable read', 'serializable'])('in PostgreSQL, %s', (level) => {
  let pool: Pool;
  beforeAll(async () => {
    pool = connect({ max: 50, options: `-c default_transaction_isolation=${level.replace(' ', '\\ ')}` });
    await migrate(pool);
    expect((await pool.query('SHOW transaction_isolation')).rows).toEqual([{ transaction_isolation: level }]);
  });
  afterAll(() => pool.end());

  const open = async (now: () => number) => {
    await pool.query('TRUNCATE passerby.users, passerby.identities, passerby.exchanges, passerby.revoked_sessions, passerby.redeemed_tickets, passerby.buckets, passerby.guests, passerby.codes');
    return sqlStore(pool, { now });
  };

  describeStore('the store', open);
  describeTwins('the store', open);
  describeCull('the store', open, { links: 1_000 });
  describeZitadelRaces('the store', open, { upgrades: level === 'read committed' ? 1_000 : 200 });

  it('a cull that waits for a row somebody is just writing leaves it, and is not undone by it', async () => {
    await open(() => NOW);
    const told: string[] = [];
    const store = sqlStore(telling(pool, told), { now: () => NOW });
    await store.revoke('over', NOW - 2);
    await store.revoke('renewed', NOW - 2);
    const other = await pool.connect();
    await other.query('BEGIN');
    await other.query("UPDATE passerby.revoked_sessions SET until = $1 WHERE session_id = 'renewed'", [NOW + 1_000]);
    const culling = store.cull({ olderThan: 1 });
    await isWaiting(pool);
    await other.query('COMMIT');
    other.release();
    expect((await culling).revokedSessions).toBe(1);
    expect(told.filter((sql) => sql === 'ROLLBACK')).toEqual([]);
    expect(told.filter((sql) => sql === 'COMMIT').length).toBeGreaterThan(1);
    expect((await store.standing('g_somebody', 'renewed')).revoked).toBe(true);
  });
});

describe('in PostgreSQL, migrations', () => {
  it('ten processes that migrate at once make the tables once', async () => {
    const database = await createDatabase('ten');
    const pools = Array.from({ length: 10 }, () => connect({ database }));
    const done = await Promise.all(pools.map((pool) => migrate(pool)));
    expect(done.flat()).toEqual([1, 2]);
    expect((await sqlStore(pools[0] as Pool).standing('g_somebody', null)).kind).toBe('guest');
    await Promise.all(pools.map((pool) => pool.end()));
  });

  it('are all done or not at all', async () => {
    const pool = connect({ database: await createDatabase('half') });
    await pool.query('CREATE SCHEMA passerby');
    await pool.query('CREATE VIEW passerby.buckets AS SELECT 1 AS one');
    await expect(migrate(pool)).rejects.toThrow(/buckets/);
    expect((await pool.query("SELECT to_regclass('passerby.users') AS users, to_regclass('passerby.migrations') AS migrations")).rows).toEqual([{ users: null, migrations: null }]);
    await pool.query('DROP VIEW passerby.buckets');
    expect(await migrate(pool)).toEqual([1, 2]);
    await pool.end();
  });

  it('need no rights of those who only use the tables', async () => {
    const database = await createDatabase('rights');
    const owner = connect({ database });
    await migrate(owner);
    await owner.query('CREATE ROLE shop LOGIN');
    await owner.query('GRANT USAGE ON SCHEMA passerby TO shop');
    await owner.query('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA passerby TO shop');
    const shop = connect({ database, user: 'shop' });
    expect(await migrate(shop)).toEqual([]);
    const store = sqlStore(shop);
    expect([await store.takeTurn('a', { burst: 1, perSecond: 1 }), (await store.cull({ olderThan: 60_000 })).buckets]).toEqual([0, 0]);
    await Promise.all([owner.end(), shop.end()]);
  });

  it('are a command', async () => {
    const url = `postgres://passerby@${encodeURIComponent(postgres.connection.host)}/${await createDatabase('command')}`;
    const lines: string[] = [];
    for (const argv of [['migrate'], ['migrate'], ['cull', '--older-than', '1d']]) await run(['store', ...argv, '--database-url', url], (line) => lines.push(line));
    expect(lines).toEqual(['Brought the tables to version 2', 'The tables are up to date', ...['buckets         ', 'exchanges       ', 'revokedSessions ', 'redeemedTickets ', 'goneGuests      ', 'codes           '].map((kind) => `${kind} 0 deleted`)]);
  });
});

/** The same pool, which tells what its transactions say. */
function telling(pool: Pool, told: string[]): Parameters<typeof sqlStore>[0] {
  return {
    query: (sql, values) => pool.query(sql, values),
    connect: async () => {
      const client = await pool.connect();
      return {
        query: (sql, values) => (told.push(sql), client.query(sql, values)),
        on: (event, listener) => client.on(event, listener), off: (event, listener) => client.off(event, listener), release: (error) => client.release(error),
      };
    },
  };
}

/** Until some statement waits for a lock. */
async function isWaiting(pool: Pool): Promise<void> {
  for (;;) {
    const { rows } = await pool.query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
    if (rows.length > 0) return;
  }
}
