import type { SubjectKind } from '@passerby/shared';
import { heirOf, isSame, judge, standingOf, type Exchange, type Exchanged, type Identity, type LinkedIdentity, type Links } from './links.ts';

interface User {
  readonly generation: number;
  /** By name. */
  readonly identities: Map<string, LinkedIdentity>;
}

interface Written {
  readonly exchange: Exchange;
  readonly answer: Exchanged;
}

/** Links in memory. No step waits for another, so each is whole by itself. */
export class MemoryLinks implements Links {
  readonly #now: () => number;
  readonly #isRevoked: (sessionId: string) => boolean;
  readonly #users = new Map<string, User>();
  readonly #owners = new Map<string, string>();
  readonly #written = new Map<string, Written>();
  readonly #used = new Set<string>();

  constructor({ now, isRevoked }: { now(): number; isRevoked(sessionId: string): boolean }) {
    this.#now = now;
    this.#isRevoked = isRevoked;
  }

  standing(subject: string): { readonly kind: SubjectKind; readonly generation: number } {
    return standingOf(this.#generationOf(subject));
  }

  async exchange(exchange: Exchange): Promise<Exchanged | null> {
    this.#forget();
    const before = this.#written.get(exchange.linkId);
    if (before) return isSame(before.exchange, exchange) ? before.answer : null;
    const answer = this.#used.has(exchange.proofId) ? null : this.#judge(exchange);
    if (!answer) return null;
    this.#give(exchange, answer);
    this.#written.set(exchange.linkId, { exchange, answer });
    this.#used.add(exchange.proofId);
    return answer;
  }

  async exchanged(linkId: string): Promise<Exchanged | null> {
    this.#forget();
    return this.#written.get(linkId)?.answer ?? null;
  }

  async identitiesOf(subject: string): Promise<readonly LinkedIdentity[]> {
    return [...(this.#users.get(subject)?.identities.values() ?? [])];
  }

  async unlink(subject: string, identity: Identity): Promise<'unlinked' | 'unknown' | 'last'> {
    const [name, user] = [nameOf(identity), this.#users.get(subject)];
    if (!user?.identities.has(name)) return 'unknown';
    if (user.identities.size === 1) return 'last';
    user.identities.delete(name);
    this.#owners.delete(name);
    return 'unlinked';
  }

  #judge(exchange: Exchange): Exchanged | null {
    const { gainer, identity } = exchange;
    const owner = this.#owners.get(nameOf(identity)) ?? heirOf(exchange);
    return judge(exchange, {
      owner, ownerGeneration: this.#generationOf(owner), gainerGeneration: gainer && this.#generationOf(gainer.subject),
      isRevoked: gainer !== null && this.#isRevoked(gainer.sessionId),
    });
  }

  #give({ identity }: Exchange, { subject, generation }: Exchanged): void {
    const name = nameOf(identity);
    const user = this.#users.get(subject) ?? { generation, identities: new Map<string, LinkedIdentity>() };
    if (!user.identities.has(name)) user.identities.set(name, { identity, linkedAt: this.#now() });
    this.#users.set(subject, user);
    this.#owners.set(name, subject);
  }

  #generationOf(subject: string): number | null {
    return this.#users.get(subject)?.generation ?? null;
  }

  #forget(): void {
    for (const [linkId, { exchange }] of this.#written) {
      if (exchange.until > this.#now()) return;
      this.#written.delete(linkId);
      this.#used.delete(exchange.proofId);
    }
  }
}

const nameOf = ({ issuer, subject }: Identity): string => JSON.stringify([issuer, subject]);
