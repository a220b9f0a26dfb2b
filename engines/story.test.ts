/** The whole promise, on the shop as people see it: before Authress, and before an OpenID provider that has no guests. */
import { describe, expect, it } from 'vitest';
import { enter } from './support/customer.ts';
import type { Engine } from './support/engine.ts';
import { engines } from './support/engines.ts';
import { openOpenIdShop } from './support/openid-shop.ts';
import { sceneIn } from './support/scene.ts';
import { openShop } from './support/shop.ts';

interface Place {
  readonly shopUrl: string;
  guests(): number;
  close(): Promise<void>;
}

const shops: readonly { readonly service: string; readonly subjects: RegExp; open(engine: Engine): Promise<Place> }[] = [
  { service: 'Authress', subjects: /^user_.{26,}$/, open: openShop },
  { service: 'an OpenID provider', subjects: /^g_[\w-]{43}$/, open: () => openOpenIdShop() },
];
const everywhere = engines.flatMap((engine) => shops.map((shop) => [engine.name, shop.service, engine, shop] as const));

describe.for(everywhere)('in %s, before %s', ([, , engine, { open, subjects }]) => {
  const scene = sceneIn(engine, () => open(engine));

  it('a visitor shops, signs in, and keeps the same ID and cart; later comes back to both', async () => {
    const first = await enter(scene.visitor, scene.place.shopUrl);
    await first.sees('kind', 'guest');
    const subject = await first.reads('subject');
    expect(subject).toMatch(subjects);
    await first.add('mug', 'tee', 'cap');

    await first.tab.goto(scene.place.shopUrl);
    await first.sees('cart-count', '3');
    expect(await first.reads('subject')).toBe(subject);
    const second = await enter(scene.visitor, scene.place.shopUrl);
    await second.sees('cart-count', '3');
    expect(await second.reads('subject')).toBe(subject);

    await first.click('sign-in-google');
    await first.click('person-ada');
    await first.sees('kind', 'user');
    await first.sees('cart-count', '3');
    expect(await first.reads('subject')).toBe(subject);
    await second.sees('kind', 'user');

    await first.click('sign-out');
    await first.sees('kind', 'none');
    await second.sees('kind', 'none');

    const next = await enter(scene.visitor, scene.place.shopUrl);
    await next.sees('kind', 'guest');
    expect(await next.reads('subject')).not.toBe(subject);
    await next.sees('cart-count', '0');
    await next.click('sign-in-google');
    await next.click('person-ada');
    await next.click('continue-as-user');
    await next.sees('kind', 'user');
    expect(await next.reads('subject')).toBe(subject);
    await next.sees('cart-count', '3');
    expect(scene.place.guests()).toBe(2);
  });
});
