/** The record in storage, and the class that owns it: tokens, clocks, renewals. */
const sessionReader = 'packages/login/src/session-reader.ts';
const kept = 'packages/login/src/kept-record.ts';
const keeper = 'packages/login/src/session-keeper.ts';

export const sessions = [
  {
    id: 'saved-later', file: kept, find: 'if (first) void this.#saveWhenRested();', replace: '',
    why: 'A guest that started while the disk was busy would be gone with the next reload.',
  },
  {
    id: 'saved-later-again', file: kept, find: 'while (!this.saved) {', replace: 'if (!this.saved) {',
    why: 'Storage that is away for a minute and not for ten seconds would cost the guest.',
  },
  {
    id: 'replayed-on-what-is-there', file: kept, find: 'return this.#unsaved.reduce((record, change) => this.#apply(change, record), stored);', replace: 'return this.now;',
    why: 'A tab whose storage failed would undo the sign-in that another tab has made meanwhile.',
  },
  {
    id: 'storage-rests', file: kept, find: 'if (clock.monotonic() < this.#storeRestsUntil) return false;', replace: '',
    why: 'With storage that hangs, every call of the page would take its two seconds.',
  },
  {
    id: 'told-once', file: kept, find: 'if (!this.#toldDegraded) {', replace: 'if (this.listener) {',
    why: 'The person would see the same warning with every click.',
  },
  {
    id: 'nothing-is-not-stored', file: kept, find: 'return next.line ? next : found;', replace: 'return next;',
    why: 'Who asked for nothing would find a row about themselves in their browser.',
  },
  {
    id: 'sign-out-told-again', file: kept, find: 'if (undone) await this.update', replace: 'if (undone && this.saved === null) await this.update',
    why: 'The next page would find somebody who has signed out, written by a tab that had slept through it.',
  },
  {
    id: 'newer-left-alone', file: kept, find: "if (record === 'newer') throw", replace: "if (record === 'newer') return emptyRecord; else if (false as boolean) throw",
    why: 'A tab that still runs the old version would write over the session of the new one, and the guest would be gone.',
  },
  {
    id: 'cached-until', file: sessionReader, find: 'Math.min(token.until - now, token', replace: 'Math.min(Infinity, token',
    why: 'Whose laptop slept through the night would be served a token that ended hours ago.',
  },
  {
    id: 'cached-from', file: sessionReader, find: 'if (!(leftMs > 0 && now >= token.from)) return null;', replace: 'if (!(leftMs > 0)) return null;',
    why: 'Whose clock was set back would be served a token whose age nobody knows.',
  },
  {
    id: 'cached-monotonic', file: sessionReader, find: ', token.monotonicUntil - this.ports.clock.monotonic());', replace: ', Infinity);',
    why: 'Whose clock is set back by an hour each hour would be served the same dead token all day.',
  },
  {
    id: 'age-by-both-clocks', file: sessionReader, find: 'Math.max(clock.now() - session.receivedAt, clock.monotonic() - this.#grantedAt)', replace: 'clock.now() - session.receivedAt',
    why: 'Whose clock was corrected by an hour would be given a token that ended an hour ago.',
  },
  {
    id: 'age-while-asleep', file: sessionReader, find: 'Math.max(clock.now() - session.receivedAt, clock.monotonic() - this.#grantedAt)', replace: 'clock.monotonic() - this.#grantedAt',
    why: 'Whose device slept, and whose page counts no time meanwhile, would be refused by the shop in the morning.',
  },
  {
    id: 'received-in-the-future', file: sessionReader, find: 'age >= 0 ? clock.monotonic() - age : -Infinity', replace: 'clock.monotonic()',
    why: 'Whose clock was set back a day would be given a token of yesterday for a whole day.',
  },
  {
    id: 'life-from-the-request', file: keeper, find: "await this.commit({ type: 'renewed', grant, at, turn });", replace: "await this.commit({ type: 'renewed', grant, at: ports.now(), turn });",
    why: 'Whose tab fell asleep while the answer was under way would be served a token that is long over.',
  },
  {
    id: 'asked-again-under-the-lock', file: keeper, find: "if (!session || !(isRefused || step === 'refresh' || step === 'serve_and_refresh')) return;", replace: 'if (!session) return;',
    why: 'Twenty tabs would use a one-time refresh token twenty times, and the service would take the guest for stolen.',
  },
  {
    id: 'read-under-the-lock', file: keeper, find: 'work(ports, await this.read())', replace: 'work(ports, this.record)',
    why: 'A tab that has not heard of the other one yet would use its refresh token a second time.',
  },
  {
    id: 'same-subject', file: keeper, find: 'if (grant.subject !== session.subject) throw', replace: 'if (false as boolean) throw',
    why: "A guest would become whoever the service's cookie belongs to by now, and the cart would be gone.",
  },
  {
    id: 'refused-early', file: keeper, find: "token: step === 'refresh' || session.tokenType === 'Cookie' ? 'over' : 'works'", replace: "token: 'over'",
    why: 'A guest would be ended while the token still works for a minute: in the middle of paying.',
  },
  {
    id: 'renewal-put-off', file: keeper, find: '        else await this.putOff(error);\n', replace: '',
    why: 'A service that fails would be asked again without a pause, by everybody.',
  },
  {
    id: 'single-flight', file: keeper, find: 'if (running) return running;', replace: '',
    why: "An app that takes a guest's cart over slowly would be handed the same cart twice at once.",
  },
  {
    id: 'listeners-apart', file: sessionReader, find: 'reportError(error);', replace: 'throw error;',
    why: 'A mistake in the code that draws a badge would stop the sign-in of everybody who sees the badge.',
  },
  {
    id: 'nothing-served-while-behind', file: sessionReader, find: 'this.#token = null;\n    const reading', replace: 'const reading',
    why: 'A page that comes back from the cache would hand out the token of somebody who signed out meanwhile.',
  },
  {
    id: 'back-catches-up', file: sessionReader, find: "what === 'back' ? this.#catchUp() : ", replace: '',
    why: 'Who goes Back to a page after signing out would still be somebody on it.',
  },
  {
    id: 'opening-is-no-news', file: sessionReader, find: 'if (this.#opened) this.#tell(', replace: 'this.#tell(',
    why: 'Every reload would greet the person as if they had just arrived.',
  },
  {
    id: 'work-is-bounded', file: keeper, find: '.then(() => budget.abort())', replace: '',
    why: 'A request that never ends would hold the lock until the others take it by force, and all would refresh.',
  },
];
