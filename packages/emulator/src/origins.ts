/** Names that never belong to a service on the internet (RFC 2606, RFC 6761). */
const RESERVED_NAME = /^(?:127\.0\.0\.1|(?:.+\.)?(?:localhost|test|example|invalid|example\.(?:com|net|org)))$/;

/** Refuses to work in production, and under any name that could be a real one. @throws Error */
export function checkPlace(origins: readonly string[], environment: string | undefined): void {
  if (environment === 'production') throw new Error('The emulator never runs with NODE_ENV=production');
  for (const origin of origins) {
    checkOrigin(origin);
    if (!RESERVED_NAME.test(new URL(origin).hostname)) throw new Error(`Not a name reserved for tests: ${origin}`);
  }
}

/** @throws Error */
export function checkOrigin(text: string): void {
  const isOrigin = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text;
  if (!isOrigin) throw new Error(`Not an origin: ${text}`);
}
