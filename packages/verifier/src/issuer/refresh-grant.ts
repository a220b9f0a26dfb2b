import { takeTurnOf } from '../gate/gate.ts';
import { required } from './form.ts';
import type { Grant } from './grant.ts';
import { Refused } from './refused.ts';

/** Renews a session for whoever has its key. The refresh token is not replaced: bound to a key that cannot be copied, it is of no use to a thief, and a lost answer costs nothing (RFC 9449 §5). */
export const renew: Grant = async (asked, { settings, sessions, prove }) => {
  const refreshToken = required(asked.form, 'refresh_token');
  const proof = await prove(asked, 'dpop', 'needed');
  const { thumbprint } = proof;
  await takeTurnOf(proof, settings);
  const session = await sessions.read(refreshToken);
  if (!session) throw over();
  if (session.thumbprint !== thumbprint) throw new Refused('invalid_dpop_proof', 'The DPoP proof is of another key than the one this session is bound to');
  const { kind, generation, revoked } = await settings.store.standing(session.subject, session.id);
  if (revoked || kind !== session.kind || generation !== session.generation) throw over();
  return sessions.issue(session);
};

function over(): Refused {
  return new Refused('invalid_grant', 'This session is over: start or sign in anew');
}
