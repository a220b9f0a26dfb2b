import { required } from './form.ts';
import type { Grant, GrantParts } from './grant.ts';
import { Refused } from './refused.ts';
import type { Session } from './sessions.ts';

/** How long a shop's server may take to redeem a ticket. */
export const TICKET_SECONDS = 300;

/** Proves to the shop's server that a guest and a user are one person: whoever asks has the keys of both (docs/protocol.md). */
export const grantMergeTicket: Grant = async (asked, parts) => {
  const [from, to] = [required(asked.form, 'subject_token'), required(asked.form, 'actor_token')];
  const guest = await standing(from, (await parts.prove(asked, 'subject_dpop', 'needed')).thumbprint, parts);
  const user = await standing(to, (await parts.prove(asked, 'dpop', 'needed')).thumbprint, parts);
  if (guest.kind !== 'guest' || user.kind !== 'user') throw new Refused('invalid_grant', 'subject_token is not of a guest, or actor_token not of a user');
  return { merge_ticket: await parts.sessions.mergeTicket({ from: guest.subject, to: user.subject, lifetimeSeconds: TICKET_SECONDS }), expires_in: TICKET_SECONDS };
};

/** The session of a refresh token, where its key was shown and it goes on. */
async function standing(refreshToken: string, thumbprint: string, { settings, sessions }: GrantParts): Promise<Session> {
  const session = await sessions.read(refreshToken);
  if (!session) throw over();
  if (session.thumbprint !== thumbprint) throw new Refused('invalid_dpop_proof', 'A DPoP proof is of another key than the one its session is bound to');
  const { kind, generation, revoked } = await settings.store.standing(session.subject, session.id);
  if (revoked || kind !== session.kind || generation !== session.generation) throw over();
  return session;
}

function over(): Refused {
  return new Refused('invalid_grant', 'One of the two sessions is over');
}
