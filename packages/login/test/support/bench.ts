import { LoginError, type Grant } from '@passerby/shared';
import { LoginClient, type CoreOptions } from '../../src/core.ts';
import { emptyRecord, transition, type SessionEvent, type SessionRecord } from '../../src/core/record.ts';
import type { Destination, Ports } from '../../src/ports/ports.ts';
import type { Provider } from '../../src/providers/provider.ts';
import * as acts from '../../src/acts.ts';
import { SessionKeeper } from '../../src/session-keeper.ts';
import { SessionReader, type Notice } from '../../src/session-reader.ts';
import { grantOf } from './samples.ts';
import { VirtualTime } from './virtual-time.ts';

export const SHOP = 'https://shop.example';

/** One page of the shop. */
export interface Page {
  readonly ports: Ports;
  readonly reader: SessionReader;
  readonly keeper: SessionKeeper;
  readonly login: LoginClient;
  readonly notices: Notice[];
  address: URL;
  /** Where the page was sent; null: it is still here. */
  departed: string | null;
  /** Says to the page alone what happened to it. */
  happens(what: 'back' | 'awake'): void;
}

/** The pages of one browser, in virtual time, before a service that says what each test has it say. */
export class Bench {
  readonly time = new VirtualTime();
  /** What IndexedDB holds. */
  row: unknown = undefined;
  storage: 'works' | 'slow' | 'fails' | 'hangs' = 'works';
  /** Whether pages hear each other. */
  channel: 'open' | 'silent' = 'open';
  frames: 'allowed' | 'forbidden' = 'allowed';
  /** Whether the shop's server still has the flows; `stalls`: the connection to it neither brings them nor ends. */
  flows: 'there' | 'gone' | 'stalls' = 'there';
  /** How often they were fetched. */
  fetched = 0;
  /** Pages have nothing to do from when this resolves. */
  idle: Promise<void> = new Promise(() => undefined);
  /** Where pages connected beforehand. */
  readonly connected: Destination[] = [];
  /** What the service was asked, in order. */
  readonly asked: string[] = [];
  random = 0.5;
  /** Where a hidden frame ends. */
  travel: Ports['frame']['travel'] = async () => Promise.reject(new LoginError('frame_blocked', 'The frame ended on another page'));
  #count = 0;
  #lock: Promise<unknown> = Promise.resolve();
  readonly #ears = new Set<(version: number) => void>();

  /** Rotates tokens and makes guests; each test changes what it needs. */
  readonly provider: Provider = {
    id: 'service app',
    isGuestConnection: (connectionId) => connectionId.startsWith('sc_'),
    authorize: async ({ connectionId }) => ({ url: `https://login.example/?connection=${connectionId}`, state: `state_${++this.#count}`, codeVerifier: 'verifier' }),
    callbackState: ({ searchParams }) => {
      const state = searchParams.get('state');
      return state && searchParams.has('code') ? { state, parameters: ['state', 'code'] } : null;
    },
    exchange: async (_callback, { purpose }) => this.answer('exchange', grantOf('user_guest', purpose === 'guest' ? 'guest' : 'user')),
    refresh: async ({ subject, kind }) => this.answer('refresh', grantOf(subject, kind)),
    startGuest: async () => this.answer('startGuest', grantOf('user_guest', 'guest')),
  };

  /** Notes what was asked, and answers with a token that nobody had before. */
  answer(what: string, grant: Grant): Grant {
    this.asked.push(what);
    return { ...grant, accessToken: `${grant.accessToken} ${++this.#count}`, lifetimeMs: grant.lifetimeMs };
  }

  /** Has storage hold what happened, as an earlier page would have left it. */
  remember(...events: SessionEvent[]): SessionRecord {
    const record: SessionRecord = { ...events.reduce(transition, emptyRecord), line: 'line_1' };
    this.row = structuredClone(record);
    return record;
  }

  /** A guest who has been here since now. */
  rememberGuest(change: Partial<Grant> = {}): SessionRecord {
    return this.remember({ type: 'guest_started', grant: grantOf('user_guest', 'guest', change), at: this.time.wall, turn: 0 });
  }

  get stored(): SessionRecord {
    return this.row as SessionRecord;
  }

  until<T>(promise: Promise<T>): Promise<T> {
    return this.time.until(promise);
  }

  open(address = '/', options: Partial<CoreOptions> = {}, provider: Partial<Provider> = {}): Page {
    const own: { ear?: (version: number) => void; told?: (what: 'back' | 'awake') => void } = {};
    const page = { address: new URL(address, SHOP), departed: null, notices: [] } as unknown as { -readonly [K in keyof Page]: Page[K] };
    const all: Provider = { ...this.provider, ...provider };
    page.ports = this.#ports(page, own);
    page.reader = new SessionReader(page.ports, all);
    page.keeper = new SessionKeeper(page.reader, page.ports);
    page.login = new LoginClient({ provider: all, guestConnectionId: 'sc_guests', ...options }, () => page.ports, () => this.#fetchFlows());
    page.happens = (what) => own.told?.(what);
    return page;
  }

  async #fetchFlows(): Promise<typeof acts> {
    this.fetched++;
    if (this.flows === 'stalls') return new Promise(() => undefined);
    if (this.flows === 'gone') throw new TypeError('Failed to fetch dynamically imported module');
    return acts;
  }

  #ports(page: { address: URL; departed: string | null }, own: { ear?: (version: number) => void; told?: (what: 'back' | 'awake') => void }): Ports {
    const { clock } = this.time;
    const store = async <T>(work: () => T): Promise<T> => {
      if (this.storage === 'slow') await clock.sleep(500);
      if (this.storage === 'hangs') await clock.sleep(2_000);
      if (this.storage === 'fails' || this.storage === 'hangs') throw new DOMException('The disk is gone', 'UnknownError');
      return work();
    };
    return {
      clock,
      random: () => this.random,
      store: {
        read: () => store(() => structuredClone(this.row)),
        update: (change) => store(() => void (this.row = structuredClone(change(structuredClone(this.row))))),
      },
      lock: {
        run: (work) => {
          const turn = this.#lock.then(work, work);
          this.#lock = turn.catch(() => undefined);
          return turn;
        },
      },
      channel: {
        post: (version) => {
          if (this.channel === 'open') for (const heard of this.#ears) if (heard !== own.ear) queueMicrotask(() => heard(version));
        },
        listen: (heard) => void this.#ears.add((own.ear = heard)),
      },
      lifecycle: { watch: (told) => void (own.told = told), idle: () => this.idle },
      navigation: { current: () => new URL(page.address), rewrite: (url) => void (page.address = new URL(url)), leave: (url) => void (page.departed = url), openPopup: () => null, closePopup: () => undefined },
      connect: (to) => void this.connected.push(to),
      frame: { isForbidden: () => this.frames === 'forbidden', travel: (url, isEnd, signal) => this.travel(url, isEnd, signal) },
      send: async () => Promise.reject(new Error('Nobody calls an API here')),
      provider: {
        fetch: async () => Promise.reject(new Error('Nobody fetches here')), crypto, now: () => this.time.wall, breathe: () => Promise.resolve(), cookies: () => '',
      },
    };
  }
}
