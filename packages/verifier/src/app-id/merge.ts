/** A guest's things are carried over to a user, on the shop's server. */
import { shown } from '../listed-texts.ts';
import type { Context } from './context.ts';
import { becomes, isOf } from './guest-row.ts';
import { forServers } from './refusals.ts';
import { orRefused } from './service.ts';
import { invalid, type Holder } from './token-check.ts';

/** What a shop's server has in its hands when a guest has become, or is merged into, a user. */
export interface GuestAndUser {
  /** The last token of the guest. */
  readonly guestToken: string;
  /** The access token of the user. */
  readonly userToken: string;
}

export interface Merged {
  readonly from: string;
  readonly to: string;
  /** The names of the attributes that the user has now, and had not before. */
  readonly carried: readonly string[];
}

/** One person is both: whoever has the guest's token and the user's. Again and again is the same as once. @throws Unauthorized */
export async function mergeGuest({ guestToken, userToken }: GuestAndUser, context: Context): Promise<Merged> {
  const { checkToken, store, settings } = context;
  const [guest, user] = [await checkToken(guestToken), await checkToken(userToken)];
  if (guest.kind !== 'guest') throw invalid('guestToken is not of a guest');
  if (user.kind !== 'user') throw invalid('userToken is not of a user');
  // By then it is no proof for anybody else.
  if (!isOf(await store.guestRow(guest.subject), user.subject)) throw invalid('This guest is somebody else by now');
  const carried = guest.subject === user.subject ? [] : await forServers(() => carry(guest, user, context), settings);
  if (!(await becomes(guest, user.subject, context))) throw invalid('This guest is somebody else by now');
  return { from: guest.subject, to: user.subject, carried };
}

/** The listed attributes that the user has no value for. What was attached is the user's already, and its own token is over. */
async function carry(guest: Holder, user: Holder, { service, settings }: Context): Promise<readonly string[]> {
  const [mine, theirs] = [await orRefused(service.attributes(guest.token)), await orRefused(service.attributes(user.token))];
  if (mine === 'token_refused' || theirs === 'token_refused') return [];
  const missing = Object.entries(shown(mine, settings.attributes)).filter(([name]) => !Object.hasOwn(theirs, name));
  for (const [name, text] of missing) await service.setAttribute(user.token, name, text);
  return missing.map(([name]) => name);
}
