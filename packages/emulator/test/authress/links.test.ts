import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { LOGIN, makeAccount, type Account } from '../support/account.ts';
import { Browser, locationOf, subjectOf, type Tokens } from '../support/browser.ts';

const LINK = { linkIdentity: true };

async function guest(account: Account): Promise<{ browser: Browser; tokens: Tokens; subject: string }> {
  const browser = new Browser(account);
  const tokens = await browser.becomeGuest();
  return { browser, tokens, subject: subjectOf(tokens) };
}

async function linkedIdentities(browser: Browser): Promise<unknown> {
  return (await (await browser.call('GET', '/api/session/profile')).json()).linkedIdentities;
}

describe('a guest who links an identity nobody ever used', () => {
  test('becomes a user with the same subject', async () => {
    const { browser, subject } = await guest(await makeAccount());
    const tokens = await browser.signIn('ada', 'google', LINK);
    expect(decodeJwt(tokens.access_token)).toMatchObject({ sub: subject, azp: 'google' });
    expect(decodeJwt(tokens.id_token)).toMatchObject({ sub: subject, name: 'Ada Lovelace' });
    expect(await linkedIdentities(browser)).toEqual([{ connection: { connectionId: 'google', userId: 'ada' } }]);
  });

  test('is known by it on every other device from then on', async () => {
    const account = await makeAccount();
    const { browser, subject } = await guest(account);
    await browser.signIn('ada', 'google', LINK);
    expect(subjectOf(await new Browser(account).signIn('ada'))).toBe(subject);
  });

  test('may say who they are by the access token, without a cookie', async () => {
    const account = await makeAccount();
    const { tokens, subject } = await guest(account);
    const elsewhere = new Browser(account);
    const begun = await elsewhere.begin('google', LINK, { authorization: `Bearer ${tokens.access_token}` });
    expect(subjectOf(await elsewhere.finish(begun, await elsewhere.signInAs('ada', begun)))).toBe(subject);
  });

  test('leaves no guest behind: the cookie and the token of the guest open nothing any more', async () => {
    const account = await makeAccount();
    const { browser, tokens } = await guest(account);
    const guestCookies = new Map(browser.cookies);
    await browser.signIn('ada', 'google', LINK);

    const thief = new Browser(account);
    for (const [name, value] of guestCookies) thief.cookies.set(name, value);
    expect((await thief.call('PATCH', '/api/session', {})).status).toBe(404);
    thief.cookies.clear();
    const authorization = { authorization: `Bearer ${tokens.access_token}` };
    expect((await thief.call('GET', '/api/session/profile', undefined, authorization)).status).toBe(401);
    expect((await browser.call('PATCH', '/api/session', {})).status).toBe(200);
  });

  test('stays a guest when they cancel', async () => {
    const { browser, subject } = await guest(await makeAccount());
    const { id } = await browser.begin('google', LINK);
    await browser.fetch(`${LOGIN}/login?error=access_denied&state=${id}`);
    const renewed = await (await browser.call('PATCH', '/api/session', {})).json();
    expect(decodeJwt(renewed.access_token)).toMatchObject({ sub: subject, azp: 'sc_guests' });
  });
});

describe('a guest who links an identity that is somebody', () => {
  async function collision(identityInUse: 'login-as-existing' | 'redirect-error' | 'error-page'): Promise<{ browser: Browser; guestSubject: string; ada: string; answer: Response; id: string }> {
    const account = await makeAccount({ identityInUse });
    const ada = subjectOf(await new Browser(account).signIn('ada'));
    const { browser, subject } = await guest(account);
    const begun = await browser.begin('google', LINK);
    return { browser, guestSubject: subject, ada, answer: await browser.signInAs('ada', begun), id: begun.id };
  }
  async function subjectNow(browser: Browser): Promise<string> {
    return subjectOf(await (await browser.call('PATCH', '/api/session', {})).json());
  }

  test('is signed in as them, with `login-as-existing`', async () => {
    const { browser, ada, guestSubject, answer } = await collision('login-as-existing');
    expect(locationOf(answer).searchParams.get('code')).toMatch(/^[a-z0-9]{43}$/);
    expect(await subjectNow(browser)).toBe(ada);
    expect(ada).not.toBe(guestSubject);
  });

  test('is told so and stays a guest, with `redirect-error`', async () => {
    const { browser, guestSubject, answer, id } = await collision('redirect-error');
    expect(Object.fromEntries(locationOf(answer).searchParams)).toEqual({ nonce: id, error: 'identity_in_use', iss: LOGIN });
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(await subjectNow(browser)).toBe(guestSubject);
  });

  test('sees a page that says so and stays a guest, with `error-page`', async () => {
    const { browser, guestSubject, answer } = await collision('error-page');
    expect(answer.status).toBe(409);
    expect(await answer.text()).toContain('IdentityInUse');
    expect(await subjectNow(browser)).toBe(guestSubject);
  });
});

