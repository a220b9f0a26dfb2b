/** The record as this tab knows it, and its copy in storage: where storage fails, memory goes on and storage catches up. */
import { LoginError } from '@passerby/shared';
import { bringsBack, emptyRecord, newer } from './core/newest.ts';
import type { SessionRecord } from './core/record.ts';
import { parseRecord } from './core/stored.ts';
import type { PagePorts } from './ports/ports.ts';

/** Storage that failed is left alone for this long, so that a hanging one costs its deadline once. */
const STORE_REST_MS = 10_000;

export interface RecordListener {
  /** Told of every change, `before` being what this tab knew. */
  changed(before: SessionRecord, now: SessionRecord): void;
  /** Storage holds this version now, by this tab. */
  written(version: number): void;
  /** Told once: storage does not work. */
  degraded(cause: unknown): void;
}

/** The record after it; the very same record where it no longer fits. */
export type Change = (current: SessionRecord) => SessionRecord;

export class KeptRecord {
  now: SessionRecord = emptyRecord;
  #storeRestsUntil = 0;
  #toldDegraded = false;
  /** False while storage may hold what this tab does not know. */
  isRead = false;
  /** What happened here that storage has not seen, oldest first. */
  #unsaved: readonly Change[] = [];
  readonly #line: string;

  constructor(readonly ports: Pick<PagePorts, 'store' | 'clock' | 'random'>, readonly listener: RecordListener) {
    this.#line = String(ports.random());
  }

  /** False while storage lags behind what this tab knows. */
  get saved(): boolean {
    return this.#unsaved.length === 0;
  }

  /** Reads what is stored: another tab may have written. */
  async read(): Promise<SessionRecord> {
    let undone = false;
    await this.#onStore(async (store) => {
      const stored = readable(await store.read());
      this.isRead = true;
      // Compared after the read: this tab may have written meanwhile.
      this.#adopt(this.#newest(stored));
      undone = bringsBack(this.now, stored);
    });
    // The other tabs and the next page are to know it too.
    if (undone) await this.update((current) => current);
    return this.now;
  }

  /** Reads without the rest that failed storage is given. */
  insist(): Promise<SessionRecord> {
    this.#storeRestsUntil = 0;
    return this.read();
  }

  /** Changes the record in one atomic step, on whatever is stored by then. False where the change no longer fitted. */
  async update(change: Change): Promise<boolean> {
    let base = this.now;
    let next = this.#apply(change, base);
    let replayed: readonly Change[] = [];
    let wrote = false;
    const stored = await this.#onStore((store) =>
      store.update((found) => {
        replayed = this.#unsaved;
        const kept = readable(found);
        base = this.#newest(kept);
        next = this.#apply(change, base);
        // Storage that was cleared is another line: whoever still counts on the old one must not write over it.
        if (kept.line === '' && next.line !== '' && next.line === this.now.line) next = { ...next, line: String(this.ports.random()) };
        wrote = next !== kept;
        // Storage that holds nothing stays so until there is something to hold.
        return next.line ? next : found;
      }),
    );
    const fitted = next !== base;
    if (stored) this.#unsaved = this.#unsaved.filter((late) => !replayed.includes(late));
    else if (fitted) this.#saveLater(change);
    this.#adopt(next);
    if (stored && wrote) this.listener.written(next.version);
    return fitted;
  }

  #apply(change: Change, current: SessionRecord): SessionRecord {
    const changed = change(current);
    return changed === current || changed.line ? changed : { ...changed, line: this.#line };
  }

  /** What is stored, and on it what happened here since storage failed: a change that no longer fits changes nothing. */
  #newest(stored: SessionRecord): SessionRecord {
    if (this.saved || stored.line !== this.now.line) return newer(this.now, stored);
    return this.#unsaved.reduce((record, change) => this.#apply(change, record), stored);
  }

  /** What only this tab knows is written as soon as storage works again: a reload must find it. */
  #saveLater(change: Change): void {
    const first = this.saved;
    this.#unsaved = [...this.#unsaved, change];
    if (first) void this.#saveWhenRested();
  }

  async #saveWhenRested(): Promise<void> {
    while (!this.saved) {
      await this.ports.clock.sleep(STORE_REST_MS);
      if (!this.saved) await this.update((current) => current);
    }
  }

  #adopt(next: SessionRecord): void {
    const before = this.now;
    if (next === before) return;
    this.now = next;
    this.listener.changed(before, next);
  }

  /** Whether it worked. */
  async #onStore(work: (store: PagePorts['store']) => Promise<void>): Promise<boolean> {
    const { clock, store } = this.ports;
    if (clock.monotonic() < this.#storeRestsUntil) return false;
    try {
      await work(store);
      return true;
    } catch (cause) {
      this.#storeRestsUntil = clock.monotonic() + STORE_REST_MS;
      if (!this.#toldDegraded) {
        this.#toldDegraded = true;
        this.listener.degraded(cause);
      }
      return false;
    }
  }
}

function readable(stored: unknown): SessionRecord {
  const record = parseRecord(stored);
  if (record === 'newer') throw new LoginError('storage_unavailable', 'A later version of this library wrote the session; it is left alone');
  return record;
}
