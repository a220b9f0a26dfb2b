/**
 * A shop's pages and an identity service with one-time refresh tokens, on two names of one port. A refresh token that comes twice is a theft:
 * it kills its whole family, and is counted.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AddressInfo } from 'node:net';
import { bundlePage } from './page-bundle.ts';

export interface ServiceSettings {
  /** How long an answer takes. */
  delayMs: number;
  lifetimeSeconds: number;
  /** Whether a slow answer's work is done when its request arrives, or just before it is answered, if anybody still listens. */
  works: 'on-arrival' | 'when-answering';
  /** What the last refresh token of a family that comes again gets: the end of its family, or the answer that was lost. */
  replay: 'theft' | 'same-answer';
}

export interface Service {
  readonly settings: ServiceSettings;
  /** What was asked of the identity service. */
  readonly seen: { guests: number; refreshes: number; reuses: number };
  /** How long each asker waited, ms, and whether for an answer or until it went away: for whoever wants to know why a test failed. */
  readonly waits: string[];
  readonly shop: string;
  readonly url: string;
  /** The address of a page with the client, and of a script that runs before it. */
  page(before?: string): string;
  /** A page of the shop's origin without the client. */
  readonly blank: string;
  /** A page that holds the page at `url` in a sandbox; it keeps what it is told in `window.report`. */
  sandbox(url: string): string;
  /** Resolves when so many refresh requests have arrived. */
  refreshesArrive(count: number): Promise<void>;
  close(): Promise<void>;
}

interface Family {
  readonly subject: string;
  kind: 'guest' | 'user';
  generation: number;
  isDead: boolean;
  lastAnswer: string;
}

