/** A simulated browser: one origin's storage, lock and channel, and its pages. Every answer of a port is an event of the schedule. */
import { LoginError } from '@passerby/shared';
import type { Lifecycle, Ports } from '../../src/ports/ports.ts';
import { treatment, type ServiceFault, type StorageFault } from './faults.ts';
import { Locks } from './locks.ts';
import type { Random } from './random.ts';
import type { Owner, Schedule } from './schedule.ts';
import { SECRET, type Service, type WireAnswer } from './service.ts';

export const SHOP = 'https://shop.sim';
const STORE_DEADLINE_MS = 2_000;
const REQUEST_TIMEOUT_MS = 8_000;

/** `cached`: in the back/forward cache. */
export type PageState = 'live' | 'frozen' | 'cached' | 'gone';

type Told = Parameters<Parameters<Lifecycle['watch']>[0]>[0];

/** What the world tells whoever watches it. */
export interface Watcher {
  wrote(page: Page, before: unknown, after: unknown): void;
  asked(page: Page, path: string): void;
  posted(page: Page, message: unknown): void;
  left(page: Page, url: string): void;
}

export class Page implements Owner {
  state: PageState = 'live';
  address: URL;
  /** Requests and transactions under way: such a page is not kept for the Back button. */
  underWay = 0;
  /** Writes that were not done yet: lost with the page. */
  unwritten = 0;
  /** Requests that the service has done, and whose answer is on its way: lost with the page as well. */
  unanswered = 0;
  /** Whether the first look into storage is over, one way or the other. */
  hasLooked = false;
  isLooking = false;
  /** The last thing storage said to this page. */
  storage: 'fine' | 'failed' = 'fine';
  /** When it failed last. */
  failedAt = -Infinity;
  storageFault: StorageFault | null = null;
  /** What this page read last, as it was when it was read. */
  lastRead: unknown;
  /** How often it stopped running for a while. */
  pauses = 0;
  readonly heard = new Set<(version: number) => void>();
  readonly told = new Set<(what: Told) => void>();
  #backlog: (() => void)[] = [];

  constructor(readonly name: string, address: string) {
    this.address = new URL(address, SHOP);
  }

  deliver(run: () => void): void {
    if (this.state === 'live') run();
    else if (this.state !== 'gone') this.#backlog.push(run);
  }

  pause(state: 'frozen' | 'cached'): void {
    this.state = state;
    this.pauses++;
  }

  wake(schedule: Schedule): void {
    if (this.state === 'gone') return;
    this.state = 'live';
    for (const run of this.#backlog.splice(0)) schedule.after(0, run, this);
  }
}

export class Browser {
  /** The one row. */
  row: unknown;
  readonly pages: Page[] = [];
  readonly locks: Locks;
  serviceFault: ServiceFault | null = null;
  storageFault: StorageFault | null = null;
  /** Answers of the service that no page ever got, though it did what it was asked for. */
  lostAnswers = 0;
  /** Requests that did not get the service's own answer. */
  failures = 0;

  constructor(readonly schedule: Schedule, readonly random: Random, readonly service: Service, readonly watcher: Watcher) {
    this.locks = new Locks(schedule, random);
  }

  open(address: string): Page {
    const page = new Page(`page ${this.pages.length + 1}`, address);
    this.pages.push(page);
    return page;
  }

  alive(): Page[] {
    return this.pages.filter(({ state }) => state === 'live');
  }

  /** The page is over: nothing of it runs any more. */
  drop(page: Page, how: 'closed' | 'crashed'): void {
    if (page.state === 'gone') return;
    page.state = 'gone';
    this.lostAnswers += page.unwritten + page.unanswered;
    this.schedule.after(how === 'closed' ? 1 : 250, () => this.locks.forget(page));
  }

