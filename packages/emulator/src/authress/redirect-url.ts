import { Refusal } from './answers.ts';
import type { Application } from './settings.ts';

/**
 * A URL the application registered the origin of, written as a browser writes it: what needs interpretation (case, dot segments,
 * backslashes, userinfo, default ports) is refused, not repaired. @throws Refusal
 */
export function checkRedirectUrl(text: string | undefined, { redirectOrigins }: Application): string {
  if (text !== undefined && URL.canParse(text)) {
    const url = new URL(text);
    const isAsWritten = url.href === text || url.href === `${text}/`;
    // Begins with its origin: so no userinfo, and no `blob:`, whose origin is that of the page that made it.
    if (isAsWritten && redirectOrigins.includes(url.origin) && url.href.startsWith(`${url.origin}/`)) return url.href;
  }
  throw new Refusal(400, 'InvalidRedirectUrl', 'The redirect URL is not one of the application');
}

/** The vendor's service treats pages on these two hosts apart: it sends them tokens in the query. */
export function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1';
}
