/** The first odd primes that the broken generator's moduli give away. */
const PRIMES = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/**
 * True for an RSA modulus as Infineon's chips made them: a power of 65537 modulo every small prime, which lets anybody factor it.
 * A good modulus looks like one once in a hundred million times.
 * @see https://nvd.nist.gov/vuln/detail/CVE-2017-15361
 */
export function isRoca(modulus: Uint8Array): boolean {
  return PRIMES.every((prime) => powersOf65537(prime).has(modulus.reduce((rest, byte) => (rest * 256 + byte) % prime, 0)));
}

function powersOf65537(prime: number): ReadonlySet<number> {
  const powers = new Set<number>();
  for (let power = 1; !powers.has(power); power = (power * 65_537) % prime) powers.add(power);
  return powers;
}
