import { Expiring } from '../expiring.ts';
import { ServiceAccounts } from './service-accounts.ts';
import type { ZitadelSettings } from './settings.ts';
import { makeSigner, type Signer } from './signer.ts';
import { DEFAULT_ZITADEL_SWITCHES, type ZitadelSwitches } from './switches.ts';
import { Users, type User } from './users.ts';

/** Who acted when a token was exchanged (RFC 8693 section 4.1), the latest outside. */
export interface Act {
  readonly iss: string;
  readonly sub: string;
  readonly act?: Act;
}

/** What is kept for the tokens of one grant, through all their renewals. */
export interface GrantNote {
  readonly audience: readonly string[];
  readonly act?: Act;
}

/** What an administrator sets for the whole instance. */
export interface InstanceSettings {
  oidcTokenExchange: boolean;
  enableImpersonation: boolean;
  /** Tells clients which check refused a token exchange. */
  debugOidcParentError: boolean;
}

/** Everything one emulator knows. */
export interface World {
  readonly issuer: string;
  readonly projectId: string;
  readonly orgId: string;
  readonly accessTokenSeconds: number;
  /** Milliseconds since epoch. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly users: Users;
  readonly serviceAccounts: ServiceAccounts;
  readonly grantNotes: Expiring<GrantNote>;
  readonly signer: Signer;
  readonly instance: InstanceSettings;
  switches: ZitadelSwitches;
}

export async function makeWorld(settings: ZitadelSettings): Promise<World> {
  const now = settings.now ?? (() => Date.now());
  const users = new Users(now);
  return {
    issuer: settings.issuer, now, users,
    projectId: settings.projectId ?? '300000000000000001',
    orgId: settings.orgId ?? '300000000000000002',
    accessTokenSeconds: settings.accessTokenSeconds ?? 43_200,
    sleep: settings.sleep ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms))),
    serviceAccounts: new ServiceAccounts(users, now),
    grantNotes: new Expiring(now),
    signer: await makeSigner(settings.keyAlgorithm ?? 'RS256'),
    instance: { oidcTokenExchange: true, enableImpersonation: true, debugOidcParentError: false },
    switches: { ...DEFAULT_ZITADEL_SWITCHES, ...settings.switches },
  };
}

/** Somebody whom the projections know already. */
export function findProjected({ users, now, switches }: World, userId: string): User | undefined {
  const user = users.find(userId);
  return user && isProjected(user, { now, switches }) ? user : undefined;
}

export function isProjected({ createdAt }: User, { now, switches }: Pick<World, 'now' | 'switches'>): boolean {
  return now() - createdAt >= switches.eventualConsistencyMs;
}
