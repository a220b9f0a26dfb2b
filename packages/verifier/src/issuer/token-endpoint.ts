import { exchange, linkResult } from './exchange-grant.ts';
import { required, type Asked } from './form.ts';
import type { Grant, GrantParts } from './grant.ts';
import { grantGuest } from './guest-grant.ts';
import { grantMergeTicket } from './merge-ticket-grant.ts';
import { renew } from './refresh-grant.ts';
import { Refused } from './refused.ts';

const GRANTS: ReadonlyMap<string, Grant> = new Map([
  ['urn:passerby:grant-type:guest', grantGuest],
  ['refresh_token', renew],
  ['urn:ietf:params:oauth:grant-type:token-exchange', exchange],
  ['urn:passerby:grant-type:link-result', linkResult],
  ['urn:passerby:grant-type:merge-ticket', grantMergeTicket],
]);

export const GRANT_TYPES: readonly string[] = [...GRANTS.keys()];

/** RFC 6749 §3.2 @throws Refused */
export async function answerTokenRequest(asked: Asked, parts: GrantParts): Promise<object> {
  const grant = GRANTS.get(required(asked.form, 'grant_type'));
  if (!grant) throw new Refused('unsupported_grant_type', `grant_type is none of ${GRANT_TYPES.join(', ')}`);
  return grant(asked, parts);
}
