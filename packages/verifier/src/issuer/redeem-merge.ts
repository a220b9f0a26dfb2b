import type { Merge, MergeParties } from '../verifier.ts';
import { Unauthorized } from '../tokens/unauthorized.ts';
import type { Caller } from '../tokens/verify-token.ts';
import type { Sessions } from './sessions.ts';
import type { CheckedIssuer } from './settings.ts';

export interface MergeParts {
  readonly settings: CheckedIssuer;
  readonly sessions: Sessions;
}

/** A merge whose asker is known. */
export interface AskedMerge extends Pick<Merge, 'ticket' | 'key'> {
  readonly user: Caller;
}

/** How long a ticket's use is remembered: it is refused by its age long before. */
const REMEMBERED_MS = 3_600_000;

/**
 * Tells the shop's server whose things go where: the ticket proves that one person has the keys of both, the token that it is the user who asks. The same ticket
 * and key again are answered again, because an answer can be lost.
 */
export function createMergeRedeemer({ settings: { store, now }, sessions }: MergeParts): (merge: AskedMerge) => Promise<MergeParties> {
  return async ({ ticket, key, user }) => {
    const read = await sessions.readMergeTicket(ticket);
    if (!read) throw refuse('The merge ticket is not one of this issuer, or over: ask for another one');
    if (!/^[!-~]{1,256}$/.test(key)) throw refuse('The key of a merge is 1 to 256 printable characters: pass on the one of mergeGuest');
    // A ticket for another user is good for nobody else.
    if (user.kind !== 'user' || user.subject !== read.to) throw refuse('The merge ticket is for another user');
    const isFirst = await store.redeem({ ticketId: read.id, key, until: now() + REMEMBERED_MS });
    if (!isFirst) throw refuse('The merge ticket was redeemed already, by another key');
    // Whoever had a ticket made before handing the guest over would otherwise carry off what is a user's by now.
    if ((await store.standing(read.from, null)).kind !== 'guest') throw refuse('The guest is a user by now, and keeps their things');
    return { from: read.from, to: read.to };
  };
}

function refuse(message: string): Unauthorized {
  return new Unauthorized('ticket_refused', message);
}
