import { shown } from '../listed-texts.ts';
import type { Context } from './context.ts';
import { forServers } from './refusals.ts';
import { invalid } from './token-check.ts';

/** What a shop's server has in its hands when a guest of the new generation has become, or is merged into, a user. */
export interface Carrying {
  /** The session token of the guest. */
  readonly guestToken: string;
  /** The session token of the user. */
  readonly userToken: string;
}

export interface Carried {
  readonly from: string;
  readonly to: string;
  /** The names that the user has now, and had not before. */
  readonly carried: readonly string[];
}

/** Gives a user the listed claims of their guest that the user has no value for: again and again is the same as once. @throws TypeError, Unauthorized */
export async function carryClaims({ guestToken, userToken }: Carrying, { settings, service, checkToken }: Context): Promise<Carried> {
  if (settings.generation.type !== 'anonymous_jwt') throw new TypeError('carryClaims: a guest of temporary_user keeps their attributes, so there is nothing to carry');
  const [guest, user] = [await checkToken(guestToken, ['DS']), await checkToken(userToken, ['DS'])];
  if (guest.kind !== 'guest') throw invalid('guestToken is not of a guest');
  if (user.kind !== 'user') throw invalid('userToken is not of a user');
  return forServers(async () => {
    const known = await service.user({ userId: user.subject });
    if (!known) throw invalid('The user is not there any more');
    // An empty text is what somebody left when they took it away.
    const missing = Object.entries(shown(guest.claims, settings.claims)).filter(([name]) => (known.attributes[name] ?? null) === null || !Object.hasOwn(known.attributes, name));
    for (const [name, text] of missing) await service.setAttribute(user.subject, name, text);
    return { from: guest.subject, to: user.subject, carried: missing.map(([name]) => name) };
  }, settings);
}
