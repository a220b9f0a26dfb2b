import { afterEach, describe, expect, test, vi } from 'vitest';
import { createOpenId, startOpenId } from '../../src/index.ts';
import { Accounts } from '../../src/openid/accounts.ts';
import { freePorts } from '../support/ports.ts';
import { ask, Browser, ISSUER, makeOpenId, redeem, SETTINGS, SHOP } from './support.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('a fault', () => {
  test('comes in the place of an answer, and the page may read it', async () => {
    const openid = await makeOpenId();
    const asked = ask();
    const code = (await new Browser(openid).signIn(asked)).searchParams.get('code');
    openid.faults.add({ route: 'POST /token', kind: 'status', status: 503, headers: { 'retry-after': '2' }, times: 1 });
    const response = await redeem(openid, asked, code);
    expect([response.status, response.headers.get('retry-after'), response.headers.get('access-control-allow-origin')]).toEqual([503, '2', SHOP]);
    openid.faults.add({ route: 'POST /token', kind: 'html', cors: 'absent', times: 1 });
    expect((await redeem(openid, asked, code)).headers.get('access-control-allow-origin')).toBe(null);
    openid.faults.add({ route: 'POST /token', kind: 'reset', times: 1 });
    await expect(redeem(openid, asked, code)).rejects.toThrow(TypeError);
    openid.faults.add({ route: 'POST /token', kind: 'truncated', times: 1 });
    await expect((await redeem(openid, asked, code)).json()).rejects.toThrow(SyntaxError);
    // The work was done: the code is used up.
    expect((await redeem(openid, asked, code)).status).toBe(400);
  });

  test('has a name for each address, and none for a preflight', async () => {
    const openid = await makeOpenId();
    openid.faults.add({ route: '*', kind: 'status', status: 500 });
    const origin = { origin: SHOP };
    const preflight = await openid.handle(new Request(`${ISSUER}/token`, { method: 'OPTIONS', headers: { ...origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'dpop' } }));
    expect(preflight.status).toBe(204);
    openid.faults.clear();
    await new Browser(openid).signIn(ask());
    for (const path of ['/nothing', '/token/x', '/.well-known/openid-configuration']) await openid.handle(new Request(ISSUER + path));
    expect(openid.log.map(({ route, pathname, status }) => [route, pathname, status])).toEqual([
      [undefined, '/token', 204], ['GET /authorize', '/authorize', 303], ['GET /sign-in/{id}', '/sign-in/', 200], ['POST /sign-in/{id}', '/sign-in/', 303], ['GET /authorize/{id}', '/authorize/', 303],
      [undefined, '/nothing', 404], [undefined, '/token/x', 404], ['GET /.well-known/openid-configuration', '/.well-known/openid-configuration', 200],
    ]);
  });
});

test('the log tells what happened, and nothing that opens a door', async () => {
  const openid = await makeOpenId();
  const asked = ask();
  const browser = new Browser(openid);
  const code = (await browser.signIn(asked)).searchParams.get('code') ?? '';
  const { id_token, access_token } = (await (await redeem(openid, asked, code)).json()) as Record<string, string>;
  const told = JSON.stringify(openid.log);
  expect(browser.secrets.length).toBeGreaterThan(1);
  for (const secret of [...browser.secrets, code, asked.verifier, asked.state, asked.nonce, id_token, access_token, '?']) expect(told.includes(String(secret))).toBe(false);
});

describe('the provider refuses to start', () => {
  test('in production', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    await expect(createOpenId(SETTINGS)).rejects.toThrow('NODE_ENV=production');
    await expect(startOpenId(SETTINGS)).rejects.toThrow('NODE_ENV=production');
  });

  test("as anybody's, or with addresses that are none", async () => {
    await expect(makeOpenId({ issuer: 'https://login.shop.com' })).rejects.toThrow('reserved for tests');
    await expect(makeOpenId({ issuer: 'http://0.0.0.0:4601' })).rejects.toThrow('reserved for tests');
    await expect(makeOpenId({ issuer: `${ISSUER}/` })).rejects.toThrow('Not an origin');
    await expect(makeOpenId({ clients: [{ clientId: 'shop', redirectUris: ['*'] }] })).rejects.toThrow('Not an address');
  });
});

describe('the console', () => {
  function listen(): string[] {
    const told: string[] = [];
    for (const method of ['log', 'info', 'warn', 'error'] as const) vi.spyOn(console, method).mockImplementation((...line: unknown[]) => void told.push(line.join(' ')));
    return told;
  }

  test('hears nothing while all is well', async () => {
    const told = listen();
    const openid = await makeOpenId();
    const asked = ask();
    expect((await redeem(openid, asked, (await new Browser(openid).signIn(asked)).searchParams.get('code'))).status).toBe(200);
    expect(told).toEqual([]);
  });

  test('hears where it really failed, without what was sent', async () => {
    const told = listen();
    const openid = await makeOpenId();
    const asked = ask();
    const code = (await new Browser(openid).signIn(asked)).searchParams.get('code') ?? '';
    vi.spyOn(Accounts.prototype, 'find').mockImplementation(() => {
      throw new Error(`failed for ${code}`);
    });
    const response = await redeem(openid, asked, code);
    expect([response.status, await response.json()]).toMatchObject([500, { error: 'server_error' }]);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^passerby-emulator: POST \/token failed: Error\n\s+at /);
    expect(told[0]).not.toContain(code);
  });
});

test('it is served at its port, and its discovery names its own addresses, whatever name it was asked by', async () => {
  const [port = 0] = await freePorts(1);
  const issuer = `http://login.shop.localhost:${port}`;
  const { close } = await startOpenId({ ...SETTINGS, issuer });
  try {
    const document = (await (await fetch(`http://127.0.0.1:${port}/.well-known/openid-configuration`)).json()) as Record<string, string>;
    expect([document['issuer'], document['token_endpoint'], document['end_session_endpoint']]).toEqual([issuer, `${issuer}/token`, `${issuer}/logout`]);
  } finally {
    await close();
  }
});
