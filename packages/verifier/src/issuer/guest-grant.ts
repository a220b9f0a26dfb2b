import { passGate } from '../gate/gate.ts';
import type { Grant } from './grant.ts';
import { Refused } from './refused.ts';

/** A guest is whoever has its key, so the same key is the same guest again, and nothing is written down (docs/protocol.md). */
export const grantGuest: Grant = async (asked, { settings, sessions, prove }) => {
  const { thumbprint } = await passGate(asked, settings, () => prove(asked, 'dpop', 'only where iat is off'));
  const subject = `g_${thumbprint}`;
  const { kind, generation } = await settings.store.standing(subject, null);
  if (kind !== 'guest') throw new Refused('invalid_grant', 'This guest is a user by now: sign in, or make a new key');
  return sessions.issue({ id: sessions.newId(), subject, kind, generation, thumbprint });
};
