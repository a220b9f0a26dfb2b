/** A map whose entries end at a time. Entries are looked through from the oldest, so memory stays bounded without a timer. */
export class Expiring<Value> {
  readonly #entries = new Map<string, { readonly value: Value; readonly expiresAt: number }>();
  readonly #clock: () => number;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** `expiresAt` is ms since epoch. */
  set(key: string, value: Value, expiresAt: number): void {
    this.#dropEnded();
    // Deleted first, so that the order stays the order of expiry.
    this.#entries.delete(key);
    this.#entries.set(key, { value, expiresAt });
  }

  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    return entry && entry.expiresAt > this.#clock() ? entry.value : undefined;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  #dropEnded(): void {
    const now = this.#clock();
    for (const [key, { expiresAt }] of this.#entries) {
      if (expiresAt > now) return;
      this.#entries.delete(key);
    }
  }
}
