/** Who may do something how often. */
export interface RateLimit {
  /** Takes one turn for a network: 0 where it is allowed, else the milliseconds to wait. A refused turn costs nothing. */
  take(network: string): number;
}

export interface TokenBucketSettings {
  /** Turns in a full bucket. */
  readonly burst: number;
  /** Turns that come back each second. */
  readonly perSecond: number;
  /** Networks remembered at most; default 50,000, about 5 MB. */
  readonly capacity?: number;
  /** Milliseconds since epoch. */
  now(): number;
}

/**
 * A token bucket per network, kept as one number: when it will be full again. A full bucket is the same as none; where
 * there are too many, the fullest are forgotten, because that gives away least.
 */
export class TokenBuckets implements RateLimit {
  readonly #fullAt = new Map<string, number>();
  readonly #turnMs: number;
  readonly #bucketMs: number;
  readonly #capacity: number;
  readonly #now: () => number;

  constructor({ burst, perSecond, capacity = 50_000, now }: TokenBucketSettings) {
    this.#turnMs = 1000 / perSecond;
    this.#bucketMs = burst * this.#turnMs;
    this.#capacity = capacity;
    this.#now = now;
  }

  take(network: string): number {
    const now = this.#now();
    const aheadMs = (this.#fullAt.get(network) ?? now) - now;
    const missingMs = Math.min(this.#bucketMs, Math.max(0, aheadMs));
    // A clock that was set back must not lock everybody out for that long: the bucket is as empty as one can be, and fills from here.
    if (aheadMs > this.#bucketMs) this.#fullAt.set(network, now + this.#bucketMs);
    const waitMs = missingMs + this.#turnMs - this.#bucketMs;
    // A thousandth of a turn of tolerance, as 1000 / perSecond is seldom exact.
    if (waitMs > this.#turnMs / 1000) return waitMs;
    if (!this.#fullAt.has(network)) this.#makeRoom();
    this.#fullAt.set(network, now + missingMs + this.#turnMs);
    return 0;
  }

  #makeRoom(): void {
    if (this.#fullAt.size < this.#capacity) return;
    // Some at once, so that a flood of networks does not pay for a walk through all of them with each one.
    const fullest = [...this.#fullAt].sort(([, one], [, other]) => one - other).slice(0, Math.ceil(this.#capacity / 16));
    for (const [network] of fullest) this.#fullAt.delete(network);
  }
}
