import type { Json } from '@passerby/shared';
import { Expiring } from '../expiring.ts';
import type { Mail } from '../mailbox.ts';
import { Codes } from './codes.ts';
import type { FlowExecution } from './flow.ts';
import { newId } from './ids.ts';
import { Keys } from './keys.ts';
import type { Purpose } from './purpose.ts';
import type { PendingSignIn, ProvenSignIn } from './oauth.ts';
import { Sessions } from './sessions.ts';
import type { DescopeProvider, DescopeSettings } from './settings.ts';
import { DEFAULT_DESCOPE_SWITCHES, type DescopeSwitches } from './switches.ts';
import { Tenants, type Lifetimes } from './tenants.ts';
import { Users } from './users.ts';

/** Everything one emulator knows. Handlers are functions of a visit, which has a world. */
export interface World {
  readonly baseUrl: string;
  readonly appOrigins: readonly string[];
  readonly projectId: string;
  readonly managementKey: string;
  readonly providers: readonly DescopeProvider[];
  readonly lifetimes: Lifetimes;
  readonly codeMs: number;
  readonly cookieDomain: string;
  /** Milliseconds since epoch. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly send: (mail: Mail) => void;
  readonly keys: Keys;
  readonly users: Users;
  readonly tenants: Tenants;
  readonly sessions: Sessions;
  readonly codes: Codes;
  /** By the token in the link. They are kept a while after they are over, for that is told apart. */
  readonly links: Expiring<{ readonly purpose: Purpose; readonly expiresAt: number }>;
  readonly flows: Expiring<FlowExecution>;
  readonly signIns: Expiring<PendingSignIn>;
  readonly providerCodes: Expiring<ProvenSignIn>;
  switches: DescopeSwitches;
}

/** One request on its way through the routes. */
export interface Visit {
  readonly request: Request;
  readonly url: URL;
  /** The variable part of the path, where it has one. */
  readonly id: string;
  /** Empty for a form. */
  readonly body: Json;
  /** What stands behind the project's id in `Authorization`. */
  readonly bearer: string | undefined;
  readonly world: World;
}

const DAY_SECONDS = 86_400;
const GOOGLE_AND_GITHUB: readonly DescopeProvider[] = [{ providerId: 'google', name: 'Google' }, { providerId: 'github', name: 'GitHub' }];

export async function makeWorld(settings: DescopeSettings): Promise<World> {
  const now = settings.now ?? (() => Date.now());
  return {
    baseUrl: settings.baseUrl, appOrigins: settings.appOrigins, now,
    projectId: settings.projectId ?? 'P2passerbyShopInDevelopment',
    managementKey: settings.managementKey ?? newId('K2') + newId('K2'),
    providers: settings.providers ?? GOOGLE_AND_GITHUB,
    lifetimes: { sessionSeconds: settings.sessionTokenSeconds ?? 600, refreshSeconds: settings.refreshTokenSeconds ?? 28 * DAY_SECONDS },
    codeMs: (settings.codeSeconds ?? 180) * 1000,
    cookieDomain: settings.cookieDomain ?? '',
    sleep: settings.sleep ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms))),
    send: settings.send ?? (() => undefined),
    keys: await Keys.make(settings.signingKey),
    users: new Users(now),
    tenants: new Tenants(),
    sessions: new Sessions(now),
    codes: new Codes(now),
    links: new Expiring(now),
    flows: new Expiring(now),
    signIns: new Expiring(now),
    providerCodes: new Expiring(now),
    switches: { ...DEFAULT_DESCOPE_SWITCHES, ...settings.switches },
  };
}
