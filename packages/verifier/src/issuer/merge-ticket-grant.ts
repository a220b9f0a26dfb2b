import { currentSession } from './current-session.ts';
import { required } from './form.ts';
import type { Grant } from './grant.ts';
import { Refused } from './refused.ts';

/** How long a shop's server may take to redeem a ticket. */
const TICKET_SECONDS = 300;

/** Proves to the shop's server that a guest and a user are one person: whoever asks has the keys of both (docs/protocol.md). */
export const grantMergeTicket: Grant = async (asked, parts) => {
  const [from, to] = [required(asked.form, 'subject_token'), required(asked.form, 'actor_token')];
  const guest = await currentSession(from, await parts.prove(asked, 'subject_dpop', 'needed'), parts);
  const user = await currentSession(to, await parts.prove(asked, 'dpop', 'needed'), parts);
  if (guest.kind !== 'guest' || user.kind !== 'user') throw new Refused('invalid_grant', 'subject_token is not of a guest, or actor_token not of a user');
  return { merge_ticket: await parts.sessions.mergeTicket({ from: guest.subject, to: user.subject, lifetimeSeconds: TICKET_SECONDS }), expires_in: TICKET_SECONDS };
};
