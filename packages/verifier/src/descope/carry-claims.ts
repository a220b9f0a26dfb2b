import type { Json } from '@passerby/shared';
import type { Caller } from '../tokens/verify-token.ts';
import { shown } from '../listed-texts.ts';
import type { Context } from './context.ts';
import { forServers } from './refusals.ts';
import { invalid } from './token-check.ts';

/** What a shop's server has in its hands when a guest has become, or is merged into, another subject: the session tokens of both; or, where they are cookies, the request. */
export type Carrying = { readonly guestToken: string; readonly userToken: string } | { readonly request: Request };

/** Whose request it is, and the guest who was here before them. It throws Unauthorized. */
export type WhoMerges = (request: Request) => Promise<{ readonly guest: Caller; readonly user: Caller }>;

export interface Carried {
  readonly from: string;
  readonly to: string;
  /** The names that the user has now, and had not before. */
  readonly carried: readonly string[];
}

/** Gives a user what the shop lists of their guest, and that the user has no value for: again and again is the same as once. @throws Unauthorized */
export async function carryClaims(carrying: Carrying, { settings, service, checkToken }: Context, whoMerges: WhoMerges): Promise<Carried> {
  const { guest, user } = 'request' in carrying ? await whoMerges(carrying.request) : { guest: await checkToken(carrying.guestToken, ['DS']), user: await checkToken(carrying.userToken, ['DS']) };
  if (guest.kind !== 'guest') throw invalid('guestToken is not of a guest');
  if (user.kind !== 'user') throw invalid('userToken is not of a user');
  return forServers(async () => {
    const known = await service.user({ userId: user.subject });
    if (!known) throw invalid('The user is not there any more');
    const kept: Json = settings.generation.type === 'anonymous_jwt' ? guest.claims : ((await service.user({ userId: guest.subject }))?.attributes ?? {});
    // An empty text is what somebody left when they took it away.
    const missing = Object.entries(shown(kept, settings.claims)).filter(([name]) => (known.attributes[name] ?? null) === null || !Object.hasOwn(known.attributes, name));
    for (const [name, text] of missing) await service.setAttribute(user.subject, name, text);
    return { from: guest.subject, to: user.subject, carried: missing.map(([name]) => name) };
  }, settings);
}
