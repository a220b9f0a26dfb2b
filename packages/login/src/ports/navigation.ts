import type { Navigation } from './ports.ts';

export const browserNavigation: Navigation = {
  current: () => new URL(location.href),
  rewrite: (url) => {
    try {
      history.replaceState(history.state, '', url);
    } catch (error) {
      // Some engines refuse the hundredth change in half a minute: no reason to lose a sign-in.
      reportError(error);
    }
  },
  leave: (url) => location.assign(url),
};
