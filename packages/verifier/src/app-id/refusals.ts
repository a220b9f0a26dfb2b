/** What a failure is to whoever asked; what an operator has to change is reported. */
import { later, Refused } from '../issuer/refused.ts';
import { Unauthorized } from '../tokens/unauthorized.ts';
import { AppIdFailed } from './failures.ts';
import type { CheckedAppId } from './settings.ts';

type Reporting = Pick<CheckedAppId, 'report'>;

/** To a page. Whatever is none of ours flies on. */
export function asRefused(error: unknown, { report }: Reporting): Refused {
  if (error instanceof Refused) return error;
  if (error instanceof Unauthorized) return error.code === 'keys_unavailable' ? later('The keys of App ID cannot be had: try again') : new Refused('invalid_grant', "This token is over, or nobody's: start or sign in anew");
  if (!(error instanceof AppIdFailed)) throw error;
  switch (error.failure) {
    case 'over':
      return new Refused('invalid_grant', 'App ID does not take this (any more): sign in anew');
    case 'unverified':
      return new Refused('access_denied', 'App ID lets this person in once they are verified, by a mail for example');
    case 'anonymous_forbidden':
      report(error.message);
      return new Refused('guests_disabled', 'App ID is set to have no guests');
    case 'token_refused':
      report(error.message);
      return new Refused('attributes_disabled', 'App ID is set to keep no attributes that pages may change');
    case 'refused':
    case 'setting':
      report(error.message);
      return later('App ID does not do this just now: try again', 30);
    case 'unavailable':
      return later('App ID does not do this just now: try again', error.retryAfterSeconds);
  }
}

/** To a server of the shop's own. @throws Unauthorized */
export async function forServers<T>(work: () => Promise<T>, { report }: Reporting): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppIdFailed)) throw error;
    if (error.failure !== 'unavailable') report(error.message);
    throw new Unauthorized('verifier_unavailable', 'App ID does not do this just now: try again');
  }
}
