import type { Navigation } from './ports.ts';

export const browserNavigation: Navigation = {
  current: () => new URL(location.href),
  rewrite: (url) => history.replaceState(history.state, '', url),
  leave: (url) => location.assign(url),
};
