import type { Person } from '../people.ts';
import { randomName } from '../random.ts';

/** A proof from one connection. */
export interface Identity {
  readonly connectionId: string;
  readonly person: Person;
}

/** Which subject an identity proves. Empty at start: nobody has ever signed in. */
export class Identities {
  readonly #subjects = new Map<string, string>();
  /** In the order they were bound; a subject stays here when its last identity was unlinked, for it never is a guest's again. */
  readonly #identities = new Map<string, Identity[]>();

  subjectOf(identity: Identity): string | undefined {
    return this.#subjects.get(keyOf(identity));
  }

  of(subject: string): readonly Identity[] {
    return this.#identities.get(subject) ?? [];
  }

  /** True once an identity was bound to the subject. */
  isUser(subject: string): boolean {
    return this.#identities.has(subject);
  }

  bind(identity: Identity, subject: string): void {
    this.#subjects.set(keyOf(identity), subject);
    this.#identities.set(subject, [...this.of(subject), identity]);
  }

  unbind(identity: Identity, subject: string): void {
    this.#subjects.delete(keyOf(identity));
    this.#identities.set(subject, this.of(subject).filter((other) => keyOf(other) !== keyOf(identity)));
  }

  /** A subject nobody has. */
  newSubject(): string {
    return `user_${randomName()}`;
  }
}

function keyOf({ connectionId, person }: Identity): string {
  return JSON.stringify([connectionId, person.personId]);
}
