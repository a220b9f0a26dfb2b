/** What a failure is to whoever asked; what an operator has to change is reported. */
import { later, Refused } from '../issuer/refused.ts';
import { Unauthorized } from '../tokens/unauthorized.ts';
import { over } from './context.ts';
import { DescopeFailed } from './failures.ts';
import type { CheckedService } from './settings.ts';

type Reporting = Pick<CheckedService, 'report'>;

/** To a page. Whatever is none of ours flies on. */
export function asRefused(error: unknown, settings: Reporting): Refused {
  if (error instanceof Refused) return error;
  if (error instanceof Unauthorized) return error.code === 'keys_unavailable' ? later('The keys of Descope cannot be had: try again') : over();
  if (!(error instanceof DescopeFailed)) throw error;
  if (error.failure === 'over' || error.failure === 'missing') return over();
  tell(error, settings);
  return later('Descope does not do this just now: try again', error.retryAfterSeconds);
}

/** To a server of the shop's own. @throws Unauthorized */
export async function forServers<T>(work: () => Promise<T>, settings: Reporting): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refused) throw new Unauthorized('token_invalid', error.message);
    if (!(error instanceof DescopeFailed)) throw error;
    if (error.failure === 'over' || error.failure === 'missing') throw new Unauthorized('token_expired', 'The token is over');
    tell(error, settings);
    throw new Unauthorized('verifier_unavailable', 'Descope does not do this just now: try again');
  }
}

function tell({ failure, message }: DescopeFailed, { report }: Reporting): void {
  if (failure !== 'unavailable') report(message);
}
