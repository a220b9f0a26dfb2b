import { beforeEach, describe, expect, it } from 'vitest';
import { World, type Tab } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.create();
});

const types = ({ notices }: Tab): string[] => notices.map(({ type }) => type);

describe('an app that passes nonsense', () => {
  it.each(['', null, {}, 'x'.repeat(300)])('as a connection (%j) is told so, and nothing is written', async (connectionId) => {
    const tab = world.open();
    const wrong = connectionId as string;
    await expect(world.until(tab.login.authenticate({ connectionId: wrong }))).rejects.toMatchObject({ code: 'config_invalid' });
    await expect(world.until(tab.login.linkIdentity({ connectionId: wrong }))).rejects.toMatchObject({ code: 'config_invalid' });
    expect(world.rows.size).toBe(0);
  });

  it.each(['javascript:alert(1)', 'data:text/html,x', 'http://'])('as a redirectUrl (%s) is told so', async (redirectUrl) => {
    const tab = world.open();
    await expect(world.until(tab.login.authenticate({ connectionId: 'google', redirectUrl }))).rejects.toMatchObject({ code: 'config_invalid' });
    expect(world.requests).toEqual([]);
  });

  it('as a deadline is told so, and a very long one is no short one', async () => {
    const { login } = world.open('/', { guests: 'on-demand' });
    await expect(world.until(login.getToken({ deadlineMs: NaN }))).rejects.toMatchObject({ code: 'config_invalid' });
    expect(await world.until(login.getToken({ deadlineMs: Infinity }))).toEqual(expect.any(String));
  });

  it('as an answer to a link switches nobody', async () => {
    const tab = world.open();
    await world.until(tab.login.authenticate());
    await expect(world.until(tab.login.resolveLink('stayGuest' as 'stay_guest'))).rejects.toMatchObject({ code: 'config_invalid' });
  });

  it('as a signal that is aborted already gets no guest', async () => {
    const { login } = world.open('/', { guests: 'on-demand' });
    await expect(world.until(login.getToken({ signal: AbortSignal.abort() }))).rejects.toThrow(/abort/i);
    expect(world.requests).toEqual([]);
  });
});

describe('a visitor', () => {
  it('becomes a guest silently, and stays the same guest', async () => {
    const tab = world.open();
    const guest = await world.until(tab.login.authenticate());
    expect(guest).toMatchObject({ kind: 'guest', renewable: true });
    expect(await world.until(tab.login.authenticate({ connectionId: 'sc_guests' }))).toEqual(guest);
    expect(await world.until(world.open().login.authenticate())).toEqual(guest);
    expect(world.verifierRequests).toBe(1);
    expect(tab.departed).toBeNull();
    expect(types(tab)).toEqual(['guest_started']);
  });

  it('who opens twenty tabs at once, each calling many times, is one guest', async () => {
    const tabs = Array.from({ length: 20 }, () => world.open());
    const sessions = await world.until(Promise.all(tabs.flatMap(({ login }) => Array.from({ length: 20 }, () => login.authenticate()))));
    expect(new Set(sessions.map(({ subject }) => subject)).size).toBe(1);
    expect(world.verifierRequests).toBe(1);
  });

  it('becomes a guest by the first token call where the app said so', async () => {
    const { login } = world.open('/', { guests: 'on-demand' });
    const tokens = await world.until(Promise.all(Array.from({ length: 1000 }, () => login.getToken())));
    expect(new Set(tokens).size).toBe(1);
    expect(world.verifierRequests).toBe(1);
  });

  it('is nobody until the app asks', async () => {
    const tab = world.open();
    expect(tab.login.getSession()).toBeNull();
    await expect(world.until(tab.login.getToken())).rejects.toMatchObject({ code: 'login_required' });
    expect(world.requests).toEqual([]);
    expect(world.rows.size).toBe(0);
  });

  it('goes by redirect where the page forbids frames', async () => {
    world.framesForbidden = 'yes';
    const first = world.open('/tea?size=big#top');
    const back = world.open(await world.backFrom(first, (login) => login.authenticate(), null));
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'guest_started', session: { kind: 'guest' } });
    expect(back.address.href).toBe('https://www.shop.test/tea?size=big#top');
  });

  it('on a page whose path begins with two slashes comes back to this site', async () => {
    const tab = world.open('https://www.shop.test//evil.example/x', { frameUrl: '' });
    const back = await world.backFrom(tab, (login) => login.authenticate({ connectionId: 'google' }), 'ada');
    expect(new URL(back).origin).toBe('https://www.shop.test');
  });

  it('who signs out while a guest starts is nobody, and stays so', async () => {
    const tab = world.open('/', { guests: 'on-demand' });
    const starting = tab.login.authenticate().catch((error: unknown) => error);
    await world.time.pass(1);
    await world.until(tab.login.logOut());
    expect(await world.until(starting)).toMatchObject({ code: 'session_changed' });
    await expect(world.until(tab.login.getToken())).rejects.toMatchObject({ code: 'login_required' });
  });

  it('is not sent away when the verifier is down', async () => {
    world.authress.faults.add({ route: 'GET /login', kind: 'status', status: 500 });
    const tab = world.open();
    await expect(world.until(tab.login.authenticate())).rejects.toMatchObject({ code: 'frame_blocked', retryable: true });
    expect(tab.departed).toBeNull();
    world.authress.faults.clear();
    world.awake();
    expect(await world.until(tab.login.authenticate())).toMatchObject({ kind: 'guest' });
  });
});

