/** The shop's API before App ID: who may take whose cart along. */
import { createHash, randomBytes } from 'node:crypto';
import { createAppId } from '@passerby/emulator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDemo, type AppIdDemo, type Cart, type DemoOptions } from '../src/demo.mjs';
import { ask, askAt, type Answer } from './support/http.ts';

let demo: AppIdDemo;

const start = (client: NonNullable<DemoOptions['client']>): void => {
  beforeAll(async () => {
    demo = await startDemo({ port: 0, provider: 'app-id', client });
  });
  afterAll(() => demo.close());
};

/** A form that the shop's page sends to the verifier, and the token it comes back with. */
async function post(route: string, fields: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>> {
  const headers = { origin: demo.shopUrl, 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await ask(demo.verifierUrl, `/auth/${route}`, { method: 'POST', headers, body: String(new URLSearchParams(fields)) });
  if (answer.status !== 200) throw new Error(`POST ${route} answered ${answer.status} ${answer.text}`);
  return JSON.parse(answer.text) as Record<string, string>;
}

const aGuest = async (): Promise<string> => (await post('guest', {}))['access_token'] ?? '';
const codeIn = (answer: Answer): string => new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? '';
const nameForm = (name: string) => ({ method: 'POST', body: String(new URLSearchParams({ name })) });

/** Signs in with the make-believe Google, as the guest of a token. */
async function signIn(name: string, token: string): Promise<string> {
  const [codeVerifier, state] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')];
  const redirect_uri = `${demo.shopUrl}/`;
  const { url = '' } = await post('authorize', { redirect_uri, state, nonce: createHash('sha256').update(codeVerifier).digest('base64url'), idp: 'google', token });
  const code = codeIn(await askAt(`${url}/google`, nameForm(name)));
  return (await post('login', { code, redirect_uri, code_verifier: codeVerifier, token }))['access_token'] ?? '';
}

/** Where a page alone gets its tokens: the shop's App ID, or another one. */
interface Tenant {
  readonly issuer: string;
  readonly askAt: typeof askAt;
}

/** What a page without a verifier gets of App ID: a guest's token, or of whoever signs in with the make-believe Google. */
async function tokenByPage({ issuer, askAt: send }: Tenant, name: string | null): Promise<string> {
  const codeVerifier = randomBytes(32).toString('base64url');
  const code_challenge = Buffer.from(createHash('sha256').update(codeVerifier).digest('hex')).toString('base64');
  const redirect_uri = `${demo.shopUrl}/`;
  const asked = new URLSearchParams({ client_id: 'app_shop', response_type: 'code', redirect_uri, state: 's', code_challenge, code_challenge_method: 'S256', idp: name === null ? 'appid_anon' : 'google' });
  const begun = await send(`${issuer}/authorization?${asked}`);
  const code = codeIn(name === null ? begun : await send(`${begun.headers.get('location')}/google`, nameForm(name)));
  const headers = { authorization: `Basic ${btoa(`app_shop:${codeVerifier}`)}`, 'content-type': 'application/x-www-form-urlencoded' };
  const { text } = await send(`${issuer}/token`, { method: 'POST', headers, body: String(new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri })) });
  return (JSON.parse(text) as { readonly access_token: string }).access_token;
}

/** Another tenant of the same region, whose application has the same name. */
async function foreignTenant(): Promise<Tenant> {
  const { issuer, handle } = await createAppId({ origin: demo.loginUrl, tenantId: 'tenant_other', clients: [{ clientId: 'app_shop', redirectUris: [`${demo.shopUrl}/`] }] });
  return {
    issuer,
    askAt: async (address, { method = 'GET', headers = {}, body } = {}) => {
      const answer = await handle(new Request(address, { method, headers, ...(body !== undefined && { body }) }));
      return { status: answer.status, headers: answer.headers, text: await answer.text() };
    },
  };
}

const subjectOf = (token: string): string => (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub: string }).sub;
const call = (method: string, path: string, token: string, body?: unknown): Promise<Answer> =>
  ask(demo.shopUrl, path, { method, headers: { authorization: `Bearer ${token}` }, ...(body !== undefined && { body: JSON.stringify(body) }) });
