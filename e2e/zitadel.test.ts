/** The same shop before ZITADEL: guests are its users, made by the shop's own server, and become real ones by a form and a mailed code. */
import { describe, expect, it } from 'vitest';
import { startDemo, type ZitadelDemo } from '../examples/vanilla/src/demo.mjs';
import { onStage } from './support/stage.ts';
import { tellStory } from './support/story.ts';
import type { SignIn, Visitor } from './support/visitor.ts';

const PASSWORD = 'long enough for anybody';
const emailOf = (person: string): string => `${person}@people.example`;

async function register(visitor: Visitor, email: string): Promise<void> {
  await visitor.click('sign-in-google');
  await visitor.page.getByTestId('upgrade-given-name').fill('Ada');
  await visitor.page.getByTestId('upgrade-family-name').fill('Lovelace');
  await visitor.page.getByTestId('upgrade-email').fill(email);
  await visitor.page.getByTestId('upgrade-password').fill(PASSWORD);
  await visitor.click('upgrade-submit');
  await visitor.page.getByTestId('upgrade-code').waitFor({ state: 'visible' });
}

async function confirm(visitor: Visitor, code: string): Promise<void> {
  await visitor.page.getByTestId('upgrade-code').fill(code);
  await visitor.click('upgrade-confirm');
}

/** As they would: in another tab. */
async function codeIn({ mailUrl }: ZitadelDemo, { context }: Visitor, email: string): Promise<string> {
  const page = await context.newPage();
  await page.goto(mailUrl);
  const text = await page.getByTestId('mail').filter({ hasText: email }).first().getByTestId('mail-text').textContent();
  await page.close();
  return /\d{6}/.exec(text ?? '')?.[0] ?? '';
}

/** They register, which ends at the login page; who has an account finds out there. */
const registering = (demo: ZitadelDemo): SignIn => async (visitor, _connection, person) => {
  if (person === 'cancel') {
    await visitor.click('sign-in-google');
    await visitor.click('upgrade-sign-in');
    await visitor.click('login-cancel');
    return;
  }
  await register(visitor, emailOf(person));
  await confirm(visitor, await codeIn(demo, visitor, emailOf(person)));
  expect(await visitor.page.getByTestId('login-name').inputValue()).toBe(emailOf(person));
  await visitor.page.getByTestId('login-password').fill(PASSWORD);
  await visitor.click('login-submit');
};

const stage = onStage(() => startDemo({ port: 0, provider: 'zitadel' }), registering);

tellStory(stage, { subjects: /^\d+$/, tokens: 'kept' });

describe('a visitor', () => {
  it("is a guest by one request to the shop's own server, with a cookie that no script reads and no token", async () => {
    const visitor = await stage.guest();
    expect(stage.demo.verifierRequests).toEqual([{ method: 'POST', pathname: '/auth/guest', dest: 'empty' }]);
    const cookies = await visitor.context.cookies(stage.demo.shopUrl);
    expect(cookies).toMatchObject([{ name: '__Host-passerby-guest', path: '/', httpOnly: true, secure: true, sameSite: 'Strict' }]);
    expect(await visitor.page.evaluate(() => document.cookie)).toBe('');
  });
});

describe('a guest who registers', () => {
  it('has the guest’s own account from then on, without the mark of a guest', async () => {
    const visitor = await stage.guest();
    const subject = await visitor.subject();
    await visitor.signIn('google', 'ada');
    await visitor.sees('user');
    expect(stage.demo.zitadel.users.find(({ userId }) => userId === subject)).toMatchObject({ username: emailOf('ada'), email: emailOf('ada'), isVerified: true, hasPassword: true, metadataKeys: [] });
  });

  it('with a wrong code is asked again, and with the right one goes on', async () => {
    const visitor = await stage.guest();
    await register(visitor, emailOf('ada'));
    const code = await codeIn(stage.demo, visitor, emailOf('ada'));
    await confirm(visitor, code === '000000' ? '000001' : '000000');
    await visitor.page.getByText('4 tries left').waitFor();
    await confirm(visitor, code);
    await visitor.page.getByTestId('login-password').waitFor();
  });

  it('and gives it up is the guest they were, with their cart, and nothing was set', async () => {
    const visitor = await stage.guest();
    const subject = await visitor.subject();
    await visitor.add('mug');
    await register(visitor, emailOf('ada'));
    await visitor.click('upgrade-cancel');
    await visitor.page.getByText('Everything is as it was').waitFor();
    await visitor.page.reload();
    await visitor.seesCart(1);
    expect([await visitor.kind(), await visitor.subject()]).toEqual(['guest', subject]);
    expect(stage.demo.zitadel.users.some(({ email }) => email === emailOf('ada'))).toBe(false);
  });
});

it('a guest whose cart went to an account is gone at ZITADEL', async () => {
  const account = await stage.accountOfAda('pen');
  const visitor = await stage.guest();
  const subject = await visitor.subject();
  await visitor.add('mug');
  await visitor.signIn('google', 'ada');
  await visitor.isAskedWhoToBe();
  expect(stage.demo.zitadel.users.some(({ userId }) => userId === subject)).toBe(true);
  await visitor.click('continue-as-user');
  await visitor.sees('user');
  await visitor.seesCart(2);
  expect(await visitor.subject()).toBe(account);
  expect(stage.demo.zitadel.users.some(({ userId }) => userId === subject)).toBe(false);
  expect(await visitor.context.cookies(stage.demo.shopUrl)).toMatchObject([{ name: '__Host-passerby-user' }]);
});