describe('a user who links one more identity', () => {
  test('has both, and signs in with either', async () => {
    const account = await makeAccount();
    const browser = new Browser(account);
    const subject = subjectOf(await browser.signIn('ada', 'google'));
    expect(subjectOf(await browser.signIn('grace', 'github', LINK))).toBe(subject);
    expect(subjectOf(await new Browser(account).signIn('grace', 'github'))).toBe(subject);
    expect(await linkedIdentities(browser)).toEqual([
      { connection: { connectionId: 'google', userId: 'ada' } },
      { connection: { connectionId: 'github', userId: 'grace' } },
    ]);
  });

  test('may link their own again', async () => {
    const browser = new Browser(await makeAccount({ identityInUse: 'redirect-error' }));
    const subject = subjectOf(await browser.signIn('ada'));
    expect(subjectOf(await browser.signIn('ada', 'google', LINK))).toBe(subject);
    expect(await linkedIdentities(browser)).toHaveLength(1);
  });

  test('can take one away again, by connection or by person, but not the last', async () => {
    const account = await makeAccount();
    const browser = new Browser(account);
    await browser.signIn('ada', 'google');
    await browser.signIn('grace', 'github', LINK);
    expect((await browser.call('DELETE', '/api/session/identities/twitter')).status).toBe(404);
    expect((await browser.call('DELETE', '/api/session/identities/google')).status).toBe(200);
    expect((await browser.call('DELETE', '/api/session/identities/grace')).status).toBe(409);
    account.authress.switches.unlinkLastIdentity = 'accepted';
    expect((await browser.call('DELETE', '/api/session/identities/grace')).status).toBe(200);
    expect(await linkedIdentities(browser)).toEqual([]);
  });
});

describe('a link does not begin', () => {
  test('for nobody, for a forged token, nor with a dead token beside a live cookie', async () => {
    const account = await makeAccount();
    const { browser, tokens } = await guest(account);
    const forged = `${tokens.access_token.slice(0, -4)}AAAA`;
    await expect(new Browser(account).begin('google', LINK)).rejects.toThrow('401');
    for (const token of [forged, tokens.id_token]) await expect(browser.begin('google', LINK, { authorization: `Bearer ${token}` })).rejects.toThrow('401');
    account.time.now += 86_400_000;
    await expect(browser.begin('google', LINK, { authorization: `Bearer ${tokens.access_token}` })).rejects.toThrow('401');
    await expect(browser.begin('google', LINK)).resolves.toBeDefined();
  });

  test('towards a service client, which proves nobody', async () => {
    const { browser } = await guest(await makeAccount());
    await expect(browser.begin('sc_guests', LINK)).rejects.toThrow('InvalidConnection');
  });
});

describe('two links at once', () => {
  test('of one guest to two people: one becomes the guest, the other changes nothing', async () => {
    const account = await makeAccount();
    const { browser, subject } = await guest(account);
    const [first, second] = [await browser.begin('google', LINK), await browser.begin('google', LINK)];
    expect(subjectOf(await browser.finish(first, await browser.signInAs('ada', first)))).toBe(subject);
    const late = locationOf(await browser.signInAs('grace', second));
    expect(late.searchParams.get('error')).toBe('session_ended');
    expect(subjectOf(await new Browser(account).signIn('grace'))).not.toBe(subject);
  });

  test('of a hundred guests to one person: one guest becomes the user, the others stay guests', async () => {
    const account = await makeAccount({ identityInUse: 'redirect-error' });
    const guests = await Promise.all(Array.from({ length: 100 }, () => guest(account)));
    const answers = await Promise.all(guests.map(async ({ browser }) => browser.signInAs('ada', await browser.begin('google', LINK))));
    expect(answers.filter((answer) => locationOf(answer).searchParams.has('code'))).toHaveLength(1);
    expect(answers.filter((answer) => locationOf(answer).searchParams.get('error') === 'identity_in_use')).toHaveLength(99);
    const renewals = await Promise.all(guests.map(({ browser }) => browser.call('PATCH', '/api/session', {})));
    expect(renewals.every(({ status }) => status === 200)).toBe(true);
  });

  test('of a guest who logged out meanwhile come to nothing', async () => {
    const account = await makeAccount();
    const { browser, subject } = await guest(account);
    const begun = await browser.begin('google', LINK);
    await browser.call('DELETE', '/api/session');
    expect(locationOf(await browser.signInAs('ada', begun)).searchParams.get('error')).toBe('session_ended');
    expect(subjectOf(await new Browser(account).signIn('ada'))).not.toBe(subject);
  });
});
