/** The browser's ports for whoever asks a service: loaded with the flows. */
import { breathe } from './breathe.ts';
import { hiddenFrame } from './frame.ts';
import type { ActPorts, Clock } from './ports.ts';
import { webLock } from './web-lock.ts';

const REQUEST_TIMEOUT_MS = 8_000;

export const browserActPorts = (name: string, clock: Clock): ActPorts => ({
  lock: webLock(name),
  frame: hiddenFrame(clock),
  send: (request) => globalThis.fetch(request),
  provider: {
    fetch: (url, init) => globalThis.fetch(url, { ...init, signal: AbortSignal.any([AbortSignal.timeout(REQUEST_TIMEOUT_MS), ...(init.signal ? [init.signal] : [])]) }),
    crypto: globalThis.crypto,
    now: () => Date.now(),
    breathe,
    cookies: () => document.cookie,
  },
});