  ports(page: Page): Ports {
    const { schedule, random } = this;
    return {
      clock: {
        now: () => schedule.wall(),
        monotonic: () => schedule.elapsed,
        sleep: (ms, signal) =>
          new Promise((resolve) => {
            if (signal?.aborted) return resolve();
            const cancel = schedule.after(Math.max(0, ms), done, page);
            function done(): void {
              signal?.removeEventListener('abort', done);
              cancel();
              resolve();
            }
            signal?.addEventListener('abort', done);
          }),
      },
      send: async () => Promise.reject(new Error('Nobody calls an API here')),
      random: () => random.next(),
      store: {
        read: () => this.#onStore(page, 'read', () => {
          page.lastRead = this.row;
          return structuredClone(this.row);
        }),
        update: (change) => this.#onStore(page, 'update', () => {
          const before = this.row;
          const after = structuredClone(change(structuredClone(before)));
          this.row = after;
          page.lastRead = after;
          this.watcher.wrote(page, before, after);
        }),
      },
      lock: this.locks.port(page),
      channel: {
        post: (version) => {
          this.watcher.posted(page, version);
          this.post(version, page);
        },
        listen: (heard) => void page.heard.add(heard),
      },
      lifecycle: { watch: (told) => void page.told.add(told) },
      navigation: {
        current: () => new URL(page.address),
        rewrite: (url) => void (page.address = new URL(url)),
        leave: (url) => this.watcher.left(page, url),
        openPopup: () => null,
        closePopup: () => undefined,
      },
      frame: {
        isForbidden: () => false,
        travel: (url, isEnd, signal) => this.#travel(page, url, isEnd, signal),
      },
      provider: {
        fetch: (url, init) => this.#fetch(page, url, init),
        crypto: this.#crypto(),
        now: () => schedule.wall(),
        breathe: () => new Promise((resolve) => void schedule.after(0, resolve, page)),
        cookies: () => '',
      },
    };
  }

  post(version: number, from: Page | null): void {
    for (const page of this.pages) {
      if (page === from || page.state === 'gone' || page.state === 'cached') continue;
      this.schedule.after(this.random.below(4), () => { for (const heard of page.heard) heard(version); }, page);
    }
  }

  tell(page: Page, what: Told): void {
    this.schedule.after(0, () => { for (const told of page.told) told(what); }, page);
  }

  /** A transaction: what it does happens at one moment, and the page hears of it later, if it still is there. */
  #onStore<T>(page: Page, kind: 'read' | 'update', work: () => T): Promise<T> {
    const { schedule, random } = this;
    const fault = page.storageFault ?? this.storageFault;
    page.underWay++;
    const isFirstLook = kind === 'read' && !page.isLooking;
    if (kind === 'read') page.isLooking = true;
    return new Promise<T>((resolve, reject) => {
      const over = (storage: Page['storage'], settle: () => void): void => {
        page.storage = storage;
        if (storage === 'failed') page.failedAt = schedule.elapsed;
        page.hasLooked ||= isFirstLook;
        page.underWay--;
        settle();
      };
      const fail = (): void => over('failed', () => reject(new LoginError('storage_unavailable', 'IndexedDB did not answer in time')));
      if (fault === 'hangs' || fault === 'late') {
        schedule.after(STORE_DEADLINE_MS, fail, page);
        // What came too late for its caller is done all the same.
        if (fault === 'late') schedule.after(STORE_DEADLINE_MS + 100 + random.below(4_000), () => void attempt(work), page);
        return;
      }
      if (fault === 'throws' || (fault === 'full' && kind === 'update')) {
        schedule.after(random.below(3), () => over('failed', () => reject(new DOMException('The disk is gone', 'UnknownError'))), page);
        return;
      }
      if (kind === 'update') page.unwritten++;
      schedule.after(random.below(3), () => {
        if (kind === 'update') page.unwritten--;
        const done = attempt(work);
        schedule.after(random.below(3), () => over('fine', () => ('value' in done ? resolve(done.value) : reject(done.error))), page);
      }, page);
    });
  }

  #fetch(page: Page, url: string, init: RequestInit): Promise<Response> {
    const { schedule, random, service } = this;
    const { pathname } = new URL(url);
    this.watcher.asked(page, pathname);
    page.underWay++;
    return new Promise<Response>((resolve, reject) => {
      const signal = init.signal ?? null;
      let open = true;
      let committed = false;
      const over = (settle: () => void): void => {
        if (!open) return;
        open = false;
        page.underWay--;
        if (committed) page.unanswered--;
        signal?.removeEventListener('abort', abort);
        settle();
      };
      const lose = (name: string): void => over(() => {
        this.failures++;
        if (committed) this.lostAnswers++;
        reject(new DOMException('The request was given up', name));
      });
      function abort(): void {
        lose('AbortError');
      }
      if (signal?.aborted) return abort();
      signal?.addEventListener('abort', abort);
      schedule.after(REQUEST_TIMEOUT_MS, () => lose('TimeoutError'), page);
      const { commits, answer, delayMs = 0 } = treatment(this.serviceFault);
      schedule.after(1 + random.below(40), () => {
        // A request of a page that is gone may have left the house or not.
        const arrives = commits && (page.state !== 'gone' || random.chance(0.5));
        let said: WireAnswer | null = null;
        if (arrives) {
          said = service.handle({ method: init.method ?? 'GET', path: pathname, body: parse(init.body), bearer: bearerOf(init.headers) });
          committed = open;
          if (open) page.unanswered++;
          if (page.state === 'gone' || answer !== 'as_is' || !open) this.lostAnswers++;
        }
        if (answer === 'never') return;
        schedule.after(1 + random.below(40) + delayMs, () => {
          if ((page.state === 'frozen' || page.state === 'cached') && committed && open) this.lostAnswers++;
          page.deliver(() => over(() => {
            const given = answer === 'as_is' ? said : answer === 'half' ? said && { ...said, body: said.body.slice(0, said.body.length / 2) } : answer;
            if (answer !== 'as_is') this.failures++;
            if (given) resolve(new Answer(given));
            else reject(new TypeError('Failed to fetch'));
          }));
        });
      });
    });
  }

  #travel(page: Page, url: string, isEnd: (url: URL) => boolean, signal: AbortSignal): Promise<URL> {
    const { schedule, random, service } = this;
    page.underWay++;
    this.watcher.asked(page, '/login');
    return new Promise<URL>((resolve, reject) => {
      let open = true;
      const over = (settle: () => void): void => {
        if (!open) return;
        open = false;
        page.underWay--;
        signal.removeEventListener('abort', abort);
        settle();
      };
      const abort = (): void => {
        this.failures++;
        over(() => reject(new LoginError('deadline', 'The sign-in frame did not come back in time')));
      };
      if (signal.aborted) return abort();
      signal.addEventListener('abort', abort);
      const { commits, answer, delayMs = 0 } = treatment(this.serviceFault);
      schedule.after(1 + random.below(60), () => {
        const arrives = commits && (page.state !== 'gone' || random.chance(0.5));
        const end = arrives ? service.visit(url, null) : null;
        if (end && (page.state === 'gone' || answer !== 'as_is')) this.lostAnswers++;
        if (answer === 'never') return;
        schedule.after(1 + random.below(40) + delayMs, () => over(() => {
          if (end && answer === 'as_is' && isEnd(new URL(end))) resolve(new URL(end));
          else {
            this.failures++;
            reject(new LoginError('frame_blocked', 'The sign-in frame ended on another page'));
          }
        }), page);
      });
    });
  }

  #crypto(): Crypto {
    const { random } = this;
    return {
      // No digest is made here: the simulated service compares no challenge.
      subtle: undefined as unknown as SubtleCrypto,
      getRandomValues: (array) => {
        if (array instanceof Uint8Array) for (let at = 0; at < array.length; at++) array[at] = random.below(256);
        return array;
      },
      randomUUID: () => `${random.below(2 ** 31)}-0-0-0-0`,
    };
  }
}

/** An error in the middle of a transaction undoes it and reaches whoever waits for it. */
function attempt<T>(work: () => T): { readonly value: T } | { readonly error: unknown } {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}

/** An answer whose body is there at once. */
class Answer extends Response {
  readonly #body: string;

  constructor({ status, body, retryAfter }: WireAnswer) {
    super(null, { status, headers: retryAfter === undefined ? {} : { 'retry-after': retryAfter } });
    this.#body = body;
  }

  override text(): Promise<string> {
    return Promise.resolve(this.#body);
  }
}

const parse = (body: BodyInit | null | undefined): Readonly<Record<string, unknown>> => (typeof body === 'string' ? (JSON.parse(body) as Record<string, unknown>) : {});

function bearerOf(headers: HeadersInit | undefined): string | null {
  const value = new Headers(headers).get('authorization');
  return value?.startsWith(`Bearer ${SECRET}`) ? value.slice('Bearer '.length) : null;
}
