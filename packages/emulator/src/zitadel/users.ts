import { Refusal } from './refusal.ts';

export interface Profile {
  readonly givenName: string;
  readonly familyName: string;
  readonly nickName?: string;
  readonly displayName?: string;
  readonly preferredLanguage?: string;
}

export interface Email {
  readonly email: string;
  readonly isVerified: boolean;
  /** What proves the address, and until when (ms since epoch). */
  readonly code?: { readonly text: string; readonly expiresAt: number };
}

export interface MetadataEntry {
  /** Base64. */
  readonly value: string;
  readonly createdAt: number;
  readonly changedAt: number;
}

/** Somebody known to the instance. Never changed: a change puts another one in its place. */
export interface User {
  readonly userId: string;
  readonly username: string;
  /** Milliseconds since epoch, as all times here. */
  readonly createdAt: number;
  readonly changedAt: number;
  /** How many changes there were. */
  readonly sequence: number;
  readonly profile: Profile;
  readonly email: Email;
  readonly password?: string;
  readonly metadata: ReadonlyMap<string, MetadataEntry>;
  /** A service account, which no person signs in as. */
  readonly machine?: { readonly name: string; readonly roles: readonly string[] };
}

type Described = Omit<User, 'userId' | 'createdAt' | 'changedAt' | 'sequence' | 'metadata'> & { readonly userId?: string; readonly metadata?: ReadonlyMap<string, string> };

/** All users, each under its id and its login name: the name alone is unique, whatever its case. */
export class Users {
  readonly #byId = new Map<string, User>();
  readonly #idByName = new Map<string, string>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @throws Refusal where the name or the id is taken */
  add({ userId = newId(), metadata = new Map(), ...rest }: Described): User {
    if (this.#byId.has(userId)) throw new Refusal('failed_precondition', 'COMMAND-7yiox1isql', 'User already exists');
    const now = this.#now();
    const entries = [...metadata].map(([key, value]) => [key, { value, createdAt: now, changedAt: now }] as const);
    const user: User = { ...rest, userId, createdAt: now, changedAt: now, sequence: 1, metadata: new Map(entries) };
    this.#claimName(user);
    this.#byId.set(userId, user);
    return user;
  }

  /** All of the changes or, where it throws, none. @throws Refusal where the new name is taken */
  change(user: User, changes: Partial<Omit<User, 'userId'>>): User {
    const changed: User = { ...user, ...changes, changedAt: this.#now(), sequence: user.sequence + 1 };
    this.#claimName(changed);
    if (nameKey(user.username) !== nameKey(changed.username)) this.#idByName.delete(nameKey(user.username));
    this.#byId.set(user.userId, changed);
    return changed;
  }

  delete(user: User): void {
    this.#byId.delete(user.userId);
    this.#idByName.delete(nameKey(user.username));
  }

  find(userId: string): User | undefined {
    return this.#byId.get(userId);
  }

  /** The person who signs in under a name. */
  findByLoginName(name: string): User | undefined {
    return this.#byId.get(this.#idByName.get(nameKey(name)) ?? '');
  }

  /** Oldest first. */
  all(): readonly User[] {
    return [...this.#byId.values()];
  }

  #claimName({ userId, username }: User): void {
    const owner = this.#idByName.get(nameKey(username));
    if (owner !== undefined && owner !== userId) throw new Refusal('already_exists', 'V3-DKcYh', 'User already exists');
    this.#idByName.set(nameKey(username), userId);
  }
}

function nameKey(username: string): string {
  return username.normalize('NFC').toLowerCase();
}

/** Eighteen random digits, as the vendor's ids have. */
export function newId(): string {
  const [random = 0n] = crypto.getRandomValues(new BigUint64Array(1));
  return String(100_000_000_000_000_000n + (random % 900_000_000_000_000_000n));
}
