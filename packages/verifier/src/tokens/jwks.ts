import { asObject, optionalText, type Json } from '@passerby/shared';
import { base64url } from 'jose';

export type PublicKeys = ReadonlyMap<string, CryptoKey>;

const MAX_BODY_BYTES = 65_536;
const MAX_KEYS = 50;
const MAX_WAIT_MS = 5_000;

/** Asks for a JSON Web Key Set and keeps of it what may verify a token. @throws Error, or what `fetch` throws; none of it holds the answer's body */
export async function downloadKeys(url: string, fetch: typeof globalThis.fetch): Promise<PublicKeys> {
  // A redirect is an answer like any other that is not 200: keys come from the configured address and nowhere else.
  const answer = await fetch(url, { redirect: 'manual', headers: { accept: 'application/json' }, signal: AbortSignal.timeout(MAX_WAIT_MS) });
  if (answer.status !== 200) throw new Error(`The login host's keys could not be had: status ${answer.status}`);
  const keys = await usableKeys(parseKeys(await readBody(answer)));
  if (keys.size === 0) throw new Error("The login host's key set has no Ed25519 key in it");
  return keys;
}

/** The keys that may verify: public Ed25519 signature keys with an id of their own. A key that may not is left out, and the others stay. */
export async function usableKeys(entries: readonly unknown[]): Promise<PublicKeys> {
  const named = entries.map(readKey).filter((key) => key !== null);
  // Two different keys of one name: which is meant cannot be told, so neither is.
  const clear = named.filter((key) => named.every((other) => other.kid !== key.kid || other.x === key.x));
  const imported = await Promise.allSettled(clear.map(async ({ kid, x }) => [kid, await importKey(x)] as const));
  return new Map(imported.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
}

function readKey(entry: unknown): { readonly kid: string; readonly x: string } | null {
  const jwk = asObject(entry);
  if (!jwk || !isPublicSignatureKey(jwk)) return null;
  const kid = optionalText(jwk, 'kid');
  const x = optionalText(jwk, 'x');
  return kid !== undefined && x !== undefined && isPoint(x) ? { kid, x } : null;
}

function isPublicSignatureKey(jwk: Json): boolean {
  const operations = Object.hasOwn(jwk, 'key_ops') ? jwk['key_ops'] : ['verify'];
  return (
    optionalText(jwk, 'kty') === 'OKP' && optionalText(jwk, 'crv') === 'Ed25519' && !Object.hasOwn(jwk, 'd') &&
    (!Object.hasOwn(jwk, 'use') || jwk['use'] === 'sig') &&
    (!Object.hasOwn(jwk, 'alg') || jwk['alg'] === 'EdDSA' || jwk['alg'] === 'Ed25519') &&
    Array.isArray(operations) && operations.includes('verify')
  );
}

function isPoint(x: string): boolean {
  return /^[\w-]{43}$/.test(x) && base64url.encode(base64url.decode(x)) === x;
}

function importKey(x: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('jwk', { kty: 'OKP', crv: 'Ed25519', x }, { name: 'Ed25519' }, false, ['verify']);
}

function parseKeys(body: string): readonly unknown[] {
  const keys = asObject(parseOrNull(body))?.['keys'];
  if (!Array.isArray(keys)) throw new Error("The login host's answer is not a key set");
  if (keys.length > MAX_KEYS) throw new Error(`The login host's key set has more than ${MAX_KEYS} keys`);
  return keys;
}

function parseOrNull(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    // The parser's message quotes what it read, so it goes no further.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** A body, given up as soon as it is too long: its `content-length` is only what the sender says. */
async function readBody(answer: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of chunksOf(answer)) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) throw new Error(`The login host's key set is longer than ${MAX_BODY_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

async function* chunksOf(answer: Response): AsyncGenerator<Uint8Array> {
  const reader = answer.body?.getReader();
  if (!reader) return;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel();
  }
}
