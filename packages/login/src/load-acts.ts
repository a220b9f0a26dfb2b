import type { Acts } from './acts.ts';
import type { Provider } from './providers/provider.ts';

/** Fetches what is loaded later: the flows, and the provider's own part. */
export type LoadActs = (provider: Provider) => Promise<Acts>;

/** From where this very file came from. */
export const loadActs: LoadActs = async (provider) => (await Promise.all([import('./acts.ts'), provider.prepare?.()]))[0];
