/** What changed between two records, in the app's words. This tab and the others are told by this same line. */
import type { SubjectKind } from '@passerby/shared';
import type { SessionRecord } from './record.ts';

export type NoticeType =
  | 'guest_started' | 'linked' | 'moved' | 'identity_in_use' | 'stayed_guest' | 'signed_in' | 'refreshed'
  | 'guest_ended' | 'user_expired' | 'signed_out' | 'storage_degraded';

export function noticesBetween(before: SessionRecord, after: SessionRecord): NoticeType[] {
  const was = before.session;
  const is = after.session;
  const asks: NoticeType[] = after.conflict && before.conflict?.id !== after.conflict.id ? ['identity_in_use'] : [];
  if (was && is?.subject === was.subject && (was.kind === 'guest' || is.kind === 'user')) {
    if (is.kind !== was.kind) return ['linked', ...asks];
    const stayed: NoticeType[] = before.conflict && !after.conflict ? ['stayed_guest'] : [];
    return [...(is.accessToken === was.accessToken ? [] : (['refreshed'] as const)), ...stayed, ...asks];
  }
  // A guest that became another one, or a user who became a guest, was lost on the way (storage cleared): that is said first.
  const left: NoticeType[] = was && is?.kind !== 'user' ? [farewell(was.kind, after)] : [];
  const came: NoticeType[] = is ? [is.kind === 'guest' ? 'guest_started' : was && is.movedFrom === was.subject ? 'moved' : 'signed_in'] : [];
  return [...left, ...came, ...asks];
}

const farewell = (kind: SubjectKind, after: SessionRecord): NoticeType =>
  after.ended === 'signed_out' ? 'signed_out' : kind === 'guest' && after.ended !== 'user_expired' ? 'guest_ended' : 'user_expired';
