/**
 * The demo shop before the emulated identity service. Over http it is the one that `npm start` serves. WebKit keeps no Secure cookie over
 * http, so for it the same shop is served over https, all of its names on one port.
 */
import { request, type Server } from 'node:http';
import { createAuthress, createServiceClient, serveEmulator, type Authress, type Site } from '@passerby/emulator';
import { createVerifier, type Verifier } from '@passerby/verifier';
import { startDemo } from '../../examples/vanilla/src/demo.mjs';
import type { Engine } from './engine.ts';
import { makeCertificate } from './certificate.ts';
import { freePorts } from './ports.ts';

export interface ShopSettings {
  readonly accessTokenLifetimeSeconds?: number;
  /** Default: of one site with the shop. */
  readonly loginHost?: string;
  /** Default: a site of its own, `verifier.localhost`. */
  readonly verifierHost?: string;
  /** The page's Content-Security-Policy does not let it frame the login host. */
  readonly framesOfLogin?: 'forbidden';
  /** The clock of all servers, ms since epoch. */
  readonly clock?: () => number;
}

export interface Shop {
  readonly shopUrl: string;
  readonly loginUrl: string;
  readonly authress: Authress;
  /** How many guests were asked for at the verifier. */
  guests(): number;
  /** How many renewals the login host answered. */
  renewals(): readonly number[];
  close(): Promise<void>;
}

export function openShop(engine: Engine, settings: ShopSettings = {}): Promise<Shop> {
  return engine.name === 'WebKitGTK' || settings.framesOfLogin || settings.verifierHost ? overHttps(settings) : overHttp(settings);
}

async function overHttp({ accessTokenLifetimeSeconds, loginHost, clock }: ShopSettings): Promise<Shop> {
  const demo = await startDemo({ port: 0, ...(accessTokenLifetimeSeconds && { accessTokenLifetimeSeconds }), ...(loginHost && { loginHost }), ...(clock && { clock }) });
  return { ...seen(demo.authress), shopUrl: demo.shopUrl, loginUrl: demo.loginUrl, guests: () => demo.verifierRequests.length, close: demo.close };
}

async function overHttps({ accessTokenLifetimeSeconds, loginHost = 'login.shop.localhost', verifierHost = 'verifier.localhost', framesOfLogin, clock }: ShopSettings): Promise<Shop> {
  const [port = 0, shopPort = 0, keysPort = 0] = await freePorts(3);
  const names = { shop: 'www.shop.localhost', login: loginHost, verifier: verifierHost, google: 'google.localhost', github: 'github.localhost' };
  const at = (name: string): string => `https://${name}:${port}`;
  const sites = { shopUrl: at(names.shop), loginUrl: at(names.login), verifierUrl: at(names.verifier) };
  const { accessKey, publicJwk } = await createServiceClient('acc_shop', 'sc_guests');
  const authress = await createAuthress({
    loginOrigin: sites.loginUrl,
    accountId: 'acc_shop',
    applications: [{ applicationId: 'app_shop', redirectOrigins: [sites.shopUrl] }],
    connections: [{ connectionId: 'google', origin: at(names.google), name: 'Google' }, { connectionId: 'github', origin: at(names.github), name: 'GitHub' }],
    serviceClients: [{ clientId: 'sc_guests', authorizationUrl: `${sites.verifierUrl}/v1/login`, publicJwk }],
    ...(accessTokenLifetimeSeconds && { accessTokenLifetimeSeconds }),
    ...(clock && { clock }),
  });
  const verifier = createVerifier({
    authress: { loginUrl: sites.loginUrl, accessKey, connections: ['google', 'github'], applicationId: 'app_shop', jwksUrl: `http://127.0.0.1:${keysPort}/` },
    // Node knows no name under localhost and trusts no certificate of ours: it is given the keys by hand.
    fetch: async () => authress.handle(new Request(`${sites.loginUrl}/.well-known/openid-configuration/jwks`)),
    ...(clock && { now: clock }),
  });
  let guests = 0;
  const shopServer = await createShopServer({ sites, shop: { carts: await newCarts(), verifier }, requests: [] });
  await new Promise<void>((resolve) => shopServer.listen(shopPort, '127.0.0.1', resolve));
  const pages: Site[] = [
    { origin: sites.shopUrl, handle: (asked) => passOn(asked, shopPort, framesOfLogin === 'forbidden') },
    { origin: sites.verifierUrl, handle: (asked) => (guests++, verifier.handler(asked, { clientAddress: '127.0.0.1' })) },
  ];
  const serving = await serveEmulator(authress, { https: await makeCertificate(Object.values(names)), sites: pages });
  return {
    ...seen(authress), ...sites,
    guests: () => guests,
    close: async () => {
      await serving.close();
      await new Promise((resolve) => {
        shopServer.close(resolve);
        shopServer.closeAllConnections();
      });
    },
  };
}

const seen = (authress: Authress): Pick<Shop, 'authress' | 'renewals'> => ({
  authress,
  renewals: () => authress.log.filter(({ route }) => route === 'PATCH /api/session').map(({ status }) => status),
});

/** A request to the shop's own server, which knows its name only from the Host header. */
function passOn(asked: Request, port: number, withoutFrames: boolean): Promise<Response> {
  const url = new URL(asked.url);
  return new Promise((resolve, reject) => {
    const passed = request({ host: '127.0.0.1', port, method: asked.method, path: url.pathname + url.search, headers: { ...Object.fromEntries(asked.headers), host: url.host } }, async (answer) => {
      const body = Buffer.concat(await answer.toArray());
      const headers = new Headers(Object.entries(answer.headers).map(([name, value]) => [name, String(value)] as [string, string]));
      const policy = headers.get('content-security-policy');
      if (withoutFrames && policy) headers.set('content-security-policy', policy.replace(/frame-src [^;]+/, "frame-src 'self'"));
      resolve(new Response(body.length > 0 ? body : null, { status: answer.statusCode ?? 500, headers }));
    });
    passed.once('error', reject);
    void asked.arrayBuffer().then((body) => passed.end(Buffer.from(body)), reject);
  });
}

interface ShopServerSettings {
  readonly sites: { readonly shopUrl: string; readonly loginUrl: string; readonly verifierUrl: string };
  readonly shop: { readonly carts: unknown; readonly verifier: Verifier };
  readonly requests: unknown[];
}

/** The demo's parts are JavaScript without declarations of their own. */
const part = (path: string): string => new URL(`../../examples/vanilla/src/${path}`, import.meta.url).href;

async function createShopServer(settings: ShopServerSettings): Promise<Server> {
  const demo = (await import(/* @vite-ignore */ part('shop-server.mjs'))) as { createShopServer(settings: ShopServerSettings): Promise<Server> };
  return demo.createShopServer(settings);
}

async function newCarts(): Promise<unknown> {
  const demo = (await import(/* @vite-ignore */ part('carts.mjs'))) as { Carts: new () => unknown };
  return new demo.Carts();
}
