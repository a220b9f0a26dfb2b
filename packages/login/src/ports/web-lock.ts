/** Cross-tab exclusion by a Web Lock whose holder can't keep the others waiting for ever. */
import type { Lock } from './ports.ts';

/** Longer than any request may take; a closed or crashed holder is gone in a quarter of a second, a frozen one never. */
const WAIT_MS = 10_000;

export function webLock(name: string, random: () => number): Lock {
  // Without Web Locks (an old engine, an opaque origin) compare-and-set alone decides.
  if (!globalThis.navigator?.locks) return { run: (work) => work() };
  const { locks } = navigator;
  return {
    run: (work) =>
      new Promise((resolve, reject) => {
        const hold = async (): Promise<void> => {
          started = true;
          // Its own answer counts, also when the lock was taken from it meanwhile.
          await work().then(resolve, reject);
        };
        let started = false;
        // Jitter, so that of many waiters one takes it by force and the others then get it in turn.
        const patience = AbortSignal.timeout(WAIT_MS + random() * 1_500);
        locks.request(name, { signal: patience }, hold).catch((error: unknown) => {
          if (started) return;
          if (patience.aborted) locks.request(name, { steal: true }, hold).catch((late: unknown) => (started ? undefined : reject(late)));
          // No lock is to be had in a page without an origin: compare-and-set alone decides.
          else if (error instanceof DOMException) void hold();
          else reject(error);
        });
      }),
  };
}
