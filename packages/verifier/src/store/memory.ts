import { TokenBuckets } from '../gate/rate-limit.ts';
import { MemoryGuests } from './memory-guests.ts';
import { MemoryLinks } from './memory-links.ts';
import type { Redemption, Store } from './store.ts';

/** Ended sessions remembered at most, about 20 MB; beyond that the one that ended first is forgotten. */
const MAX_REVOKED = 100_000;

/** A store for one process: fast, bounded, and empty after a restart. Several processes, or sessions that must stay ended, need a database. */
export function memoryStore({ now = () => Date.now() }: { readonly now?: (() => number) | undefined } = {}): Store {
  const buckets = new Map<string, TokenBuckets>();
  const revokedUntil = new Map<string, number>();
  const redeemed = new Map<string, Redemption>();
  const isRevoked = (sessionId: string): boolean => (revokedUntil.get(sessionId) ?? 0) > now();
  const links = new MemoryLinks({ now, isRevoked });
  const guests = new MemoryGuests({ now });

  const forgetRevoked = (): void => {
    for (const [sessionId, until] of revokedUntil) {
      // What was added first ends first, give or take.
      if (until > now() && revokedUntil.size < MAX_REVOKED) return;
      revokedUntil.delete(sessionId);
    }
  };

  const forgetRedeemed = (): void => {
    for (const [ticketId, { until }] of redeemed) {
      if (until > now()) return;
      redeemed.delete(ticketId);
    }
  };

  return {
    async takeTurn(bucket, { burst, perSecond }) {
      // One set of buckets per rate, so that a flood of one kind does not push the other out.
      const rate = `${burst} ${perSecond}`;
      const limit = buckets.get(rate) ?? new TokenBuckets({ burst, perSecond, now });
      buckets.set(rate, limit);
      return limit.take(bucket);
    },
    async standing(subject, sessionId) {
      return { ...links.standing(subject), revoked: sessionId !== null && isRevoked(sessionId) };
    },
    async revoke(sessionId, until) {
      forgetRevoked();
      revokedUntil.set(sessionId, Math.max(until, revokedUntil.get(sessionId) ?? 0));
    },
    async redeem(redemption) {
      forgetRedeemed();
      const first = redeemed.get(redemption.ticketId) ?? redemption;
      redeemed.set(first.ticketId, first);
      return first.key === redemption.key;
    },
    exchange: (exchange) => links.exchange(exchange),
    exchanged: (linkId) => links.exchanged(linkId),
    identitiesOf: (subject) => links.identitiesOf(subject),
    unlink: (subject, identity) => links.unlink(subject, identity),
    guestRow: (subject) => guests.guestRow(subject),
    changeGuest: (subject, before, after) => guests.changeGuest(subject, before, after),
    keepCode: (code) => guests.keepCode(code),
    tryCode: (given) => guests.tryCode(given),
  };
}
