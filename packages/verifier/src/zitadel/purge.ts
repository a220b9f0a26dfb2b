/** Deletes the guests who did not come back. */
import type { Decisions } from './decisions.ts';
import { ServiceFailed } from './failures.ts';
import { isOlder, judgeLooks } from './judge.ts';
import type { Listed, Looks, Service } from './service.ts';

export interface PurgeOptions {
  /** How long ago the day of their tag must have been over, in milliseconds. */
  readonly olderThan: number;
  /** Told after each page. */
  readonly on?: ((progress: Purged) => void) | undefined;
}

/** How many guests were looked at, and what became of them. */
export interface Purged {
  readonly looked: number;
  readonly deleted: number;
  /** Too young, just being made a user or merged, or no guests at all. */
  readonly kept: number;
  /** To be tried again by the next purge. */
  readonly failed: number;
}

export interface PurgeParts {
  readonly service: Service;
  readonly decisions: Decisions;
  report(message: string): void;
  now(): number;
}

/** As many as are looked at between two reports of progress, and at once. */
const PAGE = 40;
const AT_ONCE = 8;

type Outcome = 'deleted' | 'kept' | 'failed';

/** @throws TypeError; Error where ZITADEL cannot be asked who there is */
export async function purgeGuests({ olderThan, on }: PurgeOptions, parts: PurgeParts): Promise<Purged> {
  if (!Number.isFinite(olderThan) || olderThan < 0) throw new TypeError('purgeGuests: olderThan is not a number of milliseconds of 0 or more');
  const all = await listAll(parts.service);
  const count = { looked: 0, deleted: 0, kept: 0, failed: 0 };
  for (let from = 0; from < all.length; from += PAGE) {
    const page = all.slice(from, from + PAGE);
    for (let first = 0; first < page.length; first += AT_ONCE) {
      const outcomes = await Promise.all(page.slice(first, first + AT_ONCE).map((listed) => purgeOne(listed, olderThan, parts)));
      for (const outcome of outcomes) count[outcome] += 1;
    }
    count.looked += page.length;
    on?.({ ...count });
  }
  return count;
}

/** Before anything is deleted: a list that shrinks cannot be walked through. */
async function listAll(service: Service): Promise<readonly Listed[]> {
  const all = new Map<string, Listed>();
  let by: 'tag' | 'email' = 'tag';
  for (let offset = 0; ; ) {
    const page: readonly Listed[] | null = await listPage(service, by, offset);
    if (page === null) by = 'email';
    else if (page.length === 0) return [...all.values()];
    else for (const one of page) all.set(one.subject, one);
    offset += page?.length ?? 0;
  }
}

/** Null where the server does not know how to look for a tag. */
async function listPage(service: Service, by: 'tag' | 'email', offset: number): Promise<readonly Listed[] | null> {
  try {
    return await service.listGuests(by, offset);
  } catch (error) {
    if (error instanceof ServiceFailed && error.failure === 'refused' && by === 'tag' && offset === 0) return null;
    throw error;
  }
}

async function purgeOne(listed: Listed, olderThan: number, parts: PurgeParts): Promise<Outcome> {
  try {
    return await decide(listed, olderThan, parts);
  } catch (error) {
    if (!(error instanceof ServiceFailed)) throw error;
    if (error.failure === 'setting' || error.failure === 'refused') parts.report(error.message);
    return 'failed';
  }
}

async function decide({ subject, createdAt }: Listed, olderThan: number, { service, decisions, now }: PurgeParts): Promise<Outcome> {
  const { row, decided } = await decisions.settled(subject, 0);
  // A tag that came while the guest was just becoming a user.
  if (decided === 'user') await decisions.finish(subject, 'found');
  if (decided === 'user' || decided === 'busy') return 'kept';
  // Whoever is gone already, by a merge say, is deleted at any age.
  const isOver = decided === 'over';
  // Spares a request for each guest who is young anyhow.
  if (!isOver && createdAt !== null && createdAt > now() - olderThan) return 'kept';
  const isDue = (looks: Looks | null): boolean => judgeLooks(looks) === 'guest' && (isOver || isOlder(looks?.tags ?? [], olderThan, now()));
  if (!isOver && !isDue(await service.look(subject))) return 'kept';
  const gone = isOver ? row : await decisions.begin(subject, null, { state: 'gone', by: 'purge' });
  if (!gone) return 'kept';
  // From here on nobody becomes a user any more; whoever did before is looked at once more.
  const looks = await service.look(subject);
  if (isDue(looks)) {
    await service.deleteUser(subject);
    return 'deleted';
  }
  if (judgeLooks(looks) === 'user') await decisions.finish(subject, 'found');
  else if (looks) await decisions.putBack(subject, gone);
  return 'kept';
}
