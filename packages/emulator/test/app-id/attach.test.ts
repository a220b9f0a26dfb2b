import { beforeEach, describe, expect, test } from 'vitest';
import { attributes, authorize, CALLBACK, chooseAt, claimsOf, exchange, grant, guest, makeShop, queryOf, signIn, tokensOf, write, type Shop, type Tokens } from './support.ts';

let shop: Shop;
beforeEach(async () => {
  shop = await makeShop();
});

const change = (switches: Partial<Shop['appId']['switches']>): void => {
  shop.appId.switches = { ...shop.appId.switches, ...switches };
};

/** A guest with a theme. */
async function guestWith(theme: string): Promise<Tokens> {
  const made = await guest(shop);
  await write(shop, made.access, 'theme', theme);
  return made;
}

describe('a guest who signs in for the first time', () => {
  test('keeps the subject and the attributes, and the guest’s token is void', async () => {
    const before = await guestWith('dark');
    const after = await signIn(shop, 'ada', before.access);
    expect(after.subject).toBe(before.subject);
    expect(claimsOf(after.access)).toMatchObject({ amr: ['google'], scope: expect.stringContaining('appid_authenticated'), exp: Math.floor(shop.time.now / 1000) + 3600 });
    expect(claimsOf(after.id)).toMatchObject({ name: 'Ada Lovelace', given_name: 'Ada', family_name: 'Lovelace', email: 'ada@example.com', identities: [{ provider: 'google', id: 'ada' }] });
    expect([await attributes(shop, after.access), await attributes(shop, before.access)]).toEqual([{ theme: 'dark' }, 401]);
    expect(shop.appId.profiles.map(({ kind }) => kind)).toEqual(['identified']);
  });

  test('gets another subject where the service is so, and the attributes all the same', async () => {
    change({ linkKeepsSub: 'no' });
    const before = await guestWith('dark');
    const after = await signIn(shop, 'ada', before.access);
    expect(after.subject).not.toBe(before.subject);
    expect([await attributes(shop, after.access), await attributes(shop, before.access)]).toEqual([{ theme: 'dark' }, 401]);
    expect(shop.appId.profiles.map(({ kind }) => kind)).toEqual(['attached', 'identified']);
  });

  test('finds everything again at the next sign-in, without any guest', async () => {
    const before = await guestWith('dark');
    await signIn(shop, 'ada', before.access);
    const again = await signIn(shop, 'ada');
    expect([again.subject, await attributes(shop, again.access)]).toEqual([before.subject, { theme: 'dark' }]);
  });

  test('is the guest they were until the code is exchanged', async () => {
    const before = await guestWith('dark');
    const returned = await chooseAt(shop, 'ada', await authorize(shop, { appid_access_token: before.access }));
    expect(await attributes(shop, before.access)).toEqual({ theme: 'dark' });
    shop.time.now += 61_000;
    expect((await grant(shop, { grant_type: 'authorization_code', redirect_uri: CALLBACK, code: queryOf(returned)['code'] ?? '' })).status).toBe(400);
    expect(await attributes(shop, before.access)).toEqual({ theme: 'dark' });
    expect(shop.appId.profiles.map(({ kind }) => kind)).toEqual(['anonymous']);
  });

  test('is the guest they were when they give up', async () => {
    const before = await guestWith('dark');
    const begun = await authorize(shop, { appid_access_token: before.access });
    const back = await shop.appId.handle(new Request(`${begun.headers.get('location')}/cancel`));
    expect(queryOf(back)).toMatchObject({ error: 'access_denied', state: 's1' });
    expect(await attributes(shop, before.access)).toEqual({ theme: 'dark' });
  });

  test('twice at once, as two people, becomes the first of them; the other is a user without the guest', async () => {
    const before = await guestWith('dark');
    const [asAda, asGrace] = [await authorize(shop, { appid_access_token: before.access }), await authorize(shop, { appid_access_token: before.access })];
    const [ada, grace] = [await exchange(shop, await chooseAt(shop, 'ada', asAda)), await exchange(shop, await chooseAt(shop, 'grace', asGrace))];
    expect(ada.subject).toBe(before.subject);
    expect(grace.subject).not.toBe(before.subject);
    expect([await attributes(shop, ada.access), await attributes(shop, grace.access)]).toEqual([{ theme: 'dark' }, {}]);
  });
});

