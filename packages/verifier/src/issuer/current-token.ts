import { optionalNumber, optionalText } from '@passerby/shared';
import type { Store } from '../store/store.ts';
import { Unauthorized } from '../tokens/unauthorized.ts';
import type { Caller } from '../tokens/verify-token.ts';

/** For APIs that cannot wait until an access token is ten minutes old: a link or a sign-out counts at once. */
export function createCurrencyCheck({ store, verifyToken }: { readonly store: Store; verifyToken(from: Request | string): Promise<Caller> }): (from: Request | string) => Promise<Caller> {
  return async (from) => {
    const caller = await verifyToken(from);
    const { kind, generation, revoked } = await store.standing(caller.subject, optionalText(caller.claims, 'sid') ?? null);
    if (revoked || kind !== caller.kind || generation !== optionalNumber(caller.claims, 'gen')) throw new Unauthorized('token_expired', 'The token is of a session that is over');
    return caller;
  };
}
