/** Cross-tab exclusion by a Web Lock whose holder can't keep the others waiting for ever. */
import type { Lock } from './ports.ts';

/** Longer than any work under the lock may take; a closed or crashed holder is gone in a quarter of a second, a frozen one never. */
const WAIT_MS = 10_000;
/** A timer that is late by this much was not running. */
const SLEPT_MS = 3_000;

export function webLock(name: string): Lock {
  // Without Web Locks (an old engine) compare-and-set alone decides.
  if (!globalThis.navigator?.locks) return { run: (work) => work() };
  const { locks } = navigator;
  return {
    run: (work) =>
      new Promise((resolve, reject) => {
        let started = false;
        const hold = async (): Promise<true> => {
          started = true;
          // Its own answer counts, also when the lock was taken from it meanwhile.
          await work().then(resolve, reject);
          return true;
        };
        const patiently = (wanted: string, then: () => Promise<unknown>, otherwise: () => Promise<unknown>): Promise<unknown> => {
          const patience = AbortSignal.timeout(WAIT_MS);
          const impatientAt = performance.now() + WAIT_MS + SLEPT_MS;
          return locks.request(wanted, { signal: patience }, then).catch((error: unknown) => {
            if (started) return undefined;
            // The device slept, and so did the holder: it gets another chance.
            if (patience.aborted && performance.now() > impatientAt) return patiently(wanted, then, otherwise);
            if (patience.aborted) return otherwise();
            // No lock is to be had in a page without an origin.
            if (error instanceof DOMException) return hold();
            throw error;
          });
        };
        const steal = (): Promise<unknown> => locks.request(name, { steal: true }, hold);
        // One thief at a time: whoever comes after it finds the lock free, or takes its turn.
        const takeByForce = (): Promise<unknown> =>
          patiently(`${name} by force`, async () => (await locks.request(name, { ifAvailable: true }, (lock) => lock && hold())) ?? steal(), steal);
        patiently(name, hold, takeByForce).catch((error: unknown) => {
          if (!started) reject(error);
        });
      }),
  };
}
