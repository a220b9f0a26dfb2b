import type { AuthScheme } from './unauthorized.ts';

/** The token a request came with, and how it said that it is one (RFC 6750 §2.1, RFC 9449 §7.1). */
export interface Authorization {
  readonly scheme: AuthScheme;
  readonly token: string;
}

/** How a client with a secret says who it is; each half is form-encoded before they are joined (RFC 6749 §2.3.1). */
export function basicAuthorization(clientId: string, secret: string): string {
  return `Basic ${btoa([clientId, secret].map((half) => new URLSearchParams({ half }).toString().slice('half='.length)).join(':'))}`;
}

/** Null where the request has none, or something that is no token. */
export function readAuthorization(headers: Headers): Authorization | null {
  const [, scheme, token = ''] = /^(bearer|dpop)(?: (.*))?$/i.exec(headers.get('authorization') ?? '') ?? [];
  return scheme === undefined ? null : { scheme: scheme.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer', token: token.trim() };
}
