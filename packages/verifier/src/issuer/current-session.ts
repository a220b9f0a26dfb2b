import type { Proof } from '../tokens/dpop-proof.ts';
import type { GrantParts } from './grant.ts';
import { Refused } from './refused.ts';
import type { Session } from './sessions.ts';

/** How recently a user must have signed in to change how they sign in. */
const RECENT_SECONDS = 600;

/** The session of a refresh token, where whoever asks has its key and it goes on. @throws Refused `invalid_grant`, `invalid_dpop_proof` */
export async function currentSession(refreshToken: string, { thumbprint }: Proof, { settings, sessions }: Pick<GrantParts, 'settings' | 'sessions'>): Promise<Session> {
  const session = await sessions.read(refreshToken);
  if (!session) throw over();
  if (session.thumbprint !== thumbprint) throw new Refused('invalid_dpop_proof', 'The DPoP proof is of another key than the one its session is bound to');
  const { kind, generation, revoked } = await settings.store.standing(session.subject, session.id);
  if (revoked || kind !== session.kind || generation !== session.generation) throw over();
  return session;
}

/** @throws Refused `login_required` */
export function requireRecentSignIn({ kind, authTime = 0 }: Session, nowMs: number): void {
  if (kind === 'user' && authTime < nowMs / 1000 - RECENT_SECONDS) throw new Refused('login_required', 'Who changes how they sign in shows first that it is them: sign in once more, at most ten minutes ago');
}

function over(): Refused {
  return new Refused('invalid_grant', 'This session is over: start or sign in anew');
}
