/** LoginClient: one method, one line or few into a flow. Its constructor assigns and checks; it asks, stores and listens to nothing. */
import { LoginError, type StoredSession } from '@passerby/shared';
import { checkOptions, type CoreOptions, type Settings } from './core/options.ts';
import type { Ended, StoredOutcome } from './core/record.ts';
import { attributesOf, type Attributes } from './flows/attributes.ts';
import { arrive, leave, settle } from './flows/authorize.ts';
import type { AskPerson } from './flows/challenge.ts';
import type { Context } from './flows/context.ts';
import { fetchApi } from './flows/fetch-api.ts';
import { logOut, type LogOutOptions } from './flows/log-out.ts';
import { deliverMerges } from './flows/merge.ts';
import { toOutcome, whoCame, type LinkOutcome } from './flows/outcome.ts';
import { link, resolveLink, signIn, whoIsHere, type SignIn } from './flows/sign-in.ts';
import { listIdentities, unlink } from './flows/unlink.ts';
import { useSession } from './flows/use-session.ts';
import { browserPorts } from './ports/browser.ts';
import type { PortsFor } from './ports/ports.ts';
import type { LinkedIdentity } from './providers/provider.ts';
import { SessionKeeper, type Listener, type Session } from './session-keeper.ts';

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

/** Longer than a lock is waited for, so that a tab that sleeps in the middle of a refresh delays the others and no more. */
const DEFAULT_DEADLINE_MS = 15_000;
const MAX_ID_LENGTH = 256;

