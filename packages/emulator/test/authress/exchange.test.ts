import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { APP, makeAccount, type Account } from '../support/account.ts';
import { authenticationBody, Browser, locationOf, type Begun } from '../support/browser.ts';

/** A guest who came back with a code. */
async function withCode(account: Account): Promise<{ browser: Browser; begun: Begun; code: string }> {
  const browser = new Browser(account);
  const begun = await browser.begin('sc_guests');
  const code = locationOf(await browser.visitVerifier(begun)).searchParams.get('code') ?? '';
  return { browser, begun, code };
}

function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

describe('a code is worth nothing', () => {
  const cases: Readonly<Record<string, Record<string, unknown>>> = {
    'without a verifier': { code_verifier: undefined },
    'with another verifier': { code_verifier: randomBytes(48).toString('base64url') },
    'with a verifier of 42 letters': { code_verifier: 'a'.repeat(42) },
    'with a verifier of 257 letters': { code_verifier: 'a'.repeat(257) },
    'with a verifier that is not ASCII': { code_verifier: 'é'.repeat(64) },
    'for another application': { client_id: 'app_other' },
    'for another redirect URL': { redirect_uri: `${APP}/other` },
    'in another grant': { grant_type: 'refresh_token' },
  };
  for (const [how, changes] of Object.entries(cases)) {
    test(`${how}, and is still good for whoever has the right one`, async () => {
      const { browser, begun, code } = await withCode(await makeAccount());
      const refused = await browser.exchange(begun, code, changes);
      expect(refused.status).toBe(400);
      expect(await refused.json()).toMatchObject({ error: expect.any(String), errorCode: expect.any(String), errorId: expect.any(String), title: expect.any(String) });
      expect((await browser.exchange(begun, code)).status).toBe(200);
    });
  }

  test('with its challenge as the verifier, as the plain method would have it', async () => {
    const { browser, begun, code } = await withCode(await makeAccount());
    expect((await browser.exchange(begun, code, { code_verifier: challengeOf(begun.verifier) })).status).toBe(400);
  });

  test('under the id of another sign-in', async () => {
    const account = await makeAccount();
    const { browser, begun, code } = await withCode(account);
    const other = await withCode(account);
    expect((await browser.exchange({ ...begun, id: other.begun.id }, code)).status).toBe(400);
    expect((await browser.exchange(begun, other.code)).status).toBe(400);
  });

  test('after a minute', async () => {
    const account = await makeAccount();
    const { browser, begun, code } = await withCode(account);
    account.time.now += 60_000;
    expect((await browser.exchange(begun, code)).status).toBe(400);
  });

  test('after the session ended', async () => {
    const account = await makeAccount();
    const { browser, begun, code } = await withCode(account);
    account.authress.forgetSessions();
    expect((await browser.exchange(begun, code)).status).toBe(400);
  });
});

