/** What runs on the test pages: an app with the client in it, and what a test asks of it. */
import { isLoginError, LoginClient, type NoticeType, type TokenOptions } from '@passerby/login/core';
import { idbStore } from '../../packages/login/src/ports/idb-store.ts';
import { rotating } from './rotating.ts';

/** How many calls ended how. */
export interface Answers {
  readonly served: number;
  readonly tokens: readonly string[];
  /** Error code → how many. */
  readonly failures: Readonly<Record<string, number>>;
  readonly ms: number;
}

export interface Visit {
  readonly login: LoginClient;
  /** What the app was told, in order. */
  readonly notices: readonly NoticeType[];
  /** Calls `getToken()` so often at once. */
  tokens(count: number, options?: TokenOptions): Promise<Answers>;
  /** Makes these calls as soon as any tab says `go()`. */
  getReady(count: number): void;
  go(): void;
  /** What the calls after `go()` came to. */
  outcome(): Promise<Answers>;
  /** Adds one to a number in storage, so often, by the client's own store. */
  count(key: string, times: number): Promise<void>;
  counted(key: string): Promise<unknown>;
}

export function visit(serviceUrl: string): Visit {
  const login = new LoginClient({ provider: rotating(serviceUrl), guestConnectionId: 'sc_guests', guests: 'on-demand' });
  const notices: NoticeType[] = [];
  login.subscribe(({ type }) => notices.push(type));
  let ready: Promise<Answers> | null = null;
  const tokens = async (count: number, options?: TokenOptions): Promise<Answers> => {
    const from = performance.now();
    return summary(await Promise.allSettled(Array.from({ length: count }, () => login.getToken(options))), performance.now() - from);
  };
  const store = (key: string) => idbStore(`count ${key}`, {
    now: () => Date.now(), monotonic: () => performance.now(),
    sleep: (ms, signal) => new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal?.addEventListener('abort', () => (clearTimeout(timer), resolve()));
    }),
  });
  return {
    login, notices, tokens,
    getReady: (count) => {
      const starter = new BroadcastChannel('starter');
      ready = new Promise((resolve) => {
        starter.onmessage = () => resolve(tokens(count));
      });
    },
    go: () => new BroadcastChannel('starter').postMessage('go'),
    outcome: () => ready ?? Promise.reject(new Error('Nobody got ready')),
    count: async (key, times) => {
      const counter = store(key);
      // One after the other: all at once, the last of a thousand would wait for all the others, and the store gives up on a machine that is slow.
      for (let left = times; left > 0; left--) await counter.update((current) => Number(current ?? 0) + 1);
    },
    counted: (key) => store(key).read(),
  };
}

function summary(results: readonly PromiseSettledResult<string>[], ms: number): Answers {
  const served = results.filter((result) => result.status === 'fulfilled');
  const failures: Record<string, number> = {};
  for (const result of results) {
    if (result.status === 'fulfilled') continue;
    const code = isLoginError(result.reason) ? result.reason.code : String(result.reason);
    failures[code] = (failures[code] ?? 0) + 1;
  }
  return { served: served.length, tokens: [...new Set(served.map(({ value }) => value))], failures, ms: Math.round(ms) };
}

declare global {
  interface Window {
    readonly visit: Visit;
    /** Errors that nobody caught on this page. */
    readonly troubles: readonly string[];
    /** Whether the page came back from the back/forward cache when it was shown last. */
    readonly cameBack: boolean;
  }
}
