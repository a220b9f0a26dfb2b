import { beforeEach, describe, expect, it } from 'vitest';
import { oidc } from '../../src/providers/oidc.ts';
import { World, LOGIN, SHOP, VERIFIER, type Tab } from '../support/world.ts';

let world: World;
let tab: Tab;
let guest: string;
beforeEach(async () => {
  world = await World.createOidc();
  tab = world.open('/checkout');
  guest = (await world.until(tab.login.authenticate())).subject;
});

const types = ({ notices }: Tab): string[] => notices.map(({ type }) => type);
const link = (from: Tab, person = 'ada'): Promise<Tab> => world.signIn(from, (login) => login.linkIdentity({ connectionId: 'google' }), person);
/** A browser in which the person has signed in before. */
async function atHome(person: string): Promise<{ readonly home: World; readonly subject: string }> {
  const home = world.anotherBrowser();
  const back = await home.signIn(home.open('/checkout'), (login) => login.authenticate({ connectionId: 'google' }), person);
  await home.until(back.login.completeLogin());
  return { home, subject: back.login.getSession()?.subject ?? '' };
}

describe('a guest who signs in at an OpenID provider', () => {
  it('keeps the ID, as a user, under another key, and every tab hears it', async () => {
    const other = world.open();
    await world.until(other.login.getToken());
    const back = await link(tab);
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'linked', session: { subject: guest, kind: 'user' } });
    expect(await world.verifier.verifyToken(await world.until(back.login.getToken()))).toMatchObject({ subject: guest, kind: 'user' });
    expect(types(other)).toContain('linked');
    const [row] = [...world.rows.values()] as { readonly guestKey?: object; readonly session: { readonly key: { readonly thumbprint: string } } }[];
    expect(row?.guestKey).toBeUndefined();
    expect(row?.session.key.thumbprint).not.toBe(guest.slice(2));
  });

  it('is renewed as the user', async () => {
    const back = await link(tab);
    await world.until(back.login.completeLogin());
    await world.time.pass(700_000);
    expect(await world.verifier.verifyToken(await world.until(back.login.getToken()))).toMatchObject({ subject: guest, kind: 'user' });
  });

  it('after the token lapsed while they were away is linked all the same', async () => {
    const address = await world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada');
    const back = world.open(address);
    await world.until(back.login.completeLogin());
    expect(back.login.getSession()).toMatchObject({ subject: guest, kind: 'user' });
  });

  it('and changes their mind is the guest they were', async () => {
    const back = world.open(await world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), null));
    expect(await world.until(back.login.completeLogin())).toEqual({ type: 'cancelled' });
    expect(back.login.getSession()).toMatchObject({ subject: guest, kind: 'guest' });
  });

  it('is the next time somebody else: who signs out leaves a device on which a new guest is a new subject', async () => {
    const back = await link(tab);
    await world.until(back.login.completeLogin());
    await world.until(back.login.logOut());
    const next = await world.until(world.open().login.authenticate());
    expect(next.kind).toBe('guest');
    expect(next.subject).not.toBe(guest);
  });

  it('with a callback loaded ten times is exchanged once, and every load has the same answer', async () => {
    const address = await world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada');
    const pages = Array.from({ length: 10 }, () => world.open(address));
    const outcomes = await world.until(Promise.all(pages.map(({ login }) => login.completeLogin())));
    expect(outcomes.every((outcome) => outcome?.type === 'linked')).toBe(true);
    expect(world.openId.log.filter(({ route }) => route === 'POST /token')).toHaveLength(1);
  });

  it('whose answer from the verifier was lost is linked all the same', async () => {
    const address = await world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada');
    world.loseAnswers(2);
    const back = world.open(address);
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'linked', session: { subject: guest, kind: 'user' } });
  });

  it('whose way to the verifier is cut once the code is redeemed is linked all the same, by what the code brought', async () => {
    const address = await world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada');
    world.loseRequests(2);
    const back = world.open(address);
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'linked', session: { subject: guest, kind: 'user' } });
    expect(world.openId.log.filter(({ route }) => route === 'POST /token')).toHaveLength(1);
  });

  it('whose answer from the provider was lost is told so, stays the guest, and can do it again', async () => {
    const address = await world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada');
    world.openId.faults.add({ route: 'POST /token', kind: 'lost_answer', times: 1 });
    const back = world.open(address);
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'failed', error: { code: 'grant_refused' } });
    expect(back.login.getSession()).toMatchObject({ subject: guest, kind: 'guest' });
    const again = await link(back);
    expect(await world.until(again.login.completeLogin())).toMatchObject({ type: 'linked', session: { subject: guest } });
  });
});

