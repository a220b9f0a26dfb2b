import { base64url } from 'jose';
import type { SigningKeys } from './signing-keys.ts';

const SLOT_MS = 5 * 60_000;

/**
 * Nonces for DPoP proofs (RFC 9449 §8): the number of a five-minute slot and a MAC over it. Nothing is remembered, and every instance with the same keys knows them.
 */
export class Nonces {
  readonly #keys: SigningKeys;
  readonly #now: () => number;
  #macKey: Promise<CryptoKey> | undefined;
  #latest: { readonly slot: number; readonly nonce: Promise<string> } | undefined;

  constructor({ keys, now }: { readonly keys: SigningKeys; now(): number }) {
    this.#keys = keys;
    this.#now = now;
  }

  /** The nonce to send with an answer. */
  current(): Promise<string> {
    const slot = this.#slot();
    if (this.#latest?.slot !== slot) this.#latest = { slot, nonce: this.#make(slot) };
    return this.#latest.nonce;
  }

  /** True for a nonce of the present slot or the one before. */
  async isOurs(nonce: string): Promise<boolean> {
    const [, slot, mac] = /^(\d{1,12})\.([\w-]{43})$/.exec(nonce) ?? [];
    const age = this.#slot() - Number(slot);
    if (slot === undefined || mac === undefined || (age !== 0 && age !== 1)) return false;
    return crypto.subtle.verify('HMAC', await this.#key(), new Uint8Array(base64url.decode(mac)), new TextEncoder().encode(slot));
  }

  async #make(slot: number): Promise<string> {
    const mac = await crypto.subtle.sign('HMAC', await this.#key(), new TextEncoder().encode(String(slot)));
    return `${slot}.${base64url.encode(new Uint8Array(mac))}`;
  }

  #key(): Promise<CryptoKey> {
    this.#macKey ??= this.#keys.derive('DPoP nonce');
    return this.#macKey;
  }

  #slot(): number {
    return Math.floor(this.#now() / SLOT_MS);
  }
}
