import type { Database, Row } from './database.ts';
import type { GuestRow, Guests, SentCode } from './guests.ts';

/** Guests in a database. Each change is one statement on one row, so it is right at every isolation. */
export class SqlGuests implements Guests {
  readonly #database: Database;
  readonly #now: () => number;

  constructor({ database, now }: { readonly database: Database; now(): number }) {
    this.#database = database;
    this.#now = now;
  }

  async guestRow(subject: string): Promise<GuestRow | null> {
    const { rows: [row] } = await this.#database.query(GUEST_ROW, [subject, this.#now()]);
    return row ? readRow(row) : null;
  }

  async changeGuest(subject: string, before: GuestRow | null, after: GuestRow | null): Promise<boolean> {
    const was = before && [before.generation, before.state, before.by, before.at];
    const is = after && [after.generation, after.state, after.by, after.at, after.until];
    if (!was) return is ? this.#changes(FIRST, [subject, this.#now(), ...is]) : (await this.guestRow(subject)) === null;
    const still = [subject, this.#now(), ...was];
    return is ? this.#changes(CHANGE, [...still, ...is]) : this.#changes(TAKE_AWAY, still);
  }

  async keepCode({ subject, challenge, emailHash, codeHash, tries, until }: SentCode): Promise<void> {
    await this.#database.query(KEEP_CODE, [subject, challenge, emailHash, codeHash, tries, until]);
  }

  async tryCode({ subject, challenge, emailHash, codeHash }: Omit<SentCode, 'tries' | 'until'>): Promise<{ readonly isRight: boolean; readonly triesLeft: number } | null> {
    const { rows: [row] } = await this.#database.query(TRY_CODE, [subject, challenge, emailHash, codeHash, this.#now()]);
    return row ? { isRight: row['is_right'] === true, triesLeft: Number(row['tries']) } : null;
  }

  async #changes(sql: string, values: unknown[]): Promise<boolean> {
    return (await this.#database.query(sql, values)).rows.length > 0;
  }
}

function readRow(row: Row): GuestRow {
  const until = row['until'];
  return {
    generation: Number(row['generation']) === 0 ? 0 : 1, state: row['state'] as GuestRow['state'], by: String(row['by']), at: Number(row['at']),
    until: until === null ? null : Number(until),
  };
}

const GUEST_ROW = 'SELECT generation, state, by, at, until FROM passerby.guests WHERE subject = $1 AND (until IS NULL OR until > $2)';

/** A row that is over means the same as none. */
const FIRST = `
  INSERT INTO passerby.guests AS g (subject, generation, state, by, at, until) VALUES ($1, $3, $4, $5, $6, $7)
  ON CONFLICT (subject) DO UPDATE SET (generation, state, by, at, until) = (excluded.generation, excluded.state, excluded.by, excluded.at, excluded.until) WHERE g.until <= $2
  RETURNING subject`;

const IS_STILL = 'subject = $1 AND (until IS NULL OR until > $2) AND generation = $3 AND state = $4 AND by = $5 AND at = $6';

const CHANGE = `UPDATE passerby.guests SET (generation, state, by, at, until) = ($7, $8, $9, $10, $11) WHERE ${IS_STILL} RETURNING subject`;

const TAKE_AWAY = `DELETE FROM passerby.guests WHERE ${IS_STILL} RETURNING subject`;

const KEEP_CODE = `
  INSERT INTO passerby.codes (subject, challenge, email_hash, code_hash, tries, until) VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT (subject) DO UPDATE SET (challenge, email_hash, code_hash, tries, until) = (excluded.challenge, excluded.email_hash, excluded.code_hash, excluded.tries, excluded.until)`;

/** Who comes second waits at the row, and finds the tries that the first one left. */
const TRY_CODE = `
  UPDATE passerby.codes SET tries = CASE WHEN code_hash = $4 THEN tries ELSE tries - 1 END
  WHERE subject = $1 AND challenge = $2 AND email_hash = $3 AND until > $5 AND tries > 0
  RETURNING code_hash = $4 AS is_right, tries`;
