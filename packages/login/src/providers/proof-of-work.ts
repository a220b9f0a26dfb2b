/**
 * The work Authress asks for with every request: the smallest n whose SHA-256 over `time;n;values` starts with "00" in
 * base64url, some four thousand hashes. Done synchronously, an awaited digest costs thirty times the hash itself; in slices
 * shorter than a frame, so that the page stays alive.
 */
import type { ProviderPorts } from '../ports/ports.ts';
import { hasherOf, type Hasher } from './sha256.ts';

const SLICE_MS = 8;
const HASHES_BETWEEN_LOOKS = 128;

/** The `antiAbuseHash` for these values, in the service's order, empty ones left out. */
export async function proveWork(values: readonly string[], ports: Pick<ProviderPorts, 'now' | 'breathe'>): Promise<string> {
  const time = ports.now();
  const before = `${time};`;
  const after = `;${values.filter(Boolean).join('|')}`;
  const utf8 = new TextEncoder();
  let sliceEnds = time + SLICE_MS;
  for (let least = 1; ; least *= 10) {
    // As long as n has as many digits, only they change.
    const hasher = hasherOf(utf8.encode(before + least + after));
    for (let n = least; n < least * 10; n++) {
      write(hasher, String(n), before.length);
      const hash = hasher.hash();
      // "0" is 52 in base64url: the first twelve bits are 110100 110100.
      if (hash[0]! >>> 20 === 0xd34) return `v2;${time};${n};${base64url(hash)}`;
      if (n % HASHES_BETWEEN_LOOKS === 0 && ports.now() >= sliceEnds) {
        await ports.breathe();
        sliceEnds = ports.now() + SLICE_MS;
      }
    }
  }
}

/** Digits are their own bytes: an encoder, asked for each hash, takes longer than the hash. */
function write({ message }: Hasher, digits: string, at: number): void {
  for (let i = 0; i < digits.length; i++) message[at + i] = digits.charCodeAt(i);
}

const base64url = (words: Int32Array): string => {
  const bytes = [...words].flatMap((word) => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]);
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
};
