import type { SubjectKind } from '@passerby/shared';
import type { Exchange, Exchanged, Identity, Links } from './links.ts';

interface Written {
  readonly exchange: Exchange;
  readonly answer: Exchanged;
}

/** Links in memory. No step waits for another, so each is whole by itself. */
export class MemoryLinks implements Links {
  readonly #now: () => number;
  readonly #isRevoked: (sessionId: string) => boolean;
  readonly #generations = new Map<string, number>();
  readonly #owners = new Map<string, string>();
  readonly #written = new Map<string, Written>();
  readonly #used = new Map<string, string>();

  constructor({ now, isRevoked }: { now(): number; isRevoked(sessionId: string): boolean }) {
    this.#now = now;
    this.#isRevoked = isRevoked;
  }

  standing(subject: string): { readonly kind: SubjectKind; readonly generation: number } {
    const generation = this.#generations.get(subject);
    return generation === undefined ? { kind: 'guest', generation: 0 } : { kind: 'user', generation };
  }

  async exchange(exchange: Exchange): Promise<Exchanged | null> {
    this.#forget();
    const { linkId, proofId, thumbprint, gainer } = exchange;
    const before = this.#written.get(linkId);
    if (before) return before.exchange.proofId === proofId && before.exchange.thumbprint === thumbprint ? before.answer : null;
    if (this.#used.has(proofId) || (gainer && !this.#isAsBefore(gainer))) return null;
    const answer = this.#write(exchange);
    this.#written.set(linkId, { exchange, answer });
    this.#used.set(proofId, linkId);
    return answer;
  }

  async exchanged(linkId: string): Promise<Exchanged | null> {
    this.#forget();
    return this.#written.get(linkId)?.answer ?? null;
  }

  #write({ identity, gainer, newSubject, sessionId, thumbprint, authTime }: Exchange): Exchanged {
    const owner = this.#owners.get(nameOf(identity));
    const subject = owner ?? gainer?.subject ?? newSubject;
    const isOthers = gainer !== null && subject !== gainer.subject;
    if (!isOthers && (gainer?.kind === 'guest' || !this.#generations.has(subject))) this.#generations.set(subject, this.standing(subject).generation + 1);
    this.#owners.set(nameOf(identity), subject);
    const outcome = isOthers ? 'in_use' : gainer ? 'linked' : 'signed_in';
    return { outcome, subject, generation: this.standing(subject).generation, sessionId, thumbprint, authTime };
  }

  #isAsBefore({ subject, kind, generation, sessionId }: NonNullable<Exchange['gainer']>): boolean {
    const now = this.standing(subject);
    return now.kind === kind && now.generation === generation && !this.#isRevoked(sessionId);
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
