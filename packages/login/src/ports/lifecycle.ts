import type { Lifecycle } from './ports.ts';

export const browserLifecycle: Lifecycle = {
  watch: (told) => {
    addEventListener('pageshow', ({ persisted }) => told(persisted ? 'back' : 'awake'));
    document.addEventListener('resume', () => told('back'));
    addEventListener('online', () => told('awake'));
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') told('awake');
    });
  },
};
