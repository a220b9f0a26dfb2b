import { takeTurnOf } from '../gate/gate.ts';
import { currentSession } from './current-session.ts';
import { required } from './form.ts';
import type { Grant } from './grant.ts';

/** Renews a session for whoever has its key. The refresh token is not replaced: bound to a key that cannot be copied, it is of no use to a thief, and a lost answer costs nothing (RFC 9449 §5). */
export const renew: Grant = async (asked, parts) => {
  const refreshToken = required(asked.form, 'refresh_token');
  const proof = await parts.prove(asked, 'dpop', 'needed');
  await takeTurnOf(proof, parts.settings);
  return parts.sessions.issue(await currentSession(refreshToken, proof, parts));
};
