/** Carries a guest's things over to a user: at least once, with a stable key, until the app took them. */
import { LoginError, type StoredSession } from '@passerby/shared';
import type { Merge } from '../core/record.ts';
import type { Context } from './context.ts';

export interface GuestMerge {
  /** The guest's subject. */
  readonly from: string;
  /** The user's subject. */
  readonly to: string;
  /** The same for every try of this merge. */
  readonly key: string;
  /** The guest's own token, as proof for the shop's server. @throws LoginError `grant_refused` once it has ended, `unsupported` where it stays on the server */
  guestToken(): Promise<string>;
  /** A proof that the guest and the user are one person, for the shop's server to redeem; only where the verifier issues the guests. @throws LoginError `unsupported`, `grant_refused`, retryable codes */
  ticket(): Promise<string>;
}

export type MergeGuest = (merge: GuestMerge) => Promise<void>;

const LONGEST_PAUSE_MS = 60_000;

/** Offers the app every merge of the user who is here. Resolves after the first try of each; what failed is tried again while the page lives. */
export async function deliverMerges(context: Context): Promise<void> {
  const { keeper, settings } = context;
  const { mergeGuest } = settings;
  // Another page of the site may have the hook.
  if (!mergeGuest) return;
  const due = keeper.record.merges.filter((merge) => merge.to === keeper.record.session?.subject);
  await Promise.all(due.map((merge) => keeper.once(`merge ${merge.key}`, () => offer(context, merge, mergeGuest, 1_000))));
}

async function offer(context: Context, merge: Merge, mergeGuest: MergeGuest, pauseMs: number): Promise<void> {
  const { keeper } = context;
  try {
    await mergeGuest({ from: merge.from.subject, to: merge.to, key: merge.key, guestToken: () => guestToken(context, merge), ticket: () => ticket(context, merge) });
    await keeper.commit({ type: 'merged', key: merge.key });
  } catch (error) {
    reportError(error);
    void keeper.ports.clock.sleep(pauseMs).then(() => {
      const stillDue = keeper.record.merges.some(({ key }) => key === merge.key) && keeper.record.session?.subject === merge.to;
      return stillDue ? keeper.once(`merge ${merge.key}`, () => offer(context, merge, mergeGuest, Math.min(pauseMs * 2, LONGEST_PAUSE_MS))) : undefined;
    });
  }
}

function guestToken({ keeper }: Context, { key, from: first }: Merge): Promise<string> {
  const isOver = ({ receivedAt, lifetimeMs }: StoredSession, now: number): boolean => now > receivedAt + lifetimeMs;
  return keeper.alone(`guest of ${key}`, async (ports, { merges }) => {
    const from = merges.find((merge) => merge.key === key)?.from ?? first;
    if (from.tokenType === 'Cookie') throw new LoginError('unsupported', 'Tokens stay on the server here: its cookies are the proof');
    if (!isOver(from, ports.now())) return from.accessToken;
    // Only a renewal that is the guest's alone: a service's one cookie is the user's by now.
    if (from.renewal.type !== 'refresh_token') throw new LoginError('grant_refused', "The guest's token has ended");
    const at = ports.now();
    const grant = await keeper.provider.refresh(from, ports);
    if (grant.subject !== from.subject) throw new LoginError('response_invalid', 'The service renewed somebody else');
    await keeper.commit({ type: 'guest_renewed', key, grant, at });
    return grant.accessToken;
  });
}

async function ticket({ keeper }: Context, { from, to }: Merge): Promise<string> {
  const { provider, record: { session } } = keeper;
  if (!provider.mergeTicket) throw new LoginError('unsupported', "This service has no merge tickets: the guest's own token, or its cookie, is the proof");
  if (!from.key) throw new LoginError('grant_refused', "Somebody signed out since: nothing proves whose the guest's things were");
  if (session?.subject !== to) throw new LoginError('session_changed', 'Somebody else is here by now');
  return keeper.ask(async (ports) => (await provider.mergeTicket?.(from, session, ports)) ?? '');
}
