import type { StoredSession } from '@passerby/shared';
import type { Context } from './context.ts';
import type { Farewell } from './log-out.ts';

/** Ends a session at the service, and finds the page where the person signs out there too. One failing does not keep the other: whoever is still signed in there would be signed in here again by a click. */
export async function sayGoodbye({ keeper }: Context, session: StoredSession): Promise<Farewell> {
  const { provider } = keeper;
  const parts = await Promise.allSettled([keeper.ask(async (ports) => provider.endSession?.(session, ports, 'everybody')), keeper.ask(async (ports) => provider.signOutUrl?.(session, ports))]);
  const failed = parts.find((part) => part.status === 'rejected');
  return { url: parts.map((part) => part.status === 'fulfilled' && part.value).find(Boolean) || undefined, ...(failed && { failure: failed.reason }) };
}
