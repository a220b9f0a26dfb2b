/**
 * LoginClient: one method, one line or few into a flow. Its constructor assigns and checks; it asks, stores and listens to nothing. Here is what a page needs that
 * finds somebody; whatever asks a service or begins anything is in acts.ts, a chunk that `#act` fetches.
 */
import { isLoginError, LoginError, type StoredSession } from '@passerby/shared';
import type { AuthenticateOptions, LinkOptions, TokenOptions } from './calls.ts';
import { checkConnection, checkOptions, type CoreOptions, type Settings } from './core/options.ts';
import type { Ended, StoredOutcome } from './core/record.ts';
import { arrive, takeBack, type Arrival } from './flows/arrive.ts';
import type { Attributes } from './flows/attributes.ts';
import type { Context } from './flows/context.ts';
import { logOut, type LogOutOptions } from './flows/log-out.ts';
import type { LinkOutcome } from './flows/outcome.ts';
import { serve } from './flows/serve.ts';
import type { SignIn } from './flows/sign-in.ts';
import { inTime, loadActs, type Acts, type LoadActs } from './load-acts.ts';
import { browserPorts } from './ports/browser.ts';
import type { PortsFor } from './ports/ports.ts';
import { later } from './providers/later.ts';
import type { LinkedIdentity } from './providers/provider.ts';
import { SessionReader, whoIsHere, type Listener, type Session } from './session-reader.ts';

/** Longer than a lock is waited for, so that a tab that sleeps in the middle of a refresh delays the others and no more. */
const DEFAULT_DEADLINE_MS = 15_000;
/** What is due is tried again after this long, where the flows could not be loaded. */
const AGAIN_MS = 10_000;

export class LoginClient {
  readonly #settings: Settings;
  readonly #portsFor: PortsFor;
  readonly #loadActs: () => Promise<readonly [Acts, Context]>;
  #opened: SessionReader | null = null;
  #read: Promise<void> | null = null;
  /** The token that calls of this very turn wait for. */
  #finding: Promise<string> | null = null;
  /** The round trip this page ended, taken out of the address bar once. */
  #arrival: Promise<StoredOutcome | null> | null = null;
  /** What the service keeps for the shop about who is here. */
  readonly attributes: Attributes = {
    list: () => this.#attributes((kept) => kept.list()),
    get: (key) => this.#attributes((kept) => kept.get(key)),
    set: (key, value) => this.#attributes((kept) => kept.set(key, value)),
    remove: (key) => this.#attributes((kept) => kept.remove(key)),
  };

