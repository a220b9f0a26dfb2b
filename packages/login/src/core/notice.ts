/** What changed between two records, in the app's words. This tab and the others are told by this same line. */
import type { SessionRecord } from './record.ts';

export type NoticeType =
  | 'guest_started' | 'linked' | 'moved' | 'identity_in_use' | 'signed_in' | 'refreshed'
  | 'guest_ended' | 'user_expired' | 'signed_out' | 'storage_degraded';

export function noticesBetween(before: SessionRecord, after: SessionRecord): NoticeType[] {
  const notices: NoticeType[] = [];
  const was = before.session;
  const is = after.session;
  if (is && was?.subject !== is.subject) notices.push(is.kind === 'guest' ? 'guest_started' : 'signed_in');
  else if (is && was) {
    if (is.kind !== was.kind) notices.push('linked');
    else if (is.accessToken !== was.accessToken) notices.push('refreshed');
  } else if (was && !is) notices.push(after.ended === 'guest_expired' ? 'guest_ended' : after.ended === 'user_expired' ? 'user_expired' : 'signed_out');
  if (after.conflict && before.conflict?.id !== after.conflict.id) notices.push('identity_in_use');
  return notices;
}