const put = (token: string, sku: string): Promise<Answer> => call('POST', '/api/cart', token, { sku });
const countOf = async (token: string): Promise<number> => (JSON.parse((await call('GET', '/api/cart', token)).text) as Cart).count;
const merge = (userToken: string, guestToken: string, key = randomBytes(8).toString('hex')): Promise<Answer> => call('POST', '/api/cart/merge', userToken, { key, from: subjectOf(guestToken), guestToken });
const refusal = ({ status, text }: Answer): readonly unknown[] => [status, (JSON.parse(text) as { readonly error?: string }).error];
const REFUSED = [422, 'guest_token_refused'];

describe.each(['regular', 'public'] as const)('a guest’s cart, before an application that is %s,', (client) => {
  start(client);
  const guest = (): Promise<string> => (client === 'regular' ? aGuest() : tokenByPage({ issuer: demo.appId.issuer, askAt }, null));
  const user = async (name: string): Promise<string> => (client === 'regular' ? signIn(name, await aGuest()) : tokenByPage({ issuer: demo.appId.issuer, askAt }, name));

  test('goes along to whoever has both tokens, once for each key', async () => {
    const [ada, second] = [await user('Ada'), await guest()];
    await put(second, 'mug');
    for (let i = 0; i < 2; i += 1) expect((await merge(ada, second, 'k1')).status).toBe(200);
    expect(await countOf(ada)).toBe(1);
  });

  test('goes along once, whatever key it is asked for by again', async () => {
    const [bob, first] = [await user('Bob'), await guest()];
    await put(first, 'mug');
    for (const key of ['k1', 'k2', 'k3']) expect((await merge(bob, first, key)).status).toBe(200);
    expect(await countOf(bob)).toBe(1);
  });

  test('that went along is no second user’s', async () => {
    const [carol, thief, first] = [await user('Carol'), await user('Dave'), await guest()];
    await put(first, 'cap');
    await merge(carol, first, 'k');
    // Without a verifier nobody notes whose the guest is by now; and nothing is left to take.
    expect((await merge(thief, first, 'k')).status).toBe(client === 'regular' ? 422 : 200);
    expect([await countOf(carol), await countOf(thief)]).toEqual([1, 0]);
  });

  test('is not a user’s, whose token is no guest’s', async () => {
    const [eve, thief] = [await user('Eve'), await user('Frank')];
    await put(eve, 'pen');
    expect(refusal(await merge(thief, eve))).toEqual(REFUSED);
    expect([await countOf(eve), await countOf(thief)]).toEqual([1, 0]);
  });

  test('goes along by no token of another tenant, and to nobody who is a user there', async () => {
    const [grace, first, foreign] = [await user('Grace'), await guest(), await foreignTenant()];
    await put(first, 'tee');
    expect(refusal(await merge(grace, await tokenByPage(foreign, null)))).toEqual(REFUSED);
    expect((await merge(await tokenByPage(foreign, 'Grace'), first)).status).toBe(401);
    expect((await merge(first, first)).status).toBe(403);
    expect([await countOf(grace), await countOf(first)]).toEqual([0, 1]);
  });
});

describe('a guest’s cart, where the verifier attaches guests,', () => {
  start('regular');

  test('goes along with a token that is over at App ID, where the guest moved', async () => {
    demo.appId.switches = { ...demo.appId.switches, linkKeepsSub: 'no' };
    const guest = await aGuest();
    await put(guest, 'tee');
    const user = await signIn('Bob', guest);
    demo.appId.switches = { ...demo.appId.switches, linkKeepsSub: 'yes' };
    expect(subjectOf(user)).not.toBe(subjectOf(guest));
    expect((await merge(user, guest)).status).toBe(200);
    expect(await countOf(user)).toBe(1);
  });

  test('is nobody else’s once the guest is somebody: a copy of the token merges nothing', async () => {
    const guest = await aGuest();
    await put(guest, 'cap');
    const user = await signIn('Carol', guest);
    const thief = await signIn('Dave', await aGuest());
    expect(refusal(await merge(thief, guest))).toEqual(REFUSED);
    expect([await countOf(user), await countOf(thief)]).toEqual([1, 0]);
  });

  test('waits while App ID cannot be asked for its keys or attributes', async () => {
    const user = await signIn('Eve', await aGuest());
    const second = await aGuest();
    await put(second, 'pen');
    const undo = demo.appId.faults.add({ route: 'GET /api/v1/attributes', kind: 'status', status: 503 });
    expect((await merge(user, second, 'k2')).status).toBe(503);
    undo();
    expect([(await merge(user, second, 'k2')).status, await countOf(user)]).toEqual([200, 1]);
  });
});
