import { beforeEach, describe, expect, it } from 'vitest';
import { oidc } from '../../src/providers/oidc.ts';
import { World, API, LOGIN, VERIFIER, type Tab } from '../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.createOidc();
});

const types = ({ notices }: Tab): string[] => notices.map(({ type }) => type);
const TOKEN = 'POST /token';

describe('a visitor of a shop whose verifier makes the guests', () => {
  it('is a guest after one request, and the ID is the thumbprint of a key that nobody can read', async () => {
    const tab = world.open();
    const { subject, kind } = await world.until(tab.login.authenticate());
    expect(kind).toBe('guest');
    expect(world.requests).toEqual([TOKEN]);
    expect(subject).toMatch(/^g_[\w-]{43}$/);
    const [stored] = [...world.rows.values()] as { readonly guestKey: { readonly thumbprint: string; readonly privateKey: CryptoKey } }[];
    expect(stored?.guestKey.thumbprint).toBe(subject.slice(2));
    expect(stored?.guestKey.privateKey.extractable).toBe(false);
    expect(await world.verifier.verifyToken(await world.until(tab.login.getToken()))).toMatchObject({ subject, kind: 'guest' });
  });

  it('who opens twenty tabs at once has one key and is one guest', async () => {
    const tabs = Array.from({ length: 20 }, () => world.open());
    const sessions = await world.until(Promise.all(tabs.flatMap(({ login }) => [login.authenticate(), login.authenticate()])));
    expect(new Set(sessions.map(({ subject }) => subject)).size).toBe(1);
    expect(world.requests).toEqual([TOKEN]);
  });

  it('whose answer was lost, and who closed the page meanwhile, is the same guest', async () => {
    const { subject } = await world.until(world.open().login.authenticate());
    // As if the answer had never come: the key was written down before it was asked for.
    for (const [name, row] of world.rows) world.rows.set(name, { ...(row as object), session: null });
    expect(await world.until(world.open().login.authenticate())).toMatchObject({ subject });
  });

  it('is renewed without being asked, as the same guest', async () => {
    const tab = world.open();
    const { subject } = await world.until(tab.login.authenticate());
    const token = await world.until(tab.login.getToken());
    await world.time.pass(560_000);
    // Served the old one, while the new one is on its way.
    expect(await world.until(tab.login.getToken())).toBe(token);
    await world.time.pass(1_000);
    const next = await world.until(tab.login.getToken());
    expect(next).not.toBe(token);
    expect(await world.verifier.verifyToken(next)).toMatchObject({ subject });
    // With the nonce that came with the first token: one request more.
    expect(world.requests).toEqual([TOKEN, TOKEN]);
  });

  it('who opens the shop again when the token has just ended is renewed by one request: the nonce was kept', async () => {
    const { subject } = await world.until(world.open().login.authenticate());
    await world.time.pass(601_000);
    const { login } = world.open();
    await world.until(login.getToken());
    expect(login.getSession()?.subject).toBe(subject);
    expect(world.requests).toEqual([TOKEN, TOKEN]);
  });

  it('who comes back after a year is the same guest, told that the session had ended', async () => {
    const { subject } = await world.until(world.open().login.authenticate());
    await world.time.pass(365 * 86_400_000);
    const tab = world.open('/', { guests: 'on-demand' });
    const token = await world.until(tab.login.getToken());
    expect(await world.verifier.verifyToken(token)).toMatchObject({ subject });
    expect(types(tab)).toEqual(['guest_ended', 'guest_started']);
  });

  it.each([['a day ahead', 86_400_000], ['a day behind', -86_400_000]])('whose clock is %s is a guest after one request more', async (_what, ms) => {
    const right = world.time.wall;
    world.time.wall += ms;
    const tab = world.open();
    // The verifier's clock is right; only this device's is not.
    world = await World.createOidc({ now: () => right });
    const login = world.open().login;
    world.time.wall = right + ms;
    await world.until(login.authenticate());
    expect(world.requests).toEqual([TOKEN, TOKEN]);
    expect(tab.departed).toBeNull();
  });

  it('who is to start by leaving the page starts by a request all the same: nobody makes guests at the provider', async () => {
    const tab = world.open();
    expect(await world.until(tab.login.authenticate({ mode: 'redirect' }))).toMatchObject({ kind: 'guest' });
    expect(tab.departed).toBeNull();
  });

  it('who gives up the guest is somebody else the next time', async () => {
    const tab = world.open();
    const { subject } = await world.until(tab.login.authenticate());
    await world.until(tab.login.logOut({ discardGuest: true }));
    expect(JSON.stringify([...world.rows.values()])).not.toContain(subject.slice(2));
    expect((await world.until(tab.login.authenticate())).subject).not.toBe(subject);
    expect(world.requests).toContain('POST /revoke');
  });

  it('in another browser that got a copy of everything but the key is nobody', async () => {
    await world.until(world.open().login.authenticate());
    const thief = world.anotherBrowser();
    const own = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])).privateKey;
    for (const [name, row] of world.rows) {
      const record = structuredClone(row) as { session: { key: object }; guestKey: object };
      thief.rows.set(name, { ...record, session: { ...record.session, key: { ...record.session.key, privateKey: own } }, guestKey: { ...record.guestKey, privateKey: own } });
    }
    await world.time.pass(700_000);
    await expect(thief.until(thief.open().login.getToken())).rejects.toMatchObject({ oauthError: 'invalid_dpop_proof' });
    expect(await world.until(world.open().login.getToken())).toEqual(expect.any(String));
  });

  it('whom the shop does not let in is told so, and is not asked for again and again', async () => {
    world = await World.createOidc({ allow: () => false });
    await expect(world.until(world.open().login.authenticate())).rejects.toMatchObject({ code: 'login_denied', oauthError: 'access_denied' });
    expect(world.requests).toEqual([TOKEN]);
  });

  it('whose key became a user’s in a way this browser does not know gets a new key, and is a new guest', async () => {
    const { subject } = await world.until(world.open('/checkout').login.authenticate());
    const back = await world.signIn(world.open('/checkout'), (login) => login.linkIdentity({ connectionId: 'google' }), 'ada');
    const before = new Map([...world.rows].map(([name, row]) => [name, { ...(row as object), session: null, pending: [] }]));
    await world.until(back.login.completeLogin());
    // As if this browser had been put back to before the link, with nobody in it.
    for (const [name, row] of before) world.rows.set(name, row);
    expect((await world.until(world.open().login.authenticate())).subject).not.toBe(subject);
  });

  it('who has to show that they are a person does so in their own time, once, and not again in the next tab', async () => {
    world = await World.createOidc({ captcha: (response) => response === 'solved' });
    let asked = 0;
    const provider = oidc({ issuer: LOGIN, clientId: 'shop', verifier: VERIFIER, captcha: async () => {
      asked++;
      await world.time.clock.sleep(60_000);
      return 'solved';
    } });
    const { login } = world.open('/', { provider });
    const sessions = await world.until(Promise.all([login.authenticate(), login.authenticate()]));
    expect(new Set(sessions.map(({ subject }) => subject)).size).toBe(1);
    expect(asked).toBe(1);
    await world.until(world.open('/', { provider }).login.authenticate());
    expect(asked).toBe(1);
  });

  it('who has to show that they are a person, on a page that cannot ask, is told so', async () => {
    world = await World.createOidc({ captcha: () => false });
    await expect(world.until(world.open().login.authenticate())).rejects.toMatchObject({ code: 'login_denied', oauthError: 'captcha_required' });
  });

  it('who is one too many waits as long as the verifier asks for', async () => {
    world = await World.createOidc({ rateLimit: { network: { burst: 1, perSecond: 0.2 } } });
    await world.until(world.open().login.authenticate());
    const other = world.anotherBrowser();
    const began = world.time.clock.monotonic();
    await other.until(other.open().login.authenticate());
    expect(world.time.clock.monotonic() - began).toBeGreaterThanOrEqual(5_000);
    expect(other.requests).toEqual([TOKEN, TOKEN]);
  });
});

