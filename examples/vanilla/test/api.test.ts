import { generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDemo, type Cart, type AuthressDemo } from '../src/demo.mjs';
import { ask, type Answer, type Asked } from './support/http.ts';
import { Person, type Token } from './support/person.ts';

let demo: AuthressDemo;
let time: number;

beforeAll(async () => {
  time = Date.now();
  // The proof of work is for the real client; its cost proves nothing here.
  demo = await startDemo({ port: 0, switches: { antiAbuse: 'off' }, accessTokenLifetimeSeconds: 3_600, clock: () => time });
});
afterAll(() => demo.close());

const aGuest = (): Promise<Token> => new Person(demo).becomeGuest();
const aUser = (name: string): Promise<Token> => new Person(demo).signIn(name);

function call(method: string, path: string, { token, body }: { token?: string; body?: unknown } = {}): Promise<Answer> {
  const asked: Asked = { method, headers: token === undefined ? {} : { authorization: `Bearer ${token}` }, ...(body !== undefined && { body: JSON.stringify(body) }) };
  return ask(demo.shopUrl, path, asked);
}

async function cartOf({ text }: Token): Promise<Cart> {
  return JSON.parse((await call('GET', '/api/cart', { token: text })).text) as Cart;
}

async function add({ text }: Token, ...skus: string[]): Promise<void> {
  for (const sku of skus) expect((await call('POST', '/api/cart', { token: text, body: { sku } })).status).toBe(200);
}

const errorOf = ({ text }: Answer): string => (JSON.parse(text) as { error: string }).error;

/** The same claims, signed by somebody else. */
function forged({ text }: Token): string {
  const unsigned = text.split('.').slice(0, 2).join('.');
  return `${unsigned}.${sign(null, Buffer.from(unsigned), generateKeyPairSync('ed25519').privateKey).toString('base64url')}`;
}

describe('without a valid token', () => {
  test.each([['GET', '/api/cart'], ['POST', '/api/cart'], ['POST', '/api/cart/merge'], ['POST', '/api/checkout']])('%s %s is refused, and told how to come back', async (method, path) => {
    const guest = await aGuest();
    const missing = await call(method, path);
    expect([missing.status, errorOf(missing), missing.headers.get('www-authenticate')]).toEqual([401, 'token_missing', 'Bearer realm="passerby"']);

    for (const token of ['nonsense', 'a.b.c', forged(guest), guest.text.slice(0, -4), `${guest.text.split('.').slice(0, 2).join('.')}.`]) {
      const refused = await call(method, path, { token });
      expect([refused.status, errorOf(refused)]).toEqual([401, 'token_invalid']);
      expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer realm="passerby", error="invalid_token"/);
      expect(refused.headers.get('cache-control')).toBe('no-store');
      expect(refused.text).not.toContain(token);
    }
  });

  test('the products are there for anybody', async () => {
    const answer = await call('GET', '/api/products');
    expect(answer.status).toBe(200);
    expect((JSON.parse(answer.text) as { products: { sku: string }[] }).products.map(({ sku }) => sku)).toEqual(['mug', 'tee', 'cap', 'pen', 'bag', 'poster']);
  });

  test('a token that has ended is told apart from a forged one', async () => {
    const guest = await aGuest();
    time += 3_700_000;
    const answer = await call('GET', '/api/cart', { token: guest.text });
    expect([answer.status, errorOf(answer)]).toEqual([401, 'token_expired']);
  });
});

describe('a cart', () => {
  test("is its subject's alone, a guest's as well as a user's", async () => {
    const [guest, other, user] = [await aGuest(), await aGuest(), await aUser('Mary')];
    await add(guest, 'mug', 'mug', 'tee');
    await add(user, 'pen');
    expect(await cartOf(guest)).toEqual({ subject: guest.subject, items: [{ sku: 'mug', quantity: 2 }, { sku: 'tee', quantity: 1 }], count: 3, totalCents: 6_800 });
    expect((await cartOf(other)).count).toBe(0);
    expect((await cartOf(user)).items).toEqual([{ sku: 'pen', quantity: 1 }]);
  });

  test.each([[{ sku: 'yacht' }, 400], [{}, 400], [[], 400], ['mug', 400], [{ sku: '__proto__' }, 400], [{ sku: 'x'.repeat(40_000) }, 413]])('takes nothing that is not sold (case %#)', async (body, status) => {
    const guest = await aGuest();
    expect((await call('POST', '/api/cart', { token: guest.text, body })).status).toBe(status);
    expect((await cartOf(guest)).count).toBe(0);
  });

  test('is checked out by users only, and is empty then', async () => {
    const guest = await aGuest();
    await add(guest, 'mug');
    const refused = await call('POST', '/api/checkout', { token: guest.text });
    expect([refused.status, errorOf(refused)]).toEqual([403, 'user_required']);
    expect((await cartOf(guest)).count).toBe(1);

    const user = await aUser('Karen');
    await add(user, 'bag', 'cap');
    const ordered = await call('POST', '/api/checkout', { token: user.text });
    expect([ordered.status, JSON.parse(ordered.text)]).toMatchObject([200, { ordered: { count: 2, totalCents: 4_800 }, cart: { count: 0 } }]);
    expect(errorOf(await call('POST', '/api/checkout', { token: user.text }))).toBe('cart_empty');
  });
});

