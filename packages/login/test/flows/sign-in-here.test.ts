import type { Grant } from '@passerby/shared';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AskPerson } from '../../src/flows/challenge.ts';
import type { Answer, Challenge, LinkStep, Provider } from '../../src/providers/provider.ts';
import { Bench, type Page } from '../support/bench.ts';
import { grantOf } from '../support/samples.ts';

const EMAIL = 'ada@example.com';
const CODE = '271828';

let bench: Bench;
let asked: Challenge[];
let granted: Grant;
beforeEach(() => {
  bench = new Bench();
  asked = [];
  granted = grantOf('user_ada', 'user');
});

const askLoginId: LinkStep = { challenge: { type: 'login_id' }, answer: async () => askCode };
const askCode: LinkStep = {
  challenge: { type: 'code', sentTo: EMAIL },
  answer: async (answer) => ('code' in answer && answer.code === CODE ? { done: 'signed_in', grant: bench.answer('verify', granted) } : { ...askCode, challenge: { type: 'code', sentTo: EMAIL, refused: 'code' } }),
};

const byCode: Pick<Provider, 'link'> = { link: (_session, connectionId) => (connectionId === 'email' ? askLoginId : null) };
const byMail: Partial<Provider> = {
  link: () => ({ challenge: { type: 'login_id' }, answer: async () => ({ done: 'known', loginHint: EMAIL }) }),
  authorize: async ({ loginHint }) => (bench.asked.push(`mail to ${loginHint}`), { url: null, state: 'state_mail', codeVerifier: '' }),
};

const answers = (...given: (Answer | null)[]): AskPerson => async (challenge) => {
  asked.push(challenge);
  return given.shift() ?? null;
};

function openPage(provider: Partial<Provider> = byCode): Page {
  const page = bench.open('/', { mergeGuest: async ({ from, to }) => void bench.asked.push(`merge ${from} into ${to}`) }, provider);
  page.login.subscribe((notice) => page.notices.push(notice));
  return page;
}

describe('a guest who answers with a mailed code', () => {
  beforeEach(() => void bench.rememberGuest({ renewal: { type: 'refresh_token', refreshToken: 'r' } }));

  it('is the user, with the same subject, and never left the page', async () => {
    granted = grantOf('user_guest', 'user');
    const page = openPage();
    const outcome = await bench.until(page.login.linkIdentity({ connectionId: 'email', challenge: answers({ loginId: EMAIL }, { code: CODE }) }));
    expect(outcome).toMatchObject({ type: 'linked', session: { subject: 'user_guest', kind: 'user' } });
    expect([page.departed, asked]).toEqual([null, [{ type: 'login_id' }, { type: 'code', sentTo: EMAIL }]]);
    expect(JSON.stringify(bench.row)).not.toMatch(/ada@example|271828/);
  });

  it('and whose subject the service makes of the guest moves, and the things follow at once', async () => {
    granted = grantOf('user_ada', 'user', { movedFrom: 'user_guest' });
    const page = openPage();
    const outcome = await bench.until(page.login.linkIdentity({ connectionId: 'email', challenge: answers({ loginId: EMAIL }, { code: CODE }) }));
    await bench.time.pass(50);
    expect(outcome).toMatchObject({ type: 'moved', from: 'user_guest', to: 'user_ada', session: { subject: 'user_ada' } });
    expect(bench.asked).toEqual(['verify', 'merge user_guest into user_ada']);
    expect(page.notices.map(({ type }) => type)).toEqual(['moved']);
    expect(bench.stored.merges).toEqual([]);
  });

  it('and has an account is asked who to be, and is the guest until then', async () => {
    const page = openPage();
    const outcome = await bench.until(page.login.linkIdentity({ connectionId: 'email', challenge: answers({ loginId: EMAIL }, { code: CODE }) }));
    expect(outcome).toMatchObject({ type: 'identity_in_use', existing: { subject: 'user_ada' }, session: { subject: 'user_guest', kind: 'guest' } });
    expect(await bench.until(page.login.resolveLink('continue_as_user'))).toMatchObject({ subject: 'user_ada' });
    expect(bench.asked).toEqual(['verify', 'merge user_guest into user_ada']);
  });

  it('mistyped is asked again, and giving up leaves everything as it was', async () => {
    const before = structuredClone(bench.row);
    const outcome = await bench.until(openPage().login.linkIdentity({ connectionId: 'email', challenge: answers({ loginId: EMAIL }, { code: '1' }, null) }));
    expect([outcome, asked.at(-1)]).toEqual([{ type: 'cancelled' }, { type: 'code', sentTo: EMAIL, refused: 'code' }]);
    expect(bench.row).toEqual(before);
  });

  it('who is a guest by the service all the same is told that it failed', async () => {
    granted = grantOf('user_guest', 'guest');
    await expect(bench.until(openPage().login.linkIdentity({ connectionId: 'email', challenge: answers({ loginId: EMAIL }, { code: CODE }) }))).rejects.toMatchObject({ code: 'response_invalid' });
    expect(bench.stored.session).toMatchObject({ subject: 'user_guest', kind: 'guest' });
  });

  it('by a connection without questions just leaves', async () => {
    const page = openPage();
    page.login.linkIdentity({ connectionId: 'google', challenge: answers() }).catch(() => undefined);
    await bench.time.pass(50);
    expect([page.departed !== null, asked]).toEqual([true, []]);
  });
});