describe('at a provider that wants a secret from web clients, as Google does', () => {
  const SECRET = 'a secret of the server: 32 characters or more, & signs';
  beforeEach(async () => {
    world = await World.createOidc({}, { clientSecret: SECRET });
    tab = world.open('/checkout');
    guest = (await world.until(tab.login.authenticate())).subject;
  });

  it('a guest keeps the ID, and the page never sees the secret, the ID token, or the provider’s token endpoint', async () => {
    const back = await link(tab);
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'linked', session: { subject: guest, kind: 'user' } });
    expect(world.sent.filter(({ url, init }) => url.startsWith(LOGIN) && init.method === 'POST')).toEqual([]);
    expect(JSON.stringify([...world.rows.values()])).not.toContain('secret');
  });

  it('a guest whose answer was lost is linked all the same', async () => {
    const address = await world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada');
    world.loseAnswers(2);
    expect(await world.until(world.open(address).login.completeLogin())).toMatchObject({ type: 'linked', session: { subject: guest } });
  });

  it('a guest whose verifier has a wrong secret stays the guest, and the shop is told whose fault it is', async () => {
    world = await World.createOidc({ provider: { issuer: LOGIN, clientSecret: 'wrong' } }, { clientSecret: SECRET });
    tab = world.open('/checkout');
    guest = (await world.until(tab.login.authenticate())).subject;
    // The provider of this world is asked by the verifier of this world.
    const back = await link(tab);
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'failed', error: { code: 'config_invalid' } });
    expect(back.login.getSession()).toMatchObject({ subject: guest, kind: 'guest' });
  });

  it('a guest is linked once the provider is back from an outage', async () => {
    const address = await world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada');
    world.openId.faults.add({ route: 'POST /token', kind: 'status', status: 503, times: 1 });
    expect(await world.until(world.open(address).login.completeLogin())).toMatchObject({ type: 'linked', session: { subject: guest } });
  });

  it('and whose verifier has no secret, a person is told so', async () => {
    world = await World.createOidc({ provider: { issuer: LOGIN } }, { clientSecret: SECRET });
    tab = world.open('/checkout');
    await world.until(tab.login.authenticate());
    const back = await link(tab);
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'failed', error: { code: 'config_invalid' } });
  });
});

describe('a person who signs in without a guest', () => {
  it('has a subject of their own, the same on every device', async () => {
    const { subject } = await atHome('ada');
    expect(subject).toMatch(/^u_[\w-]{43}$/);
    expect((await atHome('ada')).subject).toBe(subject);
    expect((await atHome('grace')).subject).not.toBe(subject);
  });
});

describe('a guest whose identity is somebody already', () => {
  it('is asked, and stays the guest', async () => {
    const { subject } = await atHome('ada');
    const back = await link(tab);
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'identity_in_use', existing: { connectionId: 'google', subject } });
    expect(back.login.getSession()).toMatchObject({ subject: guest, kind: 'guest' });
    await world.until(back.login.resolveLink('stay_guest'));
    await world.time.pass(700_000);
    expect(await world.verifier.verifyToken(await world.until(back.login.getToken()))).toMatchObject({ subject: guest, kind: 'guest' });
  });

  it('goes on as the user, and takes the things along with a ticket', async () => {
    const { subject } = await atHome('ada');
    const back = await link(tab);
    const merges: object[] = [];
    await world.until(back.login.completeLogin());
    const page = world.open('/', { mergeGuest: async (merge) => void merges.push({ from: merge.from, to: merge.to, key: merge.key, ticket: await merge.ticket() }) });
    await world.until(page.login.completeLogin());
    expect(await world.until(page.login.resolveLink('continue_as_user'))).toMatchObject({ subject, kind: 'user' });
    expect(merges).toEqual([expect.objectContaining({ from: guest, to: subject, key: expect.any(String), ticket: expect.any(String) })]);
  });
});