export async function startService(given: Partial<ServiceSettings> = {}): Promise<Service> {
  const script = await bundlePage();
  const settings: ServiceSettings = { delayMs: 0, lifetimeSeconds: 3600, works: 'when-answering', replay: 'theft', ...given };
  const seen = { guests: 0, refreshes: 0, reuses: 0 };
  const waits: string[] = [];
  const families = new Map<string, Family>();
  const befores: string[] = [''];

  const issue = (id: string, family: Family): string => {
    family.generation += 1;
    family.lastAnswer = JSON.stringify({
      subject: family.subject, kind: family.kind, access_token: `at.${id}.${family.generation}`, refresh_token: `${id}.${family.generation}`,
      expires_in: settings.lifetimeSeconds, iat: Math.floor(Date.now() / 1000),
    });
    return family.lastAnswer;
  };
  const newFamily = (subject: string, kind: Family['kind']): string => {
    const id = crypto.randomUUID();
    families.set(id, { subject, kind, generation: 0, isDead: false, lastAnswer: '' });
    return id;
  };
  const refuse = { status: 400, body: JSON.stringify({ error: 'invalid_grant' }) };

  const refresh = (token: string): { status: number; body: string } => {
    const [id = '', generation = ''] = token.split('.');
    const family = families.get(id);
    if (!family || family.isDead) return refuse;
    if (Number(generation) === family.generation) return { status: 200, body: issue(id, family) };
    if (settings.replay === 'same-answer' && Number(generation) === family.generation - 1) return { status: 200, body: family.lastAnswer };
    seen.reuses += 1;
    family.isDead = true;
    return refuse;
  };

  const answerService = async (pathname: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const url = new URL(incoming.url ?? '/', service.url);
    if (pathname === '/authorize') {
      const back = new URL(url.searchParams.get('redirect_url') ?? service.shop);
      back.searchParams.set('state', url.searchParams.get('state') ?? '');
      back.searchParams.set('code', Buffer.from(url.searchParams.get('subject') ?? '').toString('base64url'));
      outgoing.writeHead(302, { location: back.href, 'cache-control': 'no-store' }).end();
      return;
    }
    const form = new URLSearchParams(Buffer.concat(await incoming.toArray()).toString());
    const delayMs = settings.delayMs;
    const from = performance.now();
    outgoing.once('close', () => waits.push(`${pathname} ${outgoing.writableFinished ? 'answered' : 'given up'} after ${Math.round(performance.now() - from)}`));
    const isRefresh = pathname === '/token' && form.has('refresh_token');
    if (pathname === '/guest') seen.guests += 1;
    if (isRefresh) seen.refreshes += 1;
    const work = (): { status: number; body: string } => {
      if (pathname === '/guest') {
        const id = newFamily(`guest_${crypto.randomUUID()}`, 'guest');
        return { status: 200, body: issue(id, families.get(id) as Family) };
      }
      if (isRefresh) return refresh(form.get('refresh_token') ?? '');
      if (pathname === '/token') {
        const id = newFamily(Buffer.from(form.get('code') ?? '', 'base64url').toString() || `user_${crypto.randomUUID()}`, 'user');
        return { status: 200, body: issue(id, families.get(id) as Family) };
      }
      return { status: 200, body: '{}' };
    };
    const early = settings.works === 'on-arrival' ? work() : null;
    if (delayMs > 0) await sleep(delayMs);
    // Nobody listens any more: a service that works when it answers has done nothing.
    if (!early && outgoing.destroyed) return;
    const { status, body } = early ?? work();
    if (!outgoing.destroyed) outgoing.writeHead(status, { 'content-type': 'application/json', 'access-control-allow-origin': '*', 'cache-control': 'no-store' }).end(body);
  };

  const answerShop = (pathname: string, outgoing: ServerResponse, query: URLSearchParams): void => {
    const html = (body: string): void => void outgoing.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' }).end(`<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>shop</title>${body}`);
    const [, kind = '', number = '0'] = pathname.split('/');
    if (pathname === '/page.js') outgoing.writeHead(200, { 'content-type': 'text/javascript', 'access-control-allow-origin': '*' }).end(script);
    else if (kind === 'page') html(pageWith(befores[Number(number)] ?? '', service.url));
    else if (kind === 'sandbox') html(`<script>addEventListener('message', ({ data }) => { window.report = data; })</script><iframe sandbox="allow-scripts" src="${encodeURI(query.get('url') ?? '')}"></iframe>`);
    else html('blank');
  };

  const server = createServer((incoming, outgoing) => {
    const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://localhost');
    if (!incoming.headers.host?.startsWith('id.')) return answerShop(pathname, outgoing, searchParams);
    // Not awaited: nobody listens to a listener; a request that is cut has no other answer.
    answerService(pathname, incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const shop = `http://www.shop.localhost:${port}`;
  const service: Service = {
    settings, seen, waits, shop,
    url: `http://id.shop.localhost:${port}`,
    blank: `${shop}/blank`,
    page: (before = '') => {
      const number = befores.includes(before) ? befores.indexOf(before) : befores.push(before) - 1;
      return `${shop}/page/${number}`;
    },
    sandbox: (url) => `${shop}/sandbox?${new URLSearchParams({ url })}`,
    refreshesArrive: async (count) => {
      while (seen.refreshes < count) await sleep(10);
    },
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
  return service;
}

const pageWith = (before: string, serviceUrl: string): string => `
  <script>
    window.troubles = [];
    addEventListener('error', ({ message }) => window.troubles.push(message));
    addEventListener('unhandledrejection', ({ reason }) => window.troubles.push(String(reason)));
    addEventListener('pageshow', ({ persisted }) => { window.cameBack = persisted; });
  </script>
  <script>${before}</script>
  <script type="module">
    import { visit } from '/page.js';
    window.visit = visit(${JSON.stringify(serviceUrl)});
    ${'if (parent !== window) window.visit.tokens(10).then(async (first) => parent.postMessage({ first, second: await window.visit.tokens(10), notices: window.visit.notices, troubles: window.troubles }, "*"));'}
  </script>`;
