import type { Navigation, Popup } from './ports.ts';

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
  openPopup: () => {
    const opened = open('', '', 'popup,width=480,height=640');
    return opened && popup(opened);
  },
  closePopup: () => close(),
};

/** So long a person is back on this page before a window whose tie was cut counts as given up: they may only be after the code that it asks for. */
const BACK_MS = 3_000;

/** What this page can tell of a sign-in window. One that parts from it on its way to the provider seems closed from then on, and is not. */
function popup(opened: Window): Popup {
  let timesSeen = 0;
  let backAt = Infinity;
  const comeBack = (): void => {
    backAt = performance.now();
  };
  addEventListener('focus', comeBack);
  return {
    go: (url) => opened.location.replace(url),
    close: () => {
      removeEventListener('focus', comeBack);
      opened.close();
    },
    isGivenUp: () => {
      if (!opened.closed) timesSeen += isElsewhere(opened) ? 1 : 0;
      // More than once: Chromium shows it for a moment while it cuts the tie.
      return opened.closed && document.hasFocus() && (timesSeen > 1 || performance.now() - backAt > BACK_MS);
    },
  };
}

function isElsewhere({ location }: Window): boolean {
  try {
    return location.href !== 'about:blank';
  } catch {
    // Another site's, which no page of ours may read.
    return true;
  }
}
