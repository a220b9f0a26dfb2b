import { describe, expect, it } from 'vitest';
import { Device, errorOf, GUEST_GRANT, SHOP, World } from '../issuer/support.ts';

/** Everything that somebody could hope is taken for https://shop.example. */
const FOREIGN = [
  'https://shop.example.', 'https://shop.example/', 'https://shop.example:443', 'https://shop.example:8443', 'http://shop.example', 'HTTPS://shop.example', 'https://SHOP.example', 'https://Shop.Example',
  'https://www.shop.example', 'https://a.shop.example', 'https://shop.example.evil.example', 'https://shop.example@evil.example', 'https://evil.example/https://shop.example', 'https://evil.example#https://shop.example',
  'https://evil.example?https://shop.example', 'https://evilshop.example', 'https://shop-example', 'https://shopxexample', 'https://shop.exampl', 'https://shop.example1', 'https://shop.example%00', 'https://shop%2Eexample',
  'https://shop.example https://evil.example', 'https://evil.example https://shop.example', 'https://shop.example, https://evil.example', 'https://shop.example, https://shop.example', 'https://shop.example,', 'https:shop.example',
  'https:/shop.example', '//shop.example', 'shop.example', 'https://', 'https://*', '*', 'null', 'undefined', 'file://', 'https://xn--shp-sna.example', 'https://shop.example\\', '"https://shop.example"', 'wss://shop.example',
  'chrome-extension://shop.example', 'https://user@shop.example', 'https://shop.example/token', '',
];

describe('a page that is not the shop’s', () => {
  it.each(FOREIGN)('with the origin %j gets no guest, renewal or revocation, and no turn is taken', async (origin) => {
    const world = new World();
    for (const [path, grant] of [['/token', GUEST_GRANT], ['/token', 'refresh_token'], ['/revoke', '']] as const) {
      const answer = await world.post(path, { grant_type: grant, dpop: new Device().proof(), token: 'x', refresh_token: 'x' }, { origin });
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      expect(await errorOf(answer)).toEqual([403, 'unauthorized_client']);
    }
    expect([world.turns, world.reads]).toEqual([[], []]);
  });

  it('is none of forty', () => expect(FOREIGN.length).toBeGreaterThanOrEqual(40));

  it('without any origin gets no guest', async () => {
    const world = new World();
    expect(await errorOf(await world.mint(new Device(), { headers: {} }))).toEqual([403, 'unauthorized_client']);
    expect(world.turns).toEqual([]);
  });
});

describe('what no script of the shop’s sent', () => {
  it.each([
    ['a form that was submitted', { 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'same-origin' }], ['a request whose answer cannot be read', { 'sec-fetch-mode': 'no-cors', 'sec-fetch-site': 'cross-site' }],
    ['a socket', { 'sec-fetch-mode': 'websocket', 'sec-fetch-site': 'same-origin' }], ['what was typed into the address bar', { 'sec-fetch-mode': 'cors', 'sec-fetch-site': 'none' }],
    ['a mode that is two', { 'sec-fetch-mode': 'cors, navigate' }], ['an empty mode', { 'sec-fetch-mode': '' }], ['a site nobody knows', { 'sec-fetch-site': 'evil' }],
  ])('%s is nobody’s guest, and no turn is taken', async (_, headers) => {
    const world = new World();
    expect(await errorOf(await world.mint(new Device(), { headers: { origin: SHOP, ...headers } }))).toEqual([403, 'unauthorized_client']);
    expect(world.turns).toEqual([]);
  });

  it.each(['same-origin', 'same-site', 'cross-site'])('a script on the %s page makes a guest', async (site) => {
    for (const mode of ['cors', 'same-origin']) expect((await new World().mint(new Device(), { headers: { origin: SHOP, 'sec-fetch-mode': mode, 'sec-fetch-site': site } })).status).toBe(200);
  });
});
