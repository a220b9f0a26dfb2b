import { connect, type Database, type Pool, type Queries } from './database.ts';

/**
 * What each number brings, in order. What is out there is never changed, only added to.
 * Keys compare by their bytes: an operating system's new way of sorting text damages no index. Times are ms since epoch, by the clock of whoever wrote them.
 */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    'CREATE TABLE passerby.users (subject text COLLATE "C" PRIMARY KEY, generation integer NOT NULL)',
    `CREATE TABLE passerby.identities (
      issuer text COLLATE "C" NOT NULL, issuer_subject text COLLATE "C" NOT NULL, subject text COLLATE "C" NOT NULL, linked_at double precision NOT NULL,
      PRIMARY KEY (issuer, issuer_subject)
    )`,
    'CREATE INDEX identities_of_subject ON passerby.identities (subject)',
    `CREATE TABLE passerby.exchanges (
      link_id text COLLATE "C" PRIMARY KEY, proof_id text COLLATE "C" NOT NULL UNIQUE, thumbprint text NOT NULL, session_id text NOT NULL,
      outcome text NOT NULL, subject text NOT NULL, generation integer NOT NULL, auth_time double precision NOT NULL, until double precision NOT NULL
    )`,
    'CREATE TABLE passerby.revoked_sessions (session_id text COLLATE "C" PRIMARY KEY, until double precision NOT NULL)',
    'CREATE TABLE passerby.redeemed_tickets (ticket_id text COLLATE "C" PRIMARY KEY, key text NOT NULL, until double precision NOT NULL)',
    // `wait_ms` is what whoever asked last was told.
    'CREATE TABLE passerby.buckets (bucket text COLLATE "C" PRIMARY KEY, full_at double precision NOT NULL, wait_ms double precision NOT NULL)',
  ],
  [
    // Without `until`: for good, as for those who became users.
    `CREATE TABLE passerby.guests (
      subject text COLLATE "C" PRIMARY KEY, generation integer NOT NULL, state text NOT NULL, by text NOT NULL, at double precision NOT NULL, until double precision
    )`,
    `CREATE TABLE passerby.codes (
      subject text COLLATE "C" PRIMARY KEY, challenge text NOT NULL, email_hash text NOT NULL, code_hash text NOT NULL, tries integer NOT NULL, until double precision NOT NULL
    )`,
  ],
];

/** Any number that is always the same: who migrates holds it, and the others wait. */
const LOCK = 7_277_437;

/** Brings the tables up to date, all of it or nothing, and tells the numbers of what was done. Several may do so at once. */
export async function migrate(given: Pool | Database): Promise<readonly number[]> {
  return connect(given).transaction(async (queries) => {
    await queries.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    const done = await lastDone(queries);
    const due = MIGRATIONS.map((statements, i) => ({ number: i + 1, statements })).slice(done);
    for (const { number, statements } of due) {
      for (const statement of statements) await queries.query(statement);
      await queries.query('INSERT INTO passerby.migrations (number) VALUES ($1)', [number]);
    }
    return due.map(({ number }) => number);
  });
}

/** Asked before anything is made, so that where nothing is due no right to make tables is needed. */
async function lastDone(queries: Queries): Promise<number> {
  const { rows } = await queries.query("SELECT to_regclass('passerby.migrations') IS NOT NULL AS is_there");
  if (rows[0]?.['is_there'] !== true) {
    await queries.query('CREATE SCHEMA IF NOT EXISTS passerby');
    await queries.query('CREATE TABLE passerby.migrations (number integer PRIMARY KEY, done_at timestamptz NOT NULL DEFAULT now())');
  }
  const { rows: [last] } = await queries.query('SELECT max(number) AS number FROM passerby.migrations');
  return Number(last?.['number'] ?? 0);
}
