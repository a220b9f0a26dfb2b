/** Takes back whoever was sent away: out of the address bar, and into the record. Nothing here waits for the network. */
import { changed, returned } from '../core/at-once.ts';
import type { PendingAuthorization, StoredOutcome } from '../core/record.ts';
import type { SessionReader } from '../session-reader.ts';

const MAX_ADDRESS_LENGTH = 8_192;

/** What the address bar held when the page was loaded; taken out of it at once. */
export interface Arrival {
  readonly state: string;
  readonly callback: string;
  /** Present where it is the service's own callback, whoever began it. */
  readonly origin?: 'service' | undefined;
  /** The address as it was, for a callback that turns out not to be ours. */
  readonly address: URL;
  readonly cleaned: URL;
}

/** Takes a callback out of the address bar. Synchronous, so that no script that runs later sees its code. */
export function arrive({ ports: { navigation }, provider }: SessionReader): Arrival | null {
  const address = navigation.current();
  const found = address.href.length <= MAX_ADDRESS_LENGTH && provider.callbackState(address);
  if (!found) return null;
  const cleaned = new URL(address);
  for (const parameter of found.parameters) cleaned.searchParams.delete(parameter);
  navigation.rewrite(cleaned);
  return { state: found.state, origin: found.origin, callback: address.search, address, cleaned };
}

/** The round trip that this page has to finish, or the end of one that was begun elsewhere; null: this page is no callback of ours. */
export async function takeBack(reader: SessionReader, arrival: Arrival | null): Promise<{ readonly open: PendingAuthorization } | { readonly outcome: StoredOutcome } | null> {
  const { navigation } = reader.ports;
  const open = reader.record.pending.find((one) => (arrival ? one.state === arrival.state : one.callback !== null && !one.outcome));
  if (!open) {
    if (arrival?.origin === 'service') return { outcome: { type: 'failed', error: { code: 'wrong_browser' } } };
    if (arrival && navigation.current().href === arrival.cleaned.href) navigation.rewrite(arrival.address);
    return null;
  }
  if (arrival) {
    // Only while the app has not gone on by itself.
    if (navigation.current().href === arrival.cleaned.href && sameDocument(arrival.cleaned, open.returnTo)) navigation.rewrite(onSite(open.returnTo, arrival.cleaned));
    if (!open.outcome && open.callback === null) await reader.update((record) => changed(record, returned(record, open.state, arrival.callback)));
    // Somebody just came through the network from the service.
    await reader.wake();
  }
  return { open };
}

const sameDocument = (address: URL, path: string): boolean => onSite(path, address).pathname === address.pathname;

/** Joined as text: resolved, `//host/path` would be taken for a host. */
export const onSite = (path: string, { origin }: URL): URL => new URL(origin + path);
