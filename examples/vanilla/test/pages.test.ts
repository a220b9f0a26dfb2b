import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDemo, type AuthressDemo } from '../src/demo.mjs';
import { ask } from './support/http.ts';

let demo: AuthressDemo;
beforeAll(async () => {
  demo = await startDemo({ port: 0 });
});
afterAll(() => demo.close());

/** What the page is told of the services. */
function toldBy(html: string): unknown {
  const [, json = ''] = /<meta name="sign-in" content="([^"]*)">/.exec(html) ?? [];
  return JSON.parse(json.replaceAll('&quot;', '"').replaceAll('&amp;', '&'));
}

describe('a page', () => {
  test('knows its login host, and may speak to that and frame what a guest needs, and nothing else', async () => {
    const { status, headers, text } = await ask(demo.shopUrl, '/?utm_source=letter');
    expect(status).toBe(200);
    expect(toldBy(text)).toEqual({ provider: 'authress', loginUrl: demo.loginUrl, verifierUrl: demo.verifierUrl });
    expect(text).not.toContain('{{');
    expect(headers.get('content-security-policy')?.split('; ')).toEqual([
      "default-src 'self'", `connect-src 'self' ${demo.loginUrl}`, `frame-src 'self' ${demo.loginUrl} ${demo.verifierUrl}`,
      "object-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'self'",
    ]);
    expect([headers.get('referrer-policy'), headers.get('x-content-type-options')]).toEqual(['no-referrer', 'nosniff']);
  });

  test('before an OpenID provider may speak to it and to the verifier, and frame nothing', async () => {
    const other = await startDemo({ port: 0, provider: 'oidc' });
    try {
      const { headers, text } = await ask(other.shopUrl, '/');
      expect(toldBy(text)).toEqual({ provider: 'oidc', loginUrl: other.loginUrl, verifierUrl: other.verifierUrl });
      expect(headers.get('content-security-policy')?.split('; ')).toEqual([
        "default-src 'self'", `connect-src 'self' ${other.loginUrl} ${other.verifierUrl}`, "frame-src 'none'",
        "object-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'self'",
      ]);
    } finally {
      await other.close();
    }
  });

  test('that frames end on is empty, and kept by nobody', async () => {
    const { status, headers, text } = await ask(demo.shopUrl, '/callback.html?code=c&nonce=n');
    expect(status).toBe(200);
    expect([headers.get('cache-control'), headers.get('referrer-policy')]).toEqual(['no-store', 'no-referrer']);
    expect(text).not.toMatch(/<script|<link|<img/);
  });

  test.each([['/shop.js', 'text/javascript; charset=utf-8'], ['/shop.css', 'text/css; charset=utf-8'], ['/art.svg', 'image/svg+xml']])('%s is what it says', async (path, type) => {
    const { status, headers } = await ask(demo.shopUrl, path);
    expect([status, headers.get('content-type')]).toEqual([200, type]);
  });

  test('opened under another name goes on under the one that the login host knows', async () => {
    const { status, headers } = await ask(demo.shopUrl, '/', { headers: { host: `localhost:${new URL(demo.shopUrl).port}` } });
    expect([status, headers.get('location')]).toEqual([307, `${demo.shopUrl}/`]);
  });

  test('is only read', async () => {
    expect((await ask(demo.shopUrl, '/', { method: 'POST' })).status).toBe(405);
    expect(await ask(demo.shopUrl, '/', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  });
});

test.each([
  '/../package.json', '/../src/demo.mjs', '/..%2fpackage.json', '/%2e%2e/package.json', '/%2e%2e%2fpackage.json', '/..\\package.json', '//etc/passwd',
  '/public/../../package.json', '/./index.html', '/index.html/', '/index.html%00.js', '/..', '/.', '/constructor', '/__proto__', 'http://elsewhere/../package.json',
])('%s leads nowhere', async (path) => {
  expect((await ask(demo.shopUrl, path)).status).toBe(404);
});

test('requests are noted without what may be secret', async () => {
  demo.shop.requests.length = 0;
  await ask(demo.shopUrl, '/callback.html?code=secret', { headers: { 'sec-fetch-dest': 'iframe', authorization: 'Bearer secret' } });
  expect(demo.shop.requests).toEqual([{ method: 'GET', pathname: '/callback.html', dest: 'iframe' }]);
});

test('a demo that finds a port taken leaves none of its own open', async () => {
  const first = await startDemo({ port: 0 });
  const port = Number(new URL(first.shopUrl).port);
  await first.close();
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen(port + 2, '127.0.0.1', resolve));
  await expect(startDemo({ port })).rejects.toMatchObject({ code: 'EADDRINUSE', port: port + 2 });
  await new Promise((resolve) => blocker.close(resolve));
  const second = await startDemo({ port });
  await second.close();
});
