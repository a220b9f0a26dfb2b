/** The same shop as an App ID application without a secret: the page asks App ID itself, and guests start in the hidden frame. */
import { describe, expect, it } from 'vitest';
import { startDemo } from '../examples/vanilla/src/demo.mjs';
import { onStage } from './support/stage.ts';
import { tellWhoCancels } from './support/story.ts';
import { visitIn, type Visitor } from './support/visitor.ts';

const stage = onStage(() => startDemo({ port: 0, provider: 'app-id', client: 'public' }));

const profiles = (): string[] => stage.demo.appId.profiles.map(({ kind }) => kind);
const likesDark = async ({ page }: Visitor): Promise<void> => void (await page.waitForFunction(() => document.documentElement.dataset['theme'] === 'dark'));

describe('a visitor', () => {
  it('shops as a guest of the hidden frame, and is the same one after a reload, with cart and theme', async () => {
    const visitor = await stage.guest();
    const subject = await visitor.subject();
    const { requests } = stage.demo.shop;
    expect([requests.filter(({ dest }) => dest === 'document').length, requests.filter(({ dest }) => dest === 'iframe').map(({ pathname }) => pathname)]).toEqual([1, ['/callback.html']]);
    await visitor.add('mug', 'tee');
    await visitor.page.getByTestId('theme').selectOption('dark');
    await likesDark(visitor);

    await visitor.page.reload();
    await visitor.seesCart(2);
    await likesDark(visitor);
    expect([await visitor.kind(), await visitor.subject(), profiles()]).toEqual(['guest', subject, ['anonymous']]);
    expect(stage.demo.verifierRequests).toEqual([]);
  });

  it('who opens two tabs at once is one guest', async () => {
    const tabs = await stage.tabs(2);
    await Promise.all(tabs.map((tab) => tab.sees('guest')));
    expect([new Set(await Promise.all(tabs.map((tab) => tab.subject()))).size, profiles()]).toEqual([1, ['anonymous']]);
  });

  it('who signs in with Google moves with the cart, in every tab, and comes back to it', async () => {
    const visitor = await stage.guest();
    const guest = await visitor.subject();
    await visitor.add('mug', 'tee');
    const second = await visitor.openTab();
    await second.seesCart(2);
    await visitor.signIn('google', 'ada');
    await visitor.sees('user');
    await visitor.seesCart(2);
    const subject = await visitor.subject();
    expect([subject === guest, stage.demo.shop.carts.of(guest).count]).toEqual([false, 0]);
    await second.sees('user');
    await second.seesCart(2);

    const elsewhere = await stage.guest();
    await elsewhere.add('pen');
    await elsewhere.signIn('google', 'ada');
    await elsewhere.sees('user');
    await elsewhere.seesCart(3);
    expect(await elsewhere.subject()).toBe(subject);
  });

  describe('who leaves to sign in', () => tellWhoCancels(stage));
});

it('no token is in an address, a referrer, the history or App ID’s log, from guest to user', async () => {
  const context = await stage.browser.newContext();
  const seen: string[] = [];
  context.on('request', (request) => void seen.push(request.url(), request.headers()['referer'] ?? ''));
  const visitor = await visitIn(context, stage.demo.shopUrl);
  await visitor.sees('guest');
  const tokens = [await visitor.token()];
  await visitor.signIn('google', 'ada');
  await visitor.sees('user');
  tokens.push(await visitor.token());

  seen.push(...(await visitor.page.evaluate(() => (window as unknown as { navigation: { entries(): { url: string }[] } }).navigation.entries().map(({ url }) => url))), JSON.stringify(stage.demo.appId.log));
  expect(seen.filter((text) => text.includes('idp=appid_anon')).length).toBeGreaterThan(0);
  const parts = tokens.flatMap((one) => one.split('.').slice(1));
  expect(seen.filter((text) => /appid_access_token|eyJ/.test(text) || parts.some((part) => text.includes(part)))).toEqual([]);
});
