import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll } from 'vitest';
import { migrate, sqlStore } from '../../src/sql.ts';
import { describeCull } from './cull-suite.ts';
import { describeStore } from './store-suite.ts';
import { describeTwins } from './twins-suite.ts';

let database: PGlite;
beforeAll(async () => {
  database = new PGlite();
  await migrate(database);
}, 60_000);
afterAll(() => database.close());

const open = async (now: () => number) => {
  await database.query('TRUNCATE passerby.users, passerby.identities, passerby.exchanges, passerby.revoked_sessions, passerby.redeemed_tickets, passerby.buckets, passerby.guests, passerby.codes');
  return sqlStore(database, { now });
};

describeStore('PGlite', open);
describeTwins('PGlite', open);
describeCull('PGlite', open, { links: 100 });
