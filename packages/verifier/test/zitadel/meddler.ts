/** Counts what one verifier asks of ZITADEL, of the store and of the shop, and has the nth of it fail, or the process die with it. */
import type { Store } from '../../src/index.ts';

export type Fault = 'throws' | 'dies before' | 'is done, and dies' | 'is done, but throws';
export const FAULTS: readonly Fault[] = ['throws', 'dies before', 'is done, and dies', 'is done, but throws'];

const forEver = (): Promise<never> => new Promise(() => undefined);

export class Meddler {
  readonly calls: string[] = [];
  /** Resolves when the process has died. */
  readonly death: Promise<'dead'>;
  #isDead = false;
  #die: () => void = () => undefined;

  /** `nth` counts from 1; with no fault it only counts. */
  constructor(readonly nth = 0, readonly fault: Fault | null = null) {
    this.death = new Promise((resolve) => {
      this.#die = () => {
        this.#isDead = true;
        resolve('dead');
      };
    });
  }

  fetch(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
    return (input, init) => this.call(String(input).split('/').at(-1) ?? '', () => fetch(input, init));
  }

  store(store: Store): Store {
    const meddled = Object.entries(store).map(([name, method]: [string, (...given: unknown[]) => Promise<unknown>]) => [name, (...given: unknown[]) => this.call(name, () => method(...given))] as const);
    return Object.fromEntries(meddled) as unknown as Store;
  }

  async call<T>(name: string, work: () => Promise<T>): Promise<T> {
    // Nothing that a dead process asks arrives.
    if (this.#isDead) return forEver();
    this.calls.push(name);
    const fault = this.calls.length === this.nth ? this.fault : null;
    if (fault === 'throws') throw new TypeError(`${name} failed`);
    if (fault === 'dies before') return this.#dying();
    const result = await work();
    if (fault === 'is done, but throws') throw new TypeError(`${name} failed`);
    return fault === 'is done, and dies' ? this.#dying() : result;
  }

  #dying(): Promise<never> {
    this.#die();
    return forEver();
  }
}
