/** What the app passed → checked settings. Nothing is requested, stored or listened to here. */
import { LoginError } from '@passerby/shared';
import { secureUrl } from './address.ts';
import type { Provider } from '../providers/provider.ts';
import type { MergeGuest } from '../flows/merge.ts';
import type { GuestPolicy } from './policy.ts';

const MAX_ID_LENGTH = 256;

export interface CoreOptions {
  /** The identity service; each provider entry exports a factory for it. */
  readonly provider: Provider;
  /** The connection that guests come from, where a call names none. */
  readonly guestConnectionId?: string;
  /** `explicit` (default): guests start by `authenticate()` only. `on-demand`: by `getToken()` too. */
  readonly guests?: GuestPolicy;
  /** Where the service sends people back to; default: the page they were on, without its query. */
  readonly redirectUrl?: string;
  /** A tiny page of this site on which hidden frames end, loaded without scripts; default: `redirectUrl`. */
  readonly frameUrl?: string;
  /** The origins of the shop's APIs: only what `fetch()` sends there carries the credential. Where tokens stay on the server it is the page's own. */
  readonly apiOrigins?: readonly string[];
  /** Carries a guest's things over to a user. Called at least once with a stable key until it resolves. */
  readonly mergeGuest?: MergeGuest;
}

export interface Settings extends CoreOptions {
  readonly guests: GuestPolicy;
  readonly apiOrigins: readonly string[];
}

/** @throws LoginError `config_invalid` */
export function checkOptions(options: CoreOptions): Settings {
  const { guests = 'explicit', guestConnectionId, apiOrigins = [], mergeGuest } = options;
  const wrong = (problem: string): never => {
    throw new LoginError('config_invalid', problem);
  };
  if (guests !== 'explicit' && guests !== 'on-demand') wrong("guests is 'explicit' or 'on-demand'");
  if (guests === 'on-demand' && !guestConnectionId && !options.provider.startGuest) wrong("guests: 'on-demand' needs a guestConnectionId");
  if (guestConnectionId !== undefined && !options.provider.isGuestConnection(guestConnectionId)) {
    wrong('guestConnectionId names a connection that signs users in; pass the service client (sc_…) that makes guests');
  }
  if (mergeGuest !== undefined && typeof mergeGuest !== 'function') wrong('mergeGuest is a function');
  if (!Array.isArray(apiOrigins) || !apiOrigins.every(isOrigin)) wrong('apiOrigins lists origins, such as https://api.example.com, without a path');
  return { ...options, guests, apiOrigins: [...apiOrigins] };
}

const isOrigin = (origin: unknown): boolean => secureUrl(origin)?.origin === origin;

/** @throws LoginError `config_invalid` */
export function checkConnection(connectionId: unknown): void {
  const isId = typeof connectionId === 'string' && connectionId !== '' && connectionId.length <= MAX_ID_LENGTH;
  if (connectionId !== undefined && !isId) throw new LoginError('config_invalid', 'connectionId is the id of a connection, such as google or sc_guests');
}
