import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/command.ts';
import { migrate, sqlStore } from '../../src/sql.ts';
import { runZitadel } from '../../src/zitadel/command.ts';
import { DAY, ISSUER, Visitor, World } from './support.ts';

let database: PGlite;
beforeAll(async () => {
  database = new PGlite();
  await migrate(database);
}, 60_000);
afterAll(() => database.close());

async function printed(world: World, argv: readonly string[], environment: Readonly<Record<string, string | undefined>> = {}): Promise<string> {
  const lines: string[] = [];
  const all = { ZITADEL_ISSUER: ISSUER, ZITADEL_SERVICE_TOKEN: world.shop.pat, DATABASE_URL: 'postgres://shop', ...environment };
  const open = async () => ({ query: database.query.bind(database), transaction: database.transaction.bind(database), end: async () => undefined });
  await runZitadel(argv, (line) => lines.push(line), { environment: all, open, fetch: world.fetch, now: () => world.now });
  return lines.join('\n');
}

describe('the zitadel command', () => {
  it('deletes the guests who did not come back, and tells how many', async () => {
    const world = await World.open({ store: (now) => sqlStore(database, { now }) });
    const [old, user] = [new Visitor(world), new Visitor(world)];
    const subject = await old.guest();
    await user.guest();
    await user.becomeUser();
    world.pass(31 * DAY);
    const young = await new Visitor(world).guest();
    expect(await printed(world, ['purge', '--older-than', '30d'])).toBe('looked   2\ndeleted  1\nkept     1\nfailed   0');
    expect([world.known(subject), world.known(young)?.userId]).toEqual([undefined, young]);
    expect(await printed(world, ['purge', '--older-than', '30d', '--issuer', ISSUER], { ZITADEL_ISSUER: undefined })).toMatch(/^looked   1\n/);
  });

  it('says what to set, and repeats no secret', async () => {
    const world = await World.open();
    const argv = ['purge', '--older-than', '30d'];
    await expect(printed(world, argv, { ZITADEL_ISSUER: undefined })).rejects.toThrow(/--issuer/);
    await expect(printed(world, argv, { ZITADEL_SERVICE_TOKEN: undefined })).rejects.toThrow(/ZITADEL_SERVICE_TOKEN/);
    await expect(printed(world, argv, { DATABASE_URL: undefined })).rejects.toThrow(/DATABASE_URL/);
    await expect(printed(world, argv, { ZITADEL_SERVICE_TOKEN: 'very-secret pat' })).rejects.toThrow(/serviceToken is missing/);
    world.shop.zitadel.expirePat(world.shop.pat);
    const problem = await printed(world, argv).catch(String);
    expect(problem).toMatch(/new personal access token/);
    expect(problem).not.toContain(world.shop.pat);
  });

  it.each([[[]], [['list']], [['purge']], [['purge', '--older-than', '30']], [['purge', 'all', '--older-than', '30d']], [['purge', '--older-than', '30d', '--token', 'x']]])('knows no %j', async (argv) => {
    const world = await World.open();
    const before = world.shop.zitadel.log.length;
    await expect(printed(world, argv)).rejects.toThrow(/older-than|--token/);
    expect(world.shop.zitadel.log.length).toBe(before);
  });

  it('explains itself, and makes sealing keys', async () => {
    const lines: string[] = [];
    await run(['zitadel', '--help'], (line) => lines.push(line));
    expect(lines.join('\n')).toContain('zitadel purge --older-than 30d');
    const keys: string[] = [];
    for (let i = 0; i < 2; i += 1) await run(['keys', 'seal'], (line) => keys.push(line));
    expect(new Set(keys).size).toBe(2);
    const world = await World.open({ sealingKeys: keys });
    expect((await new Visitor(world).post('/guest')).status).toBe(200);
    await expect(run(['zitadel', 'list'], () => undefined)).rejects.toThrow(/zitadel purge/);
  });
});
