/** What whoever asks carries for us from one request to the next: sealed, so that it says nothing to them, and nobody else can have written it. */
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Json } from '@passerby/shared';
import { compactDecrypt, CompactEncrypt, errors } from 'jose';
import { parseObject } from '../reach.ts';

/** What is sealed for one purpose opens for no other. */
export type SealPurpose = 'upgrade' | 'kept guest';

/** JSON does not mind it (RFC 8259 §2). */
const SPACE = 0x20;
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
/** What is sealed is filled up to a multiple of so many bytes, where its length would tell something. */
const BLOCKS: Readonly<Record<SealPurpose, number>> = { upgrade: 2_048, 'kept guest': 1 };

/**
 * Seals with a key that follows from the management key: every process has it, and nobody has to set one more secret. A new management key opens nothing of
 * before, which costs whoever is under way another code.
 */
export class Seal {
  readonly #key: Uint8Array;
  readonly #purpose: SealPurpose;

  constructor(managementKey: string, purpose: SealPurpose) {
    this.#key = hkdf(sha256, utf8(managementKey), undefined, utf8(`passerby descope ${purpose}`), 32);
    this.#purpose = purpose;
  }

  async close(inside: Json): Promise<string> {
    const plain = utf8(JSON.stringify(inside));
    const block = BLOCKS[this.#purpose];
    const padded = new Uint8Array(Math.ceil(plain.length / block) * block).fill(SPACE);
    padded.set(plain);
    return new CompactEncrypt(padded).setProtectedHeader({ alg: 'dir', enc: 'A256GCM' }).encrypt(this.#key);
  }

  /** Null: we did not seal this, or not for this purpose. */
  async open(sealed: string): Promise<Json | null> {
    try {
      const { plaintext } = await compactDecrypt(sealed, this.#key, { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] });
      return parseObject(new TextDecoder().decode(plaintext));
    } catch (error) {
      if (error instanceof errors.JOSEError) return null;
      throw error;
    }
  }
}
