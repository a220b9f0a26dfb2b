import { Keys } from '../descope/keys.ts';
import { Expiring } from '../expiring.ts';
import { randomName } from '../random.ts';
import { Directory } from './directory.ts';
import { Profiles } from './profiles.ts';
import { DEFAULT_TENANT, type AppIdClient, type AppIdProvider, type AppIdSettings, type AppIdTenant } from './settings.ts';
import type { Granted, PendingSignIn } from './sign-in.ts';
import { DEFAULT_APP_ID_SWITCHES, type AppIdSwitches } from './switches.ts';
import type { Renewable } from './tokens.ts';

/** Everything one emulator knows. Handlers are functions of a visit, which has a world. */
export interface World {
  readonly origin: string;
  readonly tenantId: string;
  /** What the SDKs call `oauthServerUrl`. */
  readonly issuer: string;
  readonly clients: readonly AppIdClient[];
  readonly providers: readonly AppIdProvider[];
  readonly iamToken: string;
  readonly codeMs: number;
  /** Milliseconds since epoch. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly keys: Keys;
  readonly profiles: Profiles;
  readonly directory: Directory;
  readonly signIns: Expiring<PendingSignIn>;
  readonly codes: Expiring<Granted>;
  readonly refreshTokens: Expiring<Renewable>;
  /** Access tokens, by their `jti`. */
  readonly revoked: Expiring<'revoked'>;
  tenant: AppIdTenant;
  switches: AppIdSwitches;
}

/** One request on its way through the routes. */
export interface Visit {
  readonly request: Request;
  readonly url: URL;
  /** The variable parts of the path, as they are meant. */
  readonly path: Readonly<Record<string, string>>;
  readonly world: World;
}

const GOOGLE_AND_FACEBOOK: readonly AppIdProvider[] = [{ idp: 'google', name: 'Google' }, { idp: 'facebook', name: 'Facebook' }];

export async function makeWorld(settings: AppIdSettings): Promise<World> {
  const now = settings.now ?? (() => Date.now());
  const { origin, clients, tenantId = 'tenant_shop' } = settings;
  return {
    origin, clients, tenantId, now,
    issuer: `${origin}/oauth/v4/${tenantId}`,
    providers: settings.providers ?? GOOGLE_AND_FACEBOOK,
    iamToken: settings.iamToken ?? randomName(52),
    codeMs: (settings.codeSeconds ?? 60) * 1000,
    sleep: settings.sleep ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms))),
    keys: await Keys.make(settings.signingKey),
    profiles: new Profiles(),
    directory: new Directory(),
    signIns: new Expiring(now),
    codes: new Expiring(now),
    refreshTokens: new Expiring(now),
    revoked: new Expiring(now),
    tenant: { ...DEFAULT_TENANT, ...settings.tenant },
    switches: { ...DEFAULT_APP_ID_SWITCHES, ...settings.switches },
  };
}
