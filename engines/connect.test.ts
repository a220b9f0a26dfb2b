/** A page that will want a guest, before servers that count who connects. */
import { readFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser } from './support/engine.ts';
import { engines } from './support/engines.ts';

describe.for(engines.map((engine) => [engine.name, engine] as const))('in %s', ([, engine]) => {
  let browser: Browser;
  let shop: Server;
  let verifier: Server;
  /** Of the verifier. */
  const connected: Socket[] = [];
  const asked: Socket[] = [];
  beforeAll(async () => {
    // As a person has it: in a private window, which is what a driver opens, Chromium connects nowhere beforehand.
    browser = await engine.launch({ freezing: 'on' });
    shop = createServer((incoming, answer) => void answerShop(incoming.url, answer));
    verifier = createServer((incoming, answer) => {
      asked.push(incoming.socket);
      answer.writeHead(503, { 'access-control-allow-origin': '*' }).end();
    });
    verifier.on('connection', (socket) => void connected.push(socket));
    await Promise.all([shop, verifier].map((server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))));
  });
  afterAll(async () => {
    await browser.close();
    for (const server of [shop, verifier]) server.close();
  });

  it('where nobody is here, the page connects before a guest is asked for, sends nothing yet, and looks as before', async () => {
    const visitor = await browser.visitor();
    const tab = await visitor.openTab(`${addressOf(shop)}/`);
    await tab.evaluate(`import('/passerby.min.js').then(({ LoginClient, oidc }) => {
      window.login = new LoginClient({ provider: oidc({ issuer: 'https://id.example.com', clientId: 'shop', verifier: '${addressOf(verifier)}' }) });
      return window.login.completeLogin();
    })`);
    await expect.poll(() => connected.length).toBe(1);
    expect(asked).toEqual([]);
    expect(await tab.evaluate('document.querySelectorAll("link").length')).toBe(0);
    expect(await tab.evaluate('window.login.authenticate().catch(({ code }) => code)')).toBe('server');
    expect(asked.length).toBeGreaterThan(0);
    // WebKitGTK leaves it unused.
    expect(asked[0] === connected[0]).toBe(engine.name !== 'WebKitGTK');
    await visitor.close();
  });
});

const addressOf = (server: Server): string => `http://localhost:${(server.address() as AddressInfo).port}`;

async function answerShop(path: string | undefined, answer: ServerResponse): Promise<void> {
  if (path !== '/passerby.min.js') return void answer.setHeader('content-type', 'text/html').end('<!doctype html><title>A shop</title>');
  answer.setHeader('content-type', 'text/javascript').end(await readFile(new URL('../packages/login/dist/passerby.min.js', import.meta.url)));
}
