import { nameKey, newCode } from './ids.ts';
import type { Purpose } from './purpose.ts';
import { Refusal } from './refusal.ts';

interface Challenge {
  readonly purpose: Purpose;
  readonly code: string;
  /** Which login IDs it can be named by. */
  readonly names: readonly string[];
  triesLeft: number;
  /** Milliseconds since epoch. */
  readonly expiresAt: number;
}

const TRIES = 5;

/** The codes that are on their way. A new one takes the place of the one before it. */
export class Codes {
  readonly #challenges = new Map<string, Challenge>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** A new code. `key`: whoever asks again for the same; `names`: by which login IDs it is verified. */
  make(purpose: Purpose, { key, names, lifetimeMs }: { readonly key: string; readonly names: readonly string[]; readonly lifetimeMs: number }): string {
    for (const [other, { expiresAt }] of this.#challenges) if (expiresAt <= this.#now()) this.#challenges.delete(other);
    const code = newCode();
    this.#challenges.set(key, { purpose, code, names: names.map(nameKey), triesLeft: TRIES, expiresAt: this.#now() + lifetimeMs });
    return code;
  }

  /** What the code was for; it is gone then. A wrong one costs a try of each that it could have been. @throws Refusal */
  redeem(loginId: string, code: string): Purpose {
    const sent = [...this.#challenges].filter(([, { names, expiresAt }]) => names.includes(nameKey(loginId)) && expiresAt > this.#now());
    if (sent.length === 0) throw new Refusal('code_over', 'There is no such code, or it is over');
    const open = sent.filter(([, { triesLeft }]) => triesLeft > 0);
    if (open.length === 0) throw new Refusal('code_tries', 'Ask for another code');
    const [key, challenge] = open.find(([, one]) => one.code === code) ?? [];
    if (key === undefined || !challenge) {
      for (const [, one] of open) one.triesLeft -= 1;
      throw new Refusal('code_wrong', 'Failed to verify the code');
    }
    this.#challenges.delete(key);
    return challenge.purpose;
  }

  clear(): void {
    this.#challenges.clear();
  }
}
