/** The shop's API before App ID: who may take whose cart along. */
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDemo, type AppIdDemo, type Cart } from '../src/demo.mjs';
import { ask, askAt, type Answer } from './support/http.ts';

let demo: AppIdDemo;
beforeAll(async () => {
  demo = await startDemo({ port: 0, provider: 'app-id' });
});
afterAll(() => demo.close());

/** A form that the shop's page sends to the verifier, and the token it comes back with. */
async function post(route: string, fields: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>> {
  const headers = { origin: demo.shopUrl, 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await ask(demo.verifierUrl, `/auth/${route}`, { method: 'POST', headers, body: String(new URLSearchParams(fields)) });
  if (answer.status !== 200) throw new Error(`POST ${route} answered ${answer.status} ${answer.text}`);
  return JSON.parse(answer.text) as Record<string, string>;
}

const aGuest = async (): Promise<string> => (await post('guest', {}))['access_token'] ?? '';

/** Signs in with the make-believe Google, as the guest of a token. */
async function signIn(name: string, token: string): Promise<string> {
  const [codeVerifier, state] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')];
  const redirect_uri = `${demo.shopUrl}/`;
  const { url = '' } = await post('authorize', { redirect_uri, state, nonce: createHash('sha256').update(codeVerifier).digest('base64url'), idp: 'google', token });
  const returned = await askAt(`${url}/google`, { method: 'POST', body: String(new URLSearchParams({ name })) });
  const code = new URL(returned.headers.get('location') ?? '').searchParams.get('code') ?? '';
  return (await post('login', { code, redirect_uri, code_verifier: codeVerifier, token }))['access_token'] ?? '';
}

const subjectOf = (token: string): string => (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sub: string }).sub;
const call = (method: string, path: string, token: string, body?: unknown): Promise<Answer> =>
  ask(demo.shopUrl, path, { method, headers: { authorization: `Bearer ${token}` }, ...(body !== undefined && { body: JSON.stringify(body) }) });
const countOf = async (token: string): Promise<number> => (JSON.parse((await call('GET', '/api/cart', token)).text) as Cart).count;
const merge = (userToken: string, guestToken: string, key = randomBytes(8).toString('hex')): Promise<Answer> => call('POST', '/api/cart/merge', userToken, { key, from: subjectOf(guestToken), guestToken });

describe('a guest’s cart', () => {
  test('goes along to whoever has both tokens, once for each key', async () => {
    const user = await signIn('Ada', await aGuest());
    const second = await aGuest();
    await call('POST', '/api/cart', second, { sku: 'mug' });
    for (let i = 0; i < 2; i += 1) expect((await merge(user, second, 'k1')).status).toBe(200);
    expect(await countOf(user)).toBe(1);
  });

  test('goes along with a token that is over at App ID, where the guest moved', async () => {
    demo.appId.switches = { ...demo.appId.switches, linkKeepsSub: 'no' };
    const guest = await aGuest();
    await call('POST', '/api/cart', guest, { sku: 'tee' });
    const user = await signIn('Bob', guest);
    demo.appId.switches = { ...demo.appId.switches, linkKeepsSub: 'yes' };
    expect(subjectOf(user)).not.toBe(subjectOf(guest));
    expect((await merge(user, guest)).status).toBe(200);
    expect(await countOf(user)).toBe(1);
  });

  test('is nobody else’s once the guest is somebody: a copy of the token merges nothing', async () => {
    const guest = await aGuest();
    await call('POST', '/api/cart', guest, { sku: 'cap' });
    const user = await signIn('Carol', guest);
    const thief = await signIn('Dave', await aGuest());
    const answer = await merge(thief, guest);
    expect([answer.status, (JSON.parse(answer.text) as { error: string }).error]).toEqual([422, 'guest_token_refused']);
    expect([await countOf(user), await countOf(thief)]).toEqual([1, 0]);
  });

  test('waits while App ID cannot be asked for its keys or attributes', async () => {
    const user = await signIn('Eve', await aGuest());
    const second = await aGuest();
    await call('POST', '/api/cart', second, { sku: 'pen' });
    const undo = demo.appId.faults.add({ route: 'GET /api/v1/attributes', kind: 'status', status: 503 });
    expect((await merge(user, second, 'k2')).status).toBe(503);
    undo();
    expect([(await merge(user, second, 'k2')).status, await countOf(user)]).toEqual([200, 1]);
  });
});
