import { Expiring } from '../expiring.ts';
import { randomName } from '../random.ts';

export type FlowType = 'code' | 'token' | 'id_token';

/** What an application asked for when it sent somebody away; `state` on the way out, `nonce` on the way back. */
export interface AuthenticationRequest {
  readonly id: string;
  readonly applicationId: string;
  readonly connectionId: string;
  readonly redirectUrl: string;
  readonly codeChallenge: string | undefined;
  readonly flow: readonly FlowType[];
  readonly responseLocation: 'cookie' | 'query' | 'none';
  readonly scope: string;
  readonly audiences: readonly string[];
  /** Who wanted one more identity, and in which session. */
  readonly link: { readonly subject: string; readonly sessionRef: string } | undefined;
}

/** A code on its way through the address bar or a cookie. */
export interface Code {
  readonly requestId: string;
  readonly request: AuthenticationRequest;
  readonly sessionRef: string;
  use: 'unused' | 'used';
}

const REQUEST_LIFETIME_MS = 3_600_000;
const CODE_LIFETIME_MS = 60_000;
/** A used code is remembered longer than it is good for, so that a late second use is still seen. */
const CODE_MEMORY_MS = 600_000;

/** Everything that was begun and not finished. */
export class Requests {
  readonly #clock: () => number;
  readonly #pending: Expiring<AuthenticationRequest>;
  readonly #codes: Expiring<Code & { readonly expiresAt: number }>;
  readonly #challenges: Expiring<true>;

  constructor(clock: () => number) {
    this.#clock = clock;
    this.#pending = new Expiring(clock);
    this.#codes = new Expiring(clock);
    this.#challenges = new Expiring(clock);
  }

  begin(asked: Omit<AuthenticationRequest, 'id'>): AuthenticationRequest {
    const request = { id: randomName(), ...asked };
    const expiresAt = this.#clock() + REQUEST_LIFETIME_MS;
    this.#pending.set(request.id, request, expiresAt);
    if (request.codeChallenge) this.#challenges.set(request.codeChallenge, true, expiresAt);
    return request;
  }

  hasSeenChallenge(challenge: string): boolean {
    return this.#challenges.has(challenge);
  }

  find(id: string): AuthenticationRequest | undefined {
    return this.#pending.get(id);
  }

  /** A request is answered once. */
  finish({ id }: AuthenticationRequest): void {
    this.#pending.delete(id);
  }

  makeCode(request: AuthenticationRequest, sessionRef: string): string {
    const code = randomName(43);
    const now = this.#clock();
    this.#codes.set(code, { requestId: request.id, request, sessionRef, use: 'unused', expiresAt: now + CODE_LIFETIME_MS }, now + CODE_MEMORY_MS);
    return code;
  }

  findCode(code: string): (Code & { readonly isExpired: boolean }) | undefined {
    const found = this.#codes.get(code);
    return found && { ...found, isExpired: found.expiresAt <= this.#clock() };
  }

  markUsed(code: string): void {
    const found = this.#codes.get(code);
    if (found) found.use = 'used';
  }
}
