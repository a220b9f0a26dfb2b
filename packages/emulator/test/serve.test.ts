import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { networkInterfaces } from 'node:os';
import { connect } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createAuthress, serveEmulator, startAuthress, type Authress, type AuthressSettings, type Serving } from '../src/index.ts';
import { APP, makeAccount } from './support/account.ts';
import { makeCertificate } from './support/certificate.ts';
import { freePorts } from './support/ports.ts';

const running: Serving[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((serving) => serving.close()));
  vi.unstubAllEnvs();
});

interface Served {
  readonly authress: Authress;
  readonly settings: AuthressSettings;
  readonly loginPort: number;
  readonly googlePort: number;
}

async function serve(): Promise<Served> {
  const [loginPort = 0, googlePort = 0] = await freePorts(2);
  const loginOrigin = `http://login.shop.localhost:${loginPort}`;
  const connections = [{ connectionId: 'google', origin: `http://google.localhost:${googlePort}`, name: 'Google' }];
  const { settings } = await makeAccount({}, { loginOrigin, connections });
  const { authress, close } = await startAuthress(settings);
  running.push({ close });
  return { authress, settings, loginPort, googlePort };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Asks 127.0.0.1 under any host name, as a browser does that resolves it there. */
function ask(port: number, path: string, { host = `127.0.0.1:${port}`, method = 'GET', headers = {}, body = '', scheme = 'http' } = {}): Promise<Answer> {
  const options = { host: '127.0.0.1', port, path, method, headers: { ...headers, host }, agent: false, rejectUnauthorized: false };
  return new Promise((resolve, reject) => {
    const outgoing = (scheme === 'https' ? httpsRequest : httpRequest)(options, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text: Buffer.concat(chunks).toString() }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

describe('a host name', () => {
  test('means its own service, and 127.0.0.1 the only one of its port', async () => {
    const { settings, loginPort, googlePort } = await serve();
    for (const host of [`login.shop.localhost:${loginPort}`, `LOGIN.shop.localhost:${loginPort}`, `127.0.0.1:${loginPort}`, `localhost:${loginPort}`]) {
      const { status, text } = await ask(loginPort, '/.well-known/openid-configuration', { host });
      expect([status, JSON.parse(text).issuer]).toEqual([200, settings.loginOrigin]);
    }
    const query = new URLSearchParams({ state: 'x', redirect_uri: `${settings.loginOrigin}/login` });
    expect((await ask(googlePort, `/authorize?${query}`, { host: `google.localhost:${googlePort}` })).text).toContain('person-ada');
  });

  test('of anybody else is refused, so that no page can point its own name here', async () => {
    const { authress, loginPort } = await serve();
    for (const host of ['evil.example', `evil.example:${loginPort}`, `login.shop.localhost:${loginPort}.evil.example`, '127.0.0.1']) {
      expect((await ask(loginPort, '/.well-known/openid-configuration', { host })).status).toBe(421);
    }
    expect(authress.log).toEqual([]);
  });

  test('may share one port with others over HTTPS, an application among them', async () => {
    const [port = 0] = await freePorts(1);
    const { settings } = await makeAccount({}, { loginOrigin: `https://login.shop.test:${port}`, connections: [{ connectionId: 'google', origin: `https://google.test:${port}`, name: 'Google' }] });
    const site = { origin: `https://www.shop.test:${port}`, handle: async (request: Request) => new Response(`shop at ${request.url}`) };
    running.push(await startAuthress({ ...settings, https: await makeCertificate(['login.shop.test']), sites: [site] }));
    const issuer = await ask(port, '/.well-known/openid-configuration', { scheme: 'https', host: `login.shop.test:${port}` });
    expect(JSON.parse(issuer.text).issuer).toBe(`https://login.shop.test:${port}`);
    expect((await ask(port, '/a?b', { scheme: 'https', host: `www.shop.test:${port}` })).text).toBe(`shop at https://www.shop.test:${port}/a?b`);
    expect((await ask(port, '/', { scheme: 'https' })).status).toBe(421);
  });
});

describe('over a socket', () => {
  test('a page gets its answer with every cookie', async () => {
    const { loginPort } = await serve();
    const { status, headers } = await ask(loginPort, '/api/session', { method: 'DELETE', headers: { origin: APP } });
    expect([status, headers['access-control-allow-origin']]).toEqual([200, APP]);
    expect(headers['set-cookie']?.length).toBeGreaterThan(1);
  });

  test('a body arrives, and one that is too large is refused', async () => {
    const { loginPort } = await serve();
    const call = (body: string): Promise<Answer> => ask(loginPort, '/api/authentication', { method: 'POST', body });
    expect(JSON.parse((await call('{}')).text)).toMatchObject({ errorCode: 'InvalidApplication' });
    expect((await call('x'.repeat(70_000))).status).toBe(413);
  });

  test('a cut connection is one for the caller too, whether or not the work was done', async () => {
    const { authress, loginPort } = await serve();
    authress.faults.add({ route: 'PATCH /api/session', kind: 'reset', times: 1 });
    authress.faults.add({ route: 'PATCH /api/session', kind: 'lost_answer', times: 1 });
    const renew = (): Promise<Answer> => ask(loginPort, '/api/session', { method: 'PATCH' });
    await expect(renew()).rejects.toThrow('socket hang up');
    await expect(renew()).rejects.toThrow('socket hang up');
    expect((await renew()).status).toBe(404);
  });

  test('an address that looks like another host stays a path', async () => {
    const { loginPort } = await serve();
    expect((await ask(loginPort, '//evil.example/login')).status).toBe(404);
  });

  test('nobody but this machine gets through', async () => {
    const { loginPort } = await serve();
    const others = Object.values(networkInterfaces()).flat().filter((address) => address?.family === 'IPv4' && !address.internal);
    for (const address of others) {
      const outcome = await new Promise((resolve) => {
        const socket = connect(loginPort, address?.address);
        socket.on('connect', () => resolve('connected'));
        socket.on('error', () => resolve('refused'));
      });
      expect(outcome).toBe('refused');
    }
  });
});

test('an emulator that was closed and served again still knows everybody', async () => {
  const { settings, loginPort, authress } = await serve();
  const keys = (await ask(loginPort, '/.well-known/openid-configuration/jwks')).text;
  await running.pop()?.close();
  await expect(ask(loginPort, '/')).rejects.toThrow('ECONNREFUSED');
  running.push(await serveEmulator(authress));
  expect((await ask(loginPort, '/.well-known/openid-configuration/jwks')).text).toBe(keys);
  await expect(startAuthress(settings)).rejects.toThrow('EADDRINUSE');
});

describe('the emulator refuses to start', () => {
  test('in production', async () => {
    const { settings } = await makeAccount();
    vi.stubEnv('NODE_ENV', 'production');
    await expect(createAuthress(settings)).rejects.toThrow('NODE_ENV=production');
    await expect(startAuthress(settings)).rejects.toThrow('NODE_ENV=production');
  });

  for (const origin of ['https://login.shop.com', 'http://192.168.0.1:4601', 'http://0.0.0.0:4601', 'https://acc.login.authress.io', 'http://localhost.shop.com', 'http://notlocalhost', 'https://testing']) {
    test(`as ${origin}, which could be somebody's`, async () => {
      const { settings } = await makeAccount();
      await expect(createAuthress({ ...settings, loginOrigin: origin })).rejects.toThrow('reserved for tests');
      await expect(createAuthress({ ...settings, connections: [{ connectionId: 'x', origin, name: 'X' }] })).rejects.toThrow('reserved for tests');
    });
  }

  test('with an origin that is none, an application that is a service client, or HTTPS without a certificate', async () => {
    const { settings } = await makeAccount();
    await expect(createAuthress({ ...settings, loginOrigin: 'http://login.shop.localhost:4601/' })).rejects.toThrow('Not an origin');
    await expect(createAuthress({ ...settings, applications: [{ applicationId: 'app_shop', redirectOrigins: ['*'] }] })).rejects.toThrow('Not an origin');
    await expect(createAuthress({ ...settings, applications: [{ applicationId: 'sc_1', redirectOrigins: [APP] }] })).rejects.toThrow('no application');
    await expect(startAuthress({ ...settings, loginOrigin: 'https://login.shop.localhost:4601' })).rejects.toThrow('certificate');
  });
});
