/** The hidden frame that makes a guest at the identity service, and the cookie it leaves there. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { enter, type Customer } from './support/customer.ts';
import type { Browser, Engine, LaunchSettings, Visitor } from './support/engine.ts';
import { engines, measured } from './support/engines.ts';
import { openShop, type Shop, type ShopSettings } from './support/shop.ts';

interface Mode {
  readonly name: string;
  readonly launch: LaunchSettings;
  /** When the cookie that the login host sets in the frame is kept; the login host and the shop are of one site. */
  readonly keepsCookie: 'always' | 'where the verifier is of that site too' | 'never';
}

/** What each engine does with a frame by itself, and what it can be set to. */
const modes: Readonly<Record<Engine['name'], readonly Mode[]>> = {
  Chromium: [
    { name: 'cookies of other sites blocked', launch: {}, keepsCookie: 'always' },
    { name: 'cookies of other sites allowed', launch: { thirdPartyCookies: 'allowed' }, keepsCookie: 'always' },
    { name: 'storage of other sites partitioned', launch: { thirdPartyCookies: 'partitioned' }, keepsCookie: 'always' },
  ],
  Firefox: [
    { name: 'Total Cookie Protection', launch: {}, keepsCookie: 'always' },
    { name: 'cookies of other sites allowed', launch: { thirdPartyCookies: 'allowed' }, keepsCookie: 'always' },
    { name: 'cookies of other sites blocked', launch: { thirdPartyCookies: 'blocked' }, keepsCookie: 'always' },
  ],
  WebKitGTK: [
    { name: 'tracking prevention off', launch: {}, keepsCookie: 'never' },
    { name: 'tracking prevention on', launch: { thirdPartyCookies: 'blocked' }, keepsCookie: 'where the verifier is of that site too' },
  ],
};

const inEachMode = engines.flatMap((engine) => modes[engine.name].map((mode) => [engine.name, mode.name, engine, mode] as const));
const TOKEN_SECONDS = 4;

let browser: Browser;
let shop: Shop;
let visitor: Visitor;
afterEach(async () => {
  await visitor.close();
  await shop.close();
});

async function guestAt(engine: Engine, settings: ShopSettings): Promise<Customer> {
  shop = await openShop(engine, settings);
  visitor = await browser.visitor();
  const customer = await enter(visitor, shop.shopUrl);
  await customer.sees('kind', 'guest');
  return customer;
}

/** Asks for a token now and then until it is another one, or until nobody is here any more. */
const nextToken = (customer: Customer): Promise<string> => customer.tab.evaluate(async () => {
  const { login } = window as unknown as { login: import('@passerby/login').LoginClient };
  const first = await login.getToken();
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const token = await login.getToken().catch((error: { code: string }) => error.code);
    if (token !== first) return token.startsWith('ey') ? 'another token' : token;
  }
});

describe.for(inEachMode)('in %s, %s,', ([, , engine, { launch, keepsCookie }]) => {
  beforeAll(async () => {
    browser = await engine.launch(launch);
  });
  afterAll(() => browser.close());

  it.for([['of the same site', 'verifier.shop.localhost'], ['of another site', 'verifier.localhost']] as const)('a guest starts in a hidden frame by a verifier %s, and is the same after its token ended, or is told', async ([place, verifierHost], context) => {
    const customer = await guestAt(engine, { accessTokenLifetimeSeconds: TOKEN_SECONDS, verifierHost });
    const subject = await customer.reads('subject');
    expect(await customer.tab.evaluate(() => performance.getEntriesByType('navigation').map(({ name }) => new URL(name).pathname))).toEqual(['/']);
    const isKept = keepsCookie === 'always' || (keepsCookie !== 'never' && place === 'of the same site');
    const next = await nextToken(customer);
    measured(context, `verifier ${place}: the session cookie is ${shop.renewals().includes(200) ? 'kept' : 'LOST'} (renewal ${shop.renewals()[0]}), then ${next}`);
    expect(next).toBe(isKept ? 'another token' : 'login_required');
    if (isKept) expect(await customer.reads('subject')).toBe(subject);
    else await customer.sees('kind', 'none');
    expect(shop.guests()).toBe(1);
  });

  it('a guest starts in a hidden frame at a login host of another site, and is told when its token ends', async (context) => {
    const customer = await guestAt(engine, { accessTokenLifetimeSeconds: TOKEN_SECONDS, loginHost: 'login.elsewhere.localhost' });
    const next = await nextToken(customer);
    measured(context, `login host of another site: the session cookie is ${shop.renewals().includes(200) ? 'kept' : 'LOST'}, then ${next}`);
    // The cookie is Lax, and the renewal a request to another site: no mode sends it.
    expect(next).toBe('login_required');
    await customer.sees('kind', 'none');
    expect(shop.guests()).toBe(1);
  });
});

describe.for(engines.map((engine) => [engine.name, engine] as const))('in %s', ([, engine]) => {
  beforeAll(async () => {
    browser = await engine.launch();
  });
  afterAll(() => browser.close());

  it('a guest whose page may not frame the login host starts by leaving the page and coming back', async () => {
    const customer = await guestAt(engine, { framesOfLogin: 'forbidden' });
    expect(shop.guests()).toBe(1);
    expect(await customer.tab.evaluate(() => location.href)).toBe(`${shop.shopUrl}/`);
  });
});