describe('a code is good once:', () => {
  test('the second use is refused, and ends what the first gave', async () => {
    const { browser, begun, code } = await withCode(await makeAccount());
    const { access_token } = await (await browser.exchange(begun, code)).json();
    const again = await browser.exchange(begun, code);
    expect(again.status).toBe(400);
    expect(await again.json()).toMatchObject({ error: 'invalid_request' });
    expect((await browser.call('PATCH', '/api/session', {})).status).toBe(404);
    expect((await browser.call('GET', '/api/session/profile', undefined, { authorization: `Bearer ${access_token}` })).status).toBe(401);
  });

  test('a minute later the second use still ends it', async () => {
    const account = await makeAccount();
    const { browser, begun, code } = await withCode(account);
    await browser.exchange(begun, code);
    account.time.now += 120_000;
    expect((await browser.exchange(begun, code)).status).toBe(400);
    expect((await browser.call('PATCH', '/api/session', {})).status).toBe(404);
  });

  test('who only saw the code cannot end the session with it', async () => {
    const { browser, begun, code } = await withCode(await makeAccount());
    await browser.exchange(begun, code);
    expect((await browser.exchange(begun, code, { code_verifier: 'a'.repeat(43) })).status).toBe(400);
    expect((await browser.call('PATCH', '/api/session', {})).status).toBe(200);
  });

  test('the session survives a second use where the service is switched so', async () => {
    const { browser, begun, code } = await withCode(await makeAccount({ codeReuse: 'refused' }));
    await browser.exchange(begun, code);
    expect((await browser.exchange(begun, code)).status).toBe(400);
    expect((await browser.call('PATCH', '/api/session', {})).status).toBe(200);
  });

  test('of a hundred uses at once one gets tokens', async () => {
    const { browser, begun, code } = await withCode(await makeAccount({ codeReuse: 'refused' }));
    const answers = await Promise.all(Array.from({ length: 100 }, () => browser.exchange(begun, code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });
});

describe('a verifier', () => {
  test('may be as long as the published browser SDK makes it, and not where only the RFC counts', async () => {
    const account = await makeAccount();
    const verifier = 'a'.repeat(234);
    const { id } = (await begin(account, { codeChallenge: challengeOf(verifier) })).begun;
    const browser = new Browser(account);
    const begun = { id, url: new URL(APP), verifier };
    const code = locationOf(await browser.visitVerifier(begun)).searchParams.get('code') ?? '';
    account.authress.switches.pkceVerifierMaxLength = 128;
    expect((await browser.exchange(begun, code)).status).toBe(400);
    account.authress.switches.pkceVerifierMaxLength = 256;
    expect((await browser.exchange(begun, code)).status).toBe(200);
  });

  test('of RFC 7636, Appendix B, fits its challenge', async () => {
    const account = await makeAccount();
    const { browser, begun } = await begin(account, { codeChallenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' });
    const code = locationOf(await browser.visitVerifier(begun)).searchParams.get('code') ?? '';
    expect((await browser.exchange(begun, code, { code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk' })).status).toBe(200);
  });

  async function begin(account: Account, changes: Record<string, unknown>): Promise<{ browser: Browser; begun: Begun }> {
    const browser = new Browser(account);
    return { browser, begun: await browser.begin('sc_guests', changes) };
  }
});

describe('a sign-in by code does not begin', () => {
  const cases: Readonly<Record<string, Record<string, unknown>>> = {
    'without a challenge': { codeChallenge: undefined, codeChallengeMethod: undefined },
    'with a plain challenge': { codeChallengeMethod: 'plain' },
    'with a challenge of no method': { codeChallengeMethod: undefined },
    'with a challenge that is no SHA-256': { codeChallenge: 'a'.repeat(42) },
  };
  for (const [how, changes] of Object.entries(cases)) {
    test(how, async () => {
      const browser = new Browser(await makeAccount());
      const response = await browser.call('POST', '/api/authentication', authenticationBody('sc_guests', 'a'.repeat(43), changes));
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ errorCode: 'InvalidCodeChallenge' });
    });
  }

  test('with the challenge of an earlier one, unless the service is switched so', async () => {
    const { authress, ...account } = await makeAccount();
    const browser = new Browser({ authress, ...account });
    const body = authenticationBody('sc_guests', 'a'.repeat(43));
    expect((await browser.call('POST', '/api/authentication', body)).status).toBe(200);
    expect((await browser.call('POST', '/api/authentication', body)).status).toBe(400);
    authress.switches.pkceChallengeReuse = 'accepted';
    expect((await browser.call('POST', '/api/authentication', body)).status).toBe(200);
  });
});

test('a body in camelCase without a proof of work, as the React Native SDK sends it, gets tokens', async () => {
  const account = await makeAccount();
  const { browser, begun, code } = await withCode(account);
  account.authress.switches.antiAbuse = 'required';
  const body = { code, codeVerifier: begun.verifier, redirectUri: `${APP}/cart` };
  expect((await browser.call('POST', `/api/authentication/${begun.id}/tokens`, body)).status).toBe(200);
});
