/** Keeps the books of one trace, and checks I1 to I7 against them. */
import { isLoginError } from '@passerby/shared';
import type { LoginClient } from '../../src/client.ts';
import { waitMs } from '../../src/core/policy.ts';
import type { SessionRecord } from '../../src/core/record.ts';
import { parseRecord } from '../../src/core/stored.ts';
import type { GuestMerge } from '../../src/flows/merge.ts';
import type { Notice, Session } from '../../src/session-reader.ts';
import type { Browser, Page } from './browser.ts';
import { isCalm, type Hook, type Plan } from './operations.ts';
import type { Schedule } from './schedule.ts';
import { SECRET, type Service, type ServiceSession } from './service.ts';

export class Violation extends Error {
  constructor(readonly invariant: string, message: string) {
    super(`${invariant}: ${message}`);
  }
}

export interface Watched {
  readonly page: Page;
  readonly login: LoginClient;
}

interface Books {
  readonly login: LoginClient;
  readonly hook: Hook;
  /** Who this page's app believes is here, from notices alone; `unread`: nothing was read yet. */
  told: Session | null | 'unread';
  /** Who was here at the last look, as `getSession()` says. */
  view: Session | null;
  /** Sessions of the service that this page heard or said to be signed out. */
  readonly signedOut: Map<ServiceSession, number>;
  /** Whose end this page was told. */
  readonly ended: Set<string>;
  asksForGuest: boolean;
  signsOut: boolean;
}

/** What the last getToken() of a trace came to; `accepted` by the service at that moment. */
export type Answer = { /** Who was here, as far as anybody saw by then. */ readonly subject: string | null; /** Whom the service's cookie renewed last. */ readonly renewed: string | null } & (
  | { readonly token: string; readonly accepted: boolean; readonly error?: never }
  | { readonly token?: never; readonly error: unknown }
);

interface Call {
  readonly page: Page;
  readonly name: string;
  settled: boolean;
  readonly navigates: boolean;
}

const ENDS: readonly string[] = ['guest_ended', 'user_expired', 'signed_out'];

export class Ledger {
  readonly trace: string[] = [];
  /** The subject that was last here, as far as anybody saw. */
  subject: string | null = null;
  readonly counts = { links: 0, merges: 0, tokens: 0, ends: 0, told: 0 };
  readonly #books = new Map<Page, Books>();
  readonly #calls: Call[] = [];
  readonly #violations: Violation[] = [];
  readonly #merges = new Map<string, { from: string; to: string; tries: number; done: boolean }>();
  readonly #wantedMerges: { from: string; to: string }[] = [];
  readonly #held = new Set<string>();
  /** Subjects that were in storage once. */
  readonly #kept = new Set<string>();
  /** Whom pages that live a minute after the last fault hold. */
  readonly #heldAtTheEnd = new Set<string>();
  /** Refresh tokens that were in storage once. */
  readonly #stored = new Set<string>();
  #event = 0;
  #clears = 0;
  #interruptions = 0;
  #setBackMs = 0;
  #continues = 0;
  #signIns = 0;
  #signOutCalls = 0;
  #signedOutAt = 0;

  constructor(readonly plan: Plan, readonly schedule: Schedule, readonly service: Service, readonly browser: Browser) {}

  say(line: string): void {
    this.trace.push(`${String(this.schedule.elapsed).padStart(9)} ${line}`);
  }

  fail(invariant: string, message: string): void {
    this.say(`!! ${invariant}: ${message}`);
    this.#violations.push(new Violation(invariant, message));
  }

  // — What the scene tells —

