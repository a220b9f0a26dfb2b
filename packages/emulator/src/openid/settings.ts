import { checkPlace } from '../origins.ts';

export interface OpenIdSettings {
  /** The provider's origin, `http://login.shop.localhost:4601`; also the issuer of its tokens. */
  readonly issuer: string;
  readonly clients: readonly OpenIdClient[];
  /** Where people may be sent on to, chosen by the parameter `connection`; without it they sign in with the provider itself. */
  readonly connections?: readonly OpenIdConnection[];
  /**
   * Whether somebody who signed in here before is asked who they are. `forgotten` (default): each time, which suits a demo; `remembered`:
   * as real providers do, once for each browser, whatever `connection` says, until they sign out here or `prompt=login` asks for it.
   */
  readonly people?: 'forgotten' | 'remembered';
  /** What signs ID tokens; default `RS256`. */
  readonly idTokenAlgorithm?: 'RS256' | 'ES256';
  /** For RS256, extractable; made at every start when absent. */
  readonly signingKey?: CryptoKeyPair;
  /** Waits this many milliseconds, for the fault `delay`; a real timer when absent. */
  readonly sleep?: (ms: number) => Promise<void>;
}

/** A public client: a page, which keeps no secret and must use PKCE. With a secret it is a server's, as Google wants it from web clients. */
export interface OpenIdClient {
  /** `shop` */
  readonly clientId: string;
  /** 32 characters or more. */
  readonly clientSecret?: string;
  /** To the letter. Pages of their origins may use the token endpoint. */
  readonly redirectUris: readonly string[];
  /** Where people may go after they signed out here, to the letter. */
  readonly postLogoutRedirectUris?: readonly string[];
}

export interface OpenIdConnection {
  /** `google` */
  readonly connectionId: string;
  /** What people read on its sign-in page. */
  readonly name: string;
}

/** Refuses to work in production, and under any name that could be a real one. @throws Error */
export function checkSettings({ issuer, clients }: OpenIdSettings, environment: string | undefined): void {
  checkPlace([issuer], environment);
  for (const { redirectUris, postLogoutRedirectUris = [] } of clients) {
    for (const uri of [...redirectUris, ...postLogoutRedirectUris]) if (!URL.canParse(uri)) throw new Error(`Not an address: ${uri}`);
  }
}
