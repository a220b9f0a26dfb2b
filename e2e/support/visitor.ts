/** A person with a browser, who sees only what the page shows. */
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { chromiumArguments, chromiumPath } from '../../scripts/chromium.mjs';

export const openBrowser = (): Promise<Browser> => chromium.launch({ executablePath: chromiumPath() ?? '', args: chromiumArguments });

export interface Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  kind(): Promise<string>;
  subject(): Promise<string>;
  cartCount(): Promise<string>;
  click(testId: string): Promise<void>;
  /** Waits until the page shows this kind of person. */
  sees(kind: 'guest' | 'user' | 'none'): Promise<void>;
  seesCart(count: number): Promise<void>;
  add(...skus: string[]): Promise<void>;
  /** Signs in at the make-believe provider's page. */
  choose(person: string): Promise<void>;
  /** The same person's next tab. */
  openTab(): Promise<Visitor>;
}

export async function visit(browser: Browser, url: string): Promise<Visitor> {
  const context = await browser.newContext();
  return visitIn(context, url);
}

export async function visitIn(context: BrowserContext, url: string): Promise<Visitor> {
  const page = await context.newPage();
  await page.goto(url);
  return visitorOn(page, context, url);
}

function visitorOn(page: Page, context: BrowserContext, url: string): Visitor {
  const text = async (testId: string): Promise<string> => (await page.getByTestId(testId).textContent())?.trim() ?? '';
  const becomes = (testId: string, wanted: string): Promise<unknown> =>
    page.waitForFunction(([id, value]) => document.querySelector(`[data-testid="${id}"]`)?.textContent?.trim() === value, [testId, wanted] as const);
  const visitor: Visitor = {
    page,
    context,
    kind: () => text('kind'),
    subject: () => text('subject'),
    cartCount: () => text('cart-count'),
    click: (testId) => page.getByTestId(testId).click(),
    sees: async (kind) => void (await becomes('kind', kind)),
    seesCart: async (count) => void (await becomes('cart-count', String(count))),
    add: async (...skus) => {
      for (const sku of skus) {
        const before = Number(await text('cart-count'));
        await page.getByTestId(`add-${sku}`).click();
        await visitor.seesCart(before + 1);
      }
    },
    choose: (person) => page.getByTestId(`person-${person}`).click(),
    openTab: () => visitIn(context, url),
  };
  return visitor;
}
