/**
 * The work Authress asks for with every request: the smallest n whose SHA-256 over `time;n;values` starts with "00" in
 * base64url, some four thousand hashes. Done synchronously, an awaited digest costs ten times the hash itself; in slices
 * shorter than a frame, so that the page stays alive.
 */
import type { ProviderPorts } from '../ports/ports.ts';
import { sha256 } from './sha256.ts';

const SLICE_MS = 8;
const HASHES_BETWEEN_LOOKS = 128;

/** The `antiAbuseHash` for these values, in the service's order, empty ones left out. */
export async function proveWork(values: readonly string[], ports: Pick<ProviderPorts, 'now' | 'breathe'>): Promise<string> {
  const time = ports.now();
  const tail = new TextEncoder().encode(`;${values.filter(Boolean).join('|')}`);
  let sliceEnds = time + SLICE_MS;
  for (let n = 1; ; n++) {
    const hash = sha256(joined(`${time};${n}`, tail));
    // "0" is 52 in base64url: the first twelve bits are 110100 110100.
    if (hash[0]! >>> 20 === 0xd34) return `v2;${time};${n};${base64url(hash)}`;
    if (n % HASHES_BETWEEN_LOOKS === 0 && ports.now() >= sliceEnds) {
      await ports.breathe();
      sliceEnds = ports.now() + SLICE_MS;
    }
  }
}

/** Digits and `;` are their own bytes: an encoder, asked for each hash, takes as long as the hash. */
function joined(head: string, tail: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(head.length + tail.length);
  for (let i = 0; i < head.length; i++) bytes[i] = head.charCodeAt(i);
  bytes.set(tail, head.length);
  return bytes;
}

const base64url = (words: Int32Array): string => {
  const bytes = [...words].flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]);
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
};
