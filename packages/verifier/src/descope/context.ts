import type { Asked } from '../issuer/form.ts';
import { Refused } from '../issuer/refused.ts';
import { networkOf } from '../gate/address.ts';
import { readCookie } from '../gate/cookie.ts';
import { takeTurn } from '../gate/gate.ts';
import type { CallerParts } from './caller.ts';
import type { Service } from './service.ts';
import type { CheckedDescope } from './settings.ts';
import type { Holder } from './token-check.ts';

/** What a route works with. */
export interface Context extends CallerParts {
  readonly settings: CheckedDescope;
  readonly service: Service;
}

/** What a route answers with. */
export interface Answer {
  readonly body: Readonly<Record<string, unknown>>;
  /** `Set-Cookie`s. */
  readonly cookies?: readonly string[];
}

/** Answers one route. @throws Refused, DescopeFailed, Unauthorized */
export type Route = (asked: Asked, context: Context) => Promise<Answer>;

/** @throws Refused `rate_limited` */
export async function takeNetworkTurn({ clientAddress }: Asked, { settings }: Context): Promise<void> {
  await takeTurn(`network ${networkOf(clientAddress)}`, settings.rateLimit.network, settings.store);
}

/** Whoever asks, by a refresh token: of the form, or where it travels in a cookie of that. @throws Refused, Unauthorized */
export async function refreshHolder({ form, headers }: Asked, { settings, checkToken }: Context): Promise<Holder> {
  const token = settings.sessions.by === 'body' ? form.get('token') : readCookie(headers, 'DSR');
  if (!token) throw over();
  return takeSubjectTurn(await checkToken(token, ['DSR']), settings);
}

/** @throws Refused `rate_limited` */
export async function takeSubjectTurn(holder: Holder, { rateLimit, store }: CheckedDescope): Promise<Holder> {
  await takeTurn(`subject ${holder.subject}`, rateLimit.subject, store);
  return holder;
}

export function over(): Refused {
  return new Refused('invalid_grant', "This token is over, or nobody's: start or sign in anew");
}

export function later(message: string): Refused {
  return new Refused('temporarily_unavailable', message, { headers: { 'retry-after': '2' } });
}
