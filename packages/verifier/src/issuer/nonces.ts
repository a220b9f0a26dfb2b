import { base64url } from 'jose';
import type { SigningKeys } from './signing-keys.ts';

/** As long as an access token lives, so that the nonce of one renewal is good for the next. */
const SLOT_MS = 10 * 60_000;

/**
 * Nonces for DPoP proofs (RFC 9449 §8): the number of a ten-minute slot and a MAC over it. Nothing is remembered, and every instance with the same keys knows them.
 */
export class Nonces {
  readonly #keys: SigningKeys;
  readonly #now: () => number;
  #macKeys: Promise<ReadonlyMap<string, CryptoKey>> | undefined;
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
    const [bytes, text] = [new Uint8Array(base64url.decode(mac)), new TextEncoder().encode(slot)];
    // Made by any process of ours, also by one that still signs with the key before, or signs with the next one already.
    const checks = [...(await this.#keysOfAll()).values()].map((key) => crypto.subtle.verify('HMAC', key, bytes, text));
    return (await Promise.all(checks)).includes(true);
  }

  async #make(slot: number): Promise<string> {
    const [key] = (await this.#keysOfAll()).values();
    if (!key) throw new TypeError('createIssuer: there is no private key');
    const mac = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(String(slot)));
    return `${slot}.${base64url.encode(new Uint8Array(mac))}`;
  }

  #keysOfAll(): Promise<ReadonlyMap<string, CryptoKey>> {
    this.#macKeys ??= this.#keys.derive('DPoP nonce');
    return this.#macKeys;
  }

  #slot(): number {
    return Math.floor(this.#now() / SLOT_MS);
  }
}
