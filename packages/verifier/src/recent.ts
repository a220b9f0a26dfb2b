/** As long as a page goes on asking for what it lost. */
const KEPT_MS = 60_000;
const MOST = 10_000;

interface Done<T> {
  readonly at: number;
  readonly answer: Promise<T>;
}

/**
 * Work that may be done once, with its answer kept for a minute: a code and a refresh token count once, and a page that lost the answer, or two tabs at once,
 * ask for the same again.
 */
export class Recent<T> {
  readonly #now: () => number;
  readonly #done = new Map<string, Done<T>>();

  constructor({ now }: { now(): number }) {
    this.#now = now;
  }

  run(name: string, work: () => Promise<T>): Promise<T> {
    this.#forget();
    const before = this.#done.get(name);
    if (before) return before.answer;
    const answer = work();
    this.#done.set(name, { at: this.#now(), answer });
    // What failed may be tried again; whoever waits for the answer is told.
    answer.catch(() => this.#done.delete(name));
    return answer;
  }

  #forget(): void {
    for (const [name, { at }] of this.#done) {
      if (Math.abs(this.#now() - at) < KEPT_MS && this.#done.size < MOST) return;
      this.#done.delete(name);
    }
  }
}
