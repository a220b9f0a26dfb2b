import type { SubjectKind } from '@passerby/shared';
import type { Guests } from './guests.ts';
import type { Links } from './links.ts';

/** What is written about a subject; a guest about whom nothing is written is `{ kind: 'guest', generation: 0, revoked: false }`. */
export interface Standing {
  readonly kind: SubjectKind;
  /** Grows when a guest becomes a user: what was issued before is not renewed. */
  readonly generation: number;
  /** True where this very session was revoked. */
  readonly revoked: boolean;
}

export interface Rate {
  /** Turns in a full bucket. */
  readonly burst: number;
  /** Turns that come back each second. */
  readonly perSecond: number;
}

/** The use of one merge ticket. */
export interface Redemption {
  readonly ticketId: string;
  /** Whose use it is: the same key again is the same use. */
  readonly key: string;
  /** Ms since epoch: until then the use is remembered. */
  readonly until: number;
}

/** All that a verifier remembers between requests. Instances that share one store act as one. */
export interface Store extends Links, Guests {
  /** Takes one turn of a bucket: 0 where it is taken, else the milliseconds to wait. A refused turn costs nothing. One statement. */
  takeTurn(bucket: string, rate: Rate): Promise<number>;
  /** What is written about a subject, and about one session of it. One read. */
  standing(subject: string, sessionId: string | null): Promise<Standing>;
  /** Ends the renewal of one session. It may be forgotten after `until` (ms since epoch). */
  revoke(sessionId: string, until: number): Promise<void>;
  /** Uses a ticket: true the first time and for the same key again, false for any other key. One statement. */
  redeem(redemption: Redemption): Promise<boolean>;
}
