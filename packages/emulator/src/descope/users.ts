import { isEmail, nameKey, newId } from './ids.ts';
import { Refusal } from './refusal.ts';

export interface Profile {
  name: string;
  givenName: string;
  middleName: string;
  familyName: string;
  phone: string;
  picture: string;
}

export interface User {
  readonly userId: string;
  /** Never empty; changed by `setLoginIds` only. */
  readonly loginIds: readonly string[];
  /** Changed by `setEmail` only, as whether it is verified. */
  readonly email: string;
  readonly verifiedEmail: boolean;
  profile: Profile;
  status: string;
  password: string | undefined;
  roleNames: readonly string[];
  /** Role names by the tenant's id. */
  tenants: ReadonlyMap<string, readonly string[]>;
  customAttributes: ReadonlyMap<string, unknown>;
  /** The providers they signed in with. */
  providers: ReadonlySet<string>;
  readonly test: boolean;
  /** Milliseconds since epoch. */
  readonly createdAt: number;
}

export const NO_PROFILE: Readonly<Profile> = { name: '', givenName: '', middleName: '', familyName: '', phone: '', picture: '' };

export type NewUser = Partial<Omit<User, 'loginIds' | 'createdAt'>> & { readonly loginIds: readonly string[] };

/** Everybody of the project. No login ID is two people's, and no verified e-mail. */
export class Users {
  readonly #byId = new Map<string, User>();
  readonly #byLoginId = new Map<string, User>();
  readonly #byVerifiedEmail = new Map<string, User>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @throws Refusal where a login ID or the verified e-mail is somebody's */
  add({ loginIds, email = '', verifiedEmail = false, ...rest }: NewUser): User {
    const user: User = {
      userId: newId('U2'), profile: { ...NO_PROFILE }, status: 'invited', password: undefined, roleNames: [],
      tenants: new Map(), customAttributes: new Map(), providers: new Set(), test: false, ...rest, loginIds: [], email: '', verifiedEmail: false, createdAt: this.#now(),
    };
    this.#checkEmail(user, email, { verified: verifiedEmail });
    this.setLoginIds(user, loginIds);
    this.setEmail(user, email, { verified: verifiedEmail });
    this.#byId.set(user.userId, user);
    return user;
  }

  delete(user: User): void {
    this.#byId.delete(user.userId);
    for (const loginId of user.loginIds) this.#byLoginId.delete(nameKey(loginId));
    if (user.verifiedEmail) this.#byVerifiedEmail.delete(nameKey(user.email));
  }

  /** Oldest first. */
  all(): readonly User[] {
    return [...this.#byId.values()];
  }

  find(userId: string): User | undefined {
    return this.#byId.get(userId);
  }

  findByLoginId(loginId: string): User | undefined {
    return this.#byLoginId.get(nameKey(loginId));
  }

  findByVerifiedEmail(email: string): User | undefined {
    return this.#byVerifiedEmail.get(nameKey(email));
  }

  /** @throws Refusal where one is somebody else's, or none is left */
  setLoginIds(user: User, loginIds: readonly string[]): void {
    const unique = new Map(loginIds.map((loginId) => [nameKey(loginId), loginId.trim()]));
    unique.delete('');
    if (unique.size === 0) throw new Refusal('invalid', 'A user needs a login ID');
    if ([...unique.keys()].some((key) => (this.#byLoginId.get(key) ?? user) !== user)) throw new Refusal('user_exists', 'A login ID is in use');
    for (const loginId of user.loginIds) this.#byLoginId.delete(nameKey(loginId));
    for (const key of unique.keys()) this.#byLoginId.set(key, user);
    writable(user).loginIds = [...unique.values()];
  }

  /** @throws Refusal where it is no e-mail, or verified by somebody else */
  setEmail(user: User, email: string, { verified }: { readonly verified: boolean }): void {
    this.#checkEmail(user, email, { verified });
    if (user.verifiedEmail) this.#byVerifiedEmail.delete(nameKey(user.email));
    const isVerified = verified && email !== '';
    if (isVerified) this.#byVerifiedEmail.set(nameKey(email), user);
    Object.assign(writable(user), { email, verifiedEmail: isVerified });
  }

  #checkEmail(user: User, email: string, { verified }: { readonly verified: boolean }): void {
    if (email !== '' && !isEmail(email)) throw new Refusal('invalid', 'The email field is no e-mail');
    if (verified && (this.findByVerifiedEmail(email) ?? user) !== user) throw new Refusal('user_exists', 'The e-mail is in use');
  }
}

function writable(user: User): { -readonly [Key in keyof User]: User[Key] } {
  return user;
}
