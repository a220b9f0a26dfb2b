/** What the library loads later does not come at first. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Browser, Visitor } from './support/engine.ts';
import { engines } from './support/engines.ts';
import { bundleFiles } from './support/page-bundle.ts';

describe.for(engines.map((engine) => [engine.name, engine] as const))('in %s', ([, engine]) => {
  let files: ReadonlyMap<string, string>;
  let browser: Browser;
  let visitor: Visitor;
  let shop: Server;
  let verifier: Server;
  let later: 'there' | 'not found' | 'cut';
  let asked: number;
  beforeAll(async () => {
    [files, browser] = await Promise.all([bundleFiles(), engine.launch()]);
    shop = createServer(({ url = '' }, answer) => answerShop(url, answer));
    verifier = createServer((_incoming, answer) => {
      asked++;
      answer.writeHead(503, { 'access-control-allow-origin': '*' }).end();
    });
    await Promise.all([shop, verifier].map((server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))));
  });
  afterAll(async () => {
    await browser.close();
    for (const server of [shop, verifier]) server.close();
  });
  beforeEach(async () => {
    asked = 0;
    visitor = await browser.visitor();
  });
  afterEach(() => visitor.close());

  function answerShop(path: string, answer: ServerResponse): void {
    const code = files.get(path);
    if (code === undefined) return void answer.setHeader('content-type', 'text/html').end('<!doctype html><title>A shop</title>');
    if (path !== '/client.js' && later === 'cut') return void answer.destroy();
    if (path !== '/client.js' && later === 'not found') return void answer.writeHead(404).end();
    answer.setHeader('content-type', 'text/javascript').end(code);
  }

  it.each(['not found', 'cut'] as const)('(%s) the first calls are told so and nobody is asked for anything; the call after it is there again has it', async (how) => {
    later = 'there';
    const tab = await visitor.openTab(`${addressOf(shop)}/`);
    await tab.evaluate(`import('/client.js').then(({ LoginClient, oidc }) => {
      window.login = new LoginClient({ provider: oidc({ issuer: 'https://id.example.com', clientId: 'shop', verifier: '${addressOf(verifier)}' }) });
    })`);
    const authenticate = (): Promise<unknown> => tab.evaluate('window.login.authenticate().catch(({ code }) => code)');
    later = how;
    expect([await authenticate(), await authenticate(), asked]).toEqual(['network', 'network', 0]);
    later = 'there';
    expect(await authenticate()).toBe('server');
    expect(asked).toBeGreaterThan(0);
  });
});

const addressOf = (server: Server): string => `http://localhost:${(server.address() as AddressInfo).port}`;
