/** Puts the ports together that every page needs; this folder alone knows the browser. Everything is wrapped, not referred to, so that a page may replace it later. */
import { versionChannel } from './channel.ts';
import { idbStore } from './idb-store.ts';
import { browserLifecycle } from './lifecycle.ts';
import { browserNavigation } from './navigation.ts';
import type { Clock, Destination, PortsFor } from './ports.ts';

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

/** By a link that is taken out of the page again: what was begun goes on. */
function connect(to: Destination): void {
  const link = Object.assign(document.createElement('link'), { rel: 'preconnect', ...to });
  document.head.append(link);
  link.remove();
}

export const browserPorts: PortsFor = (name) => ({
  clock,
  store: idbStore(name, clock),
  channel: versionChannel(name),
  lifecycle: browserLifecycle,
  navigation: browserNavigation,
  connect,
  random: () => Math.random(),
});