describe('a guest who signs in as somebody without a guest’s profile', () => {
  test('is that user, who has the guest’s attributes too; their own stay', async () => {
    const first = await signIn(shop, 'ada');
    await write(shop, first.access, 'size', 'M');
    await write(shop, first.access, 'theme', 'light');
    const before = await guestWith('dark');
    await write(shop, before.access, 'coupon', 'X');
    const after = await signIn(shop, 'ada', before.access);
    expect(after.subject).toBe(first.subject);
    expect(await attributes(shop, after.access)).toEqual({ size: 'M', theme: 'light', coupon: 'X' });
    expect(await attributes(shop, before.access)).toBe(401);
  });

  test('brings their own where the service is so', async () => {
    change({ attachConflict: 'guest' });
    await write(shop, (await signIn(shop, 'ada')).access, 'theme', 'light');
    const after = await signIn(shop, 'ada', (await guestWith('dark')).access);
    expect(await attributes(shop, after.access)).toEqual({ theme: 'dark' });
  });
});

describe.each(['yes', 'no'] as const)('a second guest who signs in as the same person (linkKeepsSub: %s)', (linkKeepsSub) => {
  test('stays a guest with their own attributes and token; the user sees the first one’s alone', async () => {
    change({ linkKeepsSub });
    const ada = await signIn(shop, 'ada', (await guestWith('dark')).access);
    const second = await guestWith('green');
    const again = await signIn(shop, 'ada', second.access);
    expect(again.subject).toBe(ada.subject);
    expect([await attributes(shop, again.access), await attributes(shop, second.access)]).toEqual([{ theme: 'dark' }, { theme: 'green' }]);
    expect((await guest(shop, second.access)).subject).toBe(second.subject);
  });
});

describe('two tabs that are two guests', () => {
  test('do not share: one is attached, and the other is still there', async () => {
    const [one, other] = [await guestWith('dark'), await guestWith('green')];
    await signIn(shop, 'ada', one.access);
    expect([await attributes(shop, one.access), await attributes(shop, other.access)]).toEqual([401, { theme: 'green' }]);
  });
});

describe('without a page', () => {
  beforeEach(() => {
    shop.appId.addUser({ email: 'Bob@example.com', password: 'a password', name: 'Bob' });
  });

  const byPassword = (fields: Readonly<Record<string, string>> = {}): ReturnType<typeof grant> => grant(shop, { grant_type: 'password', username: 'bob@example.com', password: 'a password', ...fields });

  test('a guest signs in with a password, and the subject stays', async () => {
    const before = await guestWith('dark');
    const after = tokensOf(await byPassword({ appid_access_token: before.access }));
    expect([after.subject, claimsOf(after.access)['amr'], await attributes(shop, after.access), await attributes(shop, before.access)]).toEqual([before.subject, ['cloud_directory'], { theme: 'dark' }, 401]);
    expect((await byPassword({ password: 'another' })).body).toMatchObject({ error: 'invalid_grant' });
  });

  test('a user takes a guest along with their refresh token', async () => {
    const user = tokensOf(await byPassword());
    const before = await guestWith('dark');
    const renewed = tokensOf(await grant(shop, { grant_type: 'refresh_token', refresh_token: user.refresh ?? '', appid_access_token: before.access }));
    expect([renewed.subject, await attributes(shop, renewed.access), await attributes(shop, before.access)]).toEqual([user.subject, { theme: 'dark' }, 401]);
  });

  test('a dead guest’s token changes nothing', async () => {
    const user = tokensOf(await byPassword({ appid_access_token: 'nonsense' }));
    expect(await attributes(shop, user.access)).toEqual({});
  });
});
