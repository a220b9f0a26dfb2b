import type { Bring } from './ports.ts';

/**
 * Firefox never again asks for a file that did not come, as long as the page lives, and names its address in the error. With another fragment it is another file to
 * Firefox, and the same one to the server.
 */
export const bring: Bring = async <File>(load: () => Promise<File>) => {
  try {
    return await load();
  } catch (error) {
    const [, address] = /error loading dynamically imported module: (\S+)/.exec(String(error)) ?? [];
    if (!address) throw error;
    return import(/* webpackIgnore: true */ /* @vite-ignore */ `${address}#${Date.now()}`) as Promise<File>;
  }
};
