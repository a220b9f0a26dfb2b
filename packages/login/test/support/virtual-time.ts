import type { Clock } from '../../src/ports/ports.ts';

interface Timer {
  readonly at: number;
  readonly fire: () => void;
}

/** Time that stands still until everybody waits for it. */
export class VirtualTime {
  /** Ms since epoch, as the device believes; tests move it. */
  wall = Date.UTC(2026, 0, 5, 12);
  #elapsed = 0;
  #timers: Timer[] = [];
  /** Work of the outside world that is under way: time does not pass before it answered. */
  #busy = 0;

  readonly clock: Clock = {
    now: () => this.wall,
    monotonic: () => this.#elapsed,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const timer: Timer = { at: this.#elapsed + Math.max(0, ms), fire: done };
        const forget = (): void => void (this.#timers = this.#timers.filter((other) => other !== timer));
        function done(): void {
          signal?.removeEventListener('abort', done);
          forget();
          resolve();
        }
        this.#timers.push(timer);
        signal?.addEventListener('abort', done);
      }),
  };

  /** WebCrypto answers on the real event loop: time stands still until it did, whoever asked it. */
  watchCrypto(): void {
    const { subtle } = crypto;
    for (const name of ['digest', 'generateKey', 'importKey', 'exportKey', 'sign', 'verify', 'deriveKey', 'deriveBits'] as const) {
      const original = subtle[name].bind(subtle) as (...args: unknown[]) => Promise<unknown>;
      Object.defineProperty(subtle, name, { configurable: true, value: (...args: unknown[]) => this.busy(() => original(...args)) });
    }
  }

  /** A wait of the outside world itself: time may pass. */
  async wait(ms: number): Promise<void> {
    this.#busy--;
    await this.clock.sleep(ms);
    this.#busy++;
  }

  async busy<T>(work: () => Promise<T>): Promise<T> {
    this.#busy++;
    try {
      return await work();
    } finally {
      this.#busy--;
    }
  }

  /** Lets so much time pass, everything that is due on the way included. */
  async pass(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    for (;;) {
      await this.#quiet();
      const next = this.#next();
      if (!next || next.at > end) break;
      this.#goTo(next.at);
      next.fire();
    }
    this.#goTo(end);
    await this.#quiet();
  }

  /** Lets time pass until the promise is settled. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const mark = (): void => void (settled = true);
    promise.then(mark, mark);
    for (;;) {
      await this.#quiet(() => settled);
      if (settled) return promise;
      const next = this.#next();
      if (!next) throw new Error('Nobody waits for anything, and the promise is still open');
      this.#goTo(next.at);
      next.fire();
    }
  }

  #next(): Timer | undefined {
    return this.#timers.reduce<Timer | undefined>((first, timer) => (first && first.at <= timer.at ? first : timer), undefined);
  }

  #goTo(elapsed: number): void {
    this.wall += elapsed - this.#elapsed;
    this.#elapsed = elapsed;
  }

  /** Waits until nothing runs any more: promises, and the answers of the outside world, which come on the real event loop. */
  async #quiet(enough: () => boolean = () => false): Promise<void> {
    for (let idle = 0; idle < 4 && !enough(); idle = this.#busy > 0 ? 0 : idle + 1) await new Promise((resolve) => setImmediate(resolve));
  }
}
