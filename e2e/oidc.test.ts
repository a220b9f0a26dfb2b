/** The same shop before an OpenID provider, which has no guests: the verifier issues them, and remembers what it must in a database. */
import { PGlite } from '@electric-sql/pglite';
import { migrate, sqlStore } from '@passerby/verifier/sql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDemo } from '../examples/vanilla/src/demo.mjs';
import { onStage } from './support/stage.ts';
import { tellStory } from './support/story.ts';

let database: PGlite;
beforeAll(async () => {
  database = new PGlite();
  await migrate(database);
});
afterAll(() => database.close());

const empty = async (): Promise<void> => {
  const { rows } = await database.query<{ name: string }>("SELECT 'passerby.' || tablename AS name FROM pg_tables WHERE schemaname = 'passerby' AND tablename <> 'migrations'");
  await database.query(`TRUNCATE ${rows.map(({ name }) => name).join()}`);
};
const stage = onStage(() => startDemo({ port: 0, provider: 'oidc', openStore: async () => ({ store: sqlStore(database), close: empty }) }));

tellStory(stage, { subjects: /^g_[\w-]{43}$/ });

describe('a visitor', () => {
  it('is a guest by one request: no preflight, no frame, no cookie, and nobody asks the provider', async () => {
    const visitor = await stage.guest();
    expect(stage.demo.verifierRequests).toEqual([{ method: 'POST', pathname: '/token', dest: 'empty' }]);
    expect(stage.demo.openid.log).toEqual([]);
    expect(stage.demo.shop.requests.filter(({ dest }) => dest === 'iframe' || dest === 'document')).toHaveLength(1);
    await visitor.signIn('google', 'ada');
    await visitor.sees('user');
    expect(await visitor.context.cookies([stage.demo.shopUrl, stage.demo.verifierUrl])).toEqual([]);
  });
});

describe('a guest at the provider', () => {
  it('who finds it away shops on, is told, and is sent there when it is back', async () => {
    const visitor = await stage.guest();
    await visitor.add('mug');
    await stage.demo.emulator.stop();
    await visitor.click('sign-in-google');
    await visitor.page.getByTestId('try-again').waitFor({ state: 'visible' });
    await visitor.add('pen');
    expect(await visitor.kind()).toBe('guest');
    const another = await stage.guest();
    expect(await another.subject()).not.toBe(await visitor.subject());
    await stage.demo.emulator.start();
    await visitor.click('sign-in-google');
    await visitor.page.getByTestId('person-ada').waitFor();
  });

  it('is another person with GitHub than with Google', async () => {
    const account = await stage.accountOfAda('pen');
    const visitor = await stage.guest();
    await visitor.signIn('github', 'ada');
    await visitor.sees('user');
    expect(await visitor.subject()).not.toBe(account);
    await visitor.seesCart(0);
  });
});