describe('a callback', () => {
  const forged = async (change: (address: URL) => void): Promise<Tab> => {
    const address = new URL(await world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada'));
    change(address);
    return world.open(address.href);
  };

  it.each([
    ['https://login.shop.test/', 'a slash more'], ['https://login.shop.test:443', 'a port'], ['HTTPS://login.shop.test', 'capitals'], ['https://evil.example', 'another host'],
    ['https://login.shop.test.evil.example', 'a suffix'], ['https://evil.example/login.shop.test', 'a path'], ['https://user@login.shop.test', 'a user'], ['http://login.shop.test', 'another scheme'],
    ['https://login.shop.test#', 'a fragment'], ['https://login%2eshop.test', 'an escape'], ['com', 'an ending'], ['', 'nothing'], ['null', 'null'],
    ['https://login.shop.test//', 'two slashes more'], ['https://login.shop.test/.', 'a dot more'], ['https://login.shop.test/..', 'two dots more'], ['https://login.shop.test?', 'a question mark'], ['https://login.shop.test/?a', 'a query'],
    ['https://login.shop.test.', 'a trailing dot'], ['https://LOGIN.shop.test', 'a capital host'], ['https://login.shop.test:8443', 'another port'], ['https://login.shop.test:0443', 'a port spelled long'], ['//login.shop.test', 'no scheme'], ['login.shop.test', 'a bare host'],
    ['https:login.shop.test', 'no slashes'], ['https:/login.shop.test', 'one slash'], ['https:\\\\login.shop.test', 'backslashes'], ['https://shop.test', 'a parent'], ['https://a.login.shop.test', 'a child'], ['https://loginxshop.test', 'a dot that is none'],
    ['https://evillogin.shop.test', 'a prefix'], ['https://login.shop.test@evil.example', 'a host as user'], ['https://evil.example?https://login.shop.test', 'a host in a query'], ['https://evil.example#https://login.shop.test', 'a host in a fragment'],
    ['https://l\u043egin.shop.test', 'a Cyrillic letter'], ['https://xn--lgin-0wa.shop.test', 'punycode'], ['https://login.shop.test%00', 'a NUL'], [' https://login.shop.test', 'a blank before'], ['https://login.shop.test ', 'a blank after'], ['https://login.shop.test\n', 'a line break'],
  ])('of the issuer %j (%s) signs nobody in, and its code goes nowhere', async (iss) => {
    const back = await forged((address) => address.searchParams.set('iss', iss));
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'failed', error: { code: 'callback_invalid' } });
    expect(back.login.getSession()).toMatchObject({ subject: guest, kind: 'guest' });
    expect(world.openId.log.filter(({ route }) => route === 'POST /token')).toEqual([]);
  });

  it('without an issuer signs nobody in where the provider promised to name it', async () => {
    const back = await forged((address) => address.searchParams.delete('iss'));
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'failed', error: { code: 'callback_invalid' } });
  });

  it("of somebody else's round trip is not looked at", async () => {
    const stranger = world.anotherBrowser();
    const address = await stranger.backFrom(stranger.open('/checkout'), (login) => login.authenticate({ connectionId: 'google' }), 'grace');
    const back = world.open(address);
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'failed', error: { code: 'wrong_browser' } });
    expect(back.login.getSession()).toMatchObject({ subject: guest });
    expect(world.openId.log.filter(({ route }) => route === 'POST /token')).toEqual([]);
  });

  it("with somebody else's code and this browser's state signs nobody in", async () => {
    const stranger = world.anotherBrowser();
    const evil = new URL(await stranger.backFrom(stranger.open('/checkout'), (login) => login.authenticate({ connectionId: 'google' }), 'grace'));
    const back = await forged((address) => address.searchParams.set('code', evil.searchParams.get('code') ?? ''));
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'failed', error: { code: 'grant_refused' } });
    expect(back.login.getSession()).toMatchObject({ subject: guest, kind: 'guest' });
  });

  it('leaves nothing of itself in the address', async () => {
    const back = await forged(() => undefined);
    void back.login.completeLogin();
    expect(back.address.href).toBe(`${SHOP}/checkout`);
  });
});

