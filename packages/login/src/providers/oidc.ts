/**
 * Any OpenID Connect provider, whose guests the shop's own verifier issues (docs/protocol.md). People sign in at the provider; the verifier turns that into
 * its own session, and the provider's tokens are dropped.
 */
import type { Bring } from '../ports/ports.ts';
import { methodsOf } from './later.ts';
import type { Provider } from './provider.ts';
import { callbackMarks, checkAddress, checkBase, checkClientId } from './settings.ts';

export interface OidcOptions {
  /** The provider's issuer, such as `https://id.example.com/realms/shop`. */
  readonly issuer: string;
  /** This application's client id, at the provider and at the verifier. */
  readonly clientId: string;
  /** The verifier's issuer, such as `https://verifier.example.com`. */
  readonly verifier: string;
  /** Who redeems a sign-in's code: this page (default), or the verifier, for a provider that wants a secret from web clients, as Google does. */
  readonly codeRedeemedBy?: 'page' | 'verifier';
  /** Default: `openid`. */
  readonly scope?: string;
  /** The parameter by which the provider is told the connection, such as `kc_idp_hint` (Keycloak) or `connection` (Auth0). */
  readonly connectionParameter?: string;
  /** Where people come back to after signing out at the provider too. Without it they sign out of the shop alone. */
  readonly logOutUrl?: string;
  /** Has the visitor prove to be a person, where the verifier asks for it: a captcha's response. */
  readonly captcha?: () => Promise<string>;
}

/** The connection that makes guests. */
const GUESTS = 'guest';

/** @throws LoginError `config_invalid` */
export function oidc({ clientId, codeRedeemedBy = 'page', scope = 'openid', connectionParameter, logOutUrl, captcha, ...addresses }: OidcOptions): Provider {
  const issuer = checkAddress(addresses.issuer, 'issuer');
  const verifier = checkBase(addresses.verifier, 'verifier');
  checkClientId(clientId);
  const load = async (bring: Bring) => (await bring(() => import('./oidc/requests.ts'))).oidcRequests({ issuer, clientId, verifier, guests: GUESTS, codeRedeemedBy, scope, connectionParameter, logOutUrl });
  return {
    id: `${verifier} ${clientId}`,
    isGuestConnection: (connectionId) => connectionId === GUESTS,
    guestsFrom: { href: verifier, crossOrigin: 'anonymous' },
    callbackState: (url) => callbackMarks(url, issuer),
    ...(captcha && { captcha }),
    ...methodsOf(load, ['createKey', 'startGuest', 'authorize', 'exchange', 'resume', 'refresh', 'mergeTicket', 'identities', 'unlink', 'prove', 'endSession', 'signOutUrl']),
  };
}
