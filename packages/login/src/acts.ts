/**
 * Whatever asks a service or begins anything: one chunk, which the client fetches when it is first needed, or before that, when the page has time. What a page needs
 * that finds somebody does without it.
 */
import type { Settings } from './core/options.ts';
import type { Context } from './flows/context.ts';
import { browserActPorts } from './ports/act-ports.ts';
import { SessionKeeper } from './session-keeper.ts';
import type { SessionReader } from './session-reader.ts';

export { attributesOf } from './flows/attributes.ts';
export { finish } from './flows/authorize.ts';
export { beGuest } from './flows/be-guest.ts';
export { fetchApi } from './flows/fetch-api.ts';
export { deliverMerges } from './flows/merge.ts';
export { toOutcome, whoCame } from './flows/outcome.ts';
export { sayGoodbye } from './flows/say-goodbye.ts';
export { link, resolveLink, signIn } from './flows/sign-in.ts';
export { listIdentities, unlink } from './flows/unlink.ts';
export { useSession } from './flows/use-session.ts';

/** What every flow works with, around what this page has read. */
export function openContext(reader: SessionReader, settings: Settings): Context {
  const { ports, provider } = reader;
  return { settings, keeper: new SessionKeeper(reader, { ...browserActPorts(`passerby ${provider.id}`, ports.clock), ...ports }) };
}
