/** Tells other tabs that something was written: a version number and nothing else. */
import type { Channel } from './ports.ts';

export function versionChannel(name: string): Channel {
  let channel: BroadcastChannel | null = null;
  return {
    post: (version) => channel?.postMessage(version),
    listen: (heard) => {
      if (typeof BroadcastChannel === 'undefined') return;
      const open = (): void => {
        channel ??= new BroadcastChannel(name);
        channel.onmessage = ({ data }) => {
          if (Number.isSafeInteger(data)) heard(data as number);
        };
      };
      open();
      // An open channel would keep the page out of the back/forward cache.
      addEventListener('pagehide', () => {
        channel?.close();
        channel = null;
      });
      addEventListener('pageshow', open);
    },
  };
}
