import { optionalNumber } from '@passerby/shared';
import type { Database, Queries, Row } from './database.ts';
import { heirOf, isSame, judge, type Exchange, type Exchanged, type Found, type Identity, type LinkedIdentity, type Links } from './links.ts';

/** Undoes what was written so far: whoever was here is no longer as they were, or the ID token was used. */
class Refusal extends Error {}

interface Kept {
  readonly proofId: string;
  readonly thumbprint: string;
  readonly answer: Exchanged;
}

/**
 * Links in a database. Right at read committed and at everything stricter: what two could both want is one row under a unique key, whoever comes second waits at it
 * until the first is done, and each later statement sees what was done. First the identity, then the user, then the exchange, so that nobody waits in a circle.
 */
export class SqlLinks implements Links {
  readonly #database: Database;
  readonly #now: () => number;

  constructor({ database, now }: { readonly database: Database; now(): number }) {
    this.#database = database;
    this.#now = now;
  }

  async exchange(exchange: Exchange): Promise<Exchanged | null> {
    try {
      return await this.#database.transaction((queries) => write(exchange, queries, this.#now()));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
    // It may have been done before, and its answer was lost.
    const before = await this.#read(exchange.linkId);
    return before && isSame(before, exchange) ? before.answer : null;
  }

  async exchanged(linkId: string): Promise<Exchanged | null> {
    return (await this.#read(linkId))?.answer ?? null;
  }

  async identitiesOf(subject: string): Promise<readonly LinkedIdentity[]> {
    const { rows } = await this.#database.query(IDENTITIES_OF, [subject]);
    return rows.map((row) => ({ identity: readIdentity(row), linkedAt: Number(row['linked_at']) }));
  }

  async unlink(subject: string, identity: Identity): Promise<'unlinked' | 'unknown' | 'last'> {
    return this.#database.transaction(async (queries) => {
      await queries.query(TOUCH_USER, [subject]);
      const { rows } = await queries.query(IDENTITIES_OF, [subject]);
      if (!rows.map(readIdentity).some((one) => one.issuer === identity.issuer && one.subject === identity.subject)) return 'unknown';
      if (rows.length === 1) return 'last';
      await queries.query(DELETE_IDENTITY, [identity.issuer, identity.subject]);
      return 'unlinked';
    });
  }

  async #read(linkId: string): Promise<Kept | null> {
    const { rows: [row] } = await this.#database.query(EXCHANGED, [linkId, this.#now()]);
    return row ? readKept(row) : null;
  }
}

/** @throws Refusal */
async function write(exchange: Exchange, queries: Queries, now: number): Promise<Exchanged> {
  const { linkId, proofId, until } = exchange;
  const found = await find(exchange, queries, now);
  const answer = judge(exchange, found);
  if (!answer) throw new Refusal();
  const { outcome, subject, generation, sessionId, thumbprint, authTime } = answer;
  if (found.ownerGeneration === null) await insertOrRefuse(queries, MAKE_USER, [subject, generation]);
  await insertOrRefuse(queries, KEEP, [linkId, proofId, thumbprint, sessionId, outcome, subject, generation, authTime, until]);
  return answer;
}

/** From here on the identity is nobody else's to change until this is done. */
async function find(exchange: Exchange, queries: Queries, now: number): Promise<Found> {
  const { identity, gainer } = exchange;
  const { rows: [claimed] } = await queries.query(CLAIM_IDENTITY, [identity.issuer, identity.subject, heirOf(exchange), now]);
  const owner = String(claimed?.['subject']);
  const { rows: [row = {}] } = await queries.query(FIND, [owner, gainer?.subject ?? null, gainer?.sessionId ?? null, now]);
  return {
    owner, ownerGeneration: optionalNumber(row, 'owner_generation') ?? null, gainerGeneration: optionalNumber(row, 'gainer_generation') ?? null,
    isRevoked: row['is_revoked'] === true,
  };
}

/** @throws Refusal where somebody else's row has the key */
async function insertOrRefuse(queries: Queries, sql: string, values: unknown[]): Promise<void> {
  const { rows } = await queries.query(sql, values);
  if (rows.length === 0) throw new Refusal();
}

function readIdentity(row: Row): Identity {
  return { issuer: String(row['issuer']), subject: String(row['issuer_subject']) };
}

function readKept(row: Row): Kept {
  const thumbprint = String(row['thumbprint']);
  const outcome = row['outcome'] as Exchanged['outcome'];
  return {
    proofId: String(row['proof_id']), thumbprint,
    answer: { outcome, thumbprint, subject: String(row['subject']), generation: Number(row['generation']), sessionId: String(row['session_id']), authTime: Number(row['auth_time']) },
  };
}

/** Writes what is written already, so that the row is held and can be returned. */
const CLAIM_IDENTITY = `
  INSERT INTO passerby.identities AS i (issuer, issuer_subject, subject, linked_at) VALUES ($1, $2, $3, $4)
  ON CONFLICT (issuer, issuer_subject) DO UPDATE SET subject = i.subject
  RETURNING subject`;

const FIND = `
  SELECT (SELECT generation FROM passerby.users WHERE subject = $1) AS owner_generation,
    (SELECT generation FROM passerby.users WHERE subject = $2) AS gainer_generation,
    EXISTS (SELECT 1 FROM passerby.revoked_sessions WHERE session_id = $3 AND until > $4) AS is_revoked`;

const MAKE_USER = 'INSERT INTO passerby.users (subject, generation) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING subject';

/** Its unique keys are the round trip and the ID token: each counts once. */
const KEEP = `
  INSERT INTO passerby.exchanges (link_id, proof_id, thumbprint, session_id, outcome, subject, generation, auth_time, until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
  ON CONFLICT DO NOTHING RETURNING link_id`;

const EXCHANGED = 'SELECT proof_id, thumbprint, session_id, outcome, subject, generation, auth_time FROM passerby.exchanges WHERE link_id = $1 AND until > $2';

const IDENTITIES_OF = 'SELECT issuer, issuer_subject, linked_at FROM passerby.identities WHERE subject = $1 ORDER BY linked_at, issuer, issuer_subject';

/** Written and not only locked: two that take identities off one user at once meet here at every isolation. */
const TOUCH_USER = 'UPDATE passerby.users SET generation = generation WHERE subject = $1';

const DELETE_IDENTITY = 'DELETE FROM passerby.identities WHERE issuer = $1 AND issuer_subject = $2';
