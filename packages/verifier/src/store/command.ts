import { parseArgs } from 'node:util';
import type { CullProgress } from './cull.ts';
import type { Database, Pool } from './database.ts';
import { migrate } from './migrations.ts';
import { sqlStore } from './sql.ts';

type Opened = (Pool | Database) & { end(): Promise<void> };

export const STORE_HELP = `  passerby-verifier store migrate               makes the tables of the verifier's store, or brings them up to date; several may do so at once
  passerby-verifier store cull --older-than 90d deletes what has been over for that long (d, h or m), such as rate limits of guests who never came
                                                back and sign-outs that outlived their session; never a user. Run it daily

The store's database is --database-url, or DATABASE_URL in the environment, which keeps its password out of the list of processes.`;

/** What of the surroundings the command needs. */
export interface StoreSurroundings {
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Connects to a database; default: by `pg`, where it is installed. */
  readonly open?: ((databaseUrl: string) => Promise<Opened>) | undefined;
}

type Print = (line: string) => void;

const OPTIONS = { 'database-url': { type: 'string' }, 'older-than': { type: 'string' } } as const;
const MS = { d: 86_400_000, h: 3_600_000, m: 60_000 } as const;
/** Batches come every few milliseconds. */
const TOLD_EVERY = 20_000;

/** `passerby-verifier store …`. @throws Error with what to do */
export async function runStore(argv: readonly string[], print: Print, { environment = process.env, open }: StoreSurroundings = {}): Promise<void> {
  const { values, positionals } = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  const [action, ...rest] = positionals;
  if (rest.length > 0 || (action !== 'migrate' && action !== 'cull') || (action === 'migrate' && values['older-than'] !== undefined)) throw new Error(STORE_HELP);
  const olderThan = action === 'cull' ? readDuration(values['older-than']) : 0;
  await withDatabase(values['database-url'], { environment, open }, (database) => (action === 'migrate' ? tellMigrated(database, print) : tellCulled(database, olderThan, print)));
}

/** Does something with the database that is named, or that the environment names. @throws Error with what to do */
export async function withDatabase(named: string | undefined, { environment = process.env, open = openByPg }: StoreSurroundings, work: (database: Pool | Database) => Promise<void>): Promise<void> {
  const databaseUrl = named ?? environment['DATABASE_URL'];
  if (!databaseUrl) throw new Error('Which database? Write --database-url postgres://user@host/name, or set DATABASE_URL');
  const database = await open(databaseUrl);
  try {
    await work(database);
  } catch (error) {
    // Where a name has several addresses, the reasons are inside, and the message is empty.
    if (error instanceof AggregateError) throw new Error(`The database cannot be reached: ${error.errors.map((one: unknown) => (one instanceof Error ? one.message : one)).join('; ')}`, { cause: error });
    throw error;
  } finally {
    await database.end();
  }
}

async function tellMigrated(database: Pool | Database, print: Print): Promise<void> {
  const done = await migrate(database);
  print(done.length > 0 ? `Brought the tables to version ${done.at(-1)}` : 'The tables are up to date');
}

async function tellCulled(database: Pool | Database, olderThan: number, print: Print): Promise<void> {
  const onProgress = ({ kind, looked, deleted }: CullProgress): void => {
    if (looked % TOLD_EVERY === 0) print(`  ${kind}: looked at ${looked}, deleted ${deleted}`);
  };
  const culled = await sqlStore(database).cull({ olderThan, onProgress });
  for (const [kind, deleted] of Object.entries(culled)) print(`${kind.padEnd(16)} ${deleted} deleted`);
}

/** Milliseconds. @throws Error with what to do */
export function readDuration(text: string | undefined): number {
  const [, count, unit] = /^(\d{1,6})([dhm])$/.exec(text ?? '') ?? [];
  if (count === undefined) throw new Error('How old? Write --older-than 90d, in days (d), hours (h) or minutes (m)');
  return Number(count) * MS[unit as keyof typeof MS];
}

async function openByPg(connectionString: string): Promise<Opened> {
  const { Pool } = await import('pg').catch((error: unknown) => {
    throw error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND' ? new Error('pg is not installed here: npm install pg', { cause: error }) : error;
  });
  const pool = new Pool({ connectionString, max: 1 });
  // A connection that is lost while idle: the next statement says so.
  pool.on('error', () => undefined);
  return pool;
}
