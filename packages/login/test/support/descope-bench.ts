/** Descope and a verifier who say what each test has them say, and what they were asked. */
import type { StoredSession } from '@passerby/shared';
import type { ProviderPorts } from '../../src/ports/ports.ts';
import { descope, type DescopeOptions } from '../../src/providers/descope.ts';
import type { Answer, AuthorizationRequest, LinkStep, Provider } from '../../src/providers/provider.ts';
import { ISSUED, PROJECT, refreshToken, sessionToken } from './descope-samples.ts';
import { grantOf, pendingOf } from './samples.ts';

export const BASE = 'https://api.descope.com';
export const VERIFIER = 'https://verifier.shop.test/auth';
export const PAGE = 'https://www.shop.test/tea?cup=2';
export const TENANT = 'T2guests';
export const EMAIL = { loginId: 'ada@example.com' };

export const make = (change: Partial<DescopeOptions> = {}): Provider => descope({ projectId: PROJECT, verifier: VERIFIER, ...change });
export const provider = make();
export const old = make({ generation: 'temporary_user', guestTenantId: TENANT });

/** Received at 0 on a device whose clock is decades slow. */
export const guest: StoredSession = {
  ...grantOf('U2guest', 'guest', { accessToken: sessionToken(), renewal: { type: 'refresh_token', refreshToken: refreshToken() }, connectionId: 'guest', issuedAt: ISSUED * 1000 }), receivedAt: 0,
};
export const user: StoredSession = { ...guest, subject: 'U2ada', kind: 'user' };
export const inCookies: StoredSession = { ...guest, renewal: { type: 'cookie' } };
export const ended: StoredSession = { ...guest, renewal: { type: 'none' } };

export interface Asked {
  readonly url: string;
  readonly init: RequestInit;
  readonly headers: Record<string, string>;
  /** What the form or the JSON says. */
  readonly body: Record<string, unknown>;
}

interface Redeemed {
  readonly by?: Provider;
  readonly current?: StoredSession | null;
  readonly connectionId?: string;
  readonly subject?: string | null;
  readonly startedAt?: number;
}

export class DescopeBench {
  /** Given in turn. */
  readonly answers: (Response | Error)[] = [];
  readonly asked: Asked[] = [];
  /** Ms since epoch, as this device believes. */
  now = 5_000;

  readonly ports: ProviderPorts = {
    crypto, now: () => this.now, breathe: () => Promise.resolve(), cookies: () => '', signal: new AbortController().signal,
    fetch: async (url, init) => {
      const body = init.body instanceof URLSearchParams ? Object.fromEntries(init.body) : (JSON.parse(String(init.body)) as Record<string, unknown>);
      this.asked.push({ url, init, headers: (init.headers ?? {}) as Record<string, string>, body });
      const answer = this.answers.shift();
      if (answer instanceof Response) return answer;
      throw answer ?? new Error('Nobody answers here');
    },
  };

  says(status: number, body: unknown, headers = {}): void {
    this.answers.push(new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers }));
  }

  request(change: Partial<AuthorizationRequest> = {}): AuthorizationRequest {
    return { purpose: 'link', connectionId: 'google', redirectUrl: PAGE, session: guest, ...change };
  }

  startGuest(by = provider, change: Partial<AuthorizationRequest> = {}) {
    return by.startGuest!(this.request({ purpose: 'guest', connectionId: 'guest', session: null, ...change }), this.ports);
  }

  exchange(query: string, { by = provider, current = guest, ...pending }: Redeemed = {}) {
    return by.exchange(new URLSearchParams(query), pendingOf({ connectionId: 'google', redirectUrl: PAGE, subject: 'U2guest', startedAt: this.now, ...pending }), this.ports, { current, keep: async () => undefined });
  }

  refresh(session = guest, by = provider) {
    return by.refresh(session, this.ports);
  }

  answer(step: LinkStep | null, answer: Answer, current: StoredSession | null = guest): Promise<LinkStep> {
    if (!step || !('challenge' in step)) throw new Error('Nothing is asked');
    return step.answer(answer, this.ports, current);
  }

  /** The person has typed their e-mail, and the code is on its way. */
  atCode(by = provider, session: StoredSession | null = guest): Promise<LinkStep> {
    this.says(200, { maskedEmail: 'a**@example.com', challenge: 'sealed' });
    return this.answer(by.link!(session, 'email'), EMAIL, session);
  }
}
