import { Expiring } from '../expiring.ts';

/** Everything that came of one sign-in: refresh tokens by their `jti`, and what they become. */
export interface Family {
  readonly subject: string;
  /** Of two families the later has the larger number. */
  readonly number: number;
  isOver: boolean;
}

interface Known {
  readonly family: Family;
  /** A newer refresh token took its place. */
  isSpent: boolean;
}

/** Which refresh tokens are good. */
export class Sessions {
  readonly #known: Expiring<Known>;
  /** By subject: families up to this number are over. */
  readonly #endedUpTo = new Map<string, number>();
  #latest = 0;

  constructor(now: () => number) {
    this.#known = new Expiring(now);
  }

  begin(subject: string): Family {
    this.#latest += 1;
    return { subject, number: this.#latest, isOver: false };
  }

  /** `expiresAt` is ms since epoch. */
  note(jti: string, family: Family, expiresAt: number): void {
    this.#known.set(jti, { family, isSpent: false }, expiresAt);
  }

  /** The family of a refresh token; undefined where it is over, by whichever way. */
  find(jti: string): Known | undefined {
    const known = this.#known.get(jti);
    return known && !known.family.isOver && known.family.number > (this.#endedUpTo.get(known.family.subject) ?? 0) ? known : undefined;
  }

  spend(jti: string): void {
    const known = this.#known.get(jti);
    if (known) known.isSpent = true;
  }

  /** Ends all that somebody has now. */
  endAllOf(subject: string): void {
    this.#endedUpTo.set(subject, this.#latest);
  }

  clear(): void {
    this.#known.clear();
  }
}