describe('two carts', () => {
  const merge = (user: Token, body: unknown): Promise<Answer> => call('POST', '/api/cart/merge', { token: user.text, body });

  test('become one, once for each key', async () => {
    const [guest, user] = [await aGuest(), await aUser('Radia')];
    await add(guest, 'mug', 'tee');
    await add(user, 'mug');
    const body = { key: 'link 1', from: guest.subject, guestToken: guest.text };
    const answers = await Promise.all(Array.from({ length: 5 }, () => merge(user, body)));
    for (const { status, text } of answers) expect([status, JSON.parse(text)]).toMatchObject([200, { subject: user.subject, count: 3 }]);
    expect((await cartOf(user)).items).toEqual([{ sku: 'mug', quantity: 2 }, { sku: 'tee', quantity: 1 }]);
    expect((await cartOf(guest)).count).toBe(0);

    await add(guest, 'pen');
    await merge(user, body);
    expect((await cartOf(user)).count).toBe(3);
    await merge(user, { ...body, key: 'link 2' });
    expect((await cartOf(user)).count).toBe(4);
  });

  test("are merged already when the first answer was lost, though the guest's token has ended since", async () => {
    const [guest, user] = [await aGuest(), await aUser('Frances')];
    await add(guest, 'mug');
    const body = { key: 'lost', from: guest.subject, guestToken: guest.text };
    await merge(user, body);
    time += 3_700_000;
    const later = await aUser('Frances');
    const again = await merge(later, body);
    expect([again.status, JSON.parse(again.text)]).toMatchObject([200, { subject: user.subject, count: 1 }]);
    const fresh = await merge(later, { ...body, key: 'another' });
    expect([fresh.status, errorOf(fresh)]).toEqual([422, 'guest_token_refused']);
  });

  test("are nobody's to merge by a key that another user had", async () => {
    const [guest, user, other] = [await aGuest(), await aUser('Barbara'), await aUser('Shafi')];
    await add(guest, 'mug');
    await merge(user, { key: 'same', from: guest.subject, guestToken: guest.text });
    expect((await merge(other, { key: 'same', from: guest.subject, guestToken: 'nonsense' })).status).toBe(422);
  });

  test("are not merged without that guest's own token", async () => {
    const [guest, stranger, user, victim] = [await aGuest(), await aGuest(), await aUser('Joan'), await aUser('Adele')];
    await add(guest, 'mug');
    await add(victim, 'bag');
    const attempts = [
      { from: guest.subject, guestToken: stranger.text },
      { from: stranger.subject, guestToken: guest.text },
      { from: guest.subject, guestToken: forged(guest) },
      { from: guest.subject, guestToken: 'a.b.c\r\nx: y' },
      { from: guest.subject, guestToken: '' },
      { from: guest.subject },
      { guestToken: guest.text },
      { from: victim.subject, guestToken: victim.text },
      { from: user.subject, guestToken: user.text },
    ];
    for (const [index, attempt] of attempts.entries()) {
      const answer = await merge(user, { key: `attempt ${index}`, ...attempt });
      expect([index, answer.status, errorOf(answer)]).toEqual([index, 422, 'guest_token_refused']);
    }
    expect((await merge(guest, { key: 'k', from: stranger.subject, guestToken: stranger.text })).status).toBe(403);
    expect((await merge(user, { from: guest.subject, guestToken: guest.text })).status).toBe(400);
    expect([(await cartOf(guest)).count, (await cartOf(victim)).count, (await cartOf(user)).count]).toEqual([1, 1, 0]);
  });
});

test('an address or a method that is not there is told so', async () => {
  expect((await call('GET', '/api/orders')).status).toBe(404);
  expect((await call('GET', '/api/constructor')).status).toBe(404);
  const refused = await call('DELETE', '/api/cart');
  expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, POST']);
});
