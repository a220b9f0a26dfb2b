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

const popup = (opened: Window): Popup => ({
  go: (url) => opened.location.replace(url),
  close: () => opened.close(),
  isGivenUp: () => opened.closed && document.hasFocus(),
});
