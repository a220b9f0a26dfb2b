import type { Context } from './context.ts';
import { orRefused } from './service.ts';

/**
 * Whether App ID still takes the token of a guest, whose signature is good for weeks: it does not once the profile was attached to a user, or was revoked.
 * `userToken`: one that is good, by which a tenant that keeps no attributes is told from a token that is over. @throws AppIdFailed
 */
export async function lookAt(guestToken: string, userToken: string | null, { service }: Pick<Context, 'service'>): Promise<'alive' | 'dead'> {
  if ((await orRefused(service.attributes(guestToken))) !== 'token_refused') return 'alive';
  if (userToken !== null && (await orRefused(service.attributes(userToken))) !== 'token_refused') return 'dead';
  return (await service.isActive(guestToken)) ? 'alive' : 'dead';
}
