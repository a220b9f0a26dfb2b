import { describe, expect, test } from 'vitest';
import { APP, LOGIN, makeAccount } from '../support/account.ts';
import { authenticationBody, Browser } from '../support/browser.ts';

const FOREIGN = ['https://evil.example', 'http://www.shop.localhost:4601', 'http://shop.localhost:4600', 'https://www.shop.localhost:4600', 'http://www.shop.localhost:4600.evil.example', 'null'];

describe('a page of the shop', () => {
  test('may call the API with credentials, and read when to come again', async () => {
    const browser = new Browser(await makeAccount());
    const preflight = await browser.fetch(`${LOGIN}/api/session`, { method: 'OPTIONS', from: APP, headers: { 'access-control-request-method': 'PATCH' } });
    expect(preflight.status).toBe(204);
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      'access-control-allow-origin': APP,
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': 'content-type,x-powered-by,authorization',
      'access-control-allow-methods': 'GET,POST,PATCH,DELETE',
      vary: 'Origin',
    });
    const answer = await browser.call('PATCH', '/api/session', {});
    expect(Object.fromEntries(answer.headers)).toMatchObject({ 'access-control-allow-origin': APP, 'access-control-expose-headers': 'Retry-After', vary: 'Origin' });
  });
});

describe('a page of another site', () => {
  for (const origin of FOREIGN) {
    test(`may not even ask: ${origin}`, async () => {
      const preflight = await new Browser(await makeAccount()).fetch(`${LOGIN}/api/session`, { method: 'OPTIONS', from: origin });
      expect(preflight.status).toBe(403);
      expect([...preflight.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    });

    test(`changes nothing with a request that needs no permission: ${origin}`, async () => {
      const browser = new Browser(await makeAccount());
      await browser.becomeGuest();
      for (const [method, path] of [['POST', '/api/authentication'], ['PATCH', '/api/session'], ['DELETE', '/api/session'], ['GET', '/api/session/profile']] as const) {
        const body = method === 'POST' ? JSON.stringify(authenticationBody('sc_guests', 'a'.repeat(43))) : undefined;
        const response = await browser.fetch(LOGIN + path, { method, from: origin, headers: { 'content-type': 'text/plain' }, ...(body && { body }) });
        expect(response.status).toBe(403);
        expect(response.headers.has('access-control-allow-origin')).toBe(false);
      }
      expect((await browser.call('PATCH', '/api/session', {})).status).toBe(200);
    });
  }
});

test('anybody may read the public keys', async () => {
  const browser = new Browser(await makeAccount());
  for (const path of ['/.well-known/openid-configuration', '/.well-known/openid-configuration/jwks', '/v1/clients/sc_guests/.well-known/openid-configuration/jwks']) {
    const response = await browser.fetch(LOGIN + path, { from: 'https://anywhere.example' });
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
  }
});
