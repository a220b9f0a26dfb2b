/** The same shop before Descope of the old generation, whose guests are temporary users, who stay. */
import { generateKeyPair } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startDemo } from '../examples/vanilla/src/demo.mjs';
import { byCode, chooseDark, emailOf, expectNoKey, hear, tellOfCodes } from './support/descope.ts';
import { onStage } from './support/stage.ts';
import { tellStory } from './support/story.ts';

/** Made once: it takes longer than a shop's start. */
const signingKey = generateKeyPair('RS256');

afterEach(() => void vi.restoreAllMocks());

describe('guests of the old generation', () => {
  const stage = onStage(async () => startDemo({ port: 0, provider: 'descope', generation: 'old', signingKey: await signingKey }), byCode);

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
