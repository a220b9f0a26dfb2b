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
  // A thousand on a database are in engines/, where each connection is a process of its own.
  describeZitadelRaces('PGlite', async (now) => sqlStore(database, { now }), { upgrades: 200 });
});
