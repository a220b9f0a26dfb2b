import type { User } from './users.ts';
import type { World } from './world.ts';

/** Two users become one: what the survivor has stays, what they lack they get, and the other is nobody any more. */
export function mergeUsers({ users, switches }: World, { from, into }: { readonly from: User; readonly into: User }): void {
  users.delete(from);
  users.setLoginIds(into, [...into.loginIds, ...from.loginIds]);
  if (switches.mergedTenants === 'united') into.tenants = new Map([...from.tenants, ...into.tenants]);
  into.customAttributes = new Map([...from.customAttributes, ...into.customAttributes]);
  into.providers = new Set([...into.providers, ...from.providers]);
  into.password ??= from.password;
}