describe('a token call', () => {
  let tab: Tab;
  beforeEach(async () => {
    tab = world.open();
    await world.until(tab.login.authenticate());
    await world.expireTokens();
    world.authress.faults.add({ route: 'PATCH /api/session', kind: 'status', status: 503 });
  });

  it('that was given a deadline ends by then, with the time to try again', async () => {
    const begun = world.time.wall;
    await expect(world.until(tab.login.getToken({ deadlineMs: 3_000 }))).rejects.toMatchObject({ retryable: true, retryAfterMs: expect.any(Number) });
    expect(world.time.wall - begun).toBeLessThanOrEqual(3_000);
  });

  it('that its caller gives up ends for that caller only', async () => {
    const ended = new AbortController();
    const given = tab.login.getToken({ signal: ended.signal });
    const kept = tab.login.getToken();
    ended.abort();
    await expect(world.until(given)).rejects.toThrow(/abort/i);
    world.authress.faults.clear();
    expect(await world.until(kept)).toEqual(expect.any(String));
  });

  it('of twenty tabs is one request for each wait while the service is down', async () => {
    const tabs = Array.from({ length: 20 }, () => world.open());
    world.requests.length = 0;
    await world.until(Promise.allSettled(tabs.map(({ login }) => login.getToken({ deadlineMs: 60_000 }))));
    expect(world.requests.length).toBeLessThanOrEqual(15);
  });

  it('is answered at once when the network is back, with one request for all tabs', async () => {
    const tabs = Array.from({ length: 20 }, () => world.open());
    await world.until(Promise.allSettled(tabs.map(({ login }) => login.getToken())));
    world.authress.faults.clear();
    world.requests.length = 0;
    world.awake();
    await world.until(Promise.all(tabs.map(({ login }) => login.getToken())));
    expect(world.requests).toEqual(['PATCH /api/session']);
  });

  it('waits as long as the service asked for, whatever wakes up meanwhile', async () => {
    world.authress.faults.clear();
    world.authress.faults.add({ route: 'PATCH /api/session', kind: 'status', status: 429, headers: { 'retry-after': '120' }, times: 1 });
    await expect(world.until(tab.login.getToken())).rejects.toMatchObject({ code: 'rate_limited' });
    world.requests.length = 0;
    world.awake();
    await expect(world.until(world.open().login.getToken())).rejects.toMatchObject({ retryAfterMs: expect.any(Number) });
    expect(world.requests).toEqual([]);
    await world.time.pass(120_000);
    expect(await world.until(tab.login.getToken())).toEqual(expect.any(String));
  });
});

