import { refuseByRules, takeTurn } from '../gate/gate.ts';
import { networkOf } from '../gate/address.ts';
import { Refused } from '../issuer/refused.ts';
import type { Asked } from './asked.ts';
import { WithCookies, type Answer, type Context } from './context.ts';
import type { Kept } from './cookies.ts';
import { tagOf } from './judge.ts';
import { randomHex } from '../random.ts';
import { answerWith, exchangeGuest, renewGuest } from './session.ts';

/** `POST /guest`: the guest of the cookie, or a new one. The cheap checks come first, so that a flood costs little. */
export async function answerGuest(asked: Asked, context: Context): Promise<Answer> {
  await takeNetworkTurn(asked, context);
  const present = await presentGuest(asked, context, asked.body['anew'] === true ? ['invalid_grant', 'guest_upgraded'] : ['invalid_grant']);
  if (present) return answerWith({ kind: 'guest', kept: present }, context);
  await refuseByRules({ form: captchaOf(asked), headers: asked.headers, clientAddress: asked.clientAddress }, context.settings);
  const made = await createGuest(context);
  try {
    return await answerWith({ kind: 'guest', kept: await exchangeGuest(made, context) }, context);
  } catch (error) {
    // Somebody was made: the next try is the same guest.
    throw error instanceof Error ? new WithCookies(error, [await context.cookies.seal('guest', made)]) : error;
  }
}

/** @throws Refused `rate_limited` */
export async function takeNetworkTurn({ clientAddress }: Asked, { settings }: Context): Promise<void> {
  await takeTurn(`network ${networkOf(clientAddress)}`, settings.rateLimit.network, settings.store);
}

/** Null: nobody is here, or whoever was is over in one of these words. */
async function presentGuest({ headers }: Asked, context: Context, words: readonly string[]): Promise<Kept | null> {
  const kept = await context.cookies.open(headers, 'guest');
  if (!kept) return null;
  try {
    return await renewGuest(kept, context);
  } catch (error) {
    if (error instanceof Refused && words.includes(error.error)) return null;
    throw error;
  }
}

async function createGuest({ service, settings }: Context): Promise<Kept> {
  const nowMs = settings.now();
  const sub = await service.createGuest({ username: randomHex(settings.random), tag: tagOf(nowMs) });
  return { sub, gen: 0, exp: 0, life: 0, iat: Math.floor(nowMs / 1000), end: nowMs / 1000 + settings.guestSeconds };
}

function captchaOf({ body }: Asked): ReadonlyMap<string, string> {
  const response = Object.hasOwn(body, 'captcha_response') ? body['captcha_response'] : undefined;
  return new Map(typeof response === 'string' && response !== '' ? [['captcha_response', response]] : []);
}
