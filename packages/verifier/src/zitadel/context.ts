import type { SubjectKind } from '@passerby/shared';
import { later, Refused } from '../issuer/refused.ts';
import type { SignIn } from '../tokens/id-token.ts';
import type { Asked } from './asked.ts';
import type { Cookies, Kept } from './cookies.ts';
import type { Decisions } from './decisions.ts';
import type { Decided } from './judge.ts';
import type { Recent } from '../recent.ts';
import type { Service } from './service.ts';
import type { CheckedZitadel } from './settings.ts';
import type { TokenEndpoint } from './token-endpoint.ts';

/** What a route works with. */
export interface Context {
  readonly settings: CheckedZitadel;
  readonly service: Service;
  readonly tokens: TokenEndpoint;
  readonly cookies: Cookies;
  readonly decisions: Decisions;
  /** Sessions that were begun or renewed just now. */
  readonly recent: Recent<Kept>;
  /** Resolves once ZITADEL's keys are at hand. @throws Unauthorized `keys_unavailable` */
  keysReady(): Promise<void>;
  /** @throws Unauthorized */
  checkIdToken(idToken: string, expected: { readonly nonce: string }): Promise<SignIn>;
}

/** What a route answers with. */
export interface Answer {
  readonly body: Readonly<Record<string, unknown>>;
  /** `Set-Cookie`s. */
  readonly cookies?: readonly string[];
}

/** Answers one route. @throws Refused, ServiceFailed, Unauthorized */
export type Route = (asked: Asked, context: Context) => Promise<Answer>;

/** Why somebody with a guest's cookie is no guest. */
export function noGuest(decided: Exclude<Decided, 'guest' | 'abandoned'>, { cookies }: Pick<Context, 'cookies'>): Refused {
  if (decided === 'busy') return later('This guest is just being made a user, or merged: try again');
  // The cookie stays, so that whoever lost this answer is told again, and not made another guest.
  if (decided === 'user') return new Refused('guest_upgraded', 'This guest has become a user: sign in');
  return over('guest', { cookies });
}

/** The session is over, and its cookie goes. */
export function over(kind: SubjectKind, { cookies }: Pick<Context, 'cookies'>): Refused {
  return new Refused('invalid_grant', 'This session is over: start or sign in anew', { headers: { 'set-cookie': cookies.clear(kind) } });
}

/** A failure that is told with cookies all the same. */
export class WithCookies extends Error {
  override readonly name = 'WithCookies';
  readonly failure: Error;
  readonly cookies: readonly string[];

  constructor(failure: Error, cookies: readonly string[]) {
    super(failure.message, { cause: failure });
    this.failure = failure;
    this.cookies = cookies;
  }
}
