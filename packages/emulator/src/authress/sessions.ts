import { Expiring } from '../expiring.ts';
import type { Person } from '../people.ts';
import { randomName } from '../random.ts';
import type { Identities } from './identities.ts';

/** Somebody's sign-in on the login host. */
export interface Session {
  /** Names the session in its tokens; no secret. */
  readonly ref: string;
  /** Only in the cookie. */
  readonly secret: string;
  readonly subject: string;
  readonly kind: 'guest' | 'user';
  readonly connectionId: string;
  /** Who it is; a guest is nobody in particular. */
  readonly person: Person | undefined;
  readonly applicationId: string;
  /** The origin of the page the person came back to. */
  readonly appOrigin: string;
  readonly scope: string;
  readonly audiences: readonly string[];
}

/** The sessions of the login host. A guest's session is over as soon as its subject is a user's. */
export class Sessions {
  readonly #sessions: Expiring<Session>;
  readonly #clock: () => number;
  readonly #identities: Identities;
  readonly #lifetimeMs: number;

  constructor({ clock, identities, lifetimeMs }: { clock: () => number; identities: Identities; lifetimeMs: number }) {
    this.#clock = clock;
    this.#identities = identities;
    this.#lifetimeMs = lifetimeMs;
    this.#sessions = new Expiring(clock);
  }

  begin(session: Omit<Session, 'ref' | 'secret'>): Session {
    const begun = { ref: randomName(), secret: randomName(), ...session };
    this.prolong(begun);
    return begun;
  }

  prolong(session: Session): void {
    this.#sessions.set(session.ref, session, this.#clock() + this.#lifetimeMs);
  }

  find(ref: string): Session | undefined {
    const session = this.#sessions.get(ref);
    return session && (session.kind === 'user' || !this.#identities.isUser(session.subject)) ? session : undefined;
  }

  findByCookie(value: string | undefined): Session | undefined {
    const [ref = '', secret] = value?.split('.') ?? [];
    const session = this.find(ref);
    return session && session.secret === secret ? session : undefined;
  }

  end(ref: string): void {
    this.#sessions.delete(ref);
  }

  clear(): void {
    this.#sessions.clear();
  }
}

export function cookieValue({ ref, secret }: Session): string {
  return `${ref}.${secret}`;
}
