import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/command.ts';
import { sqlStore } from '../../src/sql.ts';
import { runStore } from '../../src/store/command.ts';

const URL = 'postgres://shop:very-secret@database.shop.example/verifier';

let database: PGlite;
beforeAll(async () => {
  database = new PGlite();
  await database.waitReady;
}, 60_000);
afterAll(() => database.close());

const asked: string[] = [];
const ended: string[] = [];
const open = async (databaseUrl: string) => {
  asked.push(databaseUrl);
  return { query: database.query.bind(database), transaction: database.transaction.bind(database), end: async () => void ended.push(databaseUrl) };
};

async function printed(argv: readonly string[], environment: Readonly<Record<string, string>> = { DATABASE_URL: URL }): Promise<string> {
  const lines: string[] = [];
  await runStore(argv, (line) => lines.push(line), { environment, open });
  return lines.join('\n');
}

describe('the store command', () => {
  it('says what to do where the tables are not there yet', async () => {
    await expect(printed(['cull', '--older-than', '90d'])).rejects.toThrow(/store migrate/);
    await expect(sqlStore(database).standing('g_somebody', null)).rejects.toThrow(/store migrate/);
    expect(ended).toEqual(asked);
  });

  it('makes the tables, once, in the database that it is told of', async () => {
    expect(await printed(['migrate'])).toBe('Brought the tables to version 2');
    expect(await printed(['migrate', '--database-url', 'postgres://other'])).toBe('The tables are up to date');
    expect(asked.slice(-2)).toEqual([URL, 'postgres://other']);
    expect(ended).toEqual(asked);
  });

  it.each([['90d', 90 * 86_400_000], ['36h', 36 * 3_600_000], ['5m', 300_000], ['0d', 0]])('deletes what has been over for %s', async (text, ms) => {
    const store = sqlStore(database);
    await store.revoke('over', Date.now() - ms - 60_000);
    await store.revoke('not for long enough', Date.now() - ms + 60_000);
    expect(await printed(['cull', '--older-than', text])).toContain('revokedSessions  1 deleted');
    await store.cull({ olderThan: 0 });
    await database.query('TRUNCATE passerby.revoked_sessions');
  });

  it('tells how far it is on long runs', async () => {
    await database.query("INSERT INTO passerby.buckets SELECT 'key ' || i, 0, 0 FROM generate_series(1, 40000) AS i");
    const lines = (await printed(['cull', '--older-than', '1d'])).split('\n');
    expect(lines.slice(0, 3)).toEqual(['  buckets: looked at 20000, deleted 20000', '  buckets: looked at 40000, deleted 40000', 'buckets          40000 deleted']);
  });

  it.each([[['cull']], [['cull', '--older-than', '90']], [['cull', '--older-than', '-1d']], [['cull', '--older-than', 'd']], [['cull', '--older-than', '1y']]])('deletes nothing where it is not told how old: %j', async (argv) => {
    const before = asked.length;
    await expect(printed(argv)).rejects.toThrow(/--older-than|argument/);
    expect(asked.length).toBe(before);
  });

  it.each([[[]], [['drop']], [['migrate', 'now']], [['migrate', '--older-than', '1d']], [['cull', 'all', '--older-than', '1d']]])('knows no %j', async (argv) => {
    await expect(printed(argv)).rejects.toThrow(/store migrate/);
  });

  it('asks which database', async () => {
    await expect(printed(['migrate'], {})).rejects.toThrow(/--database-url|DATABASE_URL/);
  });

  it('does not repeat the address, which holds a password, where it cannot connect', async () => {
    const problem = await run(['store', 'migrate', '--database-url', 'postgres://shop:very-secret@localhost:1/verifier'], () => undefined).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(Error);
    expect(String(problem)).toMatch(/ECONNREFUSED|refused/i);
    expect(String(problem)).not.toContain('very-secret');
  });

  it('explains itself', async () => {
    const lines: string[] = [];
    for (const argv of [['--help'], ['store', '--help'], ['store', 'cull', '--help']]) await run(argv, (line) => lines.push(line));
    expect(lines.filter((line) => line.includes('store cull --older-than 90d') && line.includes('keys rotate')).length).toBe(3);
  });
});
