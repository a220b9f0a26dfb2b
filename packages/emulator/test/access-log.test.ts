import { expect, test } from 'vitest';
import { GOOGLE, LOGIN, makeAccount } from './support/account.ts';
import { Browser, locationOf } from './support/browser.ts';

test('the log tells what happened, and nothing that opens a door', async () => {
  const account = await makeAccount();
  const browser = new Browser(account);
  const begun = await browser.begin('sc_guests');
  const back = locationOf(await browser.visitVerifier(begun));
  const code = back.searchParams.get('code') ?? '';
  const tokens = await (await browser.exchange(begun, code)).json();
  const link = await browser.begin('google', { linkIdentity: true }, { authorization: `Bearer ${tokens.access_token}` });
  const linked = locationOf(await browser.signInAs('ada', link));

  const { log } = account.authress;
  expect(log.map(({ method, origin, pathname, status }) => `${method} ${origin}${pathname} ${status}`)).toEqual([
    `POST ${LOGIN}/api/authentication 200`,
    `GET ${LOGIN}/login 302`,
    `POST ${LOGIN}/api/authentication/${begun.id}/tokens 200`,
    `POST ${LOGIN}/api/authentication 200`,
    `GET ${GOOGLE}/authorize 200`,
    `POST ${GOOGLE}/authorize 303`,
    `GET ${LOGIN}/login 302`,
  ]);
  expect(log[2]?.route).toBe('POST /api/authentication/{id}/tokens');
  const told = JSON.stringify(log);
  const secrets = [code, begun.verifier, tokens.access_token, tokens.id_token, linked.searchParams.get('code') ?? '', ...browser.cookies.values(), account.accessKey, 'state=', '?'];
  for (const secret of secrets) expect(told.includes(secret)).toBe(false);
});

test('the log says which faults happened, and that a cut connection had no status', async () => {
  const account = await makeAccount();
  account.authress.faults.add({ route: 'PATCH /api/session', kind: 'reset', times: 1 });
  await expect(new Browser(account).call('PATCH', '/api/session', {})).rejects.toThrow(TypeError);
  expect(account.authress.log).toMatchObject([{ route: 'PATCH /api/session', status: 0, faults: ['reset'], at: account.time.now }]);
});

test('unknown hosts, addresses and methods are answered and logged', async () => {
  const account = await makeAccount();
  const browser = new Browser(account);
  const statuses = [];
  for (const [method, url] of [['GET', 'http://evil.example/login'], ['GET', `${LOGIN}/nothing`], ['PUT', `${LOGIN}/api/session`], ['GET', `${GOOGLE}/login`]] as const) {
    statuses.push((await browser.fetch(url, { method })).status);
  }
  expect(statuses).toEqual([421, 404, 405, 404]);
  expect(account.authress.log.map(({ status, route }) => [status, route])).toEqual(statuses.map((status) => [status, undefined]));
});
