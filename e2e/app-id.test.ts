/** The same shop before IBM App ID: anonymous profiles, to which signing in attaches a user, and what they like comes along. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDemo } from '../examples/vanilla/src/demo.mjs';
import { onStage } from './support/stage.ts';
import { tellStory } from './support/story.ts';
import { visitIn, type Visitor } from './support/visitor.ts';

const stage = onStage(() => startDemo({ port: 0, provider: 'app-id' }));

tellStory(stage, { subjects: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/ });

const chooseDark = async (visitor: Visitor): Promise<void> => {
  await visitor.page.getByTestId('theme').selectOption('dark');
  await likesDark(visitor);
};
const likesDark = async ({ page }: Visitor): Promise<void> => void (await page.waitForFunction(() => document.documentElement.dataset['theme'] === 'dark'));
const kinds = (): string[] => stage.demo.appId.profiles.map(({ kind }) => kind);

describe('a guest who signs in', () => {
  it('at App ID’s own page likes the theme that they chose as a guest, on every device', async () => {
    const visitor = await stage.guest();
    await chooseDark(visitor);
    await visitor.click('sign-in-app_id');
    await visitor.click('idp-google');
    await visitor.click('person-ada');
    await visitor.sees('user');
    await likesDark(visitor);
    const subject = await visitor.subject();
    expect(stage.demo.appId.profiles).toMatchObject([{ id: subject, kind: 'identified', attributes: { theme: 'dark' } }]);
    expect(await visitor.page.evaluate(() => (window as unknown as { login: { attributes: { get(key: string): Promise<string> } } }).login.attributes.get('theme'))).toBe('dark');

    const elsewhere = await stage.guest();
    await elsewhere.signIn('google', 'ada');
    await elsewhere.isAskedWhoToBe();
    await elsewhere.click('continue-as-user');
    await elsewhere.sees('user');
    await likesDark(elsewhere);
    expect(await elsewhere.subject()).toBe(subject);
  });

  it('moves with cart and theme where App ID makes another subject of them', async () => {
    stage.demo.appId.switches = { ...stage.demo.appId.switches, linkKeepsSub: 'no' };
    const visitor = await stage.guest();
    const guest = await visitor.subject();
    await visitor.add('mug');
    await chooseDark(visitor);
    await visitor.signIn('google', 'ada');
    await visitor.sees('user');
    await visitor.seesCart(1);
    await likesDark(visitor);
    expect(await visitor.subject()).not.toBe(guest);
    expect(stage.demo.shop.carts.of(guest).count).toBe(0);
  });
});

it('two tabs on a first visit are one anonymous profile', async () => {
  const tabs = await stage.tabs(2);
  await Promise.all(tabs.map((tab) => tab.sees('guest')));
  expect(kinds()).toEqual(['anonymous']);
});

describe('a site whose image is on every page of a sign-in', () => {
  let elsewhere: Server;
  let image: string;
  /** What it is told of the page that its image is on. */
  const told: { readonly from: string; readonly url: string }[] = [];
  beforeAll(async () => {
    elsewhere = createServer((incoming, outgoing) => {
      told.push({ from: incoming.headers.referer ?? '', url: incoming.url ?? '' });
      outgoing.end();
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    image = `http://images.localhost:${(elsewhere.address() as AddressInfo).port}/pixel`;
  });
  afterAll(() => new Promise((resolve) => elsewhere.close(resolve)));

  it('sees no token and no address; none is in an address at all, in the history or in App ID’s log', async () => {
    // The pages allow no image of any other site; this browser does not listen.
    const context = await stage.browser.newContext({ bypassCSP: true });
    const addresses: string[] = [];
    context.on('request', (request) => void addresses.push(request.url()));
    await context.addInitScript((src) => {
      addEventListener('DOMContentLoaded', () => document.body.append(Object.assign(new Image(), { src: `${src}?${location.host}` })));
    }, image);
    const visitor = await visitIn(context, stage.demo.shopUrl);
    await visitor.sees('guest');
    const tokens = [await visitor.token()];
    await chooseDark(visitor);
    await visitor.click('sign-in-app_id');
    await visitor.click('idp-google');
    await visitor.click('person-ada');
    await visitor.sees('user');
    tokens.push(await visitor.token());

    const hosts = [stage.demo.shopUrl, stage.demo.loginUrl].map((url) => new URL(url).host);
    // On the shop's page, App ID's two, and the shop's again.
    await expect.poll(() => told.map(({ url }) => url.split('?')[1])).toEqual([hosts[0], hosts[1], hosts[1], hosts[0]]);
    expect(told.map(({ from }) => from)).toEqual(['', '', '', '']);
    const history = await visitor.page.evaluate(() => (window as unknown as { navigation: { entries(): { url: string }[] } }).navigation.entries().map(({ url }) => url));
    const seen = [...addresses, ...history, JSON.stringify(stage.demo.appId.log)];
    expect(seen.length).toBeGreaterThan(20);
    // Every part of a token that is not the same in all of them.
    const parts = tokens.flatMap((token) => token.split('.').slice(1));
    expect(seen.filter((text) => /appid_access_token|eyJ/.test(text) || parts.some((part) => text.includes(part)))).toEqual([]);
  });
});
