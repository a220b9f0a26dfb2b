import { parseArgs } from 'node:util';
import { readDuration, withDatabase, type StoreSurroundings } from '../store/command.ts';
import { sqlStore } from '../store/sql.ts';
import type { Purged } from './purge.ts';
import { createPurge } from './zitadel.ts';

export const ZITADEL_HELP = `  passerby-verifier zitadel purge --older-than 30d
                                                deletes the guests at ZITADEL whose day has been over for that long (d, h or m), and those who
                                                are gone by a merge; never a user. Run it daily. --issuer, or ZITADEL_ISSUER in the environment, is
                                                your ZITADEL; the service account's token is ZITADEL_SERVICE_TOKEN; the store is as above`;

export interface PurgeSurroundings extends StoreSurroundings {
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Milliseconds since epoch. */
  readonly now?: (() => number) | undefined;
}

const OPTIONS = { issuer: { type: 'string' }, 'database-url': { type: 'string' }, 'older-than': { type: 'string' } } as const;
/** Pages come every few seconds. */
const TOLD_EVERY = 1_000;

/** `passerby-verifier zitadel …`. @throws Error with what to do */
export async function runZitadel(argv: readonly string[], print: (line: string) => void, { environment = process.env, fetch, now, open }: PurgeSurroundings = {}): Promise<void> {
  const { values, positionals } = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  if (positionals.length !== 1 || positionals[0] !== 'purge') throw new Error(ZITADEL_HELP);
  const olderThan = readDuration(values['older-than']);
  const issuer = values.issuer ?? environment['ZITADEL_ISSUER'];
  const serviceToken = environment['ZITADEL_SERVICE_TOKEN'];
  if (!issuer) throw new Error('Which ZITADEL? Write --issuer https://shop.zitadel.cloud, or set ZITADEL_ISSUER');
  if (!serviceToken) throw new Error('Set ZITADEL_SERVICE_TOKEN to a personal access token of the service account');
  const on = ({ looked, deleted }: Purged): void => {
    if (looked % TOLD_EVERY === 0) print(`  looked at ${looked}, deleted ${deleted}`);
  };
  await withDatabase(values['database-url'], { environment, open }, async (database) => {
    const purge = createPurge({ issuer, serviceToken, store: sqlStore(database, { now }), report: print, fetch, now });
    for (const [kind, count] of Object.entries(await purge({ olderThan, on }))) print(`${kind.padEnd(8)} ${count}`);
  });
}
