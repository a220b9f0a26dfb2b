import { asObject, optionalText, type Json } from '@passerby/shared';
import { base64url } from 'jose';
import { isRoca } from './roca.ts';

/** The one algorithm each kind of key is for: Ed25519, P-256, RSA. */
export type Algorithm = 'EdDSA' | 'ES256' | 'RS256';

/** A public key that may verify, in its one spelling. */
export interface PublicKey {
  readonly algorithm: Algorithm;
  /** What makes it this key, in the order that its thumbprint is made of (RFC 7638 §3.2). */
  readonly members: Readonly<Record<string, string>>;
}

const PARAMETERS = {
  EdDSA: { name: 'Ed25519' },
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
} as const satisfies Record<Algorithm, object>;

/** Members of a private key or a shared secret (RFC 7518 §6, RFC 8037 §2): who publishes one has no secret any more. */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const RSA_BITS = { least: 2_048, most: 8_192 };

/** The public signature key in a JWK, or null where there is none, or none that may vouch for anybody. */
export function readPublicKey(value: unknown): PublicKey | null {
  const jwk = asObject(value);
  const key = jwk && readMembers(jwk);
  return jwk && key && isForVerifying(jwk, key.algorithm) ? key : null;
}

/** Null where the platform refuses the key: a point that is not on the curve, say, or not spelled below the field's size. */
export async function importPublicKey({ algorithm, members }: PublicKey): Promise<CryptoKey | null> {
  try {
    // A point as bytes is taken in half the time that a JWK is (SEC 1 §2.3.3), and a proof brings its key with each request.
    if (algorithm === 'ES256') return await crypto.subtle.importKey('raw', pointOf(members), PARAMETERS.ES256, false, ['verify']);
    return await crypto.subtle.importKey('jwk', members, PARAMETERS[algorithm], false, ['verify']);
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}

function pointOf({ x = '', y = '' }: PublicKey['members']): Uint8Array<ArrayBuffer> {
  return new Uint8Array([4, ...base64url.decode(x), ...base64url.decode(y)]);
}

/** The one algorithm a key verifies with. @throws TypeError where it is of no kind that is used here */
export function algorithmOf(key: CryptoKey): Algorithm {
  const algorithm = (['EdDSA', 'ES256', 'RS256'] as const).find((name) => PARAMETERS[name].name === key.algorithm.name);
  if (!algorithm) throw new TypeError('A key is neither Ed25519, P-256 nor RSA');
  return algorithm;
}

/** The bytes of a base64url text, or null where another text decodes to the same bytes: everything has one spelling (RFC 4648 §3.5). */
export function decodeExactly(text: string): Uint8Array | null {
  if (!/^[\w-]+$/.test(text) || text.length % 4 === 1) return null;
  const bytes = base64url.decode(text);
  return base64url.encode(bytes) === text ? bytes : null;
}

function readMembers(jwk: Json): PublicKey | null {
  const [kty, crv, x, y, n, e] = ['kty', 'crv', 'x', 'y', 'n', 'e'].map((name) => optionalText(jwk, name));
  if (kty === 'OKP' && crv === 'Ed25519' && isCoordinate(x)) return { algorithm: 'EdDSA', members: { crv, kty, x } };
  if (kty === 'EC' && crv === 'P-256' && isCoordinate(x) && isCoordinate(y)) return { algorithm: 'ES256', members: { crv, kty, x, y } };
  if (kty === 'RSA' && e === 'AQAB' && isModulus(n)) return { algorithm: 'RS256', members: { e, kty, n } };
  return null;
}

function isForVerifying(jwk: Json, algorithm: Algorithm): boolean {
  const operations = Object.hasOwn(jwk, 'key_ops') ? jwk['key_ops'] : ['verify'];
  return (
    !SECRET_MEMBERS.some((name) => Object.hasOwn(jwk, name)) &&
    (!Object.hasOwn(jwk, 'use') || jwk['use'] === 'sig') &&
    (!Object.hasOwn(jwk, 'alg') || jwk['alg'] === algorithm || (algorithm === 'EdDSA' && jwk['alg'] === 'Ed25519')) &&
    Array.isArray(operations) && operations.includes('verify')
  );
}

function isCoordinate(text: string | undefined): text is string {
  return text !== undefined && decodeExactly(text)?.length === 32;
}

/** Neither short enough to be factored, nor long enough to keep a server busy, nor of the generator whose keys can be factored. */
function isModulus(text: string | undefined): text is string {
  const bytes = text === undefined ? null : decodeExactly(text);
  if (!bytes || bytes.length > RSA_BITS.most / 8 || bytes[0] === 0) return false;
  const bits = bytes.length * 8 - Math.clz32(bytes[0] ?? 0) + 24;
  return bits >= RSA_BITS.least && !isRoca(bytes);
}
