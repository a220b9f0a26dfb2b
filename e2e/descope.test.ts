/** The same shop before Descope, with both kinds of guests: tokens for nobody in particular, who move when they sign in, and temporary users, who stay. */
import { generateKeyPair } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startDemo, type DescopeDemo } from '../examples/vanilla/src/demo.mjs';
import { inOneBrowser, onStage, type Stage } from './support/stage.ts';
import { tellStory } from './support/story.ts';
import type { SignIn, Visitor } from './support/visitor.ts';

const browser = inOneBrowser();
/** Made once: it takes longer than a shop's start. */
const signingKey = generateKeyPair('RS256');

afterEach(() => void vi.restoreAllMocks());

const emailOf = (person: string): string => `${person}@people.example`;

/** What the latest mail to them says. */
async function mailTo({ mailUrl }: DescopeDemo, { context }: Visitor, email: string): Promise<string> {
  const page = await context.newPage();
  await page.goto(mailUrl);
  const text = await page.getByTestId('mail').filter({ hasText: email }).first().getByTestId('mail-text').textContent();
  await page.close();
  return text ?? '';
}

/** From the click until the code is mailed. */
async function askFor(visitor: Visitor, way: 'email' | 'magic_link', email: string): Promise<void> {
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
const byCode = (demo: DescopeDemo): SignIn => async (visitor, _connection, person) => {
  if (person === 'cancel') {
    await visitor.click('sign-in-email');
    return visitor.click('upgrade-cancel');
  }
  await askFor(visitor, 'email', emailOf(person));
  await enter(visitor, await codeFor(demo, visitor, emailOf(person)));
};

const chooseDark = async (visitor: Visitor): Promise<void> => {
  await visitor.page.getByTestId('theme').selectOption('dark');
  await visitor.page.waitForFunction(() => document.documentElement.dataset['theme'] === 'dark');
};

/** All that the browser sends and receives from now on, what its pages print and keep, and what the servers print. */
async function hear({ page, context }: Visitor): Promise<() => Promise<string>> {
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
function expectNoKey({ descope: { managementKey } }: DescopeDemo, heard: string): void {
  expect(heard).toMatch(/attributes/);
  expect(heard).toMatch(/class LoginClient|LoginClient/);
  for (const canary of [managementKey, managementKey.slice(0, 16), managementKey.slice(-16), encodeURIComponent(managementKey), btoa(managementKey).slice(0, 16), '/v1/mgmt', 'managementKey']) expect(heard.includes(canary)).toBe(false);
}

function tellOfCodes(stage: Stage<DescopeDemo>): void {
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

describe('guests of the new generation', () => {
  const stage = onStage(async () => startDemo({ port: 0, provider: 'descope', signingKey: await signingKey }), undefined, browser);

  tellStory(stage, { subjects: /^U2/, linked: 'moves' });

  describe('a guest who signs in with an e-mail', () => {
    tellOfCodes(stage);

    it('takes along what the shop listed, and nothing else; and the management key is nowhere in the browser', async () => {
      const visitor = await stage.guest();
      const heard = await hear(visitor);
      await chooseDark(visitor);
      expect(await visitor.page.evaluate(() => (window as unknown as { login: { attributes: { set(key: string, value: string): Promise<void> } } }).login.attributes.set('vip', 'yes').catch(({ code }: { code: string }) => code))).toBe('config_invalid');
      await visitor.add('mug');
      await byCode(stage.demo)(visitor, 'google', 'ada');
      await visitor.sees('user');
      await visitor.seesCart(1);
      const subject = await visitor.subject();
      await expect.poll(() => stage.demo.descope.users.find(({ userId }) => userId === subject)?.customAttributes).toEqual({ theme: 'dark', displayName: 'Guest' });
      expectNoKey(stage.demo, await heard());
    });

    it('or by a link that they open in another tab is the user in both', async () => {
      const visitor = await stage.guest();
      await visitor.add('mug', 'tee');
      await askFor(visitor, 'magic_link', emailOf('ada'));
      await visitor.page.getByText('We have sent a link').waitFor();
      const link = /http\S+/.exec(await mailTo(stage.demo, visitor, emailOf('ada')))?.[0] ?? '';
      const opened = await visitor.openTab(link);
      await opened.sees('user');
      await opened.seesCart(2);
      await visitor.sees('user');
      expect(await visitor.subject()).toBe(await opened.subject());
      await visitor.page.getByTestId('upgrade-note').waitFor({ state: 'hidden' });
      // The link is used up, also for whoever finds it in the mail.
      const stranger = await stage.guest();
      await stranger.page.goto(link);
      await stranger.sees('guest');
    });
  });
});

describe('guests of the old generation', () => {
  const stage = onStage(async () => startDemo({ port: 0, provider: 'descope', generation: 'old', signingKey: await signingKey }), byCode, browser);

  tellStory(stage, { subjects: /^U2/, signsIn: 'here' });

  describe('a guest who signs in with an e-mail', () => {
    tellOfCodes(stage);

    it('is a user without the mark of a guest from then on; and the management key is nowhere in the browser', async () => {
      const visitor = await stage.guest();
      const heard = await hear(visitor);
      await visitor.sees('guest');
      await chooseDark(visitor);
      const subject = await visitor.subject();
      await visitor.signIn('google', 'ada');
      await visitor.sees('user');
      expect(stage.demo.descope.users.find(({ userId }) => userId === subject)).toMatchObject({ loginIds: [emailOf('ada')], email: emailOf('ada'), verifiedEmail: true, tenants: [], customAttributes: { theme: 'dark' } });
      expectNoKey(stage.demo, await heard());
    });
  });
});
