import type { PublicKeys } from './jwks.ts';
import { Unauthorized } from './unauthorized.ts';
import type { KeySource } from './verify-token.ts';

/** Above this age the keys are asked for again while the ones at hand go on working: how long a withdrawn key may live. */
const REFRESH_AFTER_MS = 10 * 60_000;
/** Above this age keys at hand no longer count, however long the login host has been away. */
const STALE_IF_ERROR_MS = 7 * 24 * 3_600_000;
/** At most two requests in this time. One is the ordinary one; the other finds a key that was published since, so a rotation is never waited for. */
const WINDOW_MS = 30_000;
const REQUESTS_PER_WINDOW = 2;

export interface KeySetParts {
  /** Asks for the keys; rejects where they cannot be had. */
  download(): Promise<PublicKeys>;
  /** Milliseconds since epoch. */
  now(): number;
  /** What an unknown key is while the issuer was asked too often just now: nobody's (default), or not known yet. */
  readonly unknown?: 'refused' | 'unavailable';
}

/** The public keys of one issuer, asked for when needed and kept through its absence. */
export class KeySet implements KeySource {
  readonly #parts: KeySetParts;
  #keys: PublicKeys = new Map();
  #askedAt = Number.NEGATIVE_INFINITY;
  #requests: readonly number[] = [];
  #pending: Promise<void> | undefined;
  #failure: unknown;

  constructor(parts: KeySetParts) {
    this.#parts = parts;
  }

  /** The key of this id, or, without one, the only key; null where the issuer has none. @throws Unauthorized `keys_unavailable` where it cannot be asked */
  async find(kid: string | null): Promise<CryptoKey | null> {
    const key = this.#pick(kid);
    if (key && this.#age() < STALE_IF_ERROR_MS) {
      // Not awaited: the key at hand works, and a failure is kept for whoever needs a key that is not.
      if (this.#age() > REFRESH_AFTER_MS) void this.#refresh();
      return key;
    }
    const askedBefore = this.#askedAt;
    // What is under way may have been answered before this key was published; only then one more request is due.
    await this.#pending;
    if (!this.#pick(kid) || this.#age() >= STALE_IF_ERROR_MS) await this.#refresh();
    const isUnsure = this.#parts.unknown === 'unavailable' && !this.#pick(kid) && askedBefore === this.#askedAt;
    if (isUnsure || this.#age() >= (this.#pick(kid) ? STALE_IF_ERROR_MS : WINDOW_MS)) {
      throw new Unauthorized('keys_unavailable', 'The keys that tokens are checked with cannot be had: try again later', { cause: this.#failure });
    }
    return this.#pick(kid);
  }

  /** Resolves once there are keys that count. @throws Unauthorized `keys_unavailable` */
  async ready(): Promise<void> {
    if (this.#keys.size === 0 || this.#age() >= STALE_IF_ERROR_MS) await this.find('');
  }

  #pick(kid: string | null): CryptoKey | null {
    if (kid !== null) return this.#keys.get(kid) ?? null;
    const [only, another] = this.#keys.values();
    return only && !another ? only : null;
  }

  /** Never rejects: what went wrong is kept as the reason, and the keys at hand stay. */
  #refresh(): Promise<void> {
    if (this.#pending) return this.#pending;
    const now = this.#parts.now();
    // What lies ahead was counted before the clock was set back, and must not count until then.
    this.#requests = this.#requests.filter((at) => at <= now && now - at < WINDOW_MS);
    if (this.#requests.length >= REQUESTS_PER_WINDOW) return Promise.resolve();
    this.#requests = [...this.#requests, now];
    this.#pending = this.#download(now).finally(() => { this.#pending = undefined; });
    return this.#pending;
  }

  async #download(askedAt: number): Promise<void> {
    try {
      this.#keys = await this.#parts.download();
      this.#askedAt = askedAt;
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error;
    }
  }

  /** Milliseconds since the answer at hand was asked for. */
  #age(): number {
    return this.#parts.now() - this.#askedAt;
  }
}
