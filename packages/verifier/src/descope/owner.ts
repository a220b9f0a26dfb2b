/** Whose an e-mail is: only whoever has proven it has it. An account that somebody opened with it and never proved keeps nobody out, and gains nothing. */
import type { Context } from './context.ts';
import { GUEST_DOMAIN, type User } from './service.ts';
import type { Old } from './settings.ts';

export interface Ownership {
  /** Has proven it, and is not the guest. */
  readonly owner: User | null;
  /** Is known by it as a login ID, and is not the guest: perhaps the owner, perhaps somebody who only wrote it down. */
  readonly holder: User | null;
}

export async function ownershipOf(email: string, guest: User, { service }: Context): Promise<Ownership> {
  const named = await service.user({ loginId: email });
  const found = [...(named ? [named] : []), ...(await service.usersOf(email))].filter(({ subject }) => subject !== guest.subject);
  return { owner: found.find((user) => hasProven(user, email)) ?? null, holder: named && named.subject !== guest.subject ? named : null };
}

/** The same text for the same owner and holder. */
export const nameOf = ({ owner, holder }: Ownership): string => [owner, holder].map((user) => user?.subject ?? '').join(' ');

/** By which login ID the owner is sent a code to this e-mail; null: by none, for one that is another address would be mailed there. */
export function loginIdOf({ loginIds }: User, email: string): string | null {
  const isShort = (loginId: string): boolean => loginId.length <= 128;
  return loginIds.find((loginId) => loginId.toLowerCase() === email.toLowerCase()) ?? loginIds.find((loginId) => !loginId.includes('@') && isShort(loginId)) ?? null;
}

export const hasProven = (user: User, email: string): boolean => user.hasVerifiedEmail && user.email.toLowerCase() === email.toLowerCase();
export const isGuestId = (loginId: string): boolean => loginId.toLowerCase().endsWith(GUEST_DOMAIN);
export const isGuest = ({ tenantIds }: User, { tenantId }: Old): boolean => tenantIds.includes(tenantId);
