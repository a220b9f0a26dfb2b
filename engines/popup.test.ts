/** Signing in in a window of its own, from a real click. */
import { describe, expect, it } from 'vitest';
import { customerIn, enter, type Customer } from './support/customer.ts';
import type { Visitor } from './support/engine.ts';
import { engines, enginesThatCan } from './support/engines.ts';
import { openOpenIdShop, type OpenIdShop, type OpenIdShopSettings } from './support/openid-shop.ts';
import { scenesIn } from './support/scene.ts';

/** Longer than a page takes to find that its window is gone. */
const A_WHILE_MS = 1_200;
const aWhile = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, A_WHILE_MS));

describe.for(engines.map((engine) => [engine.name, engine] as const))('in %s, a guest', ([name, engine]) => {
  const begin = scenesIn(engine);
  let shop: OpenIdShop;
  let visitor: Visitor;
  let customer: Customer;
  let subject: string;

  /** A guest with a cup in the cart, and a button that opens a window to sign in. */
  async function guestAt(settings: OpenIdShopSettings = {}): Promise<void> {
    ({ place: shop, visitor } = await begin(() => openOpenIdShop(settings)));
    customer = await enter(visitor, shop.shopUrl);
    await customer.sees('kind', 'guest');
    await customer.add('mug');
    subject = await customer.reads('subject');
    await customer.tab.evaluate(addButton);
  }

  /** The window that a click on the button opens. */
  async function clickForWindow(): Promise<Customer> {
    await customer.tab.press('#in-a-window');
    await expect.poll(async () => (await visitor.popups()).length, { timeout: 20_000 }).toBe(1);
    const [popup] = await visitor.popups();
    if (!popup) throw new Error('The window is gone again');
    return customerIn(popup);
  }

  async function isLinkedAndAlone(): Promise<void> {
    await customer.sees('outcome', 'linked');
    await customer.sees('kind', 'user');
    expect(await customer.reads('subject')).toBe(subject);
    await customer.sees('cart-count', '1');
    expect(await customer.tab.evaluate(() => location.href)).toBe(`${shop.shopUrl}/`);
    await expect.poll(async () => (await visitor.popups()).length, { timeout: 20_000 }).toBe(0);
  }

  it('signs in in a window and is told on the page, which nobody left; the window closes', async () => {
    await guestAt();
    const window = await clickForWindow();
    await window.click('person-ada');
    await isLinkedAndAlone();
  });

  it.for(['the shop', 'the provider'] as const)('signs in in a window that %s has parted from the page, and is told all the same, not before; the window closes', async (opensAlone) => {
    await guestAt({ opensAlone });
    const window = await clickForWindow();
    await window.sees('person-cancel', 'Cancel and go back');
    await aWhile();
    expect(await customer.reads('outcome')).toBe('');
    await window.click('person-ada');
    await isLinkedAndAlone();
  });

  it('closes the window, is told so and is the guest they were, and may try again', async () => {
    await guestAt();
    const window = await clickForWindow();
    await window.sees('person-cancel', 'Cancel and go back');
    await aWhile();
    expect(await customer.reads('outcome')).toBe('');
    await window.tab.close();
    await customer.sees('outcome', 'cancelled');
    expect(await customer.reads('kind')).toBe('guest');
    const next = await clickForWindow();
    await next.click('person-ada');
    await isLinkedAndAlone();
  });

  it('declines in the window, is told so and is the guest they were', async () => {
    await guestAt();
    const window = await clickForWindow();
    await window.click('person-cancel');
    await customer.sees('outcome', 'cancelled');
    expect(await customer.reads('kind')).toBe('guest');
    await expect.poll(async () => (await visitor.popups()).length, { timeout: 20_000 }).toBe(0);
  });

  it('whose click opened another window already leaves the page to sign in, and comes back to it', async () => {
    await guestAt();
    await customer.tab.evaluate(() => void setTimeout(() => {
      open('', '', 'popup')?.close();
      document.getElementById('in-a-window')?.click();
    }));
    // Some drivers' every look at the page counts as one more click.
    await aWhile();
    await customer.click('person-ada');
    await customer.sees('kind', 'user');
    expect(await customer.reads('subject')).toBe(subject);
    expect(await visitor.popups()).toHaveLength(0);
  });

  if (enginesThatCan('Firefox').some((able) => able.name === name)) {
    it('who looks back at the page while a window that was parted from it waits has not given up; who closes it has', async () => {
      await guestAt({ opensAlone: 'the provider' });
      const window = await clickForWindow();
      await window.sees('person-cancel', 'Cancel and go back');
      await customer.tab.lookAt?.();
      expect(await customer.tab.evaluate(() => document.hasFocus())).toBe(true);
      await aWhile();
      await window.tab.lookAt?.();
      expect(await customer.tab.evaluate(() => document.hasFocus())).toBe(false);
      await aWhile();
      await aWhile();
      expect(await customer.reads('outcome')).toBe('');
      await window.tab.close();
      await customer.sees('outcome', 'cancelled');
    });
  }
});

function addButton(): void {
  const button = document.createElement('button');
  const outcome = document.createElement('output');
  outcome.dataset.testid = 'outcome';
  button.id = 'in-a-window';
  button.textContent = 'Sign in in a window';
  button.onclick = async () => {
    outcome.textContent = '';
    const { type } = await window.login.linkIdentity({ connectionId: 'google', mode: 'popup' });
    outcome.textContent = type;
  };
  document.body.prepend(button, outcome);
}
