/** About which guests of a service that has none something was decided, and the codes that were sent to them. An ordinary guest has no row. */

/** What was decided about a subject. */
export interface GuestRow {
  /** 0 while it may still be a guest again, 1 once it is being made a user. */
  readonly generation: 0 | 1;
  readonly state: 'upgrading' | 'user' | 'merging' | 'gone';
  /** Which challenge or merge decided so. */
  readonly by: string;
  /** When, in ms since epoch. */
  readonly at: number;
  /** Ms since epoch: from then on the row means the same as none; null: never. */
  readonly until: number | null;
}

/** A code that was sent to an e-mail. */
export interface SentCode {
  readonly subject: string;
  readonly challenge: string;
  readonly emailHash: string;
  /** Of the code and the challenge. */
  readonly codeHash: string;
  /** Wrong codes that end it. */
  readonly tries: number;
  /** Ms since epoch. */
  readonly until: number;
}

export interface Guests {
  /** What was decided about a subject; null: nothing, or it is over. One read. */
  guestRow(subject: string): Promise<GuestRow | null>;
  /** Writes `after` (null: takes the row away) where the row is still `before`, to the letter; false where it is not. One statement. */
  changeGuest(subject: string, before: GuestRow | null, after: GuestRow | null): Promise<boolean>;
  /** Keeps a code in the place of any other of this subject. */
  keepCode(code: SentCode): Promise<void>;
  /** Takes a try, and compares, in one step; a right code costs none. Null: there is no such challenge, it is over, or has no tries left. */
  tryCode(given: Omit<SentCode, 'tries' | 'until'>): Promise<{ readonly isRight: boolean; readonly triesLeft: number } | null>;
}

export function isSameRow(one: GuestRow | null, other: GuestRow | null): boolean {
  if (one === null || other === null) return one === other;
  return one.generation === other.generation && one.state === other.state && one.by === other.by && one.at === other.at;
}
