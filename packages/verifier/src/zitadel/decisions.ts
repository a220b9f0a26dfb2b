/** What was decided about guests. Every change is a compare-and-set, so that of an upgrade, a merge and a purge one happens. */
import type { GuestRow, Guests } from '../store/guests.ts';
import { ServiceFailed, unavailable } from './failures.ts';
import { judgeLooks, judgeRow, type Decided } from './judge.ts';
import { TAG, type Service } from './service.ts';
import { MOST_GUEST_DAYS } from './settings.ts';

export interface DecisionParts {
  readonly store: Guests;
  readonly service: Service;
  now(): number;
}

interface Settled {
  readonly row: GuestRow | null;
  readonly decided: Exclude<Decided, 'abandoned'>;
}

/** No cookie of a guest opens for longer. */
const FORGOTTEN_AFTER_MS = MOST_GUEST_DAYS * 86_400_000;
/** More than can meet at one guest. */
const MOST_TRIES = 20;

export class Decisions {
  readonly #parts: DecisionParts;

  constructor(parts: DecisionParts) {
    this.#parts = parts;
  }

  row(subject: string): Promise<GuestRow | null> {
    return this.#parts.store.guestRow(subject);
  }

  /** What holds for whoever comes with this generation; what somebody began and left is brought to its end first. @throws ServiceFailed */
  async settled(subject: string, gen: number): Promise<Settled> {
    const row = await this.row(subject);
    const decided = judgeRow(row, gen, this.#parts.now());
    if (decided !== 'abandoned') return { row, decided };
    if (row) await this.#bringToEnd(subject, row);
    const after = await this.row(subject);
    const then = judgeRow(after, gen, this.#parts.now());
    return { row: after, decided: then === 'abandoned' ? 'busy' : then };
  }

  /** Begins what is to be done about a guest, or goes on with it; null: somebody else was faster. */
  async begin(subject: string, before: GuestRow | null, next: { readonly state: 'upgrading' | 'merging' | 'gone'; readonly by: string }): Promise<GuestRow | null> {
    // Later than before by any clock: nobody who began earlier takes this row for theirs.
    const at = Math.max(this.#parts.now(), (before?.at ?? 0) + 1);
    const until = next.state === 'gone' ? at + FORGOTTEN_AFTER_MS : null;
    const after: GuestRow = { ...next, generation: next.state === 'upgrading' ? 1 : 0, at, until };
    return (await this.#parts.store.changeGuest(subject, before, after)) ? after : null;
  }

  /** Lets a guest be a guest again, where the row is still the one that was begun with. */
  async putBack(subject: string, began: GuestRow): Promise<void> {
    await this.#parts.store.changeGuest(subject, began, null);
  }

  /** Takes every tag off somebody who is a user at ZITADEL, and writes that down: again and again is the same as once. @throws ServiceFailed */
  async finish(subject: string, by: string): Promise<void> {
    await this.#removeTags(subject);
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const row = await this.row(subject);
      const isDone = row?.state === 'user' || (await this.#parts.store.changeGuest(subject, row, { generation: 1, state: 'user', by, at: this.#parts.now(), until: null }));
      if (isDone) return;
    }
    throw new ServiceFailed(unavailable());
  }

  async #bringToEnd(subject: string, row: GuestRow): Promise<void> {
    const looks = judgeLooks(await this.#parts.service.look(subject));
    if (looks === 'guest' || looks === 'untagged') await this.putBack(subject, row);
    else if (looks === 'missing') await this.begin(subject, row, { state: 'gone', by: row.by });
    else await this.finish(subject, row.by);
  }

  async #removeTags(subject: string): Promise<void> {
    const { service } = this.#parts;
    const deleted = new Set<string>();
    for (;;) {
      // What was deleted may be listed for a while.
      const left = [...(await service.metadata(subject, TAG)).keys()].filter((key) => !deleted.has(key));
      if (left.length === 0) return;
      await service.deleteMetadata(subject, left);
      for (const key of left) deleted.add(key);
    }
  }
}
