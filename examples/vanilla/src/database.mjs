/** A database for what the verifier must remember: whose an identity is, and which sessions were ended. */
import { migrate, sqlStore } from '@passerby/verifier/sql';

/**
 * PostgreSQL where `SHOP_DATABASE_URL` names one; else PGlite, which speaks the same SQL, in this process and until it ends.
 * @param {{ clock: (() => number) | undefined }} options
 * @returns {Promise<import('./demo.mjs').OpenedStore>}
 */
export async function openDatabase({ clock }) {
  const url = process.env['SHOP_DATABASE_URL'];
  const { database, close } = url ? await postgres(url) : await pglite();
  await migrate(database);
  return { store: sqlStore(database, { now: clock }), close };
}

async function pglite() {
  const { PGlite } = await import('@electric-sql/pglite');
  const database = new PGlite();
  return { database, close: () => database.close() };
}

/** @param {string} connectionString */
async function postgres(connectionString) {
  const { Pool } = await import('pg');
  const database = new Pool({ connectionString });
  // An idle connection that is cut would end the process; the next statement says what is wrong.
  database.on('error', () => undefined);
  return { database, close: () => database.end() };
}