describe('what the provider is asked', () => {
  it('has PKCE with S256, a state, a nonce, and no secret', async () => {
    void tab.login.linkIdentity({ connectionId: 'google' }).catch(() => undefined);
    await world.until(world.departureOf(tab));
    const url = new URL(tab.departed ?? '');
    expect(url.origin).toBe(LOGIN);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code', client_id: 'shop', redirect_uri: `${SHOP}/checkout`, scope: 'openid', connection: 'google', code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/), state: expect.stringMatching(/^[\w-]{43}$/), nonce: expect.stringMatching(/^[\w-]{43}$/),
    });
  });
});

describe('a person on bad days', () => {
  /** The verifier no longer renews the guest, and its token is over. */
  async function endAtVerifier(): Promise<void> {
    const [row] = [...world.rows.values()] as { readonly session: { readonly renewal: { readonly refreshToken: string } } }[];
    const body = new URLSearchParams({ client_id: 'shop', token: row?.session.renewal.refreshToken ?? '' });
    await world.until(world.verifier.handler(new Request(`${VERIFIER}/revoke`, { method: 'POST', body }), { clientAddress: '192.0.2.9' }));
    await world.time.pass(700_000);
  }

  it('whose guest’s renewal was refused has the guest back by its key, and linked', async () => {
    await endAtVerifier();
    const page = world.open('/checkout');
    await expect(world.until(page.login.getToken())).rejects.toMatchObject({ code: 'login_required' });
    // The provider's clock is the real one; buckets fill again by the other.
    world.time.wall = Date.now();
    await world.time.pass(20_000);
    const back = await world.signIn(page, (login) => login.authenticate({ connectionId: 'google' }), 'ada');
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'linked', session: { subject: guest, kind: 'user' } });
  });

  it('whose guest cannot be had back just now is not signed in without it', async () => {
    await endAtVerifier();
    const page = world.open('/checkout');
    await expect(world.until(page.login.getToken())).rejects.toMatchObject({ code: 'login_required' });
    world.loseAnswers(99);
    await expect(world.until(page.login.authenticate({ connectionId: 'google' }))).rejects.toMatchObject({ retryable: true });
    expect(page.departed).toBeNull();
  });

  it('whose failure in one page was a success in another is the user, told last', async () => {
    const address = await world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada');
    const before = new Map(world.rows);
    const page = world.open(address);
    expect(await world.until(page.login.completeLogin())).toMatchObject({ type: 'linked' });
    const [after] = [...world.rows.values()] as { readonly session: object }[];
    // As if a second page with the same callback, without a lock, had been refused the code and had said so first.
    for (const [name, row] of before) {
      const record = structuredClone(row) as { version: number; pending: { outcome: object | null; callback: string | null }[] };
      for (const one of record.pending) Object.assign(one, { outcome: { type: 'failed', error: { code: 'grant_refused', message: 'used' } }, callback: null });
      world.rows.set(name, record);
    }
    const { transition } = await import('../../src/core/record.ts');
    const [row] = [...world.rows.values()] as Parameters<typeof transition>[0][];
    const done = transition(row as Parameters<typeof transition>[0], { type: 'completed', state: row?.pending.at(-1)?.state ?? '', grant: after?.session as never, at: world.time.wall });
    expect(done).toMatchObject({ session: { subject: guest, kind: 'user' }, pending: [{ outcome: { type: 'linked' } }] });
  });

  it('who signs out leaves nothing by which the guest whose things are on their way could be anybody', async () => {
    await atHome('ada');
    const back = await link(tab);
    await world.until(back.login.completeLogin());
    await world.until(back.login.resolveLink('continue_as_user'));
    await world.until(back.login.logOut());
    const [row] = [...world.rows.values()] as { readonly merges: readonly { readonly from: { readonly key?: object; readonly renewal: object } }[] }[];
    expect(row?.merges).toEqual([expect.objectContaining({ from: expect.objectContaining({ renewal: { type: 'none' }, key: undefined }) })]);
  });

  it('who stays the guest leaves no session of the user behind at the verifier', async () => {
    await atHome('ada');
    const back = await link(tab);
    await world.until(back.login.completeLogin());
    await world.until(back.login.resolveLink('stay_guest'));
    await world.time.pass(1_000);
    expect(world.requests.filter((request) => request === 'POST /revoke')).toHaveLength(1);
  });

  it('who signs out while the verifier is down signs out at the provider all the same', async () => {
    const options = { provider: oidc({ issuer: LOGIN, clientId: 'shop', verifier: VERIFIER, logOutUrl: `${SHOP}/` }) };
    const back = world.open(await world.backFrom(world.open('/checkout', options), (login) => login.linkIdentity({ connectionId: 'google' }), 'ada'), options);
    await world.until(back.login.completeLogin());
    world.loseAnswers(9);
    await expect(world.until(back.login.logOut())).rejects.toMatchObject({ code: 'network' });
    const left = new URL(back.departed ?? '');
    expect([left.origin + left.pathname, left.searchParams.get('post_logout_redirect_uri')]).toEqual([`${LOGIN}/logout`, `${SHOP}/`]);
    expect(back.login.getSession()).toBeNull();
  });

  it('who shows a second time who they are is asked by the provider, whatever it remembers', async () => {
    const back = await link(tab);
    await world.until(back.login.completeLogin());
    void back.login.authenticate({ connectionId: 'google' }).catch(() => undefined);
    await world.until(world.departureOf(back));
    expect(new URL(back.departed ?? '').searchParams.get('max_age')).toBe('0');
  });

  it('whose window vanished by a sign-out elsewhere is told that nothing was done', async () => {
    const outcome = tab.login.linkIdentity({ connectionId: 'google', mode: 'popup' });
    await world.until(world.departureOf(tab));
    await world.until(world.open().login.logOut({ discardGuest: true }));
    expect(await world.until(outcome)).toEqual({ type: 'cancelled' });
  });
});

