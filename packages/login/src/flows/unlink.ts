/** The ways in which a user signs in. */
import { LoginError, type StoredSession } from '@passerby/shared';
import type { LinkedIdentity } from '../providers/provider.ts';
import type { Context } from './context.ts';

/** @throws LoginError `unsupported`, retryable codes */
export async function listIdentities({ keeper }: Context, session: StoredSession): Promise<readonly LinkedIdentity[]> {
  const { provider } = keeper;
  if (!provider.identities) throw new LoginError('unsupported', 'This service does not list identities here: its own account page may');
  return keeper.ask(async (ports) => (await provider.identities?.(session, ports)) ?? []);
}

/**
 * Takes one identity off the user who is here.
 * @throws LoginError `unsupported`, `grant_refused`, `config_invalid`, retryable codes
 */
export async function unlink({ keeper }: Context, session: StoredSession, identityId: string): Promise<void> {
  const { provider } = keeper;
  if (!provider.unlink) throw new LoginError('unsupported', 'This service does not unlink identities here: its own account page may');
  await keeper.ask(async (ports) => provider.unlink?.(session, identityId, ports));
}
