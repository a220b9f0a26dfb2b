import { DescopeFailed } from './failures.ts';
import type { Service } from './service.ts';

export interface DescopeTenantOptions {
  /** How long a guest who does not come back may still come back. Default 52. */
  readonly refreshWeeks?: number | undefined;
  /** How long a session token lives. Default 10. */
  readonly sessionMinutes?: number | undefined;
}

const TENANT = { id: 'anonymous-users', name: 'Anonymous Users' };

/** Makes the guests' tenant with session settings of its own, where it is not there yet, and tells its id. @throws TypeError, DescopeFailed */
export async function makeTenant(service: Service, { refreshWeeks = 52, sessionMinutes = 10 }: DescopeTenantOptions): Promise<string> {
  if (!isWithin(refreshWeeks, 1, 520) || !isWithin(sessionMinutes, 3, 1_440)) throw new TypeError('descope tenant: refreshWeeks is a whole number from 1 to 520, sessionMinutes one from 3 to 1440');
  try {
    await service.createTenant(TENANT.id, TENANT.name);
  } catch (error) {
    // It is there, or what comes next says that it is not.
    if (!(error instanceof DescopeFailed) || error.failure !== 'refused') throw error;
  }
  if ((await service.refreshLife(TENANT.id)) === null) await service.setTenantLife(TENANT.id, refreshWeeks, sessionMinutes);
  return TENANT.id;
}

function isWithin(value: number, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= least && value <= most;
}