describe('a user', () => {
  let back: Tab;
  beforeEach(async () => {
    back = await link(tab);
    await world.until(back.login.completeLogin());
  });
  const add = (connectionId: string): Promise<Tab> => world.signIn(back, (login) => login.linkIdentity({ connectionId }), 'ada');

  it('adds another way to sign in, sees both, and signs in by either as the same subject', async () => {
    const again = await add('github');
    expect(await world.until(again.login.completeLogin())).toMatchObject({ type: 'linked', session: { subject: guest } });
    const identities = await world.until(again.login.getIdentities());
    expect(identities).toEqual([1, 2].map(() => ({ id: expect.any(String), issuer: LOGIN, linkedAt: expect.any(Number) })));
    const elsewhere = world.anotherBrowser();
    const there = await elsewhere.signIn(elsewhere.open('/checkout'), (login) => login.authenticate({ connectionId: 'github' }), 'ada');
    await elsewhere.until(there.login.completeLogin());
    expect(there.login.getSession()).toMatchObject({ subject: guest, kind: 'user' });
  });

  it('takes one off again, and not the last one', async () => {
    const again = await add('github');
    await world.until(again.login.completeLogin());
    const [first] = await world.until(again.login.getIdentities());
    await world.until(again.login.unlinkIdentity(first?.id ?? ''));
    // Said twice, because an answer can be lost.
    await world.until(again.login.unlinkIdentity(first?.id ?? ''));
    const [last, ...none] = await world.until(again.login.getIdentities());
    expect(none).toEqual([]);
    await expect(world.until(again.login.unlinkIdentity(last?.id ?? ''))).rejects.toMatchObject({ code: 'grant_refused', oauthError: 'last_identity' });
    expect(again.login.getSession()).toMatchObject({ subject: guest, kind: 'user' });
  });

  it('who signed in long ago signs in once more before changing how', async () => {
    await world.time.pass(700_000);
    const [only] = await world.until(back.login.getIdentities());
    await expect(world.until(back.login.unlinkIdentity(only?.id ?? ''))).rejects.toMatchObject({ code: 'login_required' });
  });

  it('whose guest is still about has no identities yet', async () => {
    const other = world.anotherBrowser().open();
    await world.until(other.login.authenticate());
    expect(await world.until(other.login.getIdentities())).toEqual([]);
  });
});