it('an app that names a connection the service does not know is told at once, and its visitors keep what they have', async () => {
  const tab = world.open();
  await expect(world.until(tab.login.authenticate({ connectionId: 'sc_unknown' }))).rejects.toMatchObject({ code: 'config_invalid', retryable: false, status: 400 });
});

describe('a guest', () => {
  let tab: Tab;
  let subject: string;
  beforeEach(async () => {
    tab = world.open();
    ({ subject } = await world.until(tab.login.authenticate()));
  });

  it('is renewed with one request for all tabs', async () => {
    const tabs = [tab, ...Array.from({ length: 19 }, () => world.open())];
    await world.until(Promise.all(tabs.map(({ login }) => login.getToken())));
    await world.expireTokens();
    world.requests.length = 0;
    const tokens = await world.until(Promise.all(tabs.flatMap(({ login }) => Array.from({ length: 50 }, () => login.getToken()))));
    expect(world.requests).toEqual(['PATCH /api/session']);
    expect(new Set(tokens).size).toBe(1);
    expect(tab.login.getSession()).toMatchObject({ subject, kind: 'guest' });
  });

  it('is served the old token while a refresh fails, and a new one as soon as it works', async () => {
    const token = await world.until(tab.login.getToken());
    await world.time.pass(3_560_000);
    world.authress.faults.add({ route: 'PATCH /api/session', kind: 'status', status: 503 });
    expect(await world.until(tab.login.getToken())).toBe(token);
    world.authress.faults.clear();
    await world.expireTokens();
    expect(await world.until(tab.login.getToken())).not.toBe(token);
    expect(tab.login.getSession()).toMatchObject({ subject });
  });

  it.each([
    ['503', { kind: 'status', status: 503 }], ['429', { kind: 'status', status: 429, headers: { 'retry-after': '3' } }], ['HTML', { kind: 'html' }],
    ['half an answer', { kind: 'truncated' }], ['a cut connection', { kind: 'reset' }], ['a lost answer', { kind: 'lost_answer' }],
    ['a firewall', { kind: 'status', status: 403, body: '<html>' }], ['nothing', { kind: 'status', status: 200, body: '{}' }],
  ] as const)('is the same guest after the service answered %s', async (_name, fault) => {
    await world.expireTokens();
    world.authress.faults.add({ route: 'PATCH /api/session', times: 2, ...fault });
    await expect(world.until(tab.login.getToken({ deadlineMs: 200 }))).rejects.toMatchObject({ retryable: true });
    expect(await world.until(tab.login.getToken())).toEqual(expect.any(String));
    expect(tab.login.getSession()).toMatchObject({ subject, kind: 'guest' });
    expect(world.verifierRequests).toBe(1);
  });

  it('of a closed tab is the same guest in a new one', async () => {
    await world.expireTokens();
    const later = world.open();
    await world.until(later.login.completeLogin());
    expect(later.login.getSession()).toMatchObject({ subject });
    expect(await world.until(later.login.getToken())).toEqual(expect.any(String));
    expect(later.login.getSession()).toMatchObject({ subject });
  });

  it('whose service forgot it is served to the end of its token, then parked, and the app is told once', async () => {
    world.authress.forgetSessions();
    await world.time.pass(3_560_000);
    await world.until(tab.login.getToken());
    await world.until(world.time.clock.sleep(1_000));
    expect(tab.login.getSession()).toMatchObject({ subject, renewable: false });
    await world.expireTokens();
    await expect(world.until(tab.login.getToken())).rejects.toMatchObject({ code: 'login_required' });
    await expect(world.until(tab.login.getToken())).rejects.toMatchObject({ code: 'login_required' });
    expect(types(tab).filter((type) => type === 'guest_ended')).toHaveLength(1);
  });

  it('is kept by a login host that answers with somebody else', async () => {
    const kept = new Map(world.rows);
    world.evict();
    await world.until(world.open().login.authenticate());
    for (const [name, row] of kept) world.rows.set(name, row);
    await world.expireTokens();
    await expect(world.until(tab.login.getToken())).rejects.toMatchObject({ code: 'session_changed' });
    expect(tab.login.getSession()).toMatchObject({ subject });
  });

  it('is not thrown away by a sign-out that nobody confirmed', async () => {
    await expect(world.until(tab.login.logOut())).rejects.toMatchObject({ code: 'guest_would_be_lost' });
    expect(tab.login.getSession()).toMatchObject({ subject });
    await world.until(tab.login.logOut({ discardGuest: true }));
    expect(tab.login.getSession()).toBeNull();
    expect((await world.until(tab.login.authenticate())).subject).not.toBe(subject);
  });

  it('survives storage that fails, and the app is told once', async () => {
    world.storage = 'fails';
    const other = world.open();
    await world.until(other.login.authenticate());
    await world.until(other.login.getToken());
    expect(types(other).filter((type) => type === 'storage_degraded')).toHaveLength(1);
    expect(other.login.getSession()).toMatchObject({ kind: 'guest' });
  });

  it('that started while storage failed is found by a reload once storage works again', async () => {
    world.evict();
    world.jar.cookies = [];
    world.storage = 'fails';
    const first = world.open();
    const { subject: late } = await world.until(first.login.authenticate());
    world.storage = 'works';
    await world.time.pass(21_000);
    const reloaded = world.open();
    expect(await world.until(reloaded.login.authenticate())).toMatchObject({ subject: late });
  });

  it('stays on the page when the intent to sign in could not be written down', async () => {
    world.storage = 'fails';
    await expect(world.until(tab.login.linkIdentity({ connectionId: 'google' }))).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(tab.departed).toBeNull();
    expect(tab.login.getSession()).toMatchObject({ subject, kind: 'guest' });
  });

  it('is written back by a tab that lives on when storage was cleared', async () => {
    world.evict();
    await world.expireTokens();
    await world.until(tab.login.getToken());
    const later = world.open();
    await world.until(later.login.completeLogin());
    expect(later.login.getSession()).toMatchObject({ subject });
  });
});

