import { Expiring } from '../expiring.ts';
import type { Person } from '../people.ts';
import { Identities } from './identities.ts';
import { Keys } from './keys.ts';
import { Requests } from './requests.ts';
import { Sessions } from './sessions.ts';
import type { Application, AuthressSettings, Connection, ServiceClient } from './settings.ts';
import { DEFAULT_SWITCHES, type AuthressSwitches } from './switches.ts';

/** Everything one emulator knows. Handlers are functions of a request and a world. */
export interface World {
  readonly loginOrigin: string;
  readonly accountId: string;
  readonly applications: readonly Application[];
  readonly connections: readonly Connection[];
  readonly serviceClients: readonly ServiceClient[];
  readonly accessTokenLifetimeSeconds: number;
  readonly sessionLifetimeSeconds: number;
  /** Milliseconds since epoch. */
  readonly clock: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly keys: Keys;
  readonly requests: Requests;
  readonly sessions: Sessions;
  readonly identities: Identities;
  readonly usedAntiAbuseHashes: Expiring<true>;
  readonly usedAssertions: Expiring<true>;
  /** Codes of the fake connections, redeemed in process. */
  readonly connectionCodes: Expiring<{ readonly connectionId: string; readonly state: string; readonly person: Person }>;
  switches: AuthressSwitches;
}

const DAY_SECONDS = 86_400;

export async function makeWorld(settings: AuthressSettings): Promise<World> {
  const { loginOrigin, accountId, applications, connections, serviceClients } = settings;
  const clock = settings.clock ?? (() => Date.now());
  const sleep = settings.sleep ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)));
  const identities = new Identities();
  const sessionLifetimeSeconds = settings.sessionLifetimeSeconds ?? 30 * DAY_SECONDS;
  return {
    loginOrigin, accountId, applications, connections, serviceClients, clock, sleep, identities, sessionLifetimeSeconds,
    accessTokenLifetimeSeconds: settings.accessTokenLifetimeSeconds ?? DAY_SECONDS,
    keys: await Keys.make(),
    requests: new Requests(clock),
    sessions: new Sessions({ clock, identities, lifetimeMs: sessionLifetimeSeconds * 1000 }),
    usedAntiAbuseHashes: new Expiring(clock),
    usedAssertions: new Expiring(clock),
    connectionCodes: new Expiring(clock),
    switches: { ...DEFAULT_SWITCHES, ...settings.switches },
  };
}

/** One request on its way through the routes. */
export interface Visit {
  readonly request: Request;
  readonly url: URL;
  /** The variable parts of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly world: World;
}
