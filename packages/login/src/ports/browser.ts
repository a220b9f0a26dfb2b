/** Puts the ports together; this folder alone knows the browser. Everything is wrapped, not referred to, so that a page may replace it later. */
import { breathe } from './breathe.ts';
import { versionChannel } from './channel.ts';
import { hiddenFrame } from './frame.ts';
import { idbStore } from './idb-store.ts';
import { browserLifecycle } from './lifecycle.ts';
import { browserNavigation } from './navigation.ts';
import type { Clock, PortsFor } from './ports.ts';
import { webLock } from './web-lock.ts';

const REQUEST_TIMEOUT_MS = 8_000;

const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      function done(): void {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      }
      if (signal?.aborted) done();
      else signal?.addEventListener('abort', done);
    }),
};

export const browserPorts: PortsFor = (name) => ({
  clock,
  store: idbStore(name, clock),
  lock: webLock(name),
  channel: versionChannel(name),
  lifecycle: browserLifecycle,
  navigation: browserNavigation,
  frame: hiddenFrame(clock),
  random: () => Math.random(),
  send: (request) => globalThis.fetch(request),
  provider: {
    fetch: (url, init) => globalThis.fetch(url, { ...init, signal: AbortSignal.any([AbortSignal.timeout(REQUEST_TIMEOUT_MS), ...(init.signal ? [init.signal] : [])]) }),
    crypto: globalThis.crypto,
    now: () => Date.now(),
    breathe,
    cookies: () => document.cookie,
  },
});
