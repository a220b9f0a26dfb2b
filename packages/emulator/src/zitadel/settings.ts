import { checkPlace } from '../origins.ts';
import type { ZitadelSwitches } from './switches.ts';

export interface ZitadelSettings {
  /** The instance's origin, `http://login.shop.localhost:4601`; also the issuer of its tokens. */
  readonly issuer: string;
  readonly clients: readonly ZitadelClient[];
  /** The project of the clients, in the audience of every token; `300000000000000001` when absent. */
  readonly projectId?: string;
  /** The organization that all users belong to; `300000000000000002` when absent. */
  readonly orgId?: string;
  /** What signs tokens; default `RS256`. */
  readonly keyAlgorithm?: 'RS256' | 'ES256';
  /** How long access and ID tokens live; 12 hours when absent, as at the vendor's. */
  readonly accessTokenSeconds?: number;
  readonly switches?: Partial<ZitadelSwitches>;
  /** Milliseconds since epoch; the system's clock when absent. */
  readonly now?: () => number;
  /** Waits this many milliseconds, for the fault `delay`; a real timer when absent. */
  readonly sleep?: (ms: number) => Promise<void>;
}

/** A web application with JWT access tokens. Without a secret it uses PKCE alone. */
export interface ZitadelClient {
  /** `shop` */
  readonly clientId: string;
  /** 32 characters or more; sent as Basic or in the body. */
  readonly clientSecret?: string;
  /** To the letter. Pages of their origins may use the token endpoint. */
  readonly redirectUris: readonly string[];
  /** Where people may go after they signed out here, to the letter. */
  readonly postLogoutRedirectUris?: readonly string[];
  /** Whether the application has the grant type Token Exchange; `allowed` when absent. */
  readonly tokenExchange?: 'allowed' | 'refused';
}

/** Refuses to work in production, and under any name that could be a real one. @throws Error */
export function checkSettings({ issuer, clients }: ZitadelSettings, environment: string | undefined): void {
  checkPlace([issuer], environment);
  for (const { redirectUris, postLogoutRedirectUris = [] } of clients) {
    for (const uri of [...redirectUris, ...postLogoutRedirectUris]) if (!URL.canParse(uri)) throw new Error(`Not an address: ${uri}`);
  }
}
