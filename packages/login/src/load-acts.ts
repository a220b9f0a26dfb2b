import { LoginError } from '@passerby/shared';
import { bring } from './ports/bring.ts';
import type { Clock } from './ports/ports.ts';
import type { Provider } from './providers/provider.ts';

export type Acts = typeof import('./acts.ts');

/** Fetches what is loaded later: the flows, and the provider's own part. */
export type LoadActs = (provider: Provider) => Promise<Acts>;

/** From where this very file came from. */
export const loadActs: LoadActs = async (provider) => (await Promise.all([bring(() => import('./acts.ts')), provider.prepare?.(bring)]))[0];

/** So long a call waits for it: less than the 15 seconds of a call. */
const LOAD_MS = 10_000;

/** What takes longer is told as a failure and goes on all the same: the next call finds it, where it came after all. @throws LoginError `network` */
export async function inTime<T>(part: Promise<T>, clock: Clock): Promise<T> {
  const over = new AbortController();
  const late = clock.sleep(LOAD_MS, over.signal).then(() => {
    throw new LoginError('network', 'A part of this library takes too long to load');
  });
  late.catch(() => undefined);
  return Promise.race([part, late]).finally(() => over.abort());
}
