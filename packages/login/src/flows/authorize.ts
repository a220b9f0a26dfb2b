/** Sends a person away to sign in or link, and redeems what they come back with. */
import { isLoginError, LoginError, type Grant } from '@passerby/shared';
import { waitMs } from '../core/policy.ts';
import { PENDING_LIFETIME_MS, type PendingAuthorization, type Purpose, type StoredOutcome } from '../core/record.ts';
import type { Popup, ProviderPorts } from '../ports/ports.ts';
import type { Authorization } from '../providers/provider.ts';
import type { AskPerson } from './challenge.ts';
import { onSite } from './arrive.ts';
import type { Context } from './context.ts';

/** So many departures in this time without an answer are a loop. */
const LOOP_MS = 60_000;
const LOOP_COUNT = 4;
/** How long a page keeps trying to redeem a code. */
const PERSIST_MS = 10_000;

export interface Departure {
  readonly purpose: Purpose;
  readonly connectionId: string;
  readonly redirectUrl?: string | undefined;
  /** Whose identity it becomes, where their session has just ended; default: of who is here. */
  readonly subject?: string | undefined;
  readonly loginHint?: string | undefined;
  /** The window to send the person to, instead of leaving this page. */
  readonly popup?: Popup | null | undefined;
  /** Tells the person that a link was mailed to them. */
  readonly challenge?: AskPerson | undefined;
}

/** How often a page looks whether its sign-in window is still there. */
const LOOK_EVERY_MS = 300;

/**
 * Writes the intent down and sends the person away. By redirect it never resolves; by popup with what became of it.
 * @throws LoginError `storage_unavailable`, `navigation_failed`, `insecure_context`, `config_invalid`, retryable codes
 */
export async function leave(context: Context, departure: Departure): Promise<StoredOutcome> {
  const { keeper } = context;
  const { popup } = departure;
  const { url, state } = await keeper.alone(`leave ${departure.connectionId}`, (ports, record) => {
    const recent = record.pending.filter((one) => one.purpose === departure.purpose && keeper.ports.clock.now() - one.startedAt < LOOP_MS);
    if (departure.purpose === 'guest' && recent.length >= LOOP_COUNT) throw new LoginError('navigation_failed', 'This page keeps being sent away without an answer; check the redirect URL at the service');
    return begin(context, departure, ports);
  });
  if (url === null) return outcomeOf(context, state, mailed(departure));
  try {
    if (popup) popup.go(url);
    else keeper.ports.navigation.leave(url);
  } catch (cause) {
    throw new LoginError('navigation_failed', 'The browser refused to leave this page: a sandboxed frame may not navigate', { cause });
  }
  return popup ? outcomeOf(context, state, popup) : new Promise<never>(() => undefined);
}

/** Until the person gives up waiting on this page; a link that they open later still counts. */
function mailed({ challenge, loginHint = '' }: Departure): Pick<Popup, 'isGivenUp'> {
  const wait = { isOver: false };
  const end = (): void => void (wait.isOver = true);
  challenge?.({ type: 'link_sent', sentTo: loginHint }).then(end, (error: unknown) => {
    reportError(error);
    end();
  });
  return { isGivenUp: () => wait.isOver };
}

/** What became of a sign-in in another window: the page that it ends on writes it into the record, and that is all that is read of it. */
async function outcomeOf(context: Context, state: string, popup: Pick<Popup, 'isGivenUp'>): Promise<StoredOutcome> {
  const { keeper } = context;
  const begunAt = keeper.ports.clock.monotonic();
  for (;;) {
    // What comes later than that is refused anyway.
    const givenUp = popup.isGivenUp() || keeper.ports.clock.monotonic() - begunAt > PENDING_LIFETIME_MS;
    if (givenUp) await keeper.read();
    const one = find(context, (other) => other.state === state);
    // Gone: given up by signing out.
    if (!one) return { type: 'cancelled' };
    if (one.outcome) return one.outcome;
    // Closed in the middle of the exchange: this page goes on.
    if (givenUp) return (one.callback !== null && (await persist(context, state))) || { type: 'cancelled' };
    await keeper.pause(LOOK_EVERY_MS);
  }
}

