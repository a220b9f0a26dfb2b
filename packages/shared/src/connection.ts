import type { SubjectKind } from './session.ts';

/** True for the id of a service client, whose connection only makes guests. */
export function isServiceClient(connectionId: string | undefined): boolean {
  // What an app passed may be no text; and no regular expression, see `withoutSlash` in the SDK's settings.
  return ['sc_', 'ext_'].some((mark) => String(connectionId).startsWith(mark));
}

/**
 * Guest or user, by the connection in an Authress token (`azp`): a user's only where that connection is known to be
 * a real one; anything else is a guest's.
 */
export function authressKind(azp: string | undefined, userConnections: readonly string[]): SubjectKind {
  return azp !== undefined && !isServiceClient(azp) && userConnections.includes(azp) ? 'user' : 'guest';
}
