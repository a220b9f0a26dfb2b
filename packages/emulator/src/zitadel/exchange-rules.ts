import { ExchangeRefusal } from './exchange-refusal.ts';
import type { ExchangeToken } from './exchange-token.ts';
import type { ZitadelSwitches } from './switches.ts';

/** Whose tokens are exchanged: without an actor the subject stands in its place. */
export interface Parties {
  readonly subject: ExchangeToken;
  readonly actor: ExchangeToken;
}

/** Whom the new tokens are for. @throws ExchangeRefusal `invalid_target` */
export function allowedAudience(asked: readonly string[], { subject, actor }: Parties): readonly string[] {
  const foreign = asked.find((one) => !subject.audience.includes(one) && !actor.audience.includes(one));
  if (foreign !== undefined) throw new ExchangeRefusal('invalid_target', `audience "${foreign}" not found in subject or actor token`);
  if (asked.length > 0) return asked;
  return subject.audience.length > 0 ? subject.audience : actor.audience;
}

/** What the new tokens may do. @throws ExchangeRefusal `invalid_scope` */
export function allowedScopes(asked: readonly string[], { subject, actor }: Parties, { offlineAccessForPat }: Pick<ZitadelSwitches, 'offlineAccessForPat'>): readonly string[] {
  const scopes = asked.length > 0 ? asked : subject.scopes.length > 0 ? subject.scopes : actor.scopes;
  const isImpersonation = subject !== actor && subject.scopes.length === 0;
  if (isImpersonation && offlineAccessForPat === 'granted') return scopes;
  const foreign = scopes.find((scope) => !subject.scopes.includes(scope) && !actor.scopes.includes(scope) && (!isImpersonation || mayDoMore(scope)));
  if (foreign !== undefined) throw new ExchangeRefusal('invalid_scope', `scope "${foreign}" not found in subject or actor token`);
  return scopes;
}

const PRIVILEGES = [
  'urn:iam:org:project:roles', 'urn:zitadel:iam:org:projects:roles', 'urn:zitadel:iam:org:project:', 'urn:zitadel:iam:org:id:', 'urn:zitadel:iam:org:domain:primary:', 'urn:zitadel:iam:org:roles:id:',
  'urn:zitadel:iam:org:idp:id:',
];

/** Whether a scope says what a token may do, rather than what it tells about a person. */
function mayDoMore(scope: string): boolean {
  return scope === 'offline_access' || PRIVILEGES.some((privilege) => scope.startsWith(privilege));
}