async function begin({ keeper, settings }: Context, { purpose, connectionId, redirectUrl = settings.redirectUrl, popup, loginHint, ...departure }: Departure, ports: ProviderPorts): Promise<Pick<Authorization, 'url' | 'state'>> {
  const here = keeper.ports.navigation.current();
  const end = endOf(redirectUrl, here);
  const { session } = keeper.record;
  const request = { purpose, connectionId, redirectUrl: end, session, loginHint, after: keeper.record.ended };
  const { url, state, codeVerifier, key, details, send } = await keeper.provider.authorize(request, ports).catch((error: unknown) => {
    // The service has forgotten the session that asks, perhaps because it has linked it already: a sign-in tells, as subjects are compared on return.
    if (purpose === 'link' && isLoginError(error) && error.status === 401) return keeper.provider.authorize({ ...request, purpose: 'sign_in', session: null }, ports);
    throw error;
  });
  await keeper.commit({
    type: 'begun',
    pending: {
      id: ports.crypto.randomUUID(), state, purpose, connectionId, codeVerifier, redirectUrl: end,
      returnTo: here.pathname + here.search + here.hash, subject: departure.subject ?? session?.subject ?? null, startedAt: ports.now(), callback: null, unsure: false, outcome: null, key, details,
      ...(popup && { popup: 'popup' }),
    },
  });
  // Unless it is written down, nobody will know the callback, and the service may have changed its cookie by then.
  if (!keeper.saved) throw new LoginError('storage_unavailable', 'Signing in needs storage that works: this browser refuses it, or it is full');
  await send?.();
  return { url, state };
}

/**
 * Somebody who signed in on this very page: as if they had left it and come back.
 * @throws LoginError `response_invalid`, `session_changed`
 */
export async function admit({ keeper }: Context, { purpose, connectionId, subject }: Pick<Departure, 'purpose' | 'connectionId'> & { readonly subject: string | null }, { grant, at }: { readonly grant: Grant; readonly at: number }): Promise<StoredOutcome> {
  if (grant.kind !== 'user') throw new LoginError('response_invalid', 'The service signed in the wrong kind of subject');
  const id = keeper.ports.provider.crypto.randomUUID();
  return keeper.alone(`admit ${id}`, async (ports, { session, ended }) => {
    // Signed out, or somebody else, while the answer was on its way.
    if (session ? session.subject !== subject : subject !== null && ended === 'signed_out') {
      await keeper.provider.endSession?.({ ...grant, receivedAt: at }, ports, 'this_one').catch((error: unknown) => { if (!isLoginError(error)) throw error; });
      throw new LoginError('session_changed', 'Somebody signed out, or in, meanwhile: begin again');
    }
    await keeper.commit({
      type: 'begun',
      pending: { id, state: id, purpose, connectionId, subject, codeVerifier: '', redirectUrl: keeper.ports.navigation.current().href, returnTo: '/', startedAt: ports.now(), callback: null, unsure: false, outcome: null },
    });
    await keeper.commit({ type: 'completed', state: id, grant, at });
    return keeper.record.pending.find((one) => one.id === id)?.outcome ?? { type: 'cancelled' };
  });
}

/** Ends the round trip that this page came back from. */
export async function finish(context: Context, { state, popup, outcome: known }: PendingAuthorization, how: 'arrived' | 'goes on'): Promise<StoredOutcome | null> {
  const outcome = known ?? (await persist(context, state));
  if (how === 'arrived' && popup && outcome) context.keeper.ports.navigation.closePopup();
  return outcome;
}

/** A code is young for a minute or so: a short outage must not cost the sign-in. */
async function persist(context: Context, state: string): Promise<StoredOutcome | null> {
  const { keeper } = context;
  const { clock } = keeper.ports;
  const deadline = clock.now() + PERSIST_MS;
  let failure = new LoginError('server', 'The identity service failed just now; the sign-in is kept, and goes on with the next call');
  for (;;) {
    const pauseMs = waitMs(keeper.record, clock.now());
    if (clock.now() + pauseMs > deadline) throw failure;
    if (pauseMs > 0) {
      await keeper.pause(pauseMs);
      continue;
    }
    try {
      const pending = await redeem(context, state);
      if (!pending || pending.outcome) return pending && pending.outcome;
    } catch (error) {
      if (!isLoginError(error) || !error.retryable) throw error;
      failure = error;
    }
  }
}

