/**
 * Who is here, as this tab knows it: reads what is stored, hears the other tabs, tells the app. What a page needs that finds somebody, and no more: who asks the
 * service or begins anything is the keeper, which is loaded later.
 */
import { LoginError, type StoredSession, type SubjectKind } from '@passerby/shared';
import { changed, woken } from './core/at-once.ts';
import { noticesBetween, type NoticeType } from './core/notice.ts';
import { marginMs, nextStep, type GuestWish, type Step } from './core/policy.ts';
import type { SessionRecord } from './core/record.ts';
import { KeptRecord, type Change } from './kept-record.ts';
import type { PagePorts } from './ports/ports.ts';
import type { Provider } from './providers/provider.ts';

/** Who is here: a snapshot, without any credential. */
export interface Session {
  readonly subject: string;
  readonly kind: SubjectKind;
  /** When the present token ends, ms since epoch on this device's clock; a renewable session goes on. */
  readonly expiresAt: number;
  /** False once the service no longer renews this session: it ends with its token. */
  readonly renewable: boolean;
}

export interface Notice {
  readonly type: NoticeType;
  /** Who is here now. */
  readonly session: Session | null;
  /** Why, where something failed. */
  readonly cause?: unknown;
}

interface CachedToken {
  readonly promise: Promise<string>;
  /** Between these two wall-clock times it needs nothing… */
  readonly from: number;
  readonly until: number;
  /** …nor before this one on the monotonic clock. */
  readonly monotonicUntil: number;
  /** Between these two wall-clock times both clocks were found right a moment ago. */
  sound: { readonly from: number; readonly until: number };
}

export type Listener = (notice: Notice) => void;

const SOUND_MS = 1_000;

export class SessionReader {
  /** The cached token while nothing needs to be asked, as `getToken()` returns it. */
  #token: CachedToken | null = null;
  /** `monotonic()` at the moment the session's grant arrived. */
  #grantedAt = 0;
  #loaded: Promise<void> | null = null;
  /** The reading that this tab waits for before it serves anybody. */
  #behind: Promise<unknown> | null = null;
  readonly #kept: KeptRecord;
  readonly #listeners = new Set<Listener>();
  /** For whoever waits for a change. */
  #changed: AbortController | null = null;
  /** Whether this tab has read what was there when it opened. */
  #opened = false;

