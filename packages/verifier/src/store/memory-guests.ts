import { isSameRow, type GuestRow, type Guests, type SentCode } from './guests.ts';

/** Guests in memory. No step waits for another, so each is whole by itself. */
export class MemoryGuests implements Guests {
  readonly #now: () => number;
  readonly #rows = new Map<string, GuestRow>();
  readonly #codes = new Map<string, SentCode>();

  constructor({ now }: { now(): number }) {
    this.#now = now;
  }

  async guestRow(subject: string): Promise<GuestRow | null> {
    return this.#row(subject);
  }

  async changeGuest(subject: string, before: GuestRow | null, after: GuestRow | null): Promise<boolean> {
    if (!isSameRow(this.#row(subject), before)) return false;
    if (after) this.#rows.set(subject, after);
    else this.#rows.delete(subject);
    return true;
  }

  async keepCode(code: SentCode): Promise<void> {
    this.#forgetCodes();
    // Taken out first, so that those that end first stand first.
    this.#codes.delete(code.subject);
    this.#codes.set(code.subject, code);
  }

  async tryCode({ subject, challenge, emailHash, codeHash }: Omit<SentCode, 'tries' | 'until'>): Promise<{ readonly isRight: boolean; readonly triesLeft: number } | null> {
    const sent = this.#codes.get(subject);
    if (!sent || sent.challenge !== challenge || sent.emailHash !== emailHash || sent.until <= this.#now() || sent.tries < 1) return null;
    const isRight = sent.codeHash === codeHash;
    const triesLeft = isRight ? sent.tries : sent.tries - 1;
    this.#codes.set(subject, { ...sent, tries: triesLeft });
    return { isRight, triesLeft };
  }

  #row(subject: string): GuestRow | null {
    const row = this.#rows.get(subject);
    if (!row) return null;
    if (row.until === null || row.until > this.#now()) return row;
    this.#rows.delete(subject);
    return null;
  }

  #forgetCodes(): void {
    for (const [subject, { until }] of this.#codes) {
      if (until > this.#now()) return;
      this.#codes.delete(subject);
    }
  }
}
