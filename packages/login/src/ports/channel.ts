/** Tells other tabs that something was written: a version number and nothing else. */
import type { Channel } from './ports.ts';

export function versionChannel(name: string): Channel {
  let channel: BroadcastChannel | null = null;
  const open = (heard: (version: number | null) => void): void => {
    if (channel || typeof BroadcastChannel === 'undefined') return;
    channel = new BroadcastChannel(name);
    channel.onmessage = ({ data }) => {
      if (Number.isSafeInteger(data)) heard(data as number);
    };
  };
  return {
    post: (version) => channel?.postMessage(version),
    listen: (heard) => {
      open(heard);
      // An open channel would keep the page out of the back/forward cache, and one in there hears nothing.
      addEventListener('pagehide', () => {
        channel?.close();
        channel = null;
      });
      addEventListener('pageshow', (event) => {
        open(heard);
        if (event.persisted) heard(null);
      });
    },
  };
}