describe('a person who signs in', () => {
  let tab: Tab;
  let subject: string;
  const link = (connectionId: string) => (login: Tab['login']): Promise<unknown> => login.linkIdentity({ connectionId });
  beforeEach(async () => {
    tab = world.open('/checkout?step=2#pay');
    ({ subject } = await world.until(tab.login.authenticate()));
  });

  it('for the first time keeps the ID of the guest, and every tab hears it', async () => {
    const other = world.open();
    await world.until(other.login.completeLogin());
    const back = await world.signIn(tab, link('google'), 'ada');
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'linked', session: { subject, kind: 'user' } });
    await world.time.pass(10);
    expect(types(other)).toEqual(['linked']);
    expect(other.login.getSession()).toMatchObject({ subject, kind: 'user' });
    expect(await world.until(other.login.getToken())).toBe(await world.until(back.login.getToken()));
  });

  it('by authenticate() keeps the ID just as well', async () => {
    const back = await world.signIn(tab, (login) => login.authenticate({ connectionId: 'google' }), 'ada');
    expect(await world.until(back.login.authenticate())).toMatchObject({ subject, kind: 'user' });
  });

  it('finds the address bar clean before anything else runs, and is back where they were', async () => {
    const address = await world.backFrom(tab, link('google'), 'ada');
    expect(address).toMatch(/code=/);
    const back = world.open(address);
    const completion = back.login.completeLogin();
    expect(back.address.href).toBe('https://www.shop.test/checkout');
    await world.until(completion);
    expect(back.address.href).toBe('https://www.shop.test/checkout?step=2#pay');
  });

  it('with a callback loaded a hundred times is exchanged once, and every load has the same answer', async () => {
    const address = await world.backFrom(tab, link('google'), 'ada');
    world.requests.length = 0;
    const outcomes = await world.until(Promise.all(Array.from({ length: 100 }, () => world.open(address).login.completeLogin())));
    for (const outcome of outcomes) expect(outcome).toMatchObject({ type: 'linked', session: { subject, kind: 'user' } });
    expect(world.requests).toEqual(['POST /api/authentication/…/tokens']);
  });

  it('days after the guest last had a token keeps the ID of the guest', async () => {
    await world.time.pass(5 * 86_400_000);
    const later = world.open();
    const back = await world.signIn(later, link('google'), 'ada');
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'linked', session: { subject } });
  });

  it('and changes their mind is the guest they were', async () => {
    const back = world.open(await world.backFrom(tab, link('google'), null));
    expect(await world.until(back.login.completeLogin())).toEqual({ type: 'cancelled' });
    expect(back.login.getSession()).toMatchObject({ subject, kind: 'guest', renewable: true });
  });

  it('while the service fails is signed in as soon as it works again', async () => {
    const address = await world.backFrom(tab, link('google'), 'ada');
    world.authress.faults.add({ route: 'POST /api/authentication/{id}/tokens', kind: 'status', status: 503, times: 3 });
    const back = world.open(address);
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'linked', session: { subject } });
  });

  it.each(['revokes-session', 'refused'] as const)('though the answer was lost is the user (a code used twice: %s)', async (codeReuse) => {
    world.authress.switches = { ...world.authress.switches, codeReuse };
    const address = await world.backFrom(tab, link('google'), 'ada');
    world.authress.faults.add({ route: 'POST /api/authentication/{id}/tokens', kind: 'lost_answer', times: 1 });
    const back = world.open(address);
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'linked', session: { subject, kind: 'user' } });
  });

  it('and reloads while the service is down goes on from there', async () => {
    const address = await world.backFrom(tab, link('google'), 'ada');
    world.authress.faults.add({ route: '*', kind: 'status', status: 503 });
    const first = world.open(address);
    await expect(world.until(first.login.completeLogin())).rejects.toMatchObject({ code: 'server', retryable: true });
    expect(await world.until(first.login.getToken())).toEqual(expect.any(String));
    world.authress.faults.clear();
    const reloaded = world.open(first.address.href);
    expect(await world.until(reloaded.login.completeLogin())).toMatchObject({ type: 'linked', session: { subject } });
  });

  it('and came back after more than ten minutes is asked to begin again, still the guest', async () => {
    const address = await world.backFrom(tab, link('google'), 'ada');
    await world.time.pass(601_000);
    const back = world.open(address);
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'failed', error: { code: 'callback_invalid' } });
    expect(back.login.getSession()).toMatchObject({ subject, kind: 'guest' });
  });

  it('is not signed in by a callback that nobody here asked for', async () => {
    const attacker = await World.create();
    const evil = attacker.open();
    await attacker.until(evil.login.authenticate());
    const address = await attacker.backFrom(evil, link('google'), 'grace');
    const victim = world.open(address);
    world.requests.length = 0;
    expect(await world.until(victim.login.completeLogin())).toMatchObject({ type: 'failed', error: { code: 'wrong_browser' } });
    expect(victim.address.href).toBe('https://www.shop.test/');
    expect(world.requests).toEqual([]);
    expect(victim.login.getSession()).toMatchObject({ subject, kind: 'guest' });
  });

  it('is left alone by an address that only looks like a callback', async () => {
    const address = 'https://www.shop.test/news?nonce=letter&code=SPRING#top';
    const page = world.open(address);
    expect(await world.until(page.login.completeLogin())).toBeNull();
    expect(page.address.href).toBe(address);
  });

  it('stays where the app went meanwhile', async () => {
    const back = world.open(await world.backFrom(tab, link('google'), 'ada'));
    const completion = back.login.completeLogin();
    back.address = new URL('https://www.shop.test/thanks');
    await world.until(completion);
    expect(back.address.pathname).toBe('/thanks');
  });

  it('by pressing Back and trying again is linked, and a later link is a link of its own', async () => {
    await world.backFrom(tab, link('google'), null).catch(() => undefined);
    tab.departed = null;
    const again = world.open('/');
    const back = await world.signIn(again, link('google'), 'ada');
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'linked' });
    const more = await world.signIn(back, link('google'), 'grace');
    expect(await world.until(more.login.completeLogin())).toMatchObject({ type: 'linked', session: { subject } });
  });

  it.each(['access_token', 'id_token'])('is not signed in by a token in the address (%s)', async (name) => {
    const token = await world.until(tab.login.getToken());
    world.evict();
    const victim = world.open(`/?${name}=${token}&nonce=x&code=y#access_token=${token}`);
    expect(await world.until(victim.login.completeLogin())).toBeNull();
    expect(victim.login.getSession()).toBeNull();
  });

  it('and signs out is nobody in every tab, and a late answer changes nothing', async () => {
    const back = await world.signIn(tab, link('google'), 'ada');
    await world.until(back.login.completeLogin());
    const other = world.open();
    await world.until(other.login.getToken());
    await world.expireTokens();
    const late = other.login.getToken();
    await world.until(Promise.all([back.login.logOut(), late.catch(() => undefined)]));
    await world.time.pass(10);
    expect(other.login.getSession()).toBeNull();
    expect(back.login.getSession()).toBeNull();
    await expect(world.until(other.login.getToken())).rejects.toMatchObject({ code: 'login_required' });
    expect((await world.until(back.login.authenticate())).subject).not.toBe(subject);
  });

  it('is never made a guest when the session ends', async () => {
    const back = await world.signIn(tab, link('google'), 'ada');
    await world.until(back.login.completeLogin());
    world.authress.forgetSessions();
    await world.expireTokens();
    const later = world.open('/', { guests: 'on-demand' });
    await expect(world.until(later.login.getToken())).rejects.toMatchObject({ code: 'login_required' });
    expect(types(later)).toContain('user_expired');
    const reloaded = world.open();
    await world.until(reloaded.login.completeLogin());
    expect(reloaded.login.getEnd()).toBe('user_expired');
    expect(world.verifierRequests).toBe(1);
  });

  it('with nobody here before gets an ID of their own, and the same one again', async () => {
    const fresh = await World.create();
    const [first] = [await fresh.signIn(fresh.open(), (login) => login.authenticate({ connectionId: 'google' }), 'grace')];
    const outcome = await fresh.until(first!.login.completeLogin());
    expect(outcome).toMatchObject({ type: 'signed_in', session: { kind: 'user' } });
    const own = first!.login.getSession()?.subject;
    await fresh.until(first!.login.logOut());
    const again = await fresh.signIn(fresh.open(), (login) => login.authenticate({ connectionId: 'google' }), 'grace');
    expect(await fresh.until(again.login.completeLogin())).toMatchObject({ session: { subject: own } });
  });

  it('adds a second way to sign in, and takes one off', async () => {
    const user = await world.signIn(tab, link('google'), 'ada');
    await world.until(user.login.completeLogin());
    const both = await world.signIn(user, link('github'), 'ada');
    expect(await world.until(both.login.completeLogin())).toMatchObject({ type: 'linked', session: { subject, kind: 'user' } });
    await world.until(both.login.unlinkIdentity('github'));
    await expect(world.until(both.login.unlinkIdentity('google'))).rejects.toMatchObject({ code: 'grant_refused', status: 409, oauthError: 'LastIdentity' });
    const again = await World.create();
    await expect(again.until(again.open().login.unlinkIdentity('google'))).rejects.toMatchObject({ code: 'login_required' });
  });
});

