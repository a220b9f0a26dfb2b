import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, describe } from 'vitest';
import { memoryStore } from '../../src/index.ts';
import { migrate, sqlStore } from '../../src/sql.ts';
import { describeZitadelRaces } from './races-suite.ts';

describe('an upgrade and a purge', () => {
  let database: PGlite;
  beforeAll(async () => {
    database = new PGlite();
    await migrate(database);
  }, 60_000);
  afterAll(() => database.close());

  describeZitadelRaces('memory', async (now) => memoryStore({ now }), { upgrades: 1_000 });
  describeZitadelRaces('PGlite', async (now) => sqlStore(database, { now }), { upgrades: 1_000 });
});
