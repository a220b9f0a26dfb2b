import { LoginError } from '@passerby/shared';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AskPerson } from '../../src/flows/challenge.ts';
import type { Answer, AuthorizationRequest, Challenge, LinkStep, Provider } from '../../src/providers/provider.ts';
import { Bench, type Page } from '../support/bench.ts';
import { grantOf, pendingOf } from '../support/samples.ts';

const ada = { givenName: 'Ada', familyName: 'Lovelace', email: 'ada@example.com', password: 'Secret-1' };
const CODE = '271828';

let bench: Bench;
let asked: Challenge[];
let departures: AuthorizationRequest[];
/** What the service says to a code, in turn; a text: refused by it. */
let confirmations: (LinkStep | Error)[];
beforeEach(() => {
  bench = new Bench();
  asked = [];
  departures = [];
  confirmations = [];
});

const upgraded: LinkStep = { done: 'upgraded', loginHint: ada.email };
const askCode = (triesLeft?: number): LinkStep => ({
  challenge: { type: 'code', sentTo: ada.email, triesLeft },
  answer: async () => {
    await bench.time.clock.sleep(10);
    bench.asked.push('confirm');
    const next = confirmations.shift() ?? upgraded;
    if (next instanceof Error) throw next;
    return next;
  },
});
const link: NonNullable<Provider['link']> = (session) => (session?.kind !== 'guest' ? null : { challenge: { type: 'registration' }, answer: async () => (bench.asked.push('send'), askCode()) });

/** A page with a guest, of a service that asks for a registration and a code. */
function openPage(challenges: Pick<Provider, 'link'> = { link }): Page {
  if (bench.row === undefined) bench.rememberGuest();
  return bench.open('/', {}, {
    ...challenges,
    authorize: async (request, ports) => {
      departures.push(request);
      return bench.provider.authorize(request, ports);
    },
  });
}

const answers = (...given: (Answer | null)[]): AskPerson => async (challenge) => {
  asked.push(challenge);
  return given.shift() ?? null;
};

/** Runs until the page leaves, or the link is settled. */
async function linkOn(page: Page, challenge: AskPerson): Promise<unknown> {
  const settled = page.login.linkIdentity({ connectionId: 'google', challenge }).then((outcome) => outcome, (error: unknown) => error);
  const left = (async () => {
    while (page.departed === null) await bench.time.clock.sleep(5);
    return 'left';
  })();
  return bench.until(Promise.race([settled, left]));
}

