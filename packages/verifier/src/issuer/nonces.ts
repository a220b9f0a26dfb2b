import { hmacSha256, sha256 } from '../sha256.ts';
import type { SigningKeys } from './signing-keys.ts';

/** As long as an access token lives, so that the nonce of one renewal is good for the next. */
const SLOT_MS = 10 * 60_000;

/**
 * Nonces for DPoP proofs (RFC 9449 §8): the number of a ten-minute slot and a MAC over it. Nothing is remembered, and every instance with the same keys knows them.
 */
export class Nonces {
  readonly #keys: SigningKeys;
  readonly #now: () => number;
  #macKeys: ReadonlyMap<string, Uint8Array> | undefined;
  #latest: { readonly slot: number; readonly nonce: string } | undefined;

  constructor({ keys, now }: { readonly keys: SigningKeys; now(): number }) {
    this.#keys = keys;
    this.#now = now;
  }

  /** The nonce to send with an answer. */
  current(): string {
    const slot = this.#slot();
    if (this.#latest?.slot !== slot) this.#latest = { slot, nonce: this.#make(slot) };
    return this.#latest.nonce;
  }

  /** True for a nonce of the present slot or the one before. */
  isOurs(nonce: string): boolean {
    const [, slot, mac] = /^(\d{1,12})\.([\w-]{43})$/.exec(nonce) ?? [];
    const age = this.#slot() - Number(slot);
    if (slot === undefined || mac === undefined || (age !== 0 && age !== 1)) return false;
    // Made by any process of ours, also by one that still signs with the key before, or signs with the next one already. By their hashes: how long they take to
    // compare tells nothing of the MAC.
    return [...this.#keysOfAll().values()].some((key) => sha256(mac) === sha256(hmacSha256(key, slot)));
  }

  #make(slot: number): string {
    const [key] = this.#keysOfAll().values();
    if (!key) throw new TypeError('createIssuer: there is no private key');
    return `${slot}.${hmacSha256(key, String(slot))}`;
  }

  #keysOfAll(): ReadonlyMap<string, Uint8Array> {
    this.#macKeys ??= this.#keys.derive('DPoP nonce');
    return this.#macKeys;
  }

  #slot(): number {
    return Math.floor(this.#now() / SLOT_MS);
  }
}