export class LoginClient {
  readonly #settings: Settings;
  readonly #portsFor: PortsFor;
  #opened: Context | null = null;
  /** The round trip this page ended, taken out of the address bar once. */
  #arrival: Promise<StoredOutcome | null> | null = null;
  /** What the service keeps for the shop about who is here. */
  readonly attributes: Attributes = attributesOf(() => this.#open(), () => this.#findSession());

  /** @throws LoginError `config_invalid` */
  constructor(options: CoreOptions, portsFor: PortsFor = browserPorts) {
    this.#settings = checkOptions(options);
    this.#portsFor = portsFor;
  }

  /**
   * Starts or returns the guest; through a real connection signs a person in, which leaves the page and never resolves, or opens a window and resolves
   * when they are in.
   * @throws LoginError `identity_in_use`, `login_required`, `config_invalid`, `insecure_context`, `frame_blocked`, `login_denied`, `callback_invalid`, `grant_refused`, `navigation_failed`, `storage_unavailable`, `session_changed`, retryable codes
   */
  async authenticate({ connectionId, mode, redirectUrl, challenge }: AuthenticateOptions = {}): Promise<Session> {
    checkConnection(connectionId);
    const context = this.#open();
    if (connectionId !== undefined && !context.keeper.provider.isGuestConnection(connectionId)) {
      const outcome = await this.#sentAway(context, { connectionId, mode, redirectUrl, challenge }, (request) => signIn(context, request));
      return whoCame(toOutcome(context, outcome));
    }
    await this.#settledOrHere(context);
    return this.#guest(context, { connectionId: connectionId ?? this.#settings.guestConnectionId, mode, redirectUrl });
  }

  /**
   * A token that can be used now; starts a guest where `guests` is 'on-demand', refreshes when needed, never navigates.
   * @throws LoginError `login_required`, `session_changed`, `config_invalid`, `unsupported` where tokens stay on the server, retryable codes with `retryAfterMs`; where it starts a guest, what authenticate() throws
   */
  getToken(options?: TokenOptions): Promise<string> {
    return (!options && this.#arrival && this.#opened?.keeper.token()) || this.#findToken(options);
  }

  /**
   * Makes the guest's ID the user's, or adds an identity to a user. By popup it resolves. By redirect it leaves the page, and the outcome comes from
   * completeLogin(); then it resolves only where an earlier try, whose way back was cut, turns out to have been done.
   * @throws LoginError `login_required`, `config_invalid`, `insecure_context`, `grant_refused`, `navigation_failed`, `storage_unavailable`, `session_changed`, retryable codes
   */
  async linkIdentity({ connectionId, mode, redirectUrl, challenge }: LinkOptions): Promise<LinkOutcome> {
    checkConnection(connectionId);
    const context = this.#open();
    if (!connectionId || context.keeper.provider.isGuestConnection(connectionId)) throw new LoginError('config_invalid', 'linkIdentity needs a connection that signs users in');
    const outcome = await this.#sentAway(context, { connectionId, mode, redirectUrl, challenge }, (request) => link(context, request));
    return toOutcome(context, outcome) ?? { type: 'cancelled' };
  }

  /**
   * Finishes the sign-in or link this page is the callback of; null: it is none. Call it on every load; afterwards getSession() is right.
   * @throws LoginError retryable codes: nothing is lost, call it again
   */
  async completeLogin(): Promise<LinkOutcome | null> {
    return toOutcome(this.#open(), await this.#settled());
  }

  /**
   * Answers `identity_in_use`: stay the guest, or go on as the user whose identity it is and take the guest's things along.
   * @throws LoginError `callback_unknown`, `session_changed`; where the person has to sign in once more, what linkIdentity() throws
   */
  async resolveLink(choice: 'stay_guest' | 'continue_as_user'): Promise<Session> {
    const context = this.#open();
    await this.#settled();
    await resolveLink(context, choice, this.#deadline(context));
    return whoIsHere(context);
  }

  /** Who is here, as far as this page has read by now. */
  getSession(): Session | null {
    return this.#opened?.keeper.snapshot() ?? null;
  }

  /** Why nobody is here; null while somebody is, or where nobody ever was. A user who expired is to be asked, not made a guest. */
  getEnd(): Ended | null {
    return this.#opened?.keeper.record.ended ?? null;
  }

  /** Tells the listener what happens to the session, in this tab or another; returns how to stop that. */
  subscribe(listener: Listener): () => void {
    const { keeper } = this.#open();
    void keeper.load();
    return keeper.subscribe(listener);
  }

  /**
   * Signs out here, in every tab, and at the service.
   * @throws LoginError `guest_would_be_lost`, `session_changed`, `storage_unavailable`; retryable codes when the service was not reached: signed out here all the same
   */
  async logOut(options: LogOutOptions = {}): Promise<void> {
    const context = this.#open();
    // Opens the channel, by which the other tabs are told.
    await context.keeper.load();
    await logOut(context, options);
  }

  /**
   * The identities by which who is here signs in; none for a guest.
   * @throws LoginError `login_required`, `session_changed`, `config_invalid`, `unsupported`, retryable codes
   */
  async getIdentities(): Promise<readonly LinkedIdentity[]> {
    const context = this.#open();
    await this.#settled();
    return listIdentities(context, await useSession(context, { deadline: this.#deadline(context) }));
  }

  /**
   * Takes one identity off the user who is here.
   * @throws LoginError `login_required`, `session_changed`, `config_invalid`, `unsupported`, `grant_refused`, retryable codes
   */
  async unlinkIdentity(identityId: string): Promise<void> {
    const context = this.#open();
    await this.#settled();
    await unlink(context, await useSession(context, { deadline: this.#deadline(context) }), identityId);
  }

  /**
   * Sends a request with who is here: the credential, and its proof where it needs one, go along to the listed `apiOrigins` only. Where an API does not
   * take the token (401), it is renewed and the request is sent once more.
   * @throws LoginError what getToken() throws, `unsupported` where the API is at another origin than a page whose tokens stay on the server; TypeError and AbortError as the browser's own `fetch`
   */
  async fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const context = this.#open();
    const request = new Request(input, init);
    return fetchApi(context, request, () => this.#findSession({ signal: request.signal }));
  }

  #open(): Context {
    if (!this.#opened) {
      const { provider } = this.#settings;
      this.#opened = { settings: this.#settings, keeper: new SessionKeeper(this.#portsFor(`passerby ${provider.id}`), provider) };
    }
    return this.#opened;
  }

  #deadline({ keeper }: Context, { deadlineMs = DEFAULT_DEADLINE_MS }: TokenOptions = {}): number {
    return keeper.ports.clock.now() + deadlineMs;
  }

  #settled(): Promise<StoredOutcome | null> {
    const context = this.#open();
    this.#arrival ??= settle(context, arrive(context)).then(
      (outcome) => {
        // Not awaited: it calls the app, and a page need not wait for that.
        void deliverMerges(context);
        return outcome;
      },
      (error: unknown) => {
        this.#arrival = null;
        throw error;
      },
    );
    return this.#arrival;
  }

  /** The window is opened before anything is waited for: only then is it the click's own. */
  async #sentAway(context: Context, { connectionId, mode, redirectUrl, challenge }: AuthenticateOptions & { readonly connectionId: string }, send: (request: SignIn) => Promise<StoredOutcome>): Promise<StoredOutcome> {
    const { ports, provider } = context.keeper;
    // After questions it is no click's own window any more.
    const popup = mode === 'popup' && !(challenge && provider.link) ? ports.navigation.openPopup() : null;
    try {
      await this.#settled();
      return await send({ connectionId, redirectUrl, popup, challenge, deadline: this.#deadline(context) });
    } finally {
      popup?.close();
    }
  }

  async #findToken(options?: TokenOptions): Promise<string> {
    const { accessToken, tokenType } = await this.#findSession(options);
    if (tokenType === 'Cookie') throw new LoginError('unsupported', "Tokens stay on the server here: ask the shop's API by fetch() of this client");
    return accessToken;
  }

  async #findSession(options: TokenOptions = {}): Promise<StoredSession> {
    const context = this.#open();
    const { clock } = context.keeper.ports;
    const { deadlineMs: asked = DEFAULT_DEADLINE_MS, signal } = options;
    signal?.throwIfAborted();
    if (Number.isNaN(asked)) throw new LoginError('config_invalid', 'deadlineMs is not a number');
    // A browser's timer holds 31 bits; what is longer fires at once.
    const deadlineMs = Math.min(asked, 2 ** 31 - 1);
    const deadline = this.#deadline(context, { deadlineMs });
    const over = new AbortController();
    const timeUp = clock.sleep(deadlineMs, signal ? AbortSignal.any([over.signal, signal]) : over.signal).then(() => {
      signal?.throwIfAborted();
      throw new LoginError('deadline', 'No token within the deadline; what was begun goes on', { retryAfterMs: 1_000 });
    });
    const session = this.#settledOrHere(context).then(() => useSession(context, { guests: this.#settings.guests, deadline }));
    return Promise.race([session, timeUp]).finally(() => {
      timeUp.catch(() => undefined);
      over.abort();
    });
  }

  async #guest(context: Context, { connectionId, mode, redirectUrl }: AuthenticateOptions): Promise<Session> {
    const { keeper } = context;
    if (keeper.nextStep('explicit') === 'end') await keeper.commit({ type: 'refused', token: 'over', turn: keeper.record.turn });
    if (keeper.record.session) return whoIsHere(context);
    const leaveAsGuest = async (): Promise<Session> => {
      await leave(context, { purpose: 'guest', connectionId: connectionId ?? '', redirectUrl });
      return whoIsHere(context);
    };
    // Whose ID follows from a key here is made nowhere else.
    if (mode === 'redirect' && !keeper.provider.createKey) return leaveAsGuest();
    try {
      await useSession(context, { guests: 'asked-for', connectionId, deadline: this.#deadline(context) });
    } catch (error) {
      if (keeper.ports.frame.isForbidden()) return leaveAsGuest();
      throw error;
    }
    return whoIsHere(context);
  }

  /** Finishes a sign-in that is under way; somebody who is here already need not wait until the service can be reached for it. */
  async #settledOrHere({ keeper }: Context): Promise<void> {
    await this.#settled().catch((error: unknown) => {
      if (!keeper.record.session) throw error;
    });
  }
}

/** @throws LoginError `config_invalid` */
function checkConnection(connectionId: unknown): void {
  const isId = typeof connectionId === 'string' && connectionId !== '' && connectionId.length <= MAX_ID_LENGTH;
  if (connectionId !== undefined && !isId) throw new LoginError('config_invalid', 'connectionId is the id of a connection, such as google or sc_guests');
}
