import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose';
import { expect, test } from 'vitest';
import { LOGIN, makeAccount } from '../support/account.ts';
import { Browser } from '../support/browser.ts';

async function keySet(browser: Browser, path = '/.well-known/openid-configuration/jwks'): Promise<JSONWebKeySet> {
  return (await browser.fetch(LOGIN + path)).json();
}

async function isVerified(browser: Browser, token: string, now: number): Promise<boolean> {
  const keys = createLocalJWKSet(await keySet(browser));
  return jwtVerify(token, keys, { issuer: LOGIN, audience: 'acc_shop', currentDate: new Date(now) }).then(() => true, () => false);
}

test('an access token verifies with the published keys, and no private half is published', async () => {
  const account = await makeAccount();
  const browser = new Browser(account);
  const { access_token } = await browser.becomeGuest();
  expect(await isVerified(browser, access_token, account.time.now)).toBe(true);
  const { keys } = await keySet(browser);
  expect(Object.keys(keys[0] ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
});

test('every emulator has keys of its own', async () => {
  const [one, other] = [await makeAccount(), await makeAccount()];
  const { access_token } = await new Browser(one).becomeGuest();
  expect(await isVerified(new Browser(other), access_token, one.time.now)).toBe(false);
});

test('tokens from before a rotation verify until the old keys are dropped', async () => {
  const account = await makeAccount();
  const browser = new Browser(account);
  const before = await browser.becomeGuest();
  await account.authress.rotateKeys();
  const after = await (await browser.call('PATCH', '/api/session', {})).json();
  expect(decodeProtectedHeader(after.access_token).kid).not.toBe(decodeProtectedHeader(before.access_token).kid);
  expect([await isVerified(browser, before.access_token, account.time.now), await isVerified(browser, after.access_token, account.time.now)]).toEqual([true, true]);
  account.authress.dropOldKeys();
  expect([await isVerified(browser, before.access_token, account.time.now), await isVerified(browser, after.access_token, account.time.now)]).toEqual([false, true]);
});

test('one key can be asked for by its id', async () => {
  const account = await makeAccount();
  const browser = new Browser(account);
  await account.authress.rotateKeys();
  const { keys } = await keySet(browser);
  expect(keys).toHaveLength(2);
  expect((await keySet(browser, `/.well-known/openid-configuration/jwks?kid=${keys[1]?.kid}`)).keys).toEqual([keys[1]]);
});

test('discovery names the issuer, its keys, and that it sends `iss`', async () => {
  const response = await new Browser(await makeAccount()).fetch(`${LOGIN}/.well-known/openid-configuration`);
  expect(await response.json()).toMatchObject({ issuer: LOGIN, jwks_uri: `${LOGIN}/.well-known/openid-configuration/jwks`, authorization_response_iss_parameter_supported: true });
});

test('a service client has keys of its own, and only those that exist', async () => {
  const account = await makeAccount();
  const browser = new Browser(account);
  expect((await keySet(browser, '/v1/clients/sc_guests/.well-known/openid-configuration/jwks')).keys).toEqual([account.settings.serviceClients[0]?.publicJwk]);
  expect((await browser.fetch(`${LOGIN}/v1/clients/sc_other/.well-known/openid-configuration/jwks`)).status).toBe(404);
});
