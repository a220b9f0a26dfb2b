/** A person with a browser, who sees only what the page shows. */
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { chromiumArguments, chromiumPath } from '../../scripts/chromium.mjs';

export const openBrowser = (): Promise<Browser> => chromium.launch({ executablePath: chromiumPath() ?? '', args: chromiumArguments });

export interface Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  kind(): Promise<string>;
  subject(): Promise<string>;
  /** As the page sends it to the shop's API. */
  token(): Promise<string>;
  click(testId: string): Promise<void>;
  /** Waits until the page shows this kind of person. */
  sees(kind: 'guest' | 'user' | 'none'): Promise<void>;
  /** Waits until the page no longer shows this person; a sign-out that goes by way of the provider may come back to somebody new. */
  isNoLonger(subject: string): Promise<void>;
  seesCart(count: number): Promise<void>;
  add(...skus: string[]): Promise<void>;
  /** Leaves for this provider, and is this person there; `cancel`: nobody. */
  signIn(connection: 'google' | 'github', person: string): Promise<void>;
  /** Waits for the question whether to go on as who one turned out to be. */
  isAskedWhoToBe(): Promise<void>;
  /** The same person's next tab. */
  openTab(address?: string): Promise<Visitor>;
}

/** What somebody does to sign in, from the click in the shop until they are sent back. */
export type SignIn = (visitor: Visitor, connection: 'google' | 'github', person: string) => Promise<void>;

export async function visit(browser: Browser, url: string, signIn?: SignIn): Promise<Visitor> {
  const context = await browser.newContext();
  return visitIn(context, url, signIn);
}

export async function visitIn(context: BrowserContext, url: string, signIn: SignIn = byName): Promise<Visitor> {
  const page = await context.newPage();
  await page.goto(url);
  return visitorOn(page, { context, url, signIn });
}

/** At a provider that asks for nothing but who it is. */
const byName: SignIn = async (visitor, connection, person) => {
  await visitor.click(`sign-in-${connection}`);
  await visitor.click(`person-${person}`);
};

function visitorOn(page: Page, { context, url, signIn }: { readonly context: BrowserContext; readonly url: string; readonly signIn: SignIn }): Visitor {
  const text = async (testId: string): Promise<string> => (await page.getByTestId(testId).textContent())?.trim() ?? '';
  // By the clock, not by frames: a tab in the background draws next to none.
  const becomes = (testId: string, wanted: string): Promise<unknown> =>
    page.waitForFunction(([id, value]) => document.querySelector(`[data-testid="${id}"]`)?.textContent?.trim() === value, [testId, wanted] as const, { polling: 50 });
  const visitor: Visitor = {
    page,
    context,
    kind: () => text('kind'),
    subject: () => text('subject'),
    token: () => page.evaluate(() => (window as unknown as { login: { getToken(): Promise<string> } }).login.getToken()),
    click: async (testId) => {
      await page.bringToFront();
      await page.getByTestId(testId).click();
    },
    sees: async (kind) => void (await becomes('kind', kind)),
    isNoLonger: async (subject) => void (await page.waitForFunction((was) => document.querySelector('[data-testid="subject"]')?.textContent?.trim() !== was, subject, { polling: 50 })),
    seesCart: async (count) => void (await becomes('cart-count', String(count))),
    add: async (...skus) => {
      for (const sku of skus) {
        const before = Number(await text('cart-count'));
        await visitor.click(`add-${sku}`);
        await visitor.seesCart(before + 1);
      }
    },
    signIn: (connection, person) => signIn(visitor, connection, person),
    isAskedWhoToBe: () => page.getByTestId('identity-in-use').waitFor({ state: 'visible' }),
    openTab: async (address = url) => {
      const tab = await context.newPage();
      await tab.goto(address);
      return visitorOn(tab, { context, url, signIn });
    },
  };
  return visitor;
}
