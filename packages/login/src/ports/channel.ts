/** Tells other tabs that something was written: a version number and nothing else. */
import type { Channel } from './ports.ts';

export function versionChannel(name: string): Channel {
  let channel: BroadcastChannel | null = null;
  return {
    post: (version) => {
      try {
        channel?.postMessage(version);
      } catch (error) {
        // What was written is written; the other tabs find it when they look.
        reportError(error);
      }
    },
    listen: (heard) => {
      if (typeof BroadcastChannel === 'undefined') return;
      const open = (): void => {
        channel ??= new BroadcastChannel(name);
        channel.onmessage = ({ data }) => {
          if (Number.isSafeInteger(data)) heard(data as number);
        };
      };
      const close = (): void => {
        channel?.close();
        channel = null;
      };
      open();
      // An open channel would keep the page out of the back/forward cache; and a frozen page that hears something begins to
      // read, never ends it, and holds up every other tab's writing.
      addEventListener('pagehide', close);
      addEventListener('pageshow', open);
      document.addEventListener('freeze', close);
      document.addEventListener('resume', open);
    },
  };
}
