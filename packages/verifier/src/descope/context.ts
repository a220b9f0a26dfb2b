import type { Asked } from '../issuer/form.ts';
import { Refused } from '../issuer/refused.ts';
import { readCookie } from '../gate/cookie.ts';
import type { Answer } from '../gate/form-endpoints.ts';
import { takeSubjectTurn } from '../gate/gate.ts';
import type { CallerParts } from './caller.ts';
import type { Service } from './service.ts';
import type { CheckedDescope } from './settings.ts';
import type { Holder } from './token-check.ts';

/** What a route works with. */
export interface Context extends CallerParts {
  readonly settings: CheckedDescope;
  readonly service: Service;
}

/** Answers one route. @throws Refused, DescopeFailed, Unauthorized */
export type Route = (asked: Asked, context: Context) => Promise<Answer>;

/** Whoever asks, by a refresh token: of the form, or where it travels in a cookie of that. @throws Refused, Unauthorized */
export async function refreshHolder({ form, headers }: Asked, { settings, checkToken }: Context): Promise<Holder> {
  const token = settings.sessions.by === 'body' ? form.get('token') : readCookie(headers, 'DSR');
  if (!token) throw over();
  return takeSubjectTurn(await checkToken(token, ['DSR']), settings);
}

export function over(): Refused {
  return new Refused('invalid_grant', "This token is over, or nobody's: start or sign in anew");
}