describe('a guest who registers', () => {
  it('answers a form and a code, is sent to sign in with that e-mail, and nothing of the answers is stored', async () => {
    const page = openPage();
    expect(await linkOn(page, answers(ada, { code: CODE }))).toBe('left');
    expect(asked).toMatchObject([{ type: 'registration' }, { type: 'code', sentTo: ada.email }]);
    expect(departures).toMatchObject([{ purpose: 'link', loginHint: ada.email }]);
    expect(bench.stored.pending).toMatchObject([{ purpose: 'link', subject: 'user_guest' }]);
    expect(JSON.stringify(bench.row)).not.toMatch(/ada@example|Secret-1|271828|Lovelace/);
  });

  it('is asked to sign in from then on in every tab, and is not made another guest in silence', async () => {
    const page = openPage();
    const other = bench.open('/', { guests: 'on-demand' });
    other.login.subscribe((notice) => other.notices.push(notice));
    await bench.until(other.login.getToken());
    await linkOn(page, answers(ada, { code: CODE }));
    expect(page.login.getEnd()).toBe('user_expired');
    expect(other.notices.map(({ type }) => type)).toEqual(['user_expired']);
    await expect(bench.until(other.login.getToken())).rejects.toMatchObject({ code: 'login_required' });
    expect(bench.asked).toEqual(['send', 'confirm']);
  });

  it('and comes back from signing in is linked: the same subject', async () => {
    await linkOn(openPage(), answers(ada, { code: CODE }));
    const back = bench.open(`/?state=${bench.stored.pending[0]?.state}&code=c`, {}, { exchange: async () => grantOf('user_guest', 'user') });
    expect(await bench.until(back.login.completeLogin())).toMatchObject({ type: 'linked', session: { subject: 'user_guest', kind: 'user' } });
  });

  it('and signs in as somebody else is asked, and is nobody until then', async () => {
    await linkOn(openPage(), answers(ada, { code: CODE }));
    const back = bench.open(`/?state=${bench.stored.pending[0]?.state}&code=c`, {}, { exchange: async () => grantOf('user_bob', 'user') });
    expect(await bench.until(back.login.completeLogin())).toMatchObject({ type: 'identity_in_use', existing: { subject: 'user_bob' }, session: null });
    expect(back.login.getEnd()).toBe('user_expired');
    // There is no guest any more whose things could go along.
    expect(await bench.until(back.login.resolveLink('continue_as_user'))).toMatchObject({ subject: 'user_bob' });
    expect(bench.stored.merges).toEqual([]);
  });

  it('and mistypes the code is asked again while there are tries left', async () => {
    confirmations = [askCode(4), askCode(3)];
    expect(await linkOn(openPage(), answers(ada, { code: '1' }, { code: '2' }, { code: CODE }))).toBe('left');
    expect(asked.slice(1)).toMatchObject([{ triesLeft: undefined }, { triesLeft: 4 }, { triesLeft: 3 }]);
  });

  it('with an e-mail that has an account is sent to sign in with it, and is the guest until then', async () => {
    confirmations = [{ done: 'identity_in_use', loginHint: ada.email }];
    const page = openPage();
    expect(await linkOn(page, answers(ada, { code: CODE }))).toBe('left');
    expect(page.login.getSession()).toMatchObject({ subject: 'user_guest', kind: 'guest' });
    expect(departures).toMatchObject([{ purpose: 'link', loginHint: ada.email, session: { subject: 'user_guest' } }]);
  });

  it('and had a code sent is sent no second one because an answer was lost', async () => {
    const page = openPage({
      link: () => ({ challenge: { type: 'registration' }, answer: async () => {
        bench.asked.push('send');
        throw new LoginError('network', 'Gone');
      } }),
    });
    expect(await linkOn(page, answers(ada))).toMatchObject({ code: 'network' });
    expect(bench.asked).toEqual(['send']);
    expect(page.login.getSession()).toMatchObject({ kind: 'guest' });
  });

  it('by a code whose answer was lost is a user all the same: it is sent in again', async () => {
    confirmations = [new LoginError('network', 'Gone'), new LoginError('server', 'An upgrade is under way', { retryAfterMs: 2_000 })];
    expect(await linkOn(openPage(), answers(ada, { code: CODE }))).toBe('left');
    expect(bench.asked).toEqual(['send', 'confirm', 'confirm', 'confirm']);
    expect(asked).toHaveLength(2);
  });

  it.each([
    ['three times', [1, 2, 3].map(() => new LoginError('server', 'Down')), 3], ['for longer than anybody waits', [new LoginError('rate_limited', 'Later', { retryAfterMs: 60_000 })], 1],
    ['for good', [new LoginError('config_invalid', 'Wrong')], 1],
  ])('while the service fails %s is told so, and is the guest', async (_how, failures, tries) => {
    confirmations = [...failures];
    const page = openPage();
    expect(await linkOn(page, answers(ada, { code: CODE }))).toMatchObject({ code: failures.at(-1)?.code });
    expect(bench.asked).toEqual(['send', ...Array.from({ length: tries }, () => 'confirm')]);
    expect([page.departed, page.login.getSession()?.kind]).toEqual([null, 'guest']);
  });
});

describe('a guest who changes their mind', () => {
  it.each([[[null], []], [[ada, null], ['send']]] as const)('(%j) is exactly the guest they were', async (given, requests) => {
    const page = openPage();
    const before = structuredClone(bench.row);
    expect(await linkOn(page, answers(...given))).toEqual({ type: 'cancelled' });
    expect(bench.row).toEqual(before);
    expect([page.departed, bench.asked]).toEqual([null, requests]);
  });

  it.each([[[{ type: 'sign_in' }]], [[ada, { type: 'sign_in' }]]] as const)('(%j) and has an account signs in with it', async (given) => {
    const page = openPage();
    expect(await linkOn(page, answers(...given))).toBe('left');
    expect(departures).toMatchObject([{ purpose: 'link', loginHint: undefined, session: { subject: 'user_guest' } }]);
    expect(page.login.getSession()).toMatchObject({ kind: 'guest' });
  });
});