  constructor(readonly ports: PagePorts, readonly provider: Provider) {
    this.#kept = new KeptRecord(ports, {
      changed: (before, now) => this.#change(before, now),
      written: (version) => ports.channel.post(version),
      degraded: (cause) => this.#tell(['storage_degraded'], { cause }),
    });
  }

  /** Who is here and all that is under way, as this tab knows it. */
  get record(): SessionRecord {
    return this.#kept.now;
  }

  /** False while storage lags behind what this tab knows. */
  get saved(): boolean {
    return this.#kept.saved;
  }

  /** The token of a session that needs nothing, without a look at storage; null: find out what it needs. */
  token(): Promise<string> | null {
    const token = this.#token;
    if (!token) return null;
    const now = this.ports.clock.now();
    // Reading the other clock costs as much as everything else here; it says nothing new within a second of this one.
    if (now >= token.sound.from && now < token.sound.until) return token.promise;
    const leftMs = Math.min(token.until - now, token.monotonicUntil - this.ports.clock.monotonic());
    if (!(leftMs > 0 && now >= token.from)) return null;
    token.sound = { from: now, until: now + Math.min(SOUND_MS, leftMs) };
    return token.promise;
  }

  /** Reads once more where storage did not answer yet: it may hold somebody, whose cookie a new guest would take. */
  async insist(): Promise<void> {
    if (!this.#kept.isRead) await this.#kept.insist();
  }

  snapshot(): Session | null {
    const { session } = this.record;
    return session && toSession(session);
  }

  subscribe(listener: Listener): () => void {
    // Its own entry, so that one function subscribed twice is told twice and leaves twice.
    const entry: Listener = (notice) => listener(notice);
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  /** Reads what is stored, once a page, and starts to hear the other tabs. */
  load(): Promise<void> {
    return (this.#loaded ??= (async () => {
      const { channel, lifecycle } = this.ports;
      // Storage takes longest; what is told before this task ends is not missed.
      const reading = this.read();
      channel.listen((version) => {
        if (version !== this.record.version) this.#catchUp();
      });
      lifecycle.watch((what) => (what === 'back' ? this.#catchUp() : void this.wake()));
      await reading;
      this.#opened = true;
    })());
  }

  /** Reads again: another tab may have won. */
  read(): Promise<SessionRecord> {
    return this.#kept.read();
  }

  /** Writes a change on whatever is stored by then, and has the other tabs look. False where it no longer fitted. */
  update(change: Change): Promise<boolean> {
    return this.#kept.update(change);
  }

  /** Resolves after `ms`, or as soon as anything changes. */
  pause(ms: number): Promise<void> {
    return this.ports.clock.sleep(ms, (this.#changed ??= new AbortController()).signal);
  }

  /** Resolves when this tab knows what it may have missed; null: it has missed nothing. */
  caughtUp(): Promise<unknown> | null {
    return this.#behind;
  }

  nextStep(guests: GuestWish): Step {
    const { clock } = this.ports;
    return nextStep(this.record, clock.now(), this.ageMs(), guests);
  }

  /** What this tab holds may be old: nobody is served from it until storage was read. */
  #catchUp(): void {
    this.#token = null;
    const reading = this.read().finally(() => {
      if (this.#behind !== reading) return;
      this.#behind = null;
      const { session } = this.record;
      this.#token ??= session && this.#cached(session);
    });
    this.#behind = reading;
  }

  /** Somebody looks at the page again, came back to it, or the network is back: the wait that we chose ourselves is over. */
  async wake(): Promise<void> {
    const { backoff } = this.record;
    if (backoff?.by === 'us' && backoff.until > this.ports.clock.now()) await this.update((record) => changed(record, woken(record, backoff.until)));
  }

  /** How old the session's grant is, by the clock that says more. */
  ageMs(): number {
    const { session } = this.record;
    if (!session) return 0;
    const { clock } = this.ports;
    return Math.max(clock.now() - session.receivedAt, clock.monotonic() - this.#grantedAt);
  }

  #change(before: SessionRecord, { session }: SessionRecord): void {
    const { clock } = this.ports;
    if (session && session.receivedAt !== before.session?.receivedAt) {
      const age = clock.now() - session.receivedAt;
      // Received in the future: the clock was set back, so its age is anybody's guess and one refresh tells.
      this.#grantedAt = age >= 0 ? clock.monotonic() - age : -Infinity;
    }
    this.#token = session && this.#cached(session);
    this.#changed?.abort();
    this.#changed = null;
    // What a page finds when it opens is no news.
    if (this.#opened) this.#tell(noticesBetween(before, this.record));
  }

  #cached(session: StoredSession): CachedToken | null {
    if (session.tokenType === 'Cookie') return null;
    // What can't be renewed is served to its end.
    const freshMs = session.lifetimeMs - (session.renewal.type === 'none' ? 0 : marginMs(session));
    const from = session.receivedAt;
    return { promise: Promise.resolve(session.accessToken), from, until: from + freshMs, monotonicUntil: this.#grantedAt + freshMs, sound: { from: 0, until: 0 } };
  }

  #tell(types: readonly NoticeType[], more: Pick<Notice, 'cause'> = {}): void {
    const session = this.snapshot();
    for (const type of types) {
      for (const listener of [...this.#listeners]) {
        if (!this.#listeners.has(listener)) continue;
        try {
          listener({ type, session, ...more });
        } catch (error) {
          // A listener's own fault: it reaches the page's error handler, and nobody else waits for it.
          reportError(error);
        }
      }
    }
  }
}

const toSession = ({ subject, kind, receivedAt, lifetimeMs, renewal }: StoredSession): Session =>
  ({ subject, kind, expiresAt: receivedAt + lifetimeMs, renewable: renewal.type !== 'none' });

/** Who is here now. @throws LoginError `session_changed` */
export function whoIsHere(reader: SessionReader): Session {
  const session = reader.snapshot();
  if (!session) throw new LoginError('session_changed', 'The session ended in another tab just now: call authenticate() again');
  return session;
}
