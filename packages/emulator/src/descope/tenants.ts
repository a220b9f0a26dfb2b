import type { Json } from '@passerby/shared';
import { newId } from './ids.ts';
import { Refusal } from './refusal.ts';
import { flag, optionalCount, optionalText } from './wire.ts';

export interface Tenant {
  readonly id: string;
  readonly name: string;
  /** As they were sent. */
  settings: Json;
  /** What its members' tokens live, where it says so itself. */
  lifetimes: Lifetimes | undefined;
}

export interface Lifetimes {
  readonly sessionSeconds: number;
  readonly refreshSeconds: number;
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { seconds: 1, minutes: 60, hours: 3600, days: 86_400, weeks: 604_800 };
const SHORTEST_SESSION_SECONDS = 180;

export class Tenants {
  readonly #byId = new Map<string, Tenant>();

  /** @throws Refusal where the id or the name is taken */
  add({ id = newId('T2'), name }: { readonly id?: string | undefined; readonly name: string }): Tenant {
    if ([...this.#byId.values()].some((other) => other.id === id || other.name === name)) throw new Refusal('invalid', 'There is such a tenant already');
    const tenant: Tenant = { id, name, settings: {}, lifetimes: undefined };
    this.#byId.set(id, tenant);
    return tenant;
  }

  /** @throws Refusal */
  get(id: string): Tenant {
    const tenant = this.#byId.get(id);
    if (!tenant) throw new Refusal('invalid', 'There is no such tenant');
    return tenant;
  }

  /** Of all tenants that say something about it, the stricter wins. */
  strictest(ids: readonly string[], project: Lifetimes): Lifetimes {
    const own = ids.flatMap((id) => this.#byId.get(id)?.lifetimes ?? []);
    if (own.length === 0) return project;
    return { sessionSeconds: Math.min(...own.map(({ sessionSeconds }) => sessionSeconds)), refreshSeconds: Math.min(...own.map(({ refreshSeconds }) => refreshSeconds)) };
  }
}

/** Takes the settings over. @throws Refusal */
export function configure(tenant: Tenant, settings: Json, project: Lifetimes): void {
  const lifetimes = {
    sessionSeconds: seconds(settings, 'sessionTokenExpiration') ?? project.sessionSeconds,
    refreshSeconds: seconds(settings, 'refreshTokenExpiration') ?? project.refreshSeconds,
  };
  if (lifetimes.sessionSeconds < SHORTEST_SESSION_SECONDS || lifetimes.sessionSeconds > lifetimes.refreshSeconds) {
    throw new Refusal('invalid', 'A session token lives three minutes or more, and no longer than the refresh token');
  }
  tenant.settings = settings;
  tenant.lifetimes = flag(settings, 'enabled') === 'set' ? lifetimes : undefined;
}

function seconds(settings: Json, name: string): number | undefined {
  const amount = optionalCount(settings, name);
  if (amount === undefined || amount === 0) return undefined;
  const unit = UNIT_SECONDS[optionalText(settings, `${name}Unit`) ?? 'minutes'];
  if (unit === undefined) throw new Refusal('invalid', `The ${name}Unit field is no unit`);
  return amount * unit;
}