describe('what the verifier is asked', () => {
  it('is a form without cookies and without a header that needs a preflight', async () => {
    const tab = world.open();
    await world.until(tab.login.authenticate());
    expect(world.sent.filter(({ url }) => url.startsWith(VERIFIER))).toHaveLength(1);
    for (const { init } of world.sent) {
      expect(init).toMatchObject({ credentials: 'omit', cache: 'no-store', redirect: 'manual', referrerPolicy: 'no-referrer' });
      expect(new Headers(init.headers).keys().next().done).toBe(true);
    }
  });
});

describe('a request of the app by fetch()', () => {
  const open = (): Tab => world.open('/', { guests: 'on-demand', apiOrigins: [API] });

  it('carries who is here to the listed API, and to no other place', async () => {
    const { login } = open();
    const answer = await world.until(login.fetch(`${API}/cart`));
    expect(await answer.json()).toMatchObject({ subject: login.getSession()?.subject, kind: 'guest' });
    await world.until(login.fetch(`${VERIFIER}/jwks`));
    expect(world.appRequests.at(-1)?.headers.has('authorization')).toBe(false);
  });

  it('carries a proof where tokens are bound to the key', async () => {
    world = await World.createOidc({ accessTokenType: 'DPoP' });
    const { login } = open();
    const answer = await world.until(login.fetch(`${API}/cart?item=1`, { method: 'POST', body: 'mug' }));
    expect(await answer.json()).toMatchObject({ subject: login.getSession()?.subject });
    expect(world.appRequests.at(-1)?.headers.get('authorization')).toMatch(/^DPoP /);
  });

  it.each([['a day ahead', 86_400_000], ['90 s behind', -90_000]])('carries a proof by the right time where the clock is %s', async (_what, ms) => {
    const right = world.time.wall;
    world = await World.createOidc({ accessTokenType: 'DPoP', now: () => right });
    world.time.wall = right + ms;
    const { login } = open();
    const answer = await world.until(login.fetch(`${API}/cart`));
    expect(await answer.json()).toMatchObject({ subject: login.getSession()?.subject });
  });

  it('that the API does not take is sent once more with another token, and its body with it', async () => {
    const { login } = open();
    await world.until(login.getToken());
    let refused = 0;
    const { api } = world;
    const bodies: string[] = [];
    world.api = async (request) => {
      bodies.push(await request.clone().text());
      return refused++ === 0 ? new Response(null, { status: 401 }) : api(request);
    };
    await world.time.pass(11_000);
    const answer = await world.until(login.fetch(`${API}/cart`, { method: 'POST', body: 'mug' }));
    expect(answer.status).toBe(200);
    expect(bodies).toEqual(['mug', 'mug']);
  });

  it('that the API never takes is its own answer in the end, after one more try', async () => {
    const { login } = open();
    await world.until(login.getToken());
    await world.time.pass(11_000);
    let asked = 0;
    world.api = async () => {
      asked++;
      return new Response(null, { status: 401 });
    };
    expect((await world.until(login.fetch(`${API}/cart`))).status).toBe(401);
    expect(asked).toBe(2);
    expect(login.getSession()).toMatchObject({ kind: 'guest', renewable: true });
  });

  it('that has an authorization of its own keeps it', async () => {
    const { login } = open();
    await world.until(login.getToken());
    await world.until(login.fetch(`${API}/cart`, { headers: { authorization: 'Basic c2hvcA==' } }));
    expect(world.appRequests.at(-1)?.headers.get('authorization')).toBe('Basic c2hvcA==');
  });

  it('that the API refuses asks nobody who asked to be left alone', async () => {
    const { login } = open();
    await world.until(login.getToken());
    await world.time.pass(11_000);
    world.api = async () => new Response(null, { status: 401 });
    const { verifier } = world;
    let asked = 0;
    const busy = world.withVerifier({ ...verifier, handler: async () => {
      asked++;
      return new Response(null, { status: 429, headers: { 'retry-after': '120' } });
    } });
    busy.api = world.api;
    const other = busy.open('/', { apiOrigins: [API] }).login;
    for (let i = 0; i < 5; i++) await world.until(other.fetch(`${API}/cart`));
    expect(asked).toBe(1);
  });

  it('that the API refuses right after a renewal costs no other', async () => {
    const { login } = open();
    await world.until(login.getToken());
    const requests = world.requests.length;
    world.api = async () => new Response(null, { status: 401 });
    expect((await world.until(login.fetch(`${API}/cart`))).status).toBe(401);
    expect(world.requests.length).toBe(requests);
  });

  it('of somebody is not done as somebody else who came meanwhile', async () => {
    const { login } = open();
    await world.until(login.getToken());
    await world.time.pass(11_000);
    let asked = 0;
    world.api = async () => {
      asked++;
      void login.logOut({ discardGuest: true }).then(() => login.authenticate());
      await world.time.wait(1_000);
      return new Response(null, { status: 401 });
    };
    expect((await world.until(login.fetch(`${API}/cart`))).status).toBe(401);
    expect(asked).toBe(1);
    expect(login.getSession()).toMatchObject({ kind: 'guest' });
  });

  it('where nobody is here throws what getToken() throws', async () => {
    const { login } = world.open('/', { apiOrigins: [API] });
    await expect(world.until(login.fetch(`${API}/cart`))).rejects.toMatchObject({ code: 'login_required' });
    expect(world.appRequests).toEqual([]);
  });
});
