import { PAGE_HEADERS } from '../pages.ts';
import { randomName } from '../random.ts';

/** Where an answer to an authorization request goes, and how. */
export interface Target {
  readonly redirectUri: string;
  readonly mode: 'query' | 'web_message';
  readonly state: string | undefined;
}

/** Answers the client: a redirect to its page, or a message to the page that opened or framed this one, if it is of that origin. */
export function answerBack(target: Target, answer: Readonly<Record<string, string>>): Response {
  const all = { ...answer, ...(target.state !== undefined && { state: target.state }) };
  return target.mode === 'web_message' ? messagePage(target, all) : redirect(target, all);
}

function redirect({ redirectUri }: Target, answer: Readonly<Record<string, string>>): Response {
  const location = new URL(redirectUri);
  for (const [name, value] of Object.entries(answer)) location.searchParams.set(name, value);
  return new Response(null, { status: 302, headers: { ...PAGE_HEADERS, location: location.href } });
}

function messagePage({ redirectUri }: Target, answer: Readonly<Record<string, string>>): Response {
  const nonce = randomName();
  const { origin } = new URL(redirectUri);
  // Without X-Frame-Options: the client's own page may frame it, as a silent sign-in does, and no other.
  const { 'x-frame-options': _, ...headers } = PAGE_HEADERS;
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; base-uri 'none'; frame-ancestors ${origin}`;
  const script = `(window.opener ?? window.parent).postMessage(${scriptText({ type: 'authorization_response', ...answer })}, ${scriptText(origin)});`;
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Signed in</title></head><body><script nonce="${nonce}">${script}</script></body></html>`;
  return new Response(html, { status: 200, headers: { ...headers, 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy } });
}

/** JSON that cannot end the script it stands in. */
function scriptText(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