describe('an identity that is in use', () => {
  let owner: string;
  let guest: string;
  let tab: Tab;
  const merged: { from: string; to: string; key: string; token: string }[] = [];
  const options = {
    mergeGuest: async ({ from, to, key, guestToken }: { from: string; to: string; key: string; guestToken: () => Promise<string> }) =>
      void merged.push({ from, to, key, token: await guestToken() }),
  };

  beforeEach(async () => {
    merged.length = 0;
    const first = world.open();
    ({ subject: owner } = await world.until(first.login.authenticate()));
    const user = await world.signIn(first, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada');
    await world.until(user.login.completeLogin());
    await world.until(user.login.logOut());
    tab = world.open('/', options);
    ({ subject: guest } = await world.until(tab.login.authenticate()));
  });

  const comeBack = async (): Promise<Tab> => world.open(await world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada'), options);

  it('switches nobody until the person chose', async () => {
    const back = await comeBack();
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'identity_in_use', existing: { subject: owner, connectionId: 'google' }, session: { subject: guest } });
    const reloaded = world.open('/', options);
    expect(await world.until(reloaded.login.completeLogin())).toMatchObject({ type: 'identity_in_use' });
    expect(reloaded.login.getSession()).toMatchObject({ subject: guest, kind: 'guest', renewable: false });
    expect(await world.until(reloaded.login.getToken())).toEqual(expect.any(String));
    expect(merged).toEqual([]);
  });

  it('lets the person go on as the user, and merges once', async () => {
    const back = await comeBack();
    expect(await world.until(back.login.resolveLink('continue_as_user'))).toMatchObject({ subject: owner, kind: 'user' });
    expect(merged).toEqual([{ from: guest, to: owner, key: expect.any(String), token: expect.any(String) }]);
    const later = world.open('/', options);
    expect(await world.until(later.login.completeLogin())).toBeNull();
    await world.time.pass(120_000);
    expect(merged).toHaveLength(1);
    await world.expireTokens();
    await world.until(later.login.getToken());
    expect(later.login.getSession()).toMatchObject({ subject: owner, kind: 'user' });
  });

  it('waits for the answer of a person who takes longer than the token of the guest lives', async () => {
    const back = await comeBack();
    await world.until(back.login.completeLogin());
    await world.expireTokens();
    await expect(world.until(back.login.getToken())).rejects.toMatchObject({ code: 'login_required' });
    expect(back.login.getEnd()).toBe('guest_ended');
    const late = world.open('/', options);
    expect(await world.until(late.login.completeLogin())).toMatchObject({ type: 'identity_in_use', existing: { subject: owner }, session: null });
    Object.assign(globalThis, { reportError: () => undefined });
    expect(await world.until(late.login.resolveLink('continue_as_user'))).toMatchObject({ subject: owner });
    expect(await world.until(late.login.getToken())).toEqual(expect.any(String));
  });

  it('lets the person stay the guest', async () => {
    const back = await comeBack();
    const other = world.open('/', options);
    await world.until(other.login.completeLogin());
    expect(await world.until(back.login.resolveLink('stay_guest'))).toMatchObject({ subject: guest, kind: 'guest' });
    expect(await world.until(world.open('/', options).login.completeLogin())).toBeNull();
    await world.time.pass(10);
    expect(types(other)).toContain('stayed_guest');
    expect(merged).toEqual([]);
  });

  it('goes on offering the merge though another tab writes meanwhile', async () => {
    let tries = 0;
    Object.assign(globalThis, { reportError: () => undefined });
    const back = world.open(await world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada'), {
      mergeGuest: async () => { if (++tries < 3) throw new Error('The cart service is down'); },
    });
    await world.until(back.login.resolveLink('continue_as_user'));
    await world.expireTokens();
    await world.until(world.open('/').login.getToken());
    await world.time.pass(120_000);
    expect(tries).toBe(3);
  });

  it('does not wait for ever for a hook that never ends', async () => {
    const back = world.open(await world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada'), { mergeGuest: () => new Promise(() => undefined) });
    expect(await world.until(back.login.resolveLink('continue_as_user'))).toMatchObject({ subject: owner });
  });

  it('is answered once: who answers second is told', async () => {
    const back = await comeBack();
    const other = world.open('/', options);
    await world.until(Promise.all([back.login.completeLogin(), other.login.completeLogin()]));
    const answers = await world.until(Promise.allSettled([back.login.resolveLink('continue_as_user'), other.login.resolveLink('stay_guest')]));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('never takes along the things of a guest of long ago', async () => {
    const record = [...world.rows.entries()][0]!;
    world.rows.set(record[0], { ...(record[1] as object), parked: { ...(record[1] as { session: object }).session, subject: 'user_long_ago' } });
    await world.until(tab.login.logOut({ discardGuest: true }));
    const graces = await world.signIn(tab, (login) => login.authenticate({ connectionId: 'google' }), 'ada');
    await world.until(graces.login.completeLogin());
    expect(JSON.stringify([...world.rows.values()])).not.toContain('user_long_ago');
    expect(merged).toEqual([]);
  });

  it('offers the merge again with the same key until the app took it', async () => {
    const keys: string[] = [];
    const back = world.open(await world.backFrom(tab, (login) => login.linkIdentity({ connectionId: 'google' }), 'ada'), {
      mergeGuest: async ({ key }) => {
        keys.push(key);
        if (keys.length < 4) throw new Error('The cart service is down');
      },
    });
    const reported: unknown[] = [];
    Object.assign(globalThis, { reportError: (error: unknown) => reported.push(error) });
    await world.until(back.login.resolveLink('continue_as_user'));
    await world.time.pass(120_000);
    expect(keys).toHaveLength(4);
    expect(new Set(keys).size).toBe(1);
    expect(reported).toHaveLength(3);
  });

  it('that the service reports as an error leaves the guest whole, and going on signs in once more', async () => {
    world.authress.switches = { ...world.authress.switches, identityInUse: 'redirect-error' };
    const back = await comeBack();
    expect(await world.until(back.login.completeLogin())).toMatchObject({ type: 'identity_in_use', existing: { subject: null } });
    expect(back.login.getSession()).toMatchObject({ subject: guest, renewable: true });
    const user = world.open(await world.backFrom(back, (login) => login.resolveLink('continue_as_user'), 'ada'), options);
    expect(await world.until(user.login.completeLogin())).toMatchObject({ type: 'signed_in', session: { subject: owner, kind: 'user' } });
    await world.time.pass(1_000);
    expect(merged).toMatchObject([{ from: guest, to: owner }]);
  });
});

describe('a renewal that comes by cookie', () => {
  let tab: Tab;
  let subject: string;
  beforeEach(async () => {
    world = await World.create({ switches: { sessionAnswer: 'cookies' } });
    tab = world.open();
    ({ subject } = await world.until(tab.login.authenticate()));
    await world.expireTokens();
  });

  const plant = (value: string): void => void world.jar.cookies.unshift({ name: 'authorization', value, domain: 'shop.test', wide: true, httpOnly: false });

  it('is taken once its signature was verified', async () => {
    expect(await world.until(tab.login.getToken())).toEqual(expect.any(String));
    expect(world.requests.slice(-2)).toEqual(['PATCH /api/session', 'GET /.well-known/openid-configuration/jwks']);
    expect(tab.login.getSession()).toMatchObject({ subject, kind: 'guest' });
  });

  it('is taken though another site of the domain tossed a cookie of the same name', async () => {
    const stranger = await World.create();
    const other = stranger.open();
    await stranger.until(other.login.authenticate());
    plant(await stranger.until(other.login.getToken()));
    plant(`${btoa('{"alg":"none"}')}.${btoa(JSON.stringify({ iss: 'https://login.shop.test', sub: 'user_evil', iat: 9e9, exp: 9e9 + 60 })).replaceAll('=', '')}.`);
    const token = await world.until(tab.login.getToken());
    expect(JSON.parse(atob(token.split('.')[1] ?? '').replace(/[^\x20-\x7e]/g, ''))).toMatchObject({ sub: subject });
    expect(tab.login.getSession()).toMatchObject({ subject });
  });

  it('is never read before we asked for one', async () => {
    const fresh = await World.create();
    const planted = fresh.open();
    fresh.jar.cookies = world.jar.cookies;
    plant(await world.until(tab.login.getToken()));
    await expect(fresh.until(planted.login.getToken())).rejects.toMatchObject({ code: 'login_required' });
    expect(planted.login.getSession()).toBeNull();
  });

  it('that left no usable cookie keeps the guest', async () => {
    world.authress.faults.add({ route: 'PATCH /api/session', kind: 'status', status: 200, body: '{}' });
    world.jar.cookies = world.jar.cookies.filter(({ httpOnly }) => httpOnly);
    await expect(world.until(tab.login.getToken())).rejects.toMatchObject({ code: 'response_invalid', retryable: true });
    expect(tab.login.getSession()).toMatchObject({ subject });
    world.authress.faults.clear();
    world.awake();
    expect(await world.until(tab.login.getToken())).toEqual(expect.any(String));
  });
});
