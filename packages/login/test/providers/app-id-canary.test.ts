import { expect, it, vi } from 'vitest';
import { createShop, link, openPage, SECRET, startGuest, type Shop } from '../support/app-id-world.ts';

// Each App ID makes keys of its own, which takes seconds on a machine that is busy.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

/** Everything that anybody but the two servers could read: addresses, what was logged or reported, and what the page asked for. */
function readable({ world, seen, service, reports }: Shop, ...told: readonly unknown[]): string {
  return JSON.stringify([seen, service.log, reports, world.requests, world.sent.map(({ url }) => url), told.map(String)]);
}

it.each([{}, { linkKeepsSub: 'no' }, { widget: 'cookie' }, { widget: 'page' }] as const)('neither the secret nor a token is in an address, a log, an event or an error, all the way from guest to user (%j)', async (switches) => {
  const logged: unknown[] = [];
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) vi.spyOn(console, method).mockImplementation((...parts: unknown[]) => void logged.push(...parts));
  const shop = await createShop({ switches });
  const { world } = shop;
  const tab = await startGuest(shop);
  const guestToken = await world.until(tab.login.getToken());
  await world.until(tab.login.attributes.set('theme', 'dark'));
  const { back, address } = await link(shop, tab);
  const userToken = await world.until(back.login.getToken());
  const errors = await Promise.all([
    world.until(back.login.attributes.set('admin', 'x')).catch(String), world.until(back.login.linkIdentity({ connectionId: 'google' })).catch(String), world.until(openPage(shop, `${address}&again`).login.completeLogin()).catch(String),
  ]);
  const all = readable(shop, tab.departed, address, tab.address, back.address, ...tab.notices.map((one) => JSON.stringify(one)), ...back.notices.map((one) => JSON.stringify(one)), ...errors, ...logged);
  const [, payload = '', signature = ''] = guestToken.split('.');
  for (const secret of [SECRET, encodeURIComponent(SECRET), btoa(`shop:${SECRET}`), guestToken, payload, signature, userToken, userToken.split('.')[2] ?? '', 'appid_access_token']) expect(all.includes(secret) ? secret : 'nowhere').toBe('nowhere');
  // That it looks where something is to be found: the way back, with its code.
  expect(all).toContain('code=');
  // Server to server the token is told to App ID, in its own address; nothing is told of the secret there.
  expect(shop.asked.some((one) => one.includes(SECRET) || one.includes(encodeURIComponent(SECRET)))).toBe(false);
  expect(shop.asked.filter((one) => one.includes(signature)).every((one) => one.startsWith(`${shop.service.issuer}/authorization?`))).toBe(true);
  vi.restoreAllMocks();
});
