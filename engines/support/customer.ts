/** A person at the demo shop, who sees only what the page shows. */
import type { Tab, Visitor } from './engine.ts';

export interface Customer {
  readonly tab: Tab;
  /** Waits until the page shows this. */
  sees(testId: string, text: string): Promise<void>;
  reads(testId: string): Promise<string>;
  click(testId: string): Promise<void>;
  add(...skus: string[]): Promise<void>;
}

const PATIENCE_MS = 30_000;

export async function enter(visitor: Visitor, shopUrl: string): Promise<Customer> {
  return customerIn(await visitor.openTab(shopUrl));
}

export function customerIn(tab: Tab): Customer {
  /** What the page answers once it is what was waited for; pages come and go meanwhile. */
  const becomes = async (what: string, look: () => Promise<boolean>): Promise<void> => {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const isSo = await look().catch(() => false);
      if (isSo) return;
      if (Date.now() > until) throw new Error(`Nobody came to see ${what}; the page says: ${await tab.evaluate(() => `${location.href} ${document.body.innerText}`).catch(String)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const reads = (testId: string): Promise<string> => tab.evaluate((id) => document.querySelector(`[data-testid="${id}"]`)?.textContent?.trim() ?? '', testId);
  const customer: Customer = {
    tab, reads,
    sees: (testId, text) => becomes(`${testId}: ${text}`, async () => (await reads(testId)) === text),
    click: async (testId) => {
      await becomes(`a button ${testId}`, () => tab.evaluate((id) => {
        const button = document.querySelector<HTMLElement>(`[data-testid="${id}"]`);
        return button !== null && button.getClientRects().length > 0;
      }, testId));
      // In a moment: a click may leave the page that would have answered.
      await tab.evaluate((id) => void setTimeout(() => document.querySelector<HTMLElement>(`[data-testid="${id}"]`)?.click()), testId);
    },
    add: async (...skus) => {
      for (const sku of skus) {
        const before = Number(await reads('cart-count'));
        await customer.click(`add-${sku}`);
        await customer.sees('cart-count', String(before + 1));
      }
    },
  };
  return customer;
}
