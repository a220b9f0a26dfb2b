import { cull, type CullOptions, type Culled } from './cull.ts';
import { connect, type Database, type Pool } from './database.ts';
import { standingOf } from './links.ts';
import { SqlGuests } from './sql-guests.ts';
import { SqlLinks } from './sql-links.ts';
import type { Store } from './store.ts';

export interface SqlStore extends Store {
  /** Deletes what is over; never a user or an identity. Nothing else deletes: run it daily. */
  cull(options: CullOptions): Promise<Culled>;
}

/**
 * A store in PostgreSQL, or whatever speaks its protocol: `sqlStore(new Pool({ connectionString }))` of `pg`, or `sqlStore(new PGlite())` for development and tests.
 * Its tables are made by `passerby-verifier store migrate`, or by `migrate()`. Nothing is kept in the process. A pool needs an `error` listener of yours, as `pg` says.
 */
export function sqlStore(given: Pool | Database, { now = () => Date.now() }: { readonly now?: (() => number) | undefined } = {}): SqlStore {
  const database = connect(given);
  const links = new SqlLinks({ database, now });
  const guests = new SqlGuests({ database, now });
  return {
    async takeTurn(bucket, { burst, perSecond }) {
      const turnMs = 1000 / perSecond;
      const { rows } = await database.query(TAKE_TURN, [bucket, now(), turnMs, burst * turnMs]);
      return Number(rows[0]?.['wait_ms']);
    },
    async standing(subject, sessionId) {
      const { rows } = await database.query(STANDING, [subject, sessionId, now()]);
      const [{ generation, revoked } = {}] = rows;
      return { ...standingOf(generation as number | null), revoked: revoked === true };
    },
    async revoke(sessionId, until) {
      await database.query(REVOKE, [sessionId, until]);
    },
    async redeem({ ticketId, key, until }) {
      const { rows } = await database.query(REDEEM, [ticketId, key, until]);
      return rows[0]?.['is_same'] === true;
    },
    exchange: (exchange) => links.exchange(exchange),
    exchanged: (linkId) => links.exchanged(linkId),
    identitiesOf: (subject) => links.identitiesOf(subject),
    unlink: (subject, identity) => links.unlink(subject, identity),
    guestRow: (subject) => guests.guestRow(subject),
    changeGuest: (subject, before, after) => guests.changeGuest(subject, before, after),
    keepCode: (code) => guests.keepCode(code),
    tryCode: (given) => guests.tryCode(given),
    cull: (options) => cull(database, { now, ...options }),
  };
}

/** The token bucket of gate/rate-limit.ts, by the clock of whoever asks. */
const TAKE_TURN = `
  INSERT INTO passerby.buckets AS b (bucket, full_at, wait_ms) VALUES ($1, $2::float8 + $3::float8, 0)
  ON CONFLICT (bucket) DO UPDATE SET (full_at, wait_ms) = (
    SELECT CASE WHEN wait_ms > $3 / 1000 THEN LEAST(b.full_at, $2 + $4) ELSE $2 + missing_ms + $3 END, CASE WHEN wait_ms > $3 / 1000 THEN wait_ms ELSE 0 END
    FROM (SELECT missing_ms, missing_ms + $3 - $4::float8 AS wait_ms FROM (SELECT LEAST($4, GREATEST(0, b.full_at - $2)) AS missing_ms) AS missing) AS wait
  )
  RETURNING wait_ms`;

const STANDING = `
  SELECT (SELECT generation FROM passerby.users WHERE subject = $1) AS generation,
    EXISTS (SELECT 1 FROM passerby.revoked_sessions WHERE session_id = $2 AND until > $3) AS revoked`;

const REVOKE = `
  INSERT INTO passerby.revoked_sessions AS r (session_id, until) VALUES ($1, $2)
  ON CONFLICT (session_id) DO UPDATE SET until = GREATEST(r.until, excluded.until)`;

/** Writes what is written already, so that it can be returned. */
const REDEEM = `
  INSERT INTO passerby.redeemed_tickets AS t (ticket_id, key, until) VALUES ($1, $2, $3)
  ON CONFLICT (ticket_id) DO UPDATE SET key = t.key
  RETURNING key = $2 AS is_same`;