/** Redeems the code that came back: once, whoever else holds the same callback. */
function redeem(context: Context, state: string): Promise<PendingAuthorization | null> {
  const { keeper } = context;
  const { clock } = keeper.ports;
  return keeper.alone(`redeem ${state}`, async (ports, record) => {
    const pending = find(context, (one) => one.state === state);
    // Another tab redeemed it, or has just failed and put everybody off.
    if (!pending || pending.outcome || pending.callback === null || waitMs(record, ports.now()) > 0) return pending;
    try {
      if (!pending.unsure && clock.now() - pending.startedAt > PENDING_LIFETIME_MS) throw new LoginError('callback_invalid', 'Signing in took longer than ten minutes: start it again');
      // Written ahead: whoever comes after a tab that died in the middle knows that the service may have done it already,
      // and that asking twice for the same code may undo it.
      const { unsure } = pending;
      const at = clock.now();
      if (!unsure) await keeper.commit({ type: 'unsure', state });
      const exchanged = keeper.provider.exchange.bind(keeper.provider, new URLSearchParams(pending.callback), pending, ports, {
        current: record.session ?? record.parked, keep: async (details) => void (await keeper.commit({ type: 'kept', state, details })),
      });
      const grant = unsure ? await resumedOr(exchanged, context, pending, ports) : await exchanged();
      if ((grant.kind === 'guest') !== (pending.purpose === 'guest')) throw new LoginError('response_invalid', 'The service signed in the wrong kind of subject');
      await keeper.commit({ type: 'completed', state, grant, at });
    } catch (error) {
      if (!isLoginError(error)) throw error;
      if (error.retryable) {
        await keeper.putOff(error);
        throw error;
      }
      const { code, message } = error;
      // Nobody asked a guest for anything: it is the service that wants none.
      const outcome = code === 'login_denied' && pending.purpose !== 'guest' ? { type: 'cancelled' as const }
        : code === 'identity_in_use' ? { type: code } as const
        : { type: 'failed' as const, error: { code, message } };
      await keeper.commit({ type: 'not_completed', state, outcome });
    }
    return find(context, (one) => one.state === state);
  });
}

/**
 * Whether a link that this browser began, and whose way back was cut, is done all the same: the service's session says so.
 * @throws LoginError retryable codes
 */
export async function recover(context: Context, connectionId: string): Promise<boolean> {
  const { keeper } = context;
  const findCut = (): PendingAuthorization | null => find(context, (one) => one.purpose === 'link' && one.connectionId === connectionId && !one.outcome && one.callback === null
    && keeper.record.session?.kind === 'guest' && one.subject === keeper.record.session.subject && keeper.ports.clock.now() - one.startedAt < PENDING_LIFETIME_MS);
  const cut = findCut();
  if (!cut) return false;
  await keeper.alone(`recover ${cut.state}`, async (ports, record) => {
    const at = ports.now();
    // Another tab ended it, or somebody else is here by now.
    if (findCut()?.state !== cut.state || waitMs(record, at) > 0) return;
    const grant = await resumed(context, cut, ports);
    if (grant?.kind === 'user' && grant.subject === cut.subject) await keeper.commit({ type: 'completed', state: cut.state, grant, at });
  });
  return find(context, (one) => one.state === cut.state)?.outcome?.type === 'linked';
}

/** What the first try did, however late it was done; else another try. */
async function resumedOr(exchanged: () => Promise<Grant>, context: Context, pending: PendingAuthorization, ports: ProviderPorts): Promise<Grant> {
  const before = await resumed(context, pending, ports);
  if (before) return before;
  try {
    return await exchanged();
  } catch (error) {
    // Refused as used already, perhaps by the first try, which may have come through meanwhile.
    const after = isLoginError(error) && !error.retryable ? await resumed(context, pending, ports) : null;
    if (after) return after;
    throw error;
  }
}

async function resumed({ keeper }: Context, pending: PendingAuthorization, ports: ProviderPorts): Promise<Grant | null> {
  try {
    return (await keeper.provider.resume?.(pending, ports)) ?? null;
  } catch (error) {
    if (isLoginError(error) && error.code === 'grant_refused') return null;
    throw error;
  }
}

const find = ({ keeper }: Context, test: (one: PendingAuthorization) => boolean): PendingAuthorization | null => keeper.record.pending.find(test) ?? null;

/** Where the service sends people back to. @throws LoginError `config_invalid` */
export function endOf(redirectUrl: string | undefined, here: URL): string {
  if (redirectUrl === undefined) return onSite(here.pathname, here).href;
  if (URL.canParse(redirectUrl, here) && /^https?:$/.test(new URL(redirectUrl, here).protocol)) return new URL(redirectUrl, here).href;
  throw new LoginError('config_invalid', 'redirectUrl is not the address of a page');
}