describe('nobody in particular', () => {
  it('signs in with a mailed code', async () => {
    const page = openPage();
    expect(await bench.until(page.login.authenticate({ connectionId: 'email', challenge: answers({ loginId: EMAIL }, { code: CODE }) }))).toMatchObject({ subject: 'user_ada', kind: 'user' });
    expect([bench.stored.merges, page.departed]).toEqual([[], null]);
  });

  it('who gives it up is told that nobody signed in', async () => {
    await expect(bench.until(openPage().login.authenticate({ connectionId: 'email', challenge: answers(null) }))).rejects.toMatchObject({ code: 'login_denied' });
  });
});

describe('a guest who is mailed a link', () => {
  /** Asks until the link is sent, and waits as long as the person does. */
  const waiting: { giveUp(): void } = { giveUp: () => undefined };
  const patiently: AskPerson = async (challenge) => {
    asked.push(challenge);
    return challenge.type === 'login_id' ? { loginId: EMAIL } : new Promise((resolve) => { waiting.giveUp = () => resolve(null); });
  };
  const linkOn = (page: Page): Promise<unknown> => page.login.linkIdentity({ connectionId: 'magic', challenge: patiently });
  const openLink = (): Page => bench.open('/?state=state_mail&code=c', {}, { ...byMail, exchange: async () => grantOf('user_guest', 'user') });
  beforeEach(() => void bench.rememberGuest());

  it('is the user in the tab in which they open it, and in the one that waits', async () => {
    const page = openPage(byMail);
    const linking = linkOn(page);
    await bench.time.pass(60_000);
    expect(asked).toEqual([{ type: 'login_id' }, { type: 'link_sent', sentTo: EMAIL }]);
    expect(await bench.until(openLink().login.completeLogin())).toMatchObject({ type: 'linked' });
    expect(await bench.until(linking)).toMatchObject({ type: 'linked', session: { subject: 'user_guest', kind: 'user' } });
    expect([page.departed, bench.asked]).toEqual([null, [`mail to ${EMAIL}`]]);
  });

  it('and no longer waits is the guest, until they open it all the same', async () => {
    const linking = linkOn(openPage(byMail));
    await bench.time.pass(1_000);
    waiting.giveUp();
    expect(await bench.until(linking)).toEqual({ type: 'cancelled' });
    expect(bench.stored.session).toMatchObject({ kind: 'guest' });
    expect(await bench.until(openLink().login.completeLogin())).toMatchObject({ type: 'linked' });
  });

  it('and opens it in another browser is told so, and nothing happens here', async () => {
    const elsewhere = new Bench();
    const page = elsewhere.open('/?state=state_mail&code=c', {}, byMail);
    expect(await elsewhere.until(page.login.completeLogin())).toBeNull();
    expect(elsewhere.row).toBeUndefined();
  });

  it('and never opens it is not waited for longer than it is good', async () => {
    const linking = linkOn(openPage(byMail));
    await bench.time.pass(601_000);
    expect(await bench.until(linking)).toEqual({ type: 'cancelled' });
  });
});

describe('attributes that change the tokens', () => {
  it('leave the session with the new ones, in every tab', async () => {
    bench.rememberGuest();
    const attributes: Provider['attributes'] = async ({ subject, kind }) => ({ values: { size: 'M' }, grant: bench.answer('set', grantOf(subject, kind)) });
    const page = openPage({ attributes });
    await bench.until(page.login.attributes.set('size', 'M'));
    expect(await bench.until(bench.open().login.getToken())).toBe(bench.stored.session?.accessToken);
    expect(bench.stored.session?.accessToken).toMatch(/user_guest 1$/);
    expect(page.notices.map(({ type }) => type)).toEqual(['refreshed']);
  });

  it('are not set for somebody else, who came meanwhile', async () => {
    bench.rememberGuest();
    const page = openPage({ attributes: async () => ({ values: {} }) });
    await bench.until(page.login.getToken());
    let release: () => void = () => undefined;
    void page.ports.lock.run(() => new Promise<void>((resolve) => { release = resolve; }));
    const setting = page.login.attributes.set('size', 'M').catch((error: unknown) => error);
    await bench.time.pass(10);
    const at = bench.time.wall;
    bench.remember({ type: 'guest_started', grant: grantOf('user_guest', 'guest'), at, turn: 0 }, { type: 'signed_out', subject: 'user_guest' }, { type: 'guest_started', grant: grantOf('user_second', 'guest'), at, turn: 2 });
    release();
    expect(await bench.until(setting)).toMatchObject({ code: 'session_changed' });
  });
});
