/** Whose an identity is: what is written when people sign in, in one step or not at all. */
import type { SubjectKind } from '@passerby/shared';

/** What one provider proved about a person: its `iss` and `sub`. Never an address, which changes hands. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
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
}
