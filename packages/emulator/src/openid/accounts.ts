import type { Account } from 'oidc-provider';
import type { Person } from '../people.ts';
import { sha256 } from '../random.ts';

/** Who ever signed in, each under the subject that the provider gave them. */
export class Accounts {
  readonly #people = new Map<string, Person>();

  /** The subject of somebody at a connection, `undefined` being the provider itself; the same one each time, also after a restart. */
  async subjectOf(person: Person, connectionId: string | undefined): Promise<string> {
    const subject = await sha256(JSON.stringify([connectionId ?? null, person.personId]));
    this.#people.set(subject, person);
    return subject;
  }

  find(subject: string): Account | undefined {
    const person = this.#people.get(subject);
    return person && { accountId: subject, claims: () => ({ sub: subject, name: person.name, email: person.email, email_verified: true }) };
  }
}
