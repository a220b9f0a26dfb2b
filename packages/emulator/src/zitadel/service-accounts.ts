import { randomName } from '../random.ts';
import type { User, Users } from './users.ts';

/** What a service account is there for: making and impersonating end users. */
const DEFAULT_ROLES: readonly string[] = ['ORG_USER_MANAGER', 'ORG_END_USER_IMPERSONATOR'];

export interface ServiceAccount {
  readonly userId: string;
  /** The personal access token. */
  readonly pat: string;
}

/** Who holds a personal access token, and until when. */
export class ServiceAccounts {
  readonly #pats = new Map<string, { readonly userId: string; readonly expiresAt: number }>();
  readonly #users: Users;
  readonly #now: () => number;

  constructor(users: Users, now: () => number) {
    this.#users = users;
    this.#now = now;
  }

  /** `expiresAt` is ms since epoch. */
  add({ name = 'guests', roles = DEFAULT_ROLES, expiresAt = Infinity }: { readonly name?: string; readonly roles?: readonly string[]; readonly expiresAt?: number } = {}): ServiceAccount {
    const username = `${name}-${randomName(8)}`;
    const { userId } = this.#users.add({ username, profile: { givenName: '', familyName: '' }, email: { email: '', isVerified: false }, machine: { name, roles } });
    const pat = randomName(71);
    this.#pats.set(pat, { userId, expiresAt });
    return { userId, pat };
  }

  expire(pat: string): void {
    this.#pats.delete(pat);
  }

  /** The account whose token this is, while both are good. */
  holderOf(pat: string): User | undefined {
    const found = this.#pats.get(pat);
    return found && found.expiresAt > this.#now() ? this.#users.find(found.userId) : undefined;
  }
}

const MANAGER = /^(?:IAM_OWNER|IAM_USER_MANAGER|ORG_OWNER|ORG_USER_MANAGER)$/;

export function mayManageUsers({ machine }: User): boolean {
  return machine?.roles.some((role) => MANAGER.test(role)) === true;
}

export function mayManageInstance({ machine }: User): boolean {
  return machine?.roles.includes('IAM_OWNER') === true;
}

/** An end user may be impersonated by any impersonator, another service account only by one of administrators. */
export function mayImpersonate(actor: User, subject: User): boolean {
  const pattern = subject.machine ? /^(?:IAM|ORG)_ADMIN_IMPERSONATOR$/ : /^(?:IAM|ORG)_(?:END_USER|ADMIN)_IMPERSONATOR$/;
  return actor.machine?.roles.some((role) => pattern.test(role)) === true;
}
