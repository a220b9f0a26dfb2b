import { LoginError, type Grant } from '@passerby/shared';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CoreOptions } from '../../src/core.ts';
import type { SessionEvent } from '../../src/core/record.ts';
import type { GuestMerge } from '../../src/flows/merge.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { Bench, SHOP, type Page } from '../support/bench.ts';
import { grantOf, pendingOf } from '../support/samples.ts';

const kept: Partial<Grant> = { renewal: { type: 'own_cookie' }, accessToken: '', tokenType: 'Cookie' };

let bench: Bench;
let sent: Request[];
let statuses: number[];
beforeEach(() => {
  bench = new Bench();
  sent = [];
  statuses = [];
});

/** A page whose service keeps the tokens, and knows who is here by a cookie for each. */
function openPage(options: Partial<CoreOptions> = {}, change: Partial<Provider> = {}): Page {
  const page = bench.open('/', { apiOrigins: [SHOP], ...options }, {
    refresh: async ({ subject, kind }) => (bench.asked.push('refresh'), grantOf(subject, kind, kept)), startGuest: async () => (bench.asked.push('startGuest'), grantOf('user_guest', 'guest', kept)),
    endSession: async ({ subject }, _ports, who) => void bench.asked.push(`end ${subject} ${who}`), ...change,
  });
  return Object.assign(page, {
    ports: Object.assign(page.ports, { send: async (request: Request) => (sent.push(request), new Response(null, { status: statuses.shift() ?? 200 })) }),
  });
}

const guest = (): SessionEvent => ({ type: 'guest_started', grant: grantOf('user_guest', 'guest', kept), at: bench.time.wall, turn: 0 });
const begun = (): SessionEvent => ({ type: 'begun', pending: pendingOf({ subject: 'user_guest', startedAt: bench.time.wall }) });
const back = (): SessionEvent => ({ type: 'completed', state: 'state_1', grant: grantOf('user_ada', 'user', kept), at: bench.time.wall });

describe('a person whose token stays on the server', () => {
  it('asks the shop’s API with the cookie, under their own name, and without a credential of the page', async () => {
    bench.remember(guest());
    await bench.until(openPage().login.fetch(`${SHOP}/api/cart`, { method: 'POST', body: '{}', credentials: 'omit' }));
    expect(sent).toMatchObject([{ method: 'POST', credentials: 'same-origin' }]);
    expect(Object.fromEntries(sent[0]?.headers ?? [])).toMatchObject({ 'passerby-subject': 'user_guest' });
    expect(sent[0]?.headers.has('authorization')).toBe(false);
    expect(await sent[0]?.text()).toBe('{}');
  });

  it('has no token to give: who asks for one is told what to do instead', async () => {
    bench.remember(guest());
    const { login } = openPage();
    for (let i = 0; i < 3; i++) await expect(bench.until(login.getToken())).rejects.toMatchObject({ code: 'unsupported', message: expect.stringContaining('fetch()') as string });
    expect(login.getSession()).toMatchObject({ subject: 'user_guest', renewable: true });
  });

  it('is known to no other origin, and a page that lists one is told so before anything is sent', async () => {
    bench.remember(guest());
    const { login } = openPage({ apiOrigins: ['https://api.shop.example'] });
    await expect(bench.until(login.fetch('https://api.shop.example/cart'))).rejects.toMatchObject({ code: 'unsupported' });
    expect(sent).toEqual([]);
    await bench.until(login.fetch('https://elsewhere.example/'));
    expect(sent[0]?.headers.has('passerby-subject')).toBe(false);
  });

  it('is made a guest by the first request, where the app says so', async () => {
    await bench.until(openPage({ guests: 'on-demand' }).login.fetch(`${SHOP}/api/cart`));
    expect([bench.asked, sent.length]).toEqual([['startGuest'], 1]);
  });

  it('is renewed before the end, and once more where the API does not know them', async () => {
    bench.remember(guest());
    await bench.time.pass(600_000);
    const { login } = openPage();
    await bench.until(login.fetch(`${SHOP}/api/cart`));
    expect(bench.asked).toEqual(['refresh']);
    await bench.time.pass(60_000);
    statuses = [401];
    expect((await bench.until(login.fetch(`${SHOP}/api/cart`))).status).toBe(200);
    expect([bench.asked, sent.length]).toEqual([['refresh', 'refresh'], 3]);
    // What was issued just now is not asked for again.
    statuses = [401];
    expect((await bench.until(login.fetch(`${SHOP}/api/cart`))).status).toBe(401);
    expect(bench.asked).toHaveLength(2);
  });

  it('who became a user elsewhere is not asked for again: the API’s own no is the answer', async () => {
    bench.remember(guest());
    await bench.time.pass(60_000);
    statuses = [401];
    const page = openPage({}, { refresh: async () => Promise.reject(new LoginError('grant_refused', 'No', { oauthError: 'guest_upgraded' })) });
    expect((await bench.until(page.login.fetch(`${SHOP}/api/cart`))).status).toBe(401);
    expect([sent.length, page.login.getEnd()]).toEqual([1, 'user_expired']);
  });
});

