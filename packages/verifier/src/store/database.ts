/** What is asked of a database that speaks SQL, and of the two that are handed in: a pool of `pg`, or PGlite. */

export type Row = Readonly<Record<string, unknown>>;

export interface Queries {
  query(sql: string, values?: unknown[]): Promise<{ readonly rows: readonly Row[] }>;
}

/** PGlite is one as it is. */
export interface Database extends Queries {
  /** All of the work or, where it throws, nothing. */
  transaction<T>(work: (queries: Queries) => Promise<T>): Promise<T>;
}

/** A pool of `pg`, by what is used of it. */
export interface Pool extends Queries {
  connect(): Promise<PoolClient>;
}

export interface PoolClient extends Queries {
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
  /** With an error: the connection is not used again. */
  release(error?: Error): void;
}

/** `serialization_failure`, `deadlock_detected` */
const STOOD_IN_THE_WAY = ['40001', '40P01'];
/** `undefined_table`, `undefined_column`, `invalid_schema_name` */
const TABLES_MISSING = ['42P01', '42703', '3F000'];
/** Enough for a hundred that want the same row at the strictest isolation; the last wait is under a second. */
const MOST_TRIES = 16;
const LONGEST_WAIT_MS = 500;

/**
 * A database whose work is done again where it stood in another one's way. At read committed, which is PostgreSQL's own isolation, nothing here does; databases that
 * are always stricter say so often.
 */
export function connect(given: Database | Pool): Database {
  const database = 'transaction' in given ? given : fromPool(given);
  return {
    query: (sql, values) => persevere(() => database.query(sql, values)),
    transaction: (work) => persevere(() => database.transaction(work)),
  };
}

function fromPool(pool: Pool): Database {
  return {
    query: (sql, values) => pool.query(sql, values),
    async transaction(work) {
      const client = await pool.connect();
      const lost: Error[] = [];
      // A connection that is cut emits this as well as failing the query, and unheard it ends the process.
      const onError = (error: Error): void => void lost.push(error);
      client.on('error', onError);
      try {
        await client.query('BEGIN');
        const result = await work(client);
        await client.query('COMMIT');
        return result;
      } catch (error) {
        await rollBack(client, lost);
        throw error;
      } finally {
        client.off('error', onError);
        client.release(lost[0]);
      }
    },
  };
}

async function rollBack(client: Queries, lost: Error[]): Promise<void> {
  try {
    await client.query('ROLLBACK');
  } catch (error) {
    // Why it came to this is told by the first error. The connection is given up, which rolls back too.
    lost.push(error instanceof Error ? error : new Error('The transaction could not be rolled back', { cause: error }));
  }
}

async function persevere<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!hasCode(error, STOOD_IN_THE_WAY) || tries === MOST_TRIES) throw explain(error);
      // By chance, so that those who met do not meet again.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(LONGEST_WAIT_MS, 2 ** tries)));
    }
  }
}

function explain(error: unknown): unknown {
  return hasCode(error, TABLES_MISSING) ? new Error("Passerby's tables are not in this database, or of an older version: run passerby-verifier store migrate", { cause: error }) : error;
}

function hasCode(error: unknown, codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