describe('nobody is asked anything', () => {
  it('where the page has no form', async () => {
    const page = openPage();
    page.login.linkIdentity({ connectionId: 'google' }).catch(() => undefined);
    await bench.time.pass(50);
    expect([page.departed !== null, bench.asked]).toEqual([true, []]);
  });

  it('where the service asks nothing', async () => {
    expect(await linkOn(openPage({}), answers())).toBe('left');
    expect(asked).toEqual([]);
  });

  it('who is a user already', async () => {
    bench.remember({ type: 'begun', pending: pendingOf({ purpose: 'sign_in', startedAt: bench.time.wall }) }, { type: 'completed', state: 'state_1', grant: grantOf('user_ada', 'user'), at: bench.time.wall });
    expect(await linkOn(openPage(), answers())).toBe('left');
    expect(asked).toEqual([]);
  });
});

it('a person takes as long as they like over the form, and no other tab waits for them', async () => {
  const page = openPage();
  let done: (answer: Answer | null) => void = () => undefined;
  const linking = page.login.linkIdentity({ connectionId: 'google', challenge: () => new Promise((resolve) => { done = resolve; }) });
  await bench.time.pass(3_600_000);
  expect(await bench.until(bench.open().login.getToken())).toMatch(/^token of user_guest/);
  done(null);
  expect(await bench.until(linking)).toEqual({ type: 'cancelled' });
});

it('what one guest answered is not done to another, who came meanwhile', async () => {
  const page = openPage();
  const outcome = await linkOn(page, async (challenge) => {
    if (challenge.type === 'registration') return ada;
    const other = bench.open();
    await other.login.logOut({ discardGuest: true });
    await bench.open('/', {}, { startGuest: async () => grantOf('user_second', 'guest') }).login.authenticate();
    return { code: CODE };
  });
  expect(outcome).toMatchObject({ code: 'session_changed' });
  expect(bench.asked).toEqual(['send']);
});

it('a form that breaks breaks nothing else', async () => {
  const page = openPage();
  expect(await linkOn(page, async () => Promise.reject(new Error('The form is broken')))).toMatchObject({ message: 'The form is broken' });
  expect(page.login.getSession()).toMatchObject({ subject: 'user_guest', kind: 'guest' });
});

it('no window is opened for a person who fills in a form first', async () => {
  const page = openPage();
  let windows = 0;
  page.ports.navigation.openPopup = () => (windows++, null);
  page.login.linkIdentity({ connectionId: 'google', mode: 'popup', challenge: answers(ada, { code: CODE }) }).catch(() => undefined);
  await bench.time.pass(100);
  expect([windows, page.departed !== null]).toEqual([0, true]);
});

describe('a guest whose user the service knows, and this browser does not', () => {
  const refused = new LoginError('grant_refused', 'A user by now', { oauthError: 'guest_upgraded' });

  it('is asked to sign in, though the token still had time', async () => {
    bench.rememberGuest();
    await bench.time.pass(560_000);
    const page = bench.open('/', { guests: 'on-demand' }, { refresh: async () => Promise.reject(refused) });
    page.login.subscribe((notice) => page.notices.push(notice));
    await bench.until(page.login.getToken());
    await bench.time.pass(10);
    expect([page.login.getSession(), page.login.getEnd()]).toEqual([null, 'user_expired']);
    expect(page.notices.map(({ type }) => type)).toEqual(['user_expired']);
    await expect(bench.until(page.login.getToken())).rejects.toMatchObject({ code: 'login_required' });
    expect(bench.stored.parked).toBeNull();
  });

  it('and whose record was lost is asked to sign in, and is a new guest only where the app says so', async () => {
    let minted = 0;
    const startGuest: Provider['startGuest'] = async () => {
      if (minted++ === 0) throw refused;
      return grantOf('user_new', 'guest');
    };
    const page = bench.open('/', { guests: 'on-demand' }, { startGuest });
    await expect(bench.until(page.login.getToken())).rejects.toMatchObject({ code: 'login_required' });
    expect([page.login.getEnd(), minted]).toEqual(['user_expired', 1]);
    expect(await bench.until(page.login.authenticate())).toMatchObject({ subject: 'user_new' });
  });
});
