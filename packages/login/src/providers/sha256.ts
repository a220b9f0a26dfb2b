/** SHA-256 (FIPS 180-4), synchronously. For the proof of work only; keys and codes use WebCrypto. */

export interface Hasher {
  /** The message, to be changed in place. */
  readonly message: Uint8Array;
  /** The hash of the message as it is now: eight 32-bit words, overwritten by the next call. */
  hash(): Int32Array;
}

/** Hashes this message, and what becomes of it, in the same memory: asked for anew, that takes three times as long as the hash. */
export function hasherOf(message: Uint8Array): Hasher {
  const { length } = message;
  const bytes = new Uint8Array((((length + 8) >> 6) + 1) * 64);
  bytes.set(message);
  bytes[length] = 0x80;
  const words = new DataView(bytes.buffer);
  words.setUint32(bytes.length - 4, length * 8);
  const { roots, start } = CONSTANTS;
  const hash = new Int32Array(8);
  const w = new Int32Array(64);
  return {
    message: bytes.subarray(0, length),
    hash: () => {
      hash.set(start);
      for (let at = 0; at < bytes.length; at += 64) addBlock(hash, words, at, w, roots);
      return hash;
    },
  };
}

function addBlock(hash: Int32Array, words: DataView, at: number, w: Int32Array, roots: Int32Array): void {
  for (let i = 0; i < 16; i++) w[i] = words.getInt32(at + i * 4);
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15]!;
    const y = w[i - 2]!;
    w[i] = w[i - 16]! + w[i - 7]! + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10));
  }
  // One by one: taken apart by an iterator they cost a third of all.
  let a = hash[0]!, b = hash[1]!, c = hash[2]!, d = hash[3]!, e = hash[4]!, f = hash[5]!, g = hash[6]!, h = hash[7]!;
  for (let i = 0; i < 64; i++) {
    const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + roots[i]! + w[i]!) | 0;
    const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  hash[0]! += a;
  hash[1]! += b;
  hash[2]! += c;
  hash[3]! += d;
  hash[4]! += e;
  hash[5]! += f;
  hash[6]! += g;
  hash[7]! += h;
}

const turn = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

/** The fractional parts of the square and cube roots of the first primes: the standard's own definition, 64 numbers shorter. */
const CONSTANTS = /* @__PURE__ */ (() => {
  const fraction = (x: number): number => ((x - Math.floor(x)) * 2 ** 32) | 0;
  const primes: number[] = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return { roots: Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime))), start: Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime))) };
})();
