import type { Lifecycle } from './ports.ts';

/** A page that has loaded is done with itself by then. */
const SOON_MS = 1_000;

export const browserLifecycle: Lifecycle = {
  watch: (told) => {
    // Before the page's own listeners, whenever they were added: none of them may be served what this page remembers.
    addEventListener('pageshow', ({ persisted }) => told(persisted ? 'back' : 'awake'), { capture: true });
    document.addEventListener('resume', () => told('back'));
    addEventListener('online', () => told('awake'));
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') told('awake');
    });
  },
  idle: () =>
    new Promise((resolve) => {
      // Safari has no idle callbacks.
      if ('requestIdleCallback' in globalThis) requestIdleCallback(() => resolve());
      else setTimeout(resolve, SOON_MS);
    }),
};