describe('a person whose cookie is gone', () => {
  const refused = (error: string): Partial<Provider> => ({ refresh: async () => {
    await bench.time.clock.sleep(1);
    throw new LoginError('grant_refused', 'No', { oauthError: error });
  } });

  it('is told so at once: no token is left that works', async () => {
    bench.remember(guest());
    await bench.time.pass(60_000);
    statuses = [401, 401];
    const page = openPage({ guests: 'on-demand' }, refused('invalid_grant'));
    expect((await bench.until(page.login.fetch(`${SHOP}/api/cart`))).status).toBe(401);
    expect([page.login.getSession(), page.login.getEnd()]).toEqual([null, 'guest_ended']);
    await bench.until(page.login.fetch(`${SHOP}/api/cart`));
    expect(bench.asked).toEqual(['startGuest']);
  });

  it('as a user, while that of the guest they were is still there, is asked to sign in, once', async () => {
    bench.remember(guest(), begun(), { type: 'completed', state: 'state_1', grant: grantOf('user_guest', 'user', kept), at: bench.time.wall });
    await bench.time.pass(600_000);
    const page = openPage({}, refused('guest_upgraded'));
    await expect(bench.until(page.login.fetch(`${SHOP}/api/cart`))).rejects.toMatchObject({ code: 'login_required' });
    expect(page.login.getEnd()).toBe('user_expired');
  });
});

describe('a guest and a user who both have a cookie', () => {
  it('are both there until the person has chosen: neither renewal is lost', () => {
    const { session, conflict } = bench.remember(guest(), begun(), back());
    expect([session?.subject, session?.renewal, conflict?.session?.subject, conflict?.session?.renewal]).toEqual(['user_guest', { type: 'own_cookie' }, 'user_ada', { type: 'own_cookie' }]);
  });

  it('are told apart: what the guest asks is asked as the guest', async () => {
    bench.remember(guest(), begun(), back());
    await bench.until(openPage().login.fetch(`${SHOP}/api/cart`));
    expect(sent[0]?.headers.get('passerby-subject')).toBe('user_guest');
  });

  it('a new guest takes no cookie from the user who waits', () => {
    const record = bench.remember(guest(), begun(), back(), { type: 'refused', token: 'over', turn: 2 }, { type: 'guest_started', grant: grantOf('user_second', 'guest', kept), at: 1, turn: 3 });
    expect([record.session?.subject, record.conflict?.session?.subject]).toEqual(['user_second', 'user_ada']);
  });

  it('where the person stays the guest, only the user’s ends', async () => {
    bench.remember(guest(), begun(), back());
    expect(await bench.until(openPage().login.resolveLink('stay_guest'))).toMatchObject({ subject: 'user_guest' });
    await bench.time.pass(1);
    expect(bench.asked).toEqual(['end user_ada this_one']);
  });

  it('where the person goes on as the user, the cookies are the proof of the merge, and there is none else', async () => {
    bench.remember(guest(), begun(), back());
    const offered: GuestMerge[] = [];
    await bench.until(openPage({ mergeGuest: async (merge) => void offered.push(merge) }).login.resolveLink('continue_as_user'));
    expect(offered).toMatchObject([{ from: 'user_guest', to: 'user_ada', key: 'id_1' }]);
    await expect(offered[0]?.guestToken()).rejects.toMatchObject({ code: 'unsupported' });
    await expect(offered[0]?.ticket()).rejects.toMatchObject({ code: 'unsupported' });
    expect(bench.asked).toEqual([]);
  });

  it('where the person signs out, both are gone', async () => {
    bench.remember(guest(), begun(), back());
    const page = openPage({}, { endSession: async ({ subject }, _ports, who) => (bench.asked.push(`end ${subject} ${who}`), 'https://login.example/bye') });
    await bench.until(page.login.logOut({ discardGuest: true }));
    expect([bench.asked, page.departed]).toEqual([['end user_guest everybody'], 'https://login.example/bye']);
  });
});

it('the next guest’s start says that somebody signed out before', async () => {
  bench.remember(guest(), { type: 'signed_out', subject: 'user_guest' });
  const after: unknown[] = [];
  const page = openPage({}, { startGuest: async (request) => (after.push(request.after), grantOf('user_next', 'guest', kept)) });
  await bench.until(page.login.authenticate());
  expect(after).toEqual(['signed_out']);
});

describe('attributes', () => {
  const store = (): { values: Record<string, string>; attributes: NonNullable<Provider['attributes']> } => {
    const values: Record<string, string> = {};
    return { values, attributes: async ({ subject }, { set, remove = [] }) => {
      bench.asked.push(`attributes of ${subject}`);
      Object.assign(values, set);
      for (const key of remove) delete values[key];
      return { values: { ...values } };
    } };
  };

  it('are set, read and removed for who is here', async () => {
    bench.remember(guest());
    const { values, attributes } = store();
    const { login } = openPage({}, { attributes });
    await bench.until(login.attributes.set('size', 'M'));
    await bench.until(login.attributes.set('colour', 'green'));
    expect(await bench.until(login.attributes.get('size'))).toBe('M');
    expect(await bench.until(login.attributes.get('constructor'))).toBeNull();
    await bench.until(login.attributes.remove('size'));
    expect(await bench.until(login.attributes.list())).toEqual({ colour: 'green' });
    expect(values).toEqual({ colour: 'green' });
    expect(new Set(bench.asked)).toEqual(new Set(['attributes of user_guest']));
  });

  it('of nobody are asked of nobody', async () => {
    await expect(bench.until(openPage({}, store()).login.attributes.list())).rejects.toMatchObject({ code: 'login_required' });
    expect(bench.asked).toEqual([]);
  });

  it('where the service keeps none, start no guest', async () => {
    await expect(bench.until(openPage({ guests: 'on-demand' }).login.attributes.list())).rejects.toMatchObject({ code: 'unsupported' });
    expect(bench.asked).toEqual([]);
  });
});
