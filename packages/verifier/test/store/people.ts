import { createHash } from 'node:crypto';
import type { Exchange, Gainer, Identity, Store } from '../../src/index.ts';

export const NOW = 1_800_000_000_000;

/** Opens an empty store that goes by this clock. */
export type OpenStore<S extends Store = Store> = (now: () => number) => Promise<S>;

export async function start<S extends Store>(open: OpenStore<S>): Promise<{ readonly clock: { ms: number }; readonly store: S }> {
  const clock = { ms: NOW };
  return { clock, store: await open(() => clock.ms) };
}

export const hash = (text: string): string => createHash('sha256').update(text).digest('base64url');
export const guest = (name: string): Gainer => ({ subject: `g_${hash(name)}`, kind: 'guest', generation: 0, sessionId: `session of guest ${name}` });
export const google = (name: string): Identity => ({ issuer: 'https://accounts.google.example', subject: name });

/** A sign-in of its own: each name is another round trip, ID token and key. */
export function signIn(name: string, identity: Identity, rest: Partial<Exchange> = {}): Exchange {
  return {
    linkId: hash(`link ${name}`), proofId: hash(`proof ${name}`), thumbprint: hash(`key ${name}`), sessionId: `session ${name}`, identity, gainer: null,
    authTime: NOW / 1000 - 5, newSubject: `u_${hash(name)}`, until: NOW + 600_000, ...rest,
  };
}

/** Somebody with one identity. */
export async function user(store: Store, name: string, identity = google(name)): Promise<Gainer> {
  const done = await store.exchange(signIn(`first of ${name}`, identity));
  if (!done) throw new Error(`${name} could not sign in`);
  return { subject: done.subject, kind: 'user', generation: done.generation, sessionId: done.sessionId };
}

export const identitiesOf = async (store: Store, subject: string): Promise<readonly string[]> => (await store.identitiesOf(subject)).map(({ identity }) => identity.subject);