  /** @throws LoginError `config_invalid` */
  constructor(options: CoreOptions, portsFor: PortsFor = browserPorts, load: LoadActs = loadActs) {
    this.#settings = checkOptions(options);
    this.#portsFor = portsFor;
    this.#loadActs = later(async () => {
      const acts = await inTime(load(options.provider), this.#open().ports.clock);
      return [acts, acts.openContext(this.#open(), this.#settings)];
    });
  }

  /**
   * Starts or returns the guest; through a real connection signs a person in, which leaves the page and never resolves, or opens a window and resolves
   * when they are in.
   * @throws LoginError `identity_in_use`, `login_required`, `config_invalid`, `insecure_context`, `frame_blocked`, `login_denied`, `callback_invalid`, `grant_refused`, `navigation_failed`, `storage_unavailable`, `session_changed`, retryable codes
   */
  async authenticate({ connectionId, mode, redirectUrl, challenge }: AuthenticateOptions = {}): Promise<Session> {
    checkConnection(connectionId);
    const reader = this.#open();
    if (connectionId !== undefined && !reader.provider.isGuestConnection(connectionId)) {
      return this.#sentAway({ connectionId, mode, redirectUrl, challenge }, async (acts, context, request) => acts.whoCame(acts.toOutcome(context, await acts.signIn(context, request))));
    }
    // Most likely they are needed: fetched beside the look at storage.
    this.#loadActs().catch(reportFault);
    await this.#settledOrHere();
    if (!reader.record.session || reader.nextStep('explicit') === 'end') {
      const request = { connectionId: connectionId ?? this.#settings.guestConnectionId, mode, redirectUrl, deadline: this.#deadline() };
      await this.#act((acts, context) => acts.beGuest(context, request));
    }
    return whoIsHere(reader);
  }

  /**
   * A token that can be used now; starts a guest where `guests` is 'on-demand', refreshes when needed, never navigates.
   * @throws LoginError `login_required`, `session_changed`, `config_invalid`, `unsupported` where tokens stay on the server, retryable codes with `retryAfterMs`; where it starts a guest, what authenticate() throws
   */
  getToken(options?: TokenOptions): Promise<string> {
    return options ? this.#findToken(options) : (this.#arrival && this.#opened?.token()) || this.#findTogether();
  }

  /**
   * Makes the guest's ID the user's, or adds an identity to a user. By popup it resolves. By redirect it leaves the page, and the outcome comes from
   * completeLogin(); then it resolves only where an earlier try, whose way back was cut, turns out to have been done.
   * @throws LoginError `login_required`, `config_invalid`, `insecure_context`, `grant_refused`, `navigation_failed`, `storage_unavailable`, `session_changed`, retryable codes
   */
  async linkIdentity({ connectionId, mode, redirectUrl, challenge }: LinkOptions): Promise<LinkOutcome> {
    checkConnection(connectionId);
    if (!connectionId || this.#settings.provider.isGuestConnection(connectionId)) throw new LoginError('config_invalid', 'linkIdentity needs a connection that signs users in');
    return this.#sentAway({ connectionId, mode, redirectUrl, challenge }, async (acts, context, request) => acts.toOutcome(context, await acts.link(context, request)) ?? { type: 'cancelled' });
  }

  /**
   * Finishes the sign-in or link this page is the callback of; null: it is none. Call it on every load; afterwards getSession() is right.
   * @throws LoginError retryable codes: nothing is lost, call it again
   */
  async completeLogin(): Promise<LinkOutcome | null> {
    const outcome = await this.#settled();
    return outcome || this.#open().record.conflict ? this.#act(async (acts, context) => acts.toOutcome(context, outcome)) : null;
  }

  /**
   * Answers `identity_in_use`: stay the guest, or go on as the user whose identity it is and take the guest's things along.
   * @throws LoginError `callback_unknown`, `session_changed`; where the person has to sign in once more, what linkIdentity() throws
   */
  async resolveLink(choice: 'stay_guest' | 'continue_as_user'): Promise<Session> {
    await this.#settled();
    const deadline = this.#deadline();
    await this.#act((acts, context) => acts.resolveLink(context, choice, deadline));
    return whoIsHere(this.#open());
  }

  /** Who is here, as far as this page has read by now. */
  getSession(): Session | null {
    return this.#opened?.snapshot() ?? null;
  }

  /** Why nobody is here; null while somebody is, or where nobody ever was. A user who expired is to be asked, not made a guest. */
  getEnd(): Ended | null {
    return this.#opened?.record.ended ?? null;
  }

  /** Tells the listener what happens to the session, in this tab or another; returns how to stop that. */
  subscribe(listener: Listener): () => void {
    void this.#load();
    return this.#open().subscribe(listener);
  }

  /**
   * Signs out here, in every tab, and at the service.
   * @throws LoginError `guest_would_be_lost`, `session_changed`, `storage_unavailable`; retryable codes when the service was not reached: signed out here all the same
   */
  async logOut(options: LogOutOptions = {}): Promise<void> {
    // Opens the channel, by which the other tabs are told.
    await this.#load();
    await logOut(this.#open(), options, (session) => this.#act((acts, context) => acts.sayGoodbye(context, session)));
  }

  /**
   * The identities by which who is here signs in; none for a guest.
   * @throws LoginError `login_required`, `session_changed`, `config_invalid`, `unsupported`, retryable codes
   */
  getIdentities(): Promise<readonly LinkedIdentity[]> {
    return this.#asWhoIsHere((acts, context, session) => acts.listIdentities(context, session));
  }

  /**
   * Takes one identity off the user who is here.
   * @throws LoginError `login_required`, `session_changed`, `config_invalid`, `unsupported`, `grant_refused`, retryable codes
   */
  unlinkIdentity(identityId: string): Promise<void> {
    return this.#asWhoIsHere((acts, context, session) => acts.unlink(context, session, identityId));
  }

  /**
   * Sends a request with who is here: the credential, and its proof where it needs one, go along to the listed `apiOrigins` only. Where an API does not
   * take the token (401), it is renewed and the request is sent once more.
   * @throws LoginError what getToken() throws, `unsupported` where the API is at another origin than a page whose tokens stay on the server; TypeError and AbortError as the browser's own `fetch`
   */
  async fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const request = new Request(input, init);
    const { signal } = request;
    signal.throwIfAborted();
    const ended = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
    return Promise.race([ended, this.#act((acts, context) => acts.fetchApi(context, request, () => this.#findSession({ signal })))]);
  }

  #open(): SessionReader {
    const { provider } = this.#settings;
    return (this.#opened ??= new SessionReader(this.#portsFor(`passerby ${provider.id}`), provider));
  }

  /** Reads who is here. What is loaded later is fetched when the page has time, so that it is there by then; where nobody is here, somebody will come soon. */
  #load(): Promise<void> {
    const reader = this.#open();
    return (this.#read ??= reader.load().then(() => {
      const { ports: { lifecycle, connect }, provider: { guestsFrom }, record } = reader;
      if (!record.session && guestsFrom) connect?.(guestsFrom);
      const soon = record.session ? lifecycle.idle?.() : Promise.resolve();
      // What could not be fetched is told to whoever needs it.
      soon?.then(this.#loadActs).catch(reportFault);
    }));
  }

  /** @throws LoginError `network` where the flows can not be loaded: nothing has happened, and the next call tries again */
  async #act<T>(work: (acts: Acts, context: Context) => Promise<T>): Promise<T> {
    return work(...(await this.#loadActs()));
  }

  #attributes<T>(work: (attributes: Attributes) => Promise<T>): Promise<T> {
    return this.#act((acts, context) => work(acts.attributesOf(context, () => this.#findSession())));
  }

  async #asWhoIsHere<T>(work: (acts: Acts, context: Context, session: StoredSession) => Promise<T>): Promise<T> {
    await this.#settled();
    const deadline = this.#deadline();
    return this.#act(async (acts, context) => work(acts, context, await acts.useSession(context, { deadline })));
  }

  #deadline(deadlineMs = DEFAULT_DEADLINE_MS): number {
    return this.#open().ports.clock.now() + deadlineMs;
  }

  #settled(): Promise<StoredOutcome | null> {
    this.#arrival ??= this.#settle(arrive(this.#open())).catch((error: unknown) => {
      this.#arrival = null;
      throw error;
    });
    return this.#arrival;
  }

  async #settle(arrival: Arrival | null): Promise<StoredOutcome | null> {
    await this.#load();
    const reader = this.#open();
    const back = await takeBack(reader, arrival);
    const outcome = back && ('outcome' in back ? back.outcome : await this.#act((acts, context) => acts.finish(context, back.open, arrival ? 'arrived' : 'goes on')));
    // Not awaited: it calls the app, and a page need not wait for that.
    this.#deliverMerges();
    return outcome;
  }

  #deliverMerges(): void {
    const { ports, record } = this.#open();
    if (record.merges.length === 0) return;
    this.#act((acts, context) => acts.deliverMerges(context)).catch((error: unknown) => {
      reportFault(error);
      void ports.clock.sleep(AGAIN_MS).then(() => this.#deliverMerges());
    });
  }

  /** The window is opened before anything is waited for: only then is it the click's own. */
  async #sentAway<T>({ connectionId, mode, redirectUrl, challenge }: AuthenticateOptions & { readonly connectionId: string }, send: (acts: Acts, context: Context, request: SignIn) => Promise<T>): Promise<T> {
    const { ports, provider } = this.#open();
    // After questions it is no click's own window any more.
    const popup = mode === 'popup' && !(challenge && provider.link) ? ports.navigation.openPopup() : null;
    try {
      await this.#settled();
      const deadline = this.#deadline();
      return await this.#act((acts, context) => send(acts, context, { connectionId, redirectUrl, popup, challenge, deadline }));
    } finally {
      popup?.close();
    }
  }

  /** Calls of one turn are one: a page that wakes up may make a thousand. */
  #findTogether(): Promise<string> {
    if (this.#finding) return this.#finding;
    void Promise.resolve().then(() => (this.#finding = null));
    return (this.#finding = this.#findToken());
  }

  async #findToken(options?: TokenOptions): Promise<string> {
    const { accessToken, tokenType } = await this.#findSession(options);
    if (tokenType === 'Cookie') throw new LoginError('unsupported', "Tokens stay on the server here: ask the shop's API by fetch() of this client");
    return accessToken;
  }

  async #findSession({ deadlineMs: asked = DEFAULT_DEADLINE_MS, signal }: TokenOptions = {}): Promise<StoredSession> {
    const { clock } = this.#open().ports;
    signal?.throwIfAborted();
    if (Number.isNaN(asked)) throw new LoginError('config_invalid', 'deadlineMs is not a number');
    // A browser's timer holds 31 bits; what is longer fires at once.
    const deadlineMs = Math.min(asked, 2 ** 31 - 1);
    const deadline = this.#deadline(deadlineMs);
    const over = new AbortController();
    const timeUp = clock.sleep(deadlineMs, signal ? AbortSignal.any([over.signal, signal]) : over.signal).then(() => {
      signal?.throwIfAborted();
      throw new LoginError('deadline', 'No token within the deadline; what was begun goes on', { retryAfterMs: 1_000 });
    });
    return Promise.race([this.#settledOrHere().then(() => this.#useSession(deadline)), timeUp]).finally(() => {
      timeUp.catch(() => undefined);
      over.abort();
    });
  }

  /** The session with a token that works now: as it is, or renewed or started first. */
  async #useSession(deadline: number): Promise<StoredSession> {
    const { guests } = this.#settings;
    // Its failure is in the record, where the next caller finds it; this one has a token.
    const renew = (): void => void this.#act((_acts, { keeper }) => keeper.renew()).catch(reportFault);
    return (await serve(this.#open(), guests, renew)) ?? this.#act((acts, context) => acts.useSession(context, { guests, deadline }));
  }

  /** Finishes a sign-in that is under way; somebody who is here already need not wait until the service can be reached for it. */
  async #settledOrHere(): Promise<void> {
    await this.#settled().catch((error: unknown) => {
      if (!this.#open().record.session) throw error;
    });
  }
}

/** What nobody waits for: a failure that was foreseen is found again by whoever asks next, a fault reaches the page's error handler. */
function reportFault(error: unknown): void {
  if (!isLoginError(error)) reportError(error);
}
