import { asObject, optionalText } from '@passerby/shared';
import { downloadJson } from './download-json.ts';
import { importPublicKey, readPublicKey, type Algorithm, type PublicKey } from './public-key.ts';

/** By their ids. Of a set that is one key alone, the key may be without: its id is then empty, which no token can name. */
export type PublicKeys = ReadonlyMap<string, CryptoKey>;

export interface KeySetAddress {
  readonly url: string;
  readonly fetch: typeof globalThis.fetch;
  readonly algorithms: readonly Algorithm[];
}

const MAX_KEYS = 50;
const NAMELESS = '';

/** Asks for a JSON Web Key Set and keeps of it what may verify a token. @throws Error, or what `fetch` throws; none of it holds the answer's body */
export async function downloadKeys({ url, fetch, algorithms }: KeySetAddress): Promise<PublicKeys> {
  const keys = await usableKeys(listOf(await downloadJson(url, fetch)), algorithms);
  if (keys.size === 0) throw new Error(`The service's key set has no key in it for ${algorithms.join(', ')}`);
  return keys;
}

/** The keys that may verify. A key that may not is left out, and the others stay. */
export async function usableKeys(entries: readonly unknown[], algorithms: readonly Algorithm[]): Promise<PublicKeys> {
  const named = entries.map(readEntry).filter((entry) => entry !== null).filter(({ key }) => algorithms.includes(key.algorithm));
  // Two different keys of one name: which is meant cannot be told, so neither is.
  const clear = named.filter(({ kid, key }) => named.every((other) => other.kid !== kid || isSameKey(other.key, key)));
  const imported = await Promise.all(clear.map(async ({ kid, key }) => [kid, await importPublicKey(key)] as const));
  const keys = new Map(imported.flatMap(([kid, key]) => (key ? [[kid, key] as const] : [])));
  if (keys.size > 1) keys.delete(NAMELESS);
  return keys;
}

function readEntry(entry: unknown): { readonly kid: string; readonly key: PublicKey } | null {
  const jwk = asObject(entry);
  const key = readPublicKey(entry);
  const kid = jwk && (Object.hasOwn(jwk, 'kid') ? optionalText(jwk, 'kid') : NAMELESS);
  return key && typeof kid === 'string' ? { kid, key } : null;
}

function isSameKey(one: PublicKey, other: PublicKey): boolean {
  return JSON.stringify(one.members) === JSON.stringify(other.members);
}

function listOf(keySet: unknown): readonly unknown[] {
  const keys = asObject(keySet)?.['keys'];
  if (!Array.isArray(keys)) throw new Error("The service's answer is not a key set");
  if (keys.length > MAX_KEYS) throw new Error(`The service's key set has more than ${MAX_KEYS} keys`);
  return keys;
}
