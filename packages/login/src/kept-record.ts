/** The record as this tab knows it, and its copy in storage: where storage fails, memory goes on and storage catches up. */
import { LoginError } from '@passerby/shared';
import { emptyRecord, newer, type SessionRecord } from './core/record.ts';
import { parseRecord } from './core/stored.ts';
import type { Ports } from './ports/ports.ts';

/** Storage that failed is left alone for this long, so that a hanging one costs its deadline once. */
const STORE_REST_MS = 10_000;

export interface RecordListener {
  /** Told of every change, `before` being what this tab knew. */
  changed(before: SessionRecord, now: SessionRecord): void;
  /** Told once: storage does not work. */
  degraded(cause: unknown): void;
}

export class KeptRecord {
  now: SessionRecord = emptyRecord;
  #storeRestsUntil = 0;
  #toldDegraded = false;
  /** This tab knows more than storage does. */
  #ahead = false;
  /** What storage held when it last worked for this tab. */
  #synced: SessionRecord = emptyRecord;
  readonly #line: string;

  constructor(readonly ports: Pick<Ports, 'store' | 'clock' | 'random'>, readonly listener: RecordListener) {
    this.#line = String(ports.random());
  }

  /** False while storage lags behind what this tab knows. */
  get saved(): boolean {
    return !this.#ahead;
  }

  /** Reads what is stored: another tab may have written. */
  async read(): Promise<SessionRecord> {
    await this.#onStore(async (store) => {
      const stored = readable(await store.read());
      // Compared after the read: this tab may have written meanwhile.
      this.#adopt(this.#newest(stored));
      if (this.now !== stored) return;
      this.#ahead = false;
      this.#synced = stored;
    });
    return this.now;
  }

  /** Changes the record in one atomic step, on whatever is stored by then. True where anything changed. */
  async update(change: (current: SessionRecord) => SessionRecord): Promise<boolean> {
    const applied = (current: SessionRecord): SessionRecord => {
      const changed = change(current);
      return changed === current || changed.line ? changed : { ...changed, line: this.#line };
    };
    let next = applied(this.now);
    const stored = await this.#onStore((store) =>
      store.update((found) => {
        next = applied(this.#newest(readable(found)));
        // Storage that holds nothing stays so until there is something to hold.
        return next.line ? next : found;
      }),
    );
    const changed = next !== this.now;
    if (stored) {
      this.#ahead = false;
      this.#synced = next;
    } else if (changed && !this.#ahead) this.#saveLater();
    this.#adopt(next);
    return changed;
  }

  /** What is stored or what this tab knows, whichever holds. */
  #newest(stored: SessionRecord): SessionRecord {
    const mine = this.now;
    if (!this.#ahead || (stored.line === this.#synced.line && stored.version === this.#synced.version)) return this.#ahead ? mine : newer(mine, stored);
    // Both went on since storage failed here: what all other tabs see holds, unless nobody is in it.
    return newer({ ...mine, line: String(this.ports.random()) }, stored);
  }

  /** What only this tab knows is written as soon as storage works again: a reload must find it. */
  #saveLater(): void {
    this.#ahead = true;
    void this.ports.clock.sleep(STORE_REST_MS).then(async () => {
      if (!this.#ahead) return;
      await this.update((current) => current);
      if (this.#ahead) this.#saveLater();
    });
  }

  #adopt(next: SessionRecord): void {
    const before = this.now;
    if (next === before) return;
    this.now = next;
    this.listener.changed(before, next);
  }

  /** Whether it worked. */
  async #onStore(work: (store: Ports['store']) => Promise<void>): Promise<boolean> {
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
