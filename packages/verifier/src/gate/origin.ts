import { Refused } from '../issuer/refused.ts';

/** Compared as text: what is no listed origin to the letter is none. @throws Refused `unauthorized_client` */
export function refuseForeignOrigin(headers: Headers, origins: ReadonlySet<string>): void {
  const origin = headers.get('origin');
  if (origin !== null && !origins.has(origin)) throw new Refused('unauthorized_client', "This page's origin is not listed: add it to the issuer's origins");
}

/**
 * Lets through what a script of a listed page sends. A browser writes these headers itself and no page can change them; where it is too old for Fetch Metadata, the origin decides alone.
 * @see https://www.w3.org/TR/fetch-metadata/
 * @throws Refused `unauthorized_client`
 */
export function refuseUnlessScript(headers: Headers, origins: ReadonlySet<string>): void {
  refuseForeignOrigin(headers, origins);
  if (!headers.has('origin')) throw new Refused('unauthorized_client', 'There is no Origin: only a page of a listed origin starts a guest');
  const mode = headers.get('sec-fetch-mode') ?? 'cors';
  const site = headers.get('sec-fetch-site') ?? 'same-origin';
  // Not a form that was submitted, nor a request whose answer its page cannot read, nor one that nobody's page made.
  if (!/^(?:cors|same-origin)$/.test(mode) || !/^(?:same-origin|same-site|cross-site)$/.test(site)) throw new Refused('unauthorized_client', 'This is not how a script asks: use fetch');
}

const JSON_TYPE = /^application\/json *(?:; *charset="?utf-8"?)?$/i;

/** Lets through what a script of a listed page sends as JSON, which no form and no other page can do. @throws Refused `unauthorized_client`, `invalid_request` */
export function refuseUnlessJsonOfPage(headers: Headers, origins: ReadonlySet<string>): void {
  refuseForeignOrigin(headers, origins);
  if (headers.get('origin') === null) throw new Refused('unauthorized_client', 'There is no Origin: only a page of a listed origin is answered');
  if (!JSON_TYPE.test(headers.get('content-type') ?? '') || headers.has('content-encoding')) {
    throw new Refused('invalid_request', 'The body is not JSON: send it as application/json', { status: 415 });
  }
}
