/** The record where nothing is stored, and which of two records holds. */
import type { SessionRecord } from './record.ts';

export const emptyRecord: SessionRecord = {
  schema: 1, line: '', version: 0, turn: 0, session: null, ended: null, parked: null, pending: [], conflict: null, merges: [], backoff: null,
};

/** Which of two records holds: the later one of a line; of two lines the stored one, which all other tabs see, unless nobody is in it who was not signed out. */
export function newer(mine: SessionRecord, stored: SessionRecord): SessionRecord {
  if (mine.line === '') return stored;
  if (stored.line === mine.line) return stored.version > mine.version ? stored : mine;
  if (bringsBack(mine, stored)) return mine;
  if (stored.session || stored.ended || (stored.line !== '' && !mine.session)) return stored;
  return 'aside' in stored ? { ...mine, aside: stored.aside } : mine;
}

/** Whether storage that was cleared was filled again by a tab that had slept through a sign-out. */
export const bringsBack = ({ left = [] }: SessionRecord, { arrival }: SessionRecord): boolean => arrival !== undefined && left.includes(arrival);
