import { required, type Asked } from './form.ts';
import type { GrantParts } from './grant.ts';

/** Longer than any refresh token of the session that another instance is issuing just now, by its own clock. */
const MARGIN_SECONDS = 3_600;

/** Ends the renewal of one session; what cannot be renewed anyway is ended too (RFC 7009 §2.2). @throws Refused `invalid_request` */
export async function answerRevocation({ form }: Asked, { settings: { store, refreshSeconds, now }, sessions }: GrantParts): Promise<Record<string, never>> {
  const session = await sessions.read(required(form, 'token'));
  // Not until this token's own end: a later one of the same session may be about.
  if (session) await store.revoke(session.id, now() + (refreshSeconds + MARGIN_SECONDS) * 1000);
  return {};
}
