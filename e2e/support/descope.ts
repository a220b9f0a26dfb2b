/** What people do before Descope, and what is looked at then. */
import { expect, it, vi } from 'vitest';
import type { DescopeDemo } from '../../examples/vanilla/src/demo.mjs';
import type { Stage } from './stage.ts';
import type { SignIn, Visitor } from './visitor.ts';

export const emailOf = (person: string): string => `${person}@people.example`;

/** What the latest mail to them says. */
export async function mailTo({ mailUrl }: DescopeDemo, { context }: Visitor, email: string): Promise<string> {
  const page = await context.newPage();
  await page.goto(mailUrl);
  const text = await page.getByTestId('mail').filter({ hasText: email }).first().getByTestId('mail-text').textContent();
  await page.close();
  return text ?? '';
}

/** From the click until the code is mailed. */
export async function askFor(visitor: Visitor, way: 'email' | 'magic_link', email: string): Promise<void> {
  await visitor.click(`sign-in-${way}`);
  await visitor.page.getByTestId('upgrade-login-id').fill(email);
  await visitor.click('upgrade-send');
}

async function enter(visitor: Visitor, code: string): Promise<void> {
  await visitor.page.getByTestId('upgrade-code').fill(code);
  await visitor.click('upgrade-confirm');
}

async function codeFor(demo: DescopeDemo, visitor: Visitor, email: string): Promise<string> {
  await visitor.page.getByTestId('upgrade-code').waitFor({ state: 'visible' });
  return /\d{6}/.exec(await mailTo(demo, visitor, email))?.[0] ?? '';
}

/** They sign in with their e-mail, on the page itself. */
export const byCode = (demo: DescopeDemo): SignIn => async (visitor, _connection, person) => {
  if (person === 'cancel') {
    await visitor.click('sign-in-email');
    return visitor.click('upgrade-cancel');
  }
  await askFor(visitor, 'email', emailOf(person));
  await enter(visitor, await codeFor(demo, visitor, emailOf(person)));
};

export const chooseDark = async (visitor: Visitor): Promise<void> => {
  await visitor.page.getByTestId('theme').selectOption('dark');
  await visitor.page.waitForFunction(() => document.documentElement.dataset['theme'] === 'dark');
};

/** All that the browser sends and receives from now on, what its pages print and keep, and what the servers print. */
export async function hear({ page, context }: Visitor): Promise<() => Promise<string>> {
  const heard: Promise<string>[] = [];
  const print = (...parts: unknown[]): void => void heard.push(Promise.resolve(parts.join(' ')));
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) vi.spyOn(console, method).mockImplementation(print);
  context.on('console', (message) => print(message.text()));
  context.on('request', (request) => print(request.url(), JSON.stringify(request.headers()), request.postData() ?? ''));
  context.on('response', (response) => print(JSON.stringify(response.headers())));
  // An answer that a page left behind may never end; and a preflight has no body to read.
  context.on('requestfinished', (request) => heard.push(request.response().then(async (response) => (await response?.text()) ?? '').catch(() => '')));
  await page.reload();
  return async () => {
    print(await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, document.documentElement.outerHTML])));
    return (await Promise.all(heard)).join('\n');
  };
}

/** The key is nowhere in it, nor any of its halves, and no page even knows what it is for. */
export function expectNoKey({ descope: { managementKey } }: DescopeDemo, heard: string): void {
  expect(heard).toMatch(/attributes/);
  expect(heard).toMatch(/class LoginClient|LoginClient/);
  for (const canary of [managementKey, managementKey.slice(0, 16), managementKey.slice(-16), encodeURIComponent(managementKey), btoa(managementKey).slice(0, 16), '/v1/mgmt', 'managementKey']) expect(heard.includes(canary)).toBe(false);
}

export function tellOfCodes(stage: Stage<DescopeDemo>): void {
  it('with a wrong code is asked again, and with the right one goes on', async () => {
    const visitor = await stage.guest();
    await askFor(visitor, 'email', emailOf('ada'));
    const code = await codeFor(stage.demo, visitor, emailOf('ada'));
    await enter(visitor, code === '000000' ? '000001' : '000000');
    await visitor.page.getByText('That was not it').waitFor();
    await enter(visitor, code);
    await visitor.sees('user');
  });

  it('likes the theme that they chose as a guest, on every device', async () => {
    const visitor = await stage.guest();
    await chooseDark(visitor);
    await visitor.page.reload();
    await visitor.page.waitForFunction(() => document.documentElement.dataset['theme'] === 'dark');
    await byCode(stage.demo)(visitor, 'google', 'ada');
    await visitor.sees('user');
    await visitor.seesCart(0);
    const subject = await visitor.subject();
    const elsewhere = await stage.guest();
    await byCode(stage.demo)(elsewhere, 'google', 'ada');
    await elsewhere.click('continue-as-user');
    await elsewhere.sees('user');
    await elsewhere.page.waitForFunction(() => document.documentElement.dataset['theme'] === 'dark');
    expect(await elsewhere.subject()).toBe(subject);
  });
}