  opened({ page, login }: Watched, hook: Hook): void {
    this.say(`${page.name} opens ${hide(page.address.href)}`);
    const books: Books = { login, hook, told: 'unread', view: null, signedOut: new Map(), ended: new Set(), asksForGuest: false, signsOut: false };
    this.#books.set(page, books);
    login.subscribe((notice) => this.#noticed(page, books, notice));
  }

  /** What was asked for on the page goes on after a reload. */
  reloaded(before: Page, after: Page): void {
    if (this.#of(before).asksForGuest) this.asksForGuest(after);
  }

  came(page: Page): void {
    this.say(`${page.name} is back`);
  }

  cleared(): void {
    this.#clears++;
  }

  jumped(ms: number): void {
    if (ms < 0) this.#setBackMs -= ms;
  }

  slept(): void {
    this.#interruptions++;
  }

  asksForGuest(page: Page): void {
    this.#of(page).asksForGuest = true;
  }

  signsIn(): void {
    this.#signIns++;
  }

  signsOut(page: Page): void {
    this.#of(page).signsOut = true;
    this.#signOutCalls++;
  }

  continues(): void {
    this.#continues++;
  }

  track(page: Page, name: string, promise: Promise<unknown>, options: { ends?: 'perhaps' } = {}): void {
    const call: Call = { page, name, settled: false, navigates: options.ends === 'perhaps' };
    this.#calls.push(call);
    this.say(`${page.name} ${name}`);
    promise.then(
      (value) => {
        call.settled = true;
        this.say(`${page.name} ${name} → ${hide(JSON.stringify(value) ?? 'done')}`);
      },
      (error: unknown) => {
        call.settled = true;
        this.#failed(page, name, error, null);
      },
    );
  }

  trackToken(page: Page, promise: Promise<string>, deadlineMs: number, signal: AbortSignal): void {
    const name = `getToken(${deadlineMs})`;
    const call: Call = { page, name, settled: false, navigates: false };
    this.#calls.push(call);
    const books = this.#of(page);
    const begun = this.schedule.elapsed;
    const interruptions = this.#interruptions;
    const pauses = page.pauses;
    const inTime = (): void => {
      call.settled = true;
      const took = this.schedule.elapsed - begun;
      if (took > deadlineMs + 1 && interruptions === this.#interruptions && pauses === page.pauses) this.fail('deadline', `${page.name} ${name} took ${took} ms`);
    };
    promise.then(
      (token) => {
        inTime();
        this.counts.tokens++;
        const issued = this.service.tokens.get(token);
        this.say(`${page.name} ${name} → a token of ${issued?.session.subject ?? 'nobody'}`);
        if (!issued || !this.service.born.has(issued.session.subject)) return this.fail('I1', `${page.name} was given a token that this browser never got`);
        const since = books.signedOut.get(issued.session);
        if (since !== undefined && since < this.#event) this.fail('I3', `${page.name} was given a token of a session that it knew to be signed out`);
      },
      (error: unknown) => {
        inTime();
        this.#failed(page, name, error, signal);
      },
    );
  }

  addressIsClean(page: Page): void {
    if (page.address.href.includes(`${SECRET}-code`)) this.fail('I6', `the address of ${page.name} still holds a code after the first call`);
  }

  posted(page: Page, message: unknown): void {
    if (!Number.isSafeInteger(message)) this.fail('I6', `${page.name} told the other tabs ${hide(JSON.stringify(message))}`);
  }

  /** A page asks the service. */
  asked(page: Page, path: string): void {
    this.say(`${page.name} asks ${path}`);
    if (path !== '/refresh' && path !== '/guest' && path !== '/login' && path !== '/session' && path !== '/code') return;
    // A tab whose storage was lost under it goes on by its own record, and does not see who else waits.
    if (this.#clears > 0 || page.storage === 'failed' || page.lastRead === undefined || this.#of(page).signsOut) return;
    const record = parseRecord(page.lastRead);
    if (record !== 'newer' && waitMs(record, this.schedule.wall()) > 0 && !(path === '/session' && record.pending.some(({ unsure, outcome }) => unsure && !outcome))) {
      this.fail('I7', `${page.name} asked ${path} though it had read that everybody waits ${waitMs(record, this.schedule.wall())} ms more`);
    }
  }

  // — What storage sees —

  wrote(page: Page, beforeRaw: unknown, afterRaw: unknown): void {
    if (afterRaw === undefined) return;
    const before = parseRecord(beforeRaw);
    const after = parseRecord(afterRaw);
    if (before === 'newer') {
      if (JSON.stringify(beforeRaw) !== JSON.stringify(afterRaw)) this.fail('I5', `${page.name} wrote over a record of a later version`);
      return;
    }
    if (after === 'newer') return this.fail('I5', `${page.name} wrote a record of a later version`);
    if (after.version === before.version && after.line === before.line) return;
    this.say(`${page.name} writes ${after.version} ${who(after)}`);
    if (before.line === after.line && after.version < before.version) this.fail('I5', `${page.name} wrote version ${after.version} over version ${before.version}`);
    this.#merged(after);
    this.#changes(page, before, after);
    if (after.session) this.#kept.add(after.session.subject);
    const { renewal } = after.session ?? {};
    if (renewal?.type === 'refresh_token') {
      const session = this.service.refreshTokens.get(renewal.refreshToken);
      if (session && session.refreshToken !== renewal.refreshToken && this.#stored.has(session.refreshToken) && before.session?.renewal.type === 'refresh_token' && before.session.renewal.refreshToken === session.refreshToken) {
        this.fail('I5', `${page.name} wrote a used refresh token over its successor`);
      }
      this.#stored.add(renewal.refreshToken);
    }
  }

  #changes(page: Page, before: SessionRecord, after: SessionRecord): void {
    const was = before.session;
    const is = after.session;
    if (is && (!was || was.subject !== is.subject)) this.#hold(page, is.subject);
    if (!was) {
      const wasUser = before.ended === 'signed_out' || before.ended === 'user_expired';
      const wasAskedFor = this.#of(page).asksForGuest || guestTrips(after) > guestTrips(before);
      // A tab that storage failed since then could not know.
      if (is?.kind === 'guest' && wasUser && !wasAskedFor && before.line === after.line && page.failedAt < this.#signedOutAt) this.fail('I3', `${page.name} made a guest after ${before.ended ?? ''} though nobody asked for one`);
      return;
    }
    if (!is) {
      this.counts.ends++;
      // It is written down with its reason, which getEnd() tells whoever comes; this tab may die before it hears it.
      if (after.ended && this.subject === was.subject) this.subject = null;
      if (after.ended !== 'guest_ended') this.#signedOutAt = this.schedule.elapsed;
      if (after.ended === 'signed_out') {
        if (this.#signOutCalls === 0) this.fail('I2', `${page.name} signed ${was.subject} out though nobody asked for it`);
      } else if (was.renewal.type !== 'none' && !lostItsCookie(after) && !this.#clears) this.#endedForAReason(page, was.accessToken, was.subject);
      return;
    }
    if (was.subject === is.subject) {
      if (was.kind === 'user' && is.kind === 'guest') this.fail('I2', `${page.name} turned the user ${is.subject} back into a guest`);
      if (was.kind === 'guest' && is.kind === 'user') this.counts.links++;
      return;
    }
    if (before.line !== after.line || this.#clears > 0 || this.#of(page).ended.has(was.subject)) return;
    if (is.kind === 'guest') this.fail('I2', `${page.name} wrote the guest ${is.subject} over the ${was.kind} ${was.subject}`);
    if (was.kind === 'guest' && is.kind === 'user' && this.#continues === 0 && is.movedFrom !== was.subject) this.fail('I2', `${page.name} switched from ${was.subject} to ${is.subject} though nobody chose that`);
    if (was.kind === 'user' && is.kind === 'user' && this.#signIns + this.#continues === 0) this.fail('I2', `${page.name} switched from ${was.subject} to ${is.subject} though nobody signed in`);
  }

  /** Only what the service really refused ends a session. */
  #endedForAReason(page: Page, accessToken: string, subject: string): void {
    const session = this.service.tokens.get(accessToken)?.session;
    if (!session) return;
    if (this.service.renews(session)) this.fail('I5', `${page.name} ended the session of ${subject} though the service renews it`);
    else if (!session.ended && this.plan.dialect === 'cookie' && this.service.cookie && !this.service.cookie.ended) return this.fail('I5', `${page.name} ended the session of ${subject} though its cookie is only somebody else's`);
    const unexplained = session.ended === 'token_reuse' ? this.browser.lostAnswers === 0 && !this.plan.weather.storage && !this.plan.weather.pages && !this.plan.weather.loss
      : session.ended === 'signed_out' ? this.#signOutCalls === 0 || !this.plan.weather.storage
      : false;
    if (unexplained) this.fail('I5', `the session of ${subject} was ended at the service by ${session.ended ?? 'a lost cookie'}, and nothing went wrong that explains it`);
  }

  #hold(page: Page, subject: string): void {
    if (!this.service.born.has(subject)) this.fail('I1', `${page.name} holds ${subject}, who was not born in this browser`);
    if (this.#held.has(subject) && this.subject === subject) return;
    this.#held.add(subject);
    this.subject = subject;
  }

  // — What the app is told —

  #noticed(page: Page, books: Books, notice: Notice): void {
    const { type, session } = notice;
    this.say(`${page.name} is told ${type} ${session ? `${session.kind} ${session.subject}` : 'nobody'}`);
    if (JSON.stringify(session).includes(SECRET) || messages(notice.cause).includes(SECRET)) this.fail('I6', `the notice ${type} holds a secret`);
    if (type === 'storage_degraded') return;
    const told = books.told === 'unread' ? books.view : books.told;
    const wrong = (why: string): void => this.fail('I2', `${page.name} was told ${type} ${why}`);
    if (ENDS.includes(type)) {
      if (!told) return wrong('though nobody was there');
      // A page that slept while the guest became a user, and the user expired, is told what the app has to ask: to sign in again.
      const slept = type === 'user_expired' && books.login.getEnd() === 'user_expired';
      if (type !== 'signed_out' && !slept && (type === 'guest_ended') !== (told.kind === 'guest')) wrong(`of a ${told.kind}`);
      books.told = null;
      books.ended.add(told.subject);
      this.counts.told++;
      if (type === 'signed_out') for (const one of this.service.sessions) if (one.subject === told.subject) books.signedOut.set(one, this.#event);
      if (this.subject === told.subject) this.subject = null;
      return;
    }
    if (type === 'identity_in_use') return;
    if (!session) return wrong('with nobody there');
    if (type === 'stayed_guest' && told?.subject !== session.subject) wrong('of somebody else');
    if (type === 'guest_started' && (told || session.kind !== 'guest')) wrong(`while ${told?.subject ?? 'a user'} was there`);
    if (type === 'signed_in' && (session.kind !== 'user' || told?.subject === session.subject)) wrong('who was there already');
    if (type === 'moved' && (session.kind !== 'user' || told?.kind !== 'guest')) wrong('though nobody moved');
    if (type === 'linked' && !this.#clears && (session.kind !== 'user' || told?.subject !== session.subject || told.kind !== 'guest')) wrong('though nobody was linked');
    if (type === 'refreshed' && told?.subject !== session.subject) wrong('of somebody else');
    books.told = session;
    if (this.subject !== session.subject) this.#hold(page, session.subject);
  }

  /** After every event: what the apps were told is what is true. */
  look(): void {
    this.#event++;
    for (const [page, books] of this.#books) {
      if (page.state !== 'live') continue;
      const view = books.login.getSession();
      books.view = view;
      if (books.told === 'unread') {
        // The first look into storage is silent: the app asks getSession() itself.
        if (page.hasLooked) books.told = view;
      } else if (view?.subject !== books.told?.subject || view?.kind !== books.told?.kind) {
        this.fail('I2', `${page.name} has ${view ? `${view.kind} ${view.subject}` : 'nobody'}, and its app was told ${books.told ? `${books.told.kind} ${books.told.subject}` : 'nobody'}`);
        books.told = view;
      }
      if (view && !this.service.born.has(view.subject)) this.fail('I1', `${page.name} holds ${view.subject}, who was not born in this browser`);
    }
    const [first] = this.#violations;
    if (first) throw first;
  }

  mergeBegins(page: Page, { from, to, key }: GuestMerge): number {
    const known = this.#merges.get(key) ?? { from, to, tries: 0, done: false };
    this.#merges.set(key, known);
    known.tries++;
    this.say(`${page.name} merges ${from} into ${to}, try ${known.tries}`);
    if (known.from !== from || known.to !== to) this.fail('I5', `the merge of ${from} into ${to} reuses the key of another`);
    for (const [other, one] of this.#merges) if (other !== key && one.from === from && one.to === to) this.fail('I5', `the merge of ${from} into ${to} has two keys`);
    return known.tries;
  }

  mergeEnds({ key }: GuestMerge): void {
    const known = this.#merges.get(key);
    if (known) known.done = true;
    this.counts.merges++;
  }

  #merged({ merges }: SessionRecord): void {
    for (const { from, to } of merges) if (!this.#wantedMerges.some((one) => one.from === from.subject && one.to === to)) this.#wantedMerges.push({ from: from.subject, to });
  }

  // — The end —

  beforeTheEnd(): void {
    for (const page of this.browser.alive()) this.#heldAtTheEnd.add(this.#of(page).login.getSession()?.subject ?? '');
  }

  allSettled(): void {
    for (const { page, name, settled, navigates } of this.#calls) {
      if (!settled && !navigates && page.state === 'live') this.fail('hang', `${page.name} ${name} never came to an end`);
    }
    this.look();
  }

  nothingLost(page: Page, { token, error, subject, renewed, ...answer }: Answer): 'fine' | 'clock_was_set_back' {
    const record = parseRecord(this.browser.row);
    // A later version's record is not ours to read.
    if (record === 'newer') return 'fine';
    const session = this.#of(page).login.getSession();
    if (token === undefined) {
      const code = isLoginError(error) ? error.code : String(error);
      if (code === 'login_required') {
        if (subject !== null && !this.#clears && !this.#diedWithItsTab(subject)) this.fail('I5', `${subject} was here and is gone, and nobody was told`);
      } else if (!(code === 'session_changed' && this.plan.dialect === 'cookie' && renewed !== session?.subject)) {
        this.fail('I5', `a minute after the last fault there is no token: ${code}`);
      }
    } else {
      const issued = this.service.tokens.get(token);
      if (subject !== null && issued?.session.subject !== subject && !this.#clears && !this.#diedWithItsTab(subject)) this.fail('I5', `${subject} was here, and now it is ${issued?.session.subject ?? 'nobody'}`);
      if (!('accepted' in answer && answer.accepted)) {
        if (this.#setBackMs > 0 && session && session.expiresAt > this.schedule.wall()) return 'clock_was_set_back';
        this.fail('I5', `a minute after the last fault the token of ${subject ?? 'nobody'} is not accepted`);
      }
    }
    this.#bounded();
    this.look();
    return 'fine';
  }

  /** Storage refused to take it, and every tab that knew of it is gone: nothing can bring it back. */
  #diedWithItsTab(subject: string): boolean {
    return this.plan.weather.storage && !this.#kept.has(subject) && !this.#heldAtTheEnd.has(subject);
  }

  #bounded(): void {
    const unseen = this.service.minted.filter((subject) => !this.#held.has(subject)).length;
    const mishaps = this.#signOutCalls + this.browser.lostAnswers + this.browser.failures + this.browser.pages.filter(({ state, pauses }) => state === 'gone' || pauses > 0).length + this.browser.locks.steals;
    if (unseen > mishaps) this.fail('I7', `${unseen} guests were made that nobody ever was, after ${mishaps} mishaps`);
    if (isCalm(this.plan.weather) && this.browser.locks.steals > 0) this.fail('lock', 'the lock was taken by force on a calm day');
  }

  mergesDelivered(page: Page): void {
    const session = this.#of(page).login.getSession();
    if (this.plan.merges === 'none') return;
    for (const { from, to } of this.#wantedMerges) {
      const done = [...this.#merges.values()].some((one) => one.from === from && one.to === to);
      if (!done && session?.subject === to && !this.#clears) this.fail('I5', `the things of ${from} never reached ${to}`);
    }
    this.look();
  }

  #failed(page: Page, name: string, error: unknown, signal: AbortSignal | null): void {
    const own = signal?.aborted === true && error === signal.reason;
    this.say(`${page.name} ${name} ✗ ${isLoginError(error) ? `${error.code}${error.retryAfterMs === undefined ? '' : ` after ${error.retryAfterMs} ms`}` : hide(String(error))}`);
    if (!isLoginError(error) && !own) this.fail('typed', `${page.name} ${name} failed with ${hide(String(error))}`);
    if (messages(error).includes(SECRET)) this.fail('I6', `the error of ${name} holds a secret`);
  }

  #of(page: Page): Books {
    return this.#books.get(page) as Books;
  }
}

/** Round trips for a guest that came to an end: somebody asked for that guest, on a page that is gone. */
const guestTrips = ({ pending }: SessionRecord): number => pending.filter(({ purpose, outcome }) => purpose === 'guest' && outcome?.type === 'guest_started').length;
/** The one cookie is the waiting user's: the guest had its last token, perhaps written down together with its end. */
const lostItsCookie = ({ conflict }: SessionRecord): boolean => conflict?.session?.renewal.type === 'cookie';
const hide = (text: string): string => text.replaceAll(new RegExp(`${SECRET}[\\w-]*`, 'g'), '…');
const who = ({ session, ended }: SessionRecord): string => (session ? `${session.kind} ${session.subject}` : `nobody${ended ? ` (${ended})` : ''}`);

function messages(error: unknown): string {
  const parts: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) parts.push(at.message, JSON.stringify(at) ?? '');
  return parts.join('\n');
}
