import type { IncomingMessage } from 'node:http';

/** Where it failed, without the message: an error's message may quote what was sent. */
export function reportFailure(incoming: IncomingMessage, error: unknown): void {
  const [pathname = ''] = (incoming.url ?? '').split('?');
  const frames = error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : [];
  console.error([`passerby-emulator: ${incoming.method} ${pathname} failed: ${error instanceof Error ? error.name : typeof error}`, ...frames].join('\n'));
}
