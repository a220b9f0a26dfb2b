import { checkOrigin, checkPlace } from '../origins.ts';
import type { AppIdSwitches } from './switches.ts';

export interface AppIdSettings {
  /** Where the service is, such as `http://appid.shop.localhost:4601`: what the SDKs call `profilesUrl`, and `oauthServerUrl` is below it. */
  readonly origin: string;
  /** `tenant_shop` when absent. */
  readonly tenantId?: string;
  readonly clients: readonly AppIdClient[];
  /** With whom people can sign in; Google and Facebook when absent. */
  readonly providers?: readonly AppIdProvider[];
  /** The IAM token of the management API; a new random one when absent. */
  readonly iamToken?: string;
  /** For RS256; made at every start when absent. */
  readonly signingKey?: CryptoKeyPair;
  /** How long a code is good for; 60 when absent. */
  readonly codeSeconds?: number;
  readonly tenant?: Partial<AppIdTenant>;
  readonly switches?: Partial<AppIdSwitches>;
  /** Milliseconds since epoch; the system's clock when absent. */
  readonly now?: () => number;
  /** Waits this many milliseconds, for the fault `delay`; a real timer when absent. */
  readonly sleep?: (ms: number) => Promise<void>;
}

export interface AppIdClient {
  readonly clientId: string;
  /** Of a web application on a server. Absent for a single-page application, which proves itself by PKCE. */
  readonly secret?: string;
  /** To the letter. Pages of a single-page application's may call the token endpoint. */
  readonly redirectUris: readonly string[];
}

export interface AppIdProvider {
  /** The parameter `idp` and what tokens have in `amr`: `google` */
  readonly idp: string;
  /** What people read on its sign-in page. */
  readonly name: string;
}

/** What is set in the dashboard or by the management API. */
export interface AppIdTenant {
  accessTokenSeconds: number;
  refreshTokens: 'on' | 'off';
  refreshTokenSeconds: number;
  anonymousUsers: 'allowed' | 'forbidden';
  anonymousTokenSeconds: number;
  /** Whether profiles have attributes that can be asked for. */
  profiles: 'active' | 'inactive';
}

const MONTH_SECONDS = 2_592_000;

export const DEFAULT_TENANT: Readonly<AppIdTenant> = {
  accessTokenSeconds: 3600,
  refreshTokens: 'on',
  refreshTokenSeconds: MONTH_SECONDS,
  anonymousUsers: 'allowed',
  anonymousTokenSeconds: MONTH_SECONDS,
  profiles: 'active',
};

/** Refuses to work in production, and under any name that could be a real one. @throws Error */
export function checkSettings({ origin, tenantId = 'tenant_shop', clients }: AppIdSettings, environment: string | undefined): void {
  checkPlace([origin], environment);
  for (const uri of clients.flatMap(({ redirectUris }) => redirectUris)) checkOrigin(new URL(uri).origin);
  if (!/^[\w-]+$/.test(tenantId)) throw new Error('A tenantId is made of letters, digits, - and _');
}
