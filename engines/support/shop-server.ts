/** The demo shop's own server as a site among others. It is JavaScript without declarations of its own. */
import { request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Site } from '@passerby/emulator';

export interface Sites {
  readonly provider?: 'authress' | 'oidc';
  readonly shopUrl: string;
  readonly loginUrl: string;
  readonly verifierUrl: string;
}

/** Starts it on a port of its own, where no browser looks: `site` has its answers under the shop's address. */
export async function startShopServer(sites: Sites, verifier: unknown): Promise<{ readonly site: Site; close(): Promise<void> }> {
  const { createShopServer } = await demoPart<{ createShopServer(settings: object): Promise<Server> }>('shop-server.mjs');
  const { Carts } = await demoPart<{ Carts: new () => unknown }>('carts.mjs');
  const server = await createShopServer({ sites, shop: { carts: new Carts(), verifier }, requests: [] });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    site: { origin: sites.shopUrl, handle: (asked) => passOn(asked, port) },
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

export const demoPart = async <T>(file: string): Promise<T> => (await import(/* @vite-ignore */ new URL(`../../examples/vanilla/src/${file}`, import.meta.url).href)) as T;

/** The shop's server knows its name only from the Host header. */
function passOn(asked: Request, port: number): Promise<Response> {
  const url = new URL(asked.url);
  return new Promise((resolve, reject) => {
    const passed = request({ host: '127.0.0.1', port, method: asked.method, path: url.pathname + url.search, headers: { ...Object.fromEntries(asked.headers), host: url.host } }, async (answer) => {
      const body = Buffer.concat(await answer.toArray());
      const headers = new Headers(Object.entries(answer.headers).map(([name, value]) => [name, String(value)] as [string, string]));
      resolve(new Response(body.length > 0 ? body : null, { status: answer.statusCode ?? 500, headers }));
    });
    passed.once('error', reject);
    void asked.arrayBuffer().then((body) => passed.end(Buffer.from(body)), reject);
  });
}
