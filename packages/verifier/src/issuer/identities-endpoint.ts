import { sha256 } from '../sha256.ts';
import type { Identity } from '../store/links.ts';
import { currentSession, requireRecentSignIn } from './current-session.ts';
import { required, type Asked } from './form.ts';
import type { GrantParts } from './grant.ts';
import { Refused } from './refused.ts';

/**
 * By which identities whoever has this session signs in; with `unlink`, without that one from now on (docs/protocol.md).
 * @throws Refused `login_required`, `last_identity`, and what a renewal is refused with
 */
export async function answerIdentities(asked: Asked, parts: GrantParts): Promise<object> {
  const session = await currentSession(required(asked.form, 'refresh_token'), await parts.prove(asked, 'dpop', 'needed'), parts);
  const unlinked = asked.form.get('unlink');
  if (unlinked !== undefined) {
    requireRecentSignIn(session, parts.settings.now());
    await unlink(session.subject, unlinked, parts);
  }
  return { identities: (await list(session.subject, parts)).map(({ id, identity, linkedAt }) => ({ id, issuer: identity.issuer, linked_at: Math.floor(linkedAt / 1000) })) };
}

async function unlink(subject: string, id: string, parts: GrantParts): Promise<void> {
  const found = (await list(subject, parts)).find((one) => one.id === id);
  // One that is not there is off already: an answer can be lost.
  if (found && (await parts.settings.store.unlink(subject, found.identity)) === 'last') {
    throw new Refused('last_identity', 'It is the only one: without it nobody could sign in as this user again');
  }
}

async function list(subject: string, { settings }: GrantParts): Promise<readonly { readonly id: string; readonly identity: Identity; readonly linkedAt: number }[]> {
  return (await settings.store.identitiesOf(subject)).map((one) => ({ ...one, id: idOf(one.identity) }));
}

/** A name for an identity that says nothing of the person at the provider. */
const idOf = ({ issuer, subject }: Identity): string => sha256(JSON.stringify([issuer, subject]));
