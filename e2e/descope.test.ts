/** The same shop before Descope, whose guests are tokens for nobody in particular, who move when they sign in. */
import { generateKeyPair } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startDemo } from '../examples/vanilla/src/demo.mjs';
import { askFor, byCode, chooseDark, emailOf, expectNoKey, hear, mailTo, tellOfCodes } from './support/descope.ts';
import { onStage } from './support/stage.ts';
import { tellStory } from './support/story.ts';

/** Made once: it takes longer than a shop's start. */
const signingKey = generateKeyPair('RS256');

afterEach(() => void vi.restoreAllMocks());

describe('guests of the new generation', () => {
  const stage = onStage(async () => startDemo({ port: 0, provider: 'descope', signingKey: await signingKey }));

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
