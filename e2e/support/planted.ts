/** A token that somebody left wherever a page of the shop could find it. */
import type { BrowserContext } from 'playwright-core';

/** Addresses of the shop with a token in them, in the words of other libraries and of a callback. */
export const PLANTED_AT: readonly string[] = [
  '/#access_token=TOKEN&refresh_token=TOKEN&token_type=bearer&expires_in=600&type=recovery',
  '/?access_token=TOKEN&id_token=TOKEN&token=TOKEN',
  '/?code=TOKEN&state=TOKEN&access_token=TOKEN',
];

/** Leaves it in cookies, in both stores, in the window's name, and has every page told of it by messages and on the channels that are in use. */
export async function plantIn(context: BrowserContext, token: string, shopUrl: string): Promise<void> {
  await context.addCookies(['authorization', 'user', 'access_token', 'passerby', 'DS', 'DSR'].map((name) => ({ name, value: token, url: shopUrl })));
  await context.addInitScript((planted) => {
    const session = { access_token: planted, accessToken: planted, refresh_token: planted, token_type: 'bearer', expires_in: 600, user: { id: 'x' } };
    if (origin === 'null') return;
    window.name = JSON.stringify(session);
    for (const store of [localStorage, sessionStorage]) for (const key of ['passerby', 'sb-shop-auth-token', 'access_token', 'user', 'DS', 'DSR']) store.setItem(key, JSON.stringify(session));
    const say = (post: (data: unknown) => void): void => {
      for (const ms of [0, 100, 400]) setTimeout(() => [planted, session, { type: 'SIGNED_IN', session }, { v: 1, gen: 9e15, session }].forEach(post), ms);
    };
    say((data) => window.postMessage(data, '*'));
    const { BroadcastChannel: Channel } = window;
    window.BroadcastChannel = class extends Channel {
      constructor(name: string) {
        super(name);
        const another = new Channel(name);
        say((data) => another.postMessage(data));
      }
    };
  }, token);
}
