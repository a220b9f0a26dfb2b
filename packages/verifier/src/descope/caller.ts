/** Who sent a request to the shop's API. */
import { readCookie, SUBJECT_HEADER } from '../gate/cookie.ts';
import { refuseUnlessJsonOfPage } from '../gate/origin.ts';
import { Refused } from '../issuer/refused.ts';
import { readAuthorization } from '../tokens/authorization.ts';
import { Unauthorized } from '../tokens/unauthorized.ts';
import type { Caller } from '../tokens/verify-token.ts';
import type { CheckedDescope } from './settings.ts';
import { invalid, type Holder, type TokenUse } from './token-check.ts';

export interface CallerParts {
  readonly settings: Pick<CheckedDescope, 'sessions' | 'origins'>;
  /** @throws Unauthorized */
  checkToken(token: string, uses: readonly TokenUse[]): Promise<Holder>;
}

/** The check throws Unauthorized: all its codes but `user_required`. */
export function createCallerCheck(parts: CallerParts): (from: Request | string) => Promise<Caller> {
  return async (from) => {
    const { subject, kind, expiresAt, claims } = await parts.checkToken(typeof from === 'string' ? from : sessionToken(from, parts), ['DS']);
    // There is one cookie: it may be the account's while the page still shows the guest.
    if (typeof from !== 'string' && (from.headers.get(SUBJECT_HEADER) ?? subject) !== subject) throw invalid('The cookie is somebody else’s by now than whom the page means');
    return Object.freeze({ subject, kind, expiresAt, claims });
  };
}

function sessionToken({ method, headers }: Request, { settings: { sessions, origins } }: CallerParts): string {
  const authorization = readAuthorization(headers);
  if (authorization && authorization.scheme !== 'Bearer') throw invalid('The token is bound to no key: send it as a bearer token');
  if (authorization) return authorization.token;
  const cookie = sessions.by === 'cookies' ? readCookie(headers, 'DS') : null;
  if (cookie === null) throw new Unauthorized('token_missing', 'The request has no session token');
  if (method !== 'GET' && method !== 'HEAD') refuseForeignPage(headers, origins);
  return cookie;
}

function refuseForeignPage(headers: Headers, origins: ReadonlySet<string>): void {
  try {
    refuseUnlessJsonOfPage(headers, origins);
  } catch (error) {
    if (error instanceof Refused) throw invalid(`A request by cookie is only taken from the shop's own pages, as JSON: ${error.message}`);
    throw error;
  }
}
