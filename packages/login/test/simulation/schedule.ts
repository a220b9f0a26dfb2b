/** Virtual time: a queue of events. Nothing happens between two events, and promises are all the machine does by itself. */

/** Whose code an event runs; it waits while its owner is frozen and is dropped once the owner is gone. */
export interface Owner {
  /** Runs the event now, keeps it for later, or drops it. */
  deliver(run: () => void): void;
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  readonly owner: Owner | null;
  cancelled: boolean;
}

const START = Date.UTC(2026, 0, 5, 12);

export class Schedule {
  /** Ms that really passed and that every timer counts. */
  elapsed = 0;
  /** Ms in which the device slept and its monotonic clock stood still. */
  #unnoticed = 0;
  /** How far the device's clock is from the truth. */
  offset = 0;
  #order = 0;
  #queue: Event[] = [];

  /** The true time, as the service's clock tells it. */
  now(): number {
    return START + this.elapsed + this.#unnoticed;
  }

  /** The time as this device believes. */
  wall(): number {
    return this.now() + this.offset;
  }

  /** Runs `run` after `ms`; returns how to cancel that. */
  after(ms: number, run: () => void, owner: Owner | null = null): () => void {
    const event: Event = { at: this.elapsed + ms, order: this.#order++, run, owner, cancelled: false };
    let low = 0;
    let high = this.#queue.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#queue[middle] as Event).at > event.at) high = middle;
      else low = middle + 1;
    }
    this.#queue.splice(low, 0, event);
    return () => void (event.cancelled = true);
  }

  /** The device sleeps: nothing runs, and what was due meanwhile runs afterwards. */
  sleep(ms: number, timers: 'count' | 'stand_still'): void {
    if (timers === 'count') this.elapsed += ms;
    else this.#unnoticed += ms;
  }

  /** Lets so much time pass; `look` is called after every event. */
  async pass(ms: number, look: () => void): Promise<void> {
    const end = this.elapsed + ms;
    await settled();
    look();
    for (let next = this.#queue[0]; next && next.at <= end; next = this.#queue[0]) {
      this.#queue.shift();
      if (next.cancelled) continue;
      this.elapsed = Math.max(this.elapsed, next.at);
      if (next.owner) next.owner.deliver(next.run);
      else next.run();
      await settled();
      look();
    }
    this.elapsed = Math.max(this.elapsed, end);
  }
}

/** Resolves when no promise is left to run: there is no other work on the machine, so this is the same on every machine. */
export const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
