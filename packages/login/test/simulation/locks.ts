/**
 * Web Locks as browsers have them: first come, first served; freed by a page that goes, kept by one that is frozen; taken by
 * force where somebody steals. The port on top waits and steals as `ports/web-lock.ts` does.
 */
import type { Lock } from '../../src/ports/ports.ts';
import type { Page } from './browser.ts';
import type { Random } from './random.ts';
import type { Schedule } from './schedule.ts';

/** As in `ports/web-lock.ts`. */
const WAIT_MS = 10_000;
const SLEPT_MS = 3_000;
const NAME = 'session';
const BY_FORCE = 'session by force';

type Wish = 'wait' | 'wait for a while' | 'if available' | 'steal';

interface Request {
  readonly page: Page;
  readonly name: string;
  /** Called once it is held; the lock is free when this is over. */
  readonly held: () => Promise<unknown>;
  readonly over: () => void;
}

export class Locks {
  /** How often it was taken by force. */
  steals = 0;
  readonly #holders = new Map<string, Request>();
  #queue: Request[] = [];

  constructor(readonly schedule: Schedule, readonly random: Random) {}

  port(page: Page): Lock {
    return {
      run: <T>(work: () => Promise<T>) =>
        new Promise<T>((resolve, reject) => {
          // Its own answer counts, also when the lock was taken from it meanwhile.
          const hold = (): Promise<void> => work().then(resolve, reject);
          const steal = (): Promise<boolean> => this.#request(page, NAME, 'steal', hold);
          const takeByForce = async (): Promise<void> => {
            const waited = await this.#request(page, BY_FORCE, 'wait for a while', async () => {
              if (!(await this.#request(page, NAME, 'if available', hold))) await steal();
            });
            if (!waited) await steal();
          };
          void this.#request(page, NAME, 'wait for a while', hold).then((held) => (held ? undefined : takeByForce()));
        }),
    };
  }

  /** The page is gone. */
  forget(page: Page): void {
    this.#queue = this.#queue.filter((request) => request.page !== page);
    for (const [name, holder] of [...this.#holders]) if (holder.page === page) this.#free(name, holder);
  }

  concerns(page: Page): boolean {
    return [...this.#holders.values(), ...this.#queue].some((request) => request.page === page);
  }

  /** Resolves with true once it was held and is over; with false where it never was. */
  #request(page: Page, name: string, wish: Wish, held: () => Promise<unknown>): Promise<boolean> {
    return new Promise<boolean>((resolve) => {
      const request: Request = { page, name, held, over: () => resolve(true) };
      if (wish === 'if available' && this.#holders.has(name)) return void this.schedule.after(0, () => resolve(false), page);
      if (wish === 'steal') {
        this.steals++;
        return this.#grant(request);
      }
      if (wish === 'wait for a while') {
        const impatientAt = this.schedule.elapsed + WAIT_MS + SLEPT_MS;
        this.schedule.after(WAIT_MS, () => {
          if (!this.#queue.includes(request)) return;
          this.#queue = this.#queue.filter((other) => other !== request);
          if (this.schedule.elapsed > impatientAt) void this.#request(page, name, wish, held).then(resolve);
          else resolve(false);
        }, page);
      }
      this.#queue.push(request);
      this.#next(name);
    });
  }

  #free(name: string, holder: Request): void {
    if (this.#holders.get(name) !== holder) return;
    this.#holders.delete(name);
    this.#next(name);
  }

  #next(name: string): void {
    if (this.#holders.has(name)) return;
    const request = this.#queue.find((one) => one.name === name);
    if (!request) return;
    this.#queue = this.#queue.filter((other) => other !== request);
    this.#grant(request);
  }

  #grant(request: Request): void {
    this.#holders.set(request.name, request);
    this.schedule.after(this.random.below(2), () => void request.held().then(() => {
      request.over();
      this.#free(request.name, request);
    }), request.page);
  }
}
