import { checkOrigin, checkPlace } from '../origins.ts';
import type { AuthressSwitches } from './switches.ts';

export interface AuthressSettings {
  /** The login host, `http://login.shop.localhost:4601`; also the issuer of its tokens. */
  readonly loginOrigin: string;
  /** `acc_shop` */
  readonly accountId: string;
  readonly applications: readonly Application[];
  readonly connections: readonly Connection[];
  readonly serviceClients: readonly ServiceClient[];
  readonly switches?: Partial<AuthressSwitches>;
  /** Milliseconds since epoch; the system's clock when absent. */
  readonly clock?: () => number;
  /** Waits this many milliseconds, for the fault `delay`; a real timer when absent. */
  readonly sleep?: (ms: number) => Promise<void>;
  /** 24 hours when absent, as the vendor's knowledge base says. */
  readonly accessTokenLifetimeSeconds?: number;
  /** 30 days when absent, as the vendor's knowledge base says. */
  readonly sessionLifetimeSeconds?: number;
}

export interface Application {
  /** `app_shop` */
  readonly applicationId: string;
  /** The exact origins a `redirectUrl` may have, and that may call the API from a page. */
  readonly redirectOrigins: readonly string[];
}

/** A fake identity provider with a sign-in page on a host of its own. */
export interface Connection {
  /** `google` */
  readonly connectionId: string;
  /** `http://google.localhost:4603` */
  readonly origin: string;
  /** What people read on its sign-in page. */
  readonly name: string;
}

/** A service client that may say who signs in: behind it is a verifier. */
export interface ServiceClient {
  /** `sc_guests` */
  readonly clientId: string;
  /** Where the verifier answers, `http://verifier.localhost:4602/v1/login`. */
  readonly authorizationUrl: string;
  readonly publicJwk: JsonWebKey & { readonly kid: string };
}

/**
 * Refuses to work in production, and for any host that could be a real one.
 * @throws Error
 */
export function checkSettings(settings: AuthressSettings, environment: string | undefined): void {
  checkPlace([settings.loginOrigin, ...settings.connections.map(({ origin }) => origin)], environment);
  for (const { applicationId, redirectOrigins } of settings.applications) {
    if (/^(sc|ext)_/.test(applicationId)) throw new Error(`A service client is no application: ${applicationId}`);
    redirectOrigins.forEach(checkOrigin);
  }
  for (const { clientId, authorizationUrl } of settings.serviceClients) {
    if (!URL.canParse(authorizationUrl)) throw new Error(`The authorizationUrl of ${clientId} is no URL`);
  }
}
