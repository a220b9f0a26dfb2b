import type { Database } from './database.ts';

export interface CullOptions {
  /** For how long something must have been over, in milliseconds. */
  readonly olderThan: number;
  /** Told after each batch. */
  readonly onProgress?: ((progress: CullProgress) => void) | undefined;
}

/** How many rows were deleted. */
export interface Culled {
  /** Rate buckets: of networks, and of the keys of guests that did not come back. */
  readonly buckets: number;
  /** Answers to sign-ins that nobody asked for again. */
  readonly exchanges: number;
  readonly revokedSessions: number;
  readonly redeemedTickets: number;
  /** Guests who are gone for so long that no cookie of theirs opens. */
  readonly goneGuests: number;
  /** Codes that were sent to e-mails. */
  readonly codes: number;
}

export interface CullProgress {
  readonly kind: keyof Culled;
  /** Rows of this kind looked at so far. */
  readonly looked: number;
  readonly deleted: number;
}

/** By key and by the time from which on a row means the same as none. Users and their identities have none. */
const TABLES = [
  { kind: 'buckets', table: 'passerby.buckets', key: 'bucket', overAt: 'full_at' },
  { kind: 'exchanges', table: 'passerby.exchanges', key: 'link_id', overAt: 'until' },
  { kind: 'revokedSessions', table: 'passerby.revoked_sessions', key: 'session_id', overAt: 'until' },
  { kind: 'redeemedTickets', table: 'passerby.redeemed_tickets', key: 'ticket_id', overAt: 'until' },
  { kind: 'goneGuests', table: 'passerby.guests', key: 'subject', overAt: 'until' },
  { kind: 'codes', table: 'passerby.codes', key: 'subject', overAt: 'until' },
] as const;

type Table = (typeof TABLES)[number];

const BATCH = 1_000;

/**
 * Deletes what has been over for so long, a batch at a time, each in a transaction of its own: nobody waits for more than one. What is all that was ever stored about
 * guests is over sooner or later; users and their identities stay.
 * @throws TypeError
 */
export async function cull(database: Database, { olderThan, onProgress, now }: CullOptions & { now(): number }): Promise<Culled> {
  // Below zero it would delete what still counts.
  if (!Number.isFinite(olderThan) || olderThan < 0) throw new TypeError('cull: olderThan is not a number of milliseconds of 0 or more');
  const before = now() - olderThan;
  const culled = { buckets: 0, exchanges: 0, revokedSessions: 0, redeemedTickets: 0, goneGuests: 0, codes: 0 };
  for (const table of TABLES) culled[table.kind] = await cullTable(database, table, { before, onProgress });
  return culled;
}

async function cullTable(database: Database, table: Table, { before, onProgress }: { readonly before: number } & Pick<CullOptions, 'onProgress'>): Promise<number> {
  let [last, looked, deleted]: [unknown, number, number] = ['', 0, 0];
  for (;;) {
    const { rows: [page = {}] } = await database.transaction(async (queries) => {
      // Where a database is stricter by default, a row that somebody is writing would undo the whole batch, again and again while there is much to do.
      await queries.query('SET TRANSACTION ISOLATION LEVEL READ COMMITTED');
      return queries.query(cullPage(table), [last, before, BATCH]);
    });
    if (page['last'] === null || page['last'] === undefined) return deleted;
    last = page['last'];
    looked += Number(page['looked']);
    deleted += Number(page['deleted']);
    onProgress?.({ kind: table.kind, looked, deleted });
  }
}

/** The next rows by key. Whether one is over is asked of the row as it is when it is deleted: one that was written meanwhile stays. */
function cullPage({ table, key, overAt }: Table): string {
  return `
    WITH page AS (SELECT max(${key}) AS last, count(*) AS looked FROM (SELECT ${key} FROM ${table} WHERE ${key} > $1 ORDER BY ${key} LIMIT $3) AS next),
      gone AS (DELETE FROM ${table} AS t USING page WHERE t.${key} > $1 AND t.${key} <= page.last AND t.${overAt} <= $2 RETURNING 1)
    SELECT last, looked::integer AS looked, (SELECT count(*)::integer FROM gone) AS deleted FROM page`;
}
