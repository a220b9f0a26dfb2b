/** Whose an identity is: what is written when people sign in, in one step or not at all. */
import type { SubjectKind } from '@passerby/shared';

/** What one provider proved about a person: its `iss` and `sub`. Never an address, which changes hands. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
}

export interface LinkedIdentity {
  readonly identity: Identity;
  /** Ms since epoch. */
  readonly linkedAt: number;
}

/** Who was here when somebody signed in. */
export interface Gainer {
  readonly subject: string;
  readonly kind: SubjectKind;
  readonly generation: number;
  readonly sessionId: string;
}

/** One sign-in, to be written down. */
export interface Exchange {
  /** Names the round trip: 43 random characters of the browser's. */
  readonly linkId: string;
  /** Tells one ID token from every other; each counts once. */
  readonly proofId: string;
  /** Of the key that the new session is bound to. */
  readonly thumbprint: string;
  /** The new session. */
  readonly sessionId: string;
  readonly identity: Identity;
  /** Who gains the identity; null: nobody was here. */
  readonly gainer: Gainer | null;
  /** When the person proved who they are, in seconds since epoch. */
  readonly authTime: number;
  /** Who an identity becomes that nobody has, where nobody was here. */
  readonly newSubject: string;
  /** Ms since epoch: until then the answer can be asked for again. */
  readonly until: number;
}

/** What became of it. */
export interface Exchanged {
  /** `in_use`: the identity is another subject's, whose session this is; the gainer is as before. */
  readonly outcome: 'signed_in' | 'linked' | 'in_use';
  readonly subject: string;
  readonly generation: number;
  readonly sessionId: string;
  readonly thumbprint: string;
  readonly authTime: number;
}

export interface Links {
  /**
   * Writes a sign-in down, all of it or nothing; the very same one again is answered again. Null: refused, because the ID token was used already, or who was here
   * is no longer as they were.
   */
  exchange(exchange: Exchange): Promise<Exchanged | null>;
  /** What became of a round trip; null: nothing, or too long ago. */
  exchanged(linkId: string): Promise<Exchanged | null>;
  /** By what a user signs in, the oldest first; a guest has none. One read. */
  identitiesOf(subject: string): Promise<readonly LinkedIdentity[]>;
  /** Takes an identity off; `last`: nobody could come back by anything, so it stays. It ends no session. */
  unlink(subject: string, identity: Identity): Promise<'unlinked' | 'unknown' | 'last'>;
}

/** What is written about those whom a sign-in is about. */
export interface Found {
  /** Whose the identity is, or becomes. */
  readonly owner: string;
  /** The owner's generation; null: the owner is no user yet. */
  readonly ownerGeneration: number | null;
  /** The gainer's generation; null: the gainer is a guest, or there is none. */
  readonly gainerGeneration: number | null;
  /** True where the gainer's session was revoked. */
  readonly isRevoked: boolean;
}

/** Whose a new identity becomes. */
export const heirOf = ({ gainer, newSubject }: Exchange): string => gainer?.subject ?? newSubject;

/** What a sign-in comes to; null: refused, because who was here is no longer as they were. */
export function judge({ gainer, sessionId, thumbprint, authTime }: Exchange, found: Found): Exchanged | null {
  const { owner, ownerGeneration, gainerGeneration, isRevoked } = found;
  const standing = standingOf(gainerGeneration);
  if (gainer && (isRevoked || gainer.kind !== standing.kind || gainer.generation !== standing.generation)) return null;
  const outcome = gainer === null ? 'signed_in' : gainer.subject === owner ? 'linked' : 'in_use';
  return { outcome, subject: owner, generation: ownerGeneration ?? FIRST_GENERATION, sessionId, thumbprint, authTime };
}

/** A guest's is 0 and nowhere written; whoever becomes a user leaves it, and what was issued to the guest is not renewed. */
const FIRST_GENERATION = 1;

/** Null is a guest: about guests nothing is written. */
export function standingOf(generation: number | null): { readonly kind: SubjectKind; readonly generation: number } {
  return generation === null ? { kind: 'guest', generation: 0 } : { kind: 'user', generation };
}

/** True where it is one sign-in sent again: of one ID token, by the same new key. */
export function isSame(one: Pick<Exchange, 'proofId' | 'thumbprint'>, other: Pick<Exchange, 'proofId' | 'thumbprint'>): boolean {
  return one.proofId === other.proofId && one.thumbprint === other.thumbprint;
}
