/** What the app passes with a call. */
import type { AskPerson } from './flows/challenge.ts';

export interface AuthenticateOptions {
  /** A guest connection starts or returns the guest; a real one signs in. Default: `guestConnectionId`. */
  readonly connectionId?: string | undefined;
  /** How a guest starts: silently (default), or by leaving the page. How a person signs in: by leaving the page (default), or in a window of its own. */
  readonly mode?: 'frame' | 'redirect' | 'popup' | undefined;
  /** Where the service sends the person back to; default: the client's `redirectUrl`. */
  readonly redirectUrl?: string | undefined;
  /** Asks the person, by a form of the page's own, where the connection signs them in by what they answer, such as a mailed code. Null: they gave it up. */
  readonly challenge?: AskPerson | undefined;
}

export interface LinkOptions {
  readonly connectionId: string;
  /** Where the person signs in: on this page's way, which is left (default), or in a window of its own; where that is blocked, by leaving. */
  readonly mode?: 'redirect' | 'popup' | undefined;
  readonly redirectUrl?: string | undefined;
  /**
   * Asks the person, by a form of the page's own, what the service wants to know before it makes a guest a user; then they sign in, on this page's way.
   * Null: they gave it up, and the guest is as before. Without it, or where the service asks nothing: they just sign in.
   */
  readonly challenge?: AskPerson | undefined;
  /** Accepted for code written for the vendor's SDK, and ignored: this method always links. */
  readonly linkIdentity?: boolean;
}

export interface TokenOptions {
  /** How long this call may take, ms; default 15,000. */
  readonly deadlineMs?: number;
  /** Ends this call only, which then rejects with the signal's own reason. */
  readonly signal?: AbortSignal;
}
