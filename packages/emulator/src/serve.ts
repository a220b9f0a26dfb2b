import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createAppId, type AppId } from './app-id/app-id.ts';
import type { AppIdSettings } from './app-id/settings.ts';
import { createAuthress, type Authress } from './authress/authress.ts';
import type { AuthressSettings } from './authress/settings.ts';
import { createDescope, type Descope } from './descope/descope.ts';
import type { DescopeSettings } from './descope/settings.ts';
import { ConnectionCut } from './faults.ts';
import { createOpenId, type OpenId } from './openid/openid.ts';
import type { OpenIdSettings } from './openid/settings.ts';
import { reportFailure } from './report.ts';
import type { ZitadelSettings } from './zitadel/settings.ts';
import { createZitadel, type Zitadel } from './zitadel/zitadel.ts';

/** Another web-standard handler on an origin of its own, which may share a port with the emulator's: an application's page, say. */
export interface Site {
  readonly origin: string;
  handle(request: Request): Promise<Response>;
}

export interface ServeOptions {
  /** For origins of `https:`, in PEM. */
  readonly https?: { readonly key: string; readonly cert: string };
  readonly sites?: readonly Site[];
}

export interface Serving {
  /** Stops listening and cuts what is open. */
  close(): Promise<void>;
}

const LARGEST_BODY_BYTES = 65_536;

/** Creates an Authress and serves it on the ports its origins name. */
export async function startAuthress(settings: AuthressSettings & ServeOptions): Promise<Serving & { readonly authress: Authress }> {
  const authress = await createAuthress(settings);
  const { close } = await serveEmulator(authress, settings);
  return { authress, close };
}

/** Creates an OpenID provider and serves it on the port its issuer names. */
export async function startOpenId(settings: OpenIdSettings & ServeOptions): Promise<Serving & { readonly openid: OpenId }> {
  const openid = await createOpenId(settings);
  const { close } = await serveEmulator(openid, settings);
  return { openid, close };
}

/** Creates a ZITADEL and serves it on the port its issuer names. */
export async function startZitadel(settings: ZitadelSettings & ServeOptions): Promise<Serving & { readonly zitadel: Zitadel }> {
  const zitadel = await createZitadel(settings);
  const { close } = await serveEmulator(zitadel, settings);
  return { zitadel, close };
}

/** Creates a Descope project and serves it on the port its base URL names. */
export async function startDescope(settings: DescopeSettings & ServeOptions): Promise<Serving & { readonly descope: Descope }> {
  const descope = await createDescope(settings);
  const { close } = await serveEmulator(descope, settings);
  return { descope, close };
}

/** Creates an App ID tenant and serves it on the port its origin names. */
export async function startAppId(settings: AppIdSettings & ServeOptions): Promise<Serving & { readonly appId: AppId }> {
  const appId = await createAppId(settings);
  const { close } = await serveEmulator(appId, settings);
  return { appId, close };
}

/** Serves an emulator on 127.0.0.1 only, one server for each port among its origins. Closed and served again, it still knows everybody. */
export async function serveEmulator(emulator: Pick<AppId | Authress | Descope | OpenId | Zitadel, 'origins' | 'handle'>, { https, sites = [] }: ServeOptions = {}): Promise<Serving> {
  const own = emulator.origins.map((origin): Site => ({ origin, handle: (request) => emulator.handle(request) }));
  const all = [...own, ...sites];
  const ports = new Set(all.map(({ origin }) => portOf(origin)));
  const servers: Server[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(servers.map(stop));
  };
  try {
    for (const port of ports) {
      const shared = all.filter(({ origin }) => portOf(origin) === port);
      const listener = listenerFor(shared);
      const isTls = shared.some(({ origin }) => origin.startsWith('https:'));
      if (isTls && !https) throw new Error('Origins of https: need a key and a certificate');
      const server = isTls ? createTlsServer({ ...https }, listener) : createServer(listener);
      servers.push(server);
      await listen(server, port);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}

function portOf(origin: string): number {
  const { port, protocol } = new URL(origin);
  return Number(port || (protocol === 'https:' ? 443 : 80));
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function stop(server: Server): Promise<void> {
  if (!server.listening) return;
  await new Promise<void>((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}

function listenerFor(sites: readonly Site[]): RequestListener {
  return (incoming, outgoing) => {
    // Not awaited: a listener has nobody to tell; every failure is answered inside.
    void answer(incoming, outgoing, sites);
  };
}

async function answer(incoming: IncomingMessage, outgoing: ServerResponse, sites: readonly Site[]): Promise<void> {
  try {
    const site = findSite(incoming.headers.host, sites, incoming.socket.localPort);
    const request = site && (await toRequest(incoming, site.origin));
    if (!request) {
      outgoing.writeHead(site ? 413 : 421).end();
      return;
    }
    await send(await site.handle(request), outgoing);
  } catch (error) {
    // Nobody waits for the answer of a request that never arrived whole.
    const isExpected = error instanceof ConnectionCut || !incoming.complete;
    if (!isExpected) reportFailure(incoming, error);
    if (isExpected || outgoing.headersSent) incoming.socket.destroy();
    else outgoing.writeHead(500).end();
  }
}

/**
 * The site a Host header means. Node resolves no `*.localhost` names, so `127.0.0.1:port` means the site there too, where the port has
 * only one. Any other name is refused: a page elsewhere may have had its name resolve to this machine.
 */
function findSite(host: string | undefined, sites: readonly Site[], port: number | undefined): Site | undefined {
  const named = sites.find(({ origin }) => new URL(origin).host === host?.toLowerCase());
  if (named) return named;
  const isLoopback = host === `127.0.0.1:${port}` || host === `localhost:${port}`;
  return isLoopback && sites.length === 1 ? sites[0] : undefined;
}

/** The request as the web has it; undefined where its body is too large. */
async function toRequest(incoming: IncomingMessage, origin: string): Promise<Request | undefined> {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(incoming.headersDistinct)) for (const value of values) headers.append(name, value);
  const method = incoming.method ?? 'GET';
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Read to its end also when it is too large: leaving early would cut the connection before the answer.
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= LARGEST_BODY_BYTES) chunks.push(chunk);
  }
  if (size > LARGEST_BODY_BYTES) return undefined;
  const hasBody = method !== 'GET' && method !== 'HEAD' && size > 0;
  // Joined, not resolved: a target such as `//elsewhere` stays a path.
  return new Request(origin + (incoming.url ?? '/'), { method, headers, ...(hasBody && { body: Buffer.concat(chunks) }) });
}

async function send(response: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.statusCode = response.status;
  for (const [name, value] of response.headers) if (name !== 'set-cookie') outgoing.setHeader(name, value);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) outgoing.setHeader('set-cookie', cookies);
  outgoing.end(Buffer.from(await response.arrayBuffer()));
}
