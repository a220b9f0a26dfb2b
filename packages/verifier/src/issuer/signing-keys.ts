import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { asObject, optionalText, type Json } from '@passerby/shared';
import { base64url, type JWTPayload } from 'jose';
import { decodeExactly, importPublicKey, readPublicKey, type PublicKey } from '../tokens/public-key.ts';

/** A JSON Web Key Set with private keys in it (RFC 7517 §5). A secret. */
export interface PrivateKeySet {
  readonly keys: readonly object[];
}

/** A public key as it is published. */
export type PublicJwk = Readonly<Record<'kid' | 'alg' | 'use', string> & Record<string, string>>;

interface NamedKey extends PublicKey {
  readonly kid: string;
  readonly algorithm: 'EdDSA' | 'ES256';
}

const PARAMETERS = { EdDSA: { name: 'Ed25519' }, ES256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } } as const;
const MAX_KEYS = 50;

/** The issuer's keys: the first one signs, every one verifies. The private part is not readable from outside, nor is it in any error. */
export class SigningKeys {
  readonly #keys: readonly NamedKey[];
  readonly #first: NamedKey;
  readonly #secret: Uint8Array<ArrayBuffer>;
  /** The private part of every key that has one here, by its name; the signing one's first. */
  readonly #secrets: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
  readonly #public = new Map<string, Promise<CryptoKey>>();
  #signer: Promise<CryptoKey> | undefined;

  /** @throws TypeError where this is not a key set that can sign */
  constructor(set: string | PrivateKeySet | undefined) {
    const entries = readEntries(set);
    this.#keys = entries.map(readKey);
    const [first] = this.#keys;
    const secret = decodeExactly(optionalText(entries[0] ?? {}, 'd') ?? '');
    if (!first) throw refuse('keys is empty', GENERATE);
    if (secret?.length !== 32) throw refuse('the first of keys has no private part, and it is the one that signs', GENERATE);
    if (new Set(this.#keys.map(({ kid }) => kid)).size !== this.#keys.length) throw refuse('two of keys have the same kid', 'give each its own, such as its thumbprint');
    this.#first = first;
    this.#secret = new Uint8Array(secret);
    this.#secrets = new Map(entries.flatMap((entry, i) => {
      const bytes = decodeExactly(optionalText(entry, 'd') ?? '');
      return bytes ? [[this.#keys[i]?.kid ?? '', new Uint8Array(bytes)] as const] : [];
    }));
  }

  /** The set as anybody may see it. */
  published(): { readonly keys: readonly PublicJwk[] } {
    return { keys: this.#keys.map(({ kid, algorithm, members }) => ({ ...members, kid, alg: algorithm, use: 'sig' })) };
  }

  /** A JWT of this type, signed with the first key. @throws TypeError where that key's two parts are of different keys */
  async sign(typ: string, claims: JWTPayload): Promise<string> {
    const { algorithm, kid } = this.#first;
    const text = new TextEncoder();
    // Written out (RFC 7515 §7.1): a guest costs one signature, and a library's checks of its caller cost two thirds of another.
    const signed = [{ alg: algorithm, kid, typ }, claims].map((part) => base64url.encode(text.encode(JSON.stringify(part)))).join('.');
    const signature = await crypto.subtle.sign(PARAMETERS[algorithm], await this.#signingKey(), text.encode(signed));
    return `${signed}.${base64url.encode(new Uint8Array(signature))}`;
  }

  /** The public key of this id, or null. @throws TypeError where the platform refuses it */
  async find(kid: string | null): Promise<CryptoKey | null> {
    const key = this.#keys.find((candidate) => candidate.kid === kid);
    if (!key) return null;
    const imported = this.#public.get(key.kid) ?? importPublic(key);
    this.#public.set(key.kid, imported);
    return imported;
  }

  /**
   * Keys for HMAC that whoever has the private keys can make again, and that are good for this purpose only (HKDF, RFC 5869): one for each private key, by its
   * name, the signing one's first.
   */
  derive(purpose: string): ReadonlyMap<string, Uint8Array> {
    const info = new TextEncoder().encode(`passerby ${purpose}`);
    return new Map([...this.#secrets].map(([kid, bytes]) => [kid, hkdf(sha256, bytes, undefined, info, 32)]));
  }

  /** Imported at the first call, because constructors don't wait. */
  #signingKey(): Promise<CryptoKey> {
    this.#signer ??= this.#importSigner();
    return this.#signer;
  }

  async #importSigner(): Promise<CryptoKey> {
    const { algorithm, members } = this.#first;
    try {
      return await crypto.subtle.importKey('jwk', { ...members, d: base64url.encode(this.#secret) }, PARAMETERS[algorithm], false, ['sign']);
    } catch (error) {
      if (error instanceof DOMException) throw refuse('the private and the public part of the first of keys are not of one key', GENERATE);
      throw error;
    }
  }
}

const GENERATE = 'write { keys } as `passerby-verifier keys generate` makes it';

function refuse(what: string, remedy: string): TypeError {
  return new TypeError(`createIssuer: ${what}: ${remedy}`);
}

/** @throws TypeError where this is no key set; nothing of it is in the error */
export function readEntries(set: unknown): readonly Json[] {
  if (set === undefined || set === '') throw refuse('keys is missing', `${GENERATE}; it is a secret, so keep it in a file or in the environment`);
  const keys = asObject(typeof set === 'string' ? parseOrNull(set) : set)?.['keys'];
  if (!Array.isArray(keys) || keys.length > MAX_KEYS) throw refuse(`keys is not a JSON Web Key Set of ${MAX_KEYS} keys at most`, GENERATE);
  return keys.map((key) => asObject(key) ?? {});
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's message quotes what it read, and that is a private key.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function readKey(jwk: Json, index: number): NamedKey {
  const kid = optionalText(jwk, 'kid');
  // Named one by one: what else a private key holds is left where it is.
  const key = readPublicKey(Object.fromEntries(['kty', 'crv', 'x', 'y', 'alg', 'use'].flatMap((name) => (Object.hasOwn(jwk, name) ? [[name, jwk[name]]] : []))));
  if (key?.algorithm !== 'EdDSA' && key?.algorithm !== 'ES256') throw refuse(`keys[${index}] is neither a P-256 nor an Ed25519 key`, GENERATE);
  if (kid === undefined || !/^[\w.~-]{1,128}$/.test(kid)) throw refuse(`keys[${index}] has no kid of 1 to 128 URL-safe characters`, 'give it one, such as its thumbprint');
  return { kid, algorithm: key.algorithm, members: key.members };
}

async function importPublic(key: NamedKey): Promise<CryptoKey> {
  const imported = await importPublicKey(key);
  if (!imported) throw refuse('one of keys is no point on its curve', GENERATE);
  return imported;
}
