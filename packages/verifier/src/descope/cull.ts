/** Deletes the guests of the old generation who cannot come back any more. */
import { DescopeFailed } from './failures.ts';
import { isGuestId } from './owner.ts';
import { PAGE, type Service, type User } from './service.ts';

export interface DescopeCullOptions {
  /** How long ago they must have been made, in milliseconds. Default, and the least there is: the life of the refresh tokens of the guests' tenant. */
  readonly olderThan?: number | undefined;
  /** Told now and then. */
  readonly on?: ((progress: DescopeCulled) => void) | undefined;
}

/** How many guests were looked at, and what became of them. */
export interface DescopeCulled {
  readonly looked: number;
  readonly deleted: number;
  /** Users by now, or gone already. */
  readonly kept: number;
  /** To be tried again by the next cull. */
  readonly failed: number;
}

export interface CullParts {
  readonly service: Service;
  readonly tenantId: string;
  report(message: string): void;
  now(): number;
}

const AT_ONCE = 8;

/** @throws TypeError; Error where Descope cannot be asked who there is, or where a guest who is deleted could still come back */
export async function cullGuests({ olderThan, on }: DescopeCullOptions, parts: CullParts): Promise<DescopeCulled> {
  const life = await parts.service.refreshLife(parts.tenantId);
  if (life === null) throw new Error("The guests' tenant does not say how long its refresh tokens live, so nobody can tell who is over: enable its session settings");
  if (olderThan !== undefined && (!Number.isFinite(olderThan) || olderThan < life)) throw new TypeError(`cull: olderThan is less than ${Math.ceil(life / 86_400_000)} days: that long a guest may come back, as the tenant is set`);
  const before = parts.now() - (olderThan ?? life);
  const all = await listAll(before, parts);
  const count = { looked: 0, deleted: 0, kept: 0, failed: 0 };
  for (let first = 0; first < all.length; first += AT_ONCE) {
    const outcomes = await Promise.all(all.slice(first, first + AT_ONCE).map((subject) => cullOne(subject, before, parts)));
    for (const outcome of outcomes) count[outcome] += 1;
    count.looked += outcomes.length;
    on?.({ ...count });
  }
  return count;
}

/** Before anything is deleted: a list that shrinks cannot be walked through. */
async function listAll(before: number, { service, tenantId }: CullParts): Promise<readonly string[]> {
  const all = new Set<string>();
  for (let page = 0; ; page += 1) {
    const members = await service.members(tenantId, before, page);
    const known = all.size;
    for (const { subject } of members) all.add(subject);
    // Also where the same page comes again and again.
    if (members.length < PAGE || all.size === known) return [...all];
  }
}

async function cullOne(subject: string, before: number, { service, tenantId, report }: CullParts): Promise<'deleted' | 'kept' | 'failed'> {
  try {
    const user = await service.user({ userId: subject });
    if (!user || !isOver(user, tenantId, before)) return 'kept';
    await service.deleteUser(subject);
    return 'deleted';
  } catch (error) {
    if (!(error instanceof DescopeFailed)) throw error;
    if (error.failure !== 'unavailable') report(error.message);
    return 'failed';
  }
}

/** Whoever has proven anything, or has any way to sign in, is no guest. */
function isOver({ tenantIds, loginIds, hasVerifiedEmail, hasVerifiedPhone, createdAt }: User, tenantId: string, before: number): boolean {
  return tenantIds.includes(tenantId) && loginIds.length > 0 && loginIds.every(isGuestId) && !hasVerifiedEmail && !hasVerifiedPhone && createdAt !== null && createdAt <= before;
}
