/** The demo shop before an OpenID provider, whose guests the verifier issues. None of its cookies is Secure, so every engine has it over http. */
import { serveEmulator, type OpenId, type Site } from '@passerby/emulator';
import type { CoreOptions, LoginClient } from '@passerby/login';
import type { Verifier } from '@passerby/verifier';
import { freePorts } from '../../packages/emulator/test/support/ports.ts';
import { demoPart, startShopServer, type Sites } from './shop-server.ts';

export interface OpenIdShopSettings {
  /** Default: a site of its own, `verifier.localhost`. */
  readonly verifierHost?: string;
  /** Whose pages part from the windows that they open or are opened by (`Cross-Origin-Opener-Policy: same-origin`). */
  readonly opensAlone?: 'the shop' | 'the provider' | 'nobody';
  readonly accessTokenLifetimeSeconds?: number;
}

/** A request to the verifier, as far as a test may ask about it. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  /** The last word of its grant type; '' where there is none. */
  readonly grant: string;
  /** Sec-Fetch-Mode: `cors` of a script, `navigate` of a page that is left for it. */
  readonly mode: string | null;
  readonly cookie: string | null;
}

export interface OpenIdShop {
  readonly shopUrl: string;
  readonly loginUrl: string;
  readonly verifierUrl: string;
  /** A page of the shop's origin with nothing in it, and without a policy of what it may ask. */
  readonly blank: string;
  /** A page at the verifier that leaves a cookie there. */
  readonly cookies: string;
  /** A script that makes `window.login` of a page of the shop's origin: a client that starts a guest as soon as it is asked for a token. */
  client(options?: Partial<CoreOptions>): string;
  readonly asked: readonly Asked[];
  /** How many guests were asked for at the verifier. */
  guests(): number;
  /** Asks the verifier without a browser, as somebody who is bound by no rule of one. */
  ask(request: Request): Promise<Response>;
  close(): Promise<void>;
}

declare global {
  interface Window {
    login: LoginClient;
  }
}

type WithOpenId = (sites: Sites, options: object) => Promise<{ readonly openid: OpenId; readonly verifier: Verifier }>;

export async function openOpenIdShop({ verifierHost = 'verifier.localhost', opensAlone = 'nobody', ...options }: OpenIdShopSettings = {}): Promise<OpenIdShop> {
  const [shopPort, loginPort, verifierPort] = await freePorts(3);
  const sites = { provider: 'oidc', shopUrl: `http://www.shop.localhost:${shopPort}`, loginUrl: `http://login.shop.localhost:${loginPort}`, verifierUrl: `http://${verifierHost}:${verifierPort}` } as const;
  const { withOpenId } = await demoPart<{ withOpenId: WithOpenId }>('with-openid.mjs');
  const { openid, verifier } = await withOpenId(sites, options);
  const shop = await startShopServer(sites, verifier);
  const asked: Asked[] = [];
  const ask = (request: Request): Promise<Response> => verifier.handler(request, { clientAddress: '127.0.0.1' });
  const pages: Site[] = [
    { origin: sites.shopUrl, handle: async (request) => sentOn(request) ?? (request.url.endsWith('/blank') ? page('') : shop.site.handle(request)) },
    { origin: sites.loginUrl, handle: (request) => openid.handle(request) },
    {
      origin: sites.verifierUrl,
      handle: async (request) => {
        if (request.url.endsWith('/cookies')) return page('a cookie', { 'set-cookie': 'left=here; Path=/' });
        asked.push(await noted(request.clone()));
        return ask(request);
      },
    },
  ];
  const alone = { 'the shop': sites.shopUrl, 'the provider': sites.loginUrl, nobody: '' }[opensAlone];
  const serving = await serveEmulator({ origins: [], handle: ask }, { sites: pages.map((site) => (site.origin === alone ? openedAlone(site) : site)) });
  return {
    ...sites, asked, ask, blank: `${sites.shopUrl}/blank`, cookies: `${sites.verifierUrl}/cookies`,
    client: (options = {}) => `(async () => {
      const { LoginClient, oidc } = await import('/passerby.js');
      const provider = oidc({ issuer: '${sites.loginUrl}', clientId: 'app_shop', verifier: '${sites.verifierUrl}', connectionParameter: 'connection' });
      window.login = new LoginClient({ provider, guests: 'on-demand', redirectUrl: '/', ...${JSON.stringify(options)} });
    })()`,
    guests: () => asked.filter(({ grant }) => grant === 'guest').length,
    close: async () => {
      await serving.close();
      await shop.close();
    },
  };
}

const page = (text: string, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(`<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>page</title>${text}`, { headers: { 'content-type': 'text/html; charset=utf-8', ...headers } });

/** `/away?status=307&to=…` sends its caller there. */
function sentOn({ url }: Request): Response | undefined {
  const { pathname, searchParams } = new URL(url);
  if (pathname !== '/away') return undefined;
  return new Response(null, { status: Number(searchParams.get('status')), headers: { location: searchParams.get('to') ?? '', 'cache-control': 'no-store' } });
}

async function noted(request: Request): Promise<Asked> {
  const form = new URLSearchParams(await request.text());
  const { method, headers, url } = request;
  return { method, path: new URL(url).pathname, grant: form.get('grant_type')?.split(':').at(-1) ?? '', mode: headers.get('sec-fetch-mode'), cookie: headers.get('cookie') };
}

const openedAlone = ({ origin, handle }: Site): Site => ({
  origin,
  handle: async (request) => {
    const answer = await handle(request);
    answer.headers.set('cross-origin-opener-policy', 'same-origin');
    return answer;
  },
});
