import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { answerRefusal } from './refusal.ts';

export interface NodeListenerOptions {
  /**
   * How many proxies of your own stand in front, each adding one address to `X-Forwarded-For`. Default 0: that header is then ignored,
   * because anybody can write it.
   */
  readonly trustedProxies?: number | undefined;
}

/** No handler takes more. */
const MAX_BODY_BYTES = 16_384;

export type NodeListener = (req: IncomingMessage, res: ServerResponse, next?: (error: unknown) => void) => void;

/** A verifier's handler as a listener of Node's `http` server, or of Express. What the handler throws goes to Express's `next`, else to the console with a plain 500. */
export function toNodeListener(handler: (request: Request, from: { readonly clientAddress: string }) => Promise<Response>, options: NodeListenerOptions = {}): NodeListener {
  const { trustedProxies = 0 } = options;
  if (!Number.isSafeInteger(trustedProxies) || trustedProxies < 0) throw new TypeError('toNodeListener: trustedProxies is not a whole number of 0 or more: count your own proxies');
  return (req, res, next) => {
    answer(req, res).catch((error: unknown) => {
      // Nobody is left to be answered, and nothing of ours failed.
      if (error instanceof HungUp) return undefined;
      if (next) return next(error);
      console.error('@passerby/verifier: the handler failed', error);
      if (!res.headersSent) res.writeHead(500, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      res.end(JSON.stringify({ error: 'server', reason: 'Something failed here: try again later' }));
    });
  };

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (!isRequestable(req)) return send(refuseMethod(), res);
    const body = await readBody(req);
    // The rest of a body that was not read to its end is in the way of the next request.
    if (body && body.length > MAX_BODY_BYTES) res.setHeader('connection', 'close');
    await send(await handler(webRequest(req, body), { clientAddress: clientAddress(req, trustedProxies) }), res);
  }
}

/** A Node request in the web's own type, for `verifyToken`: method, address and headers, without the body. Its host is always `localhost`; what `Host` says is anybody's word. */
export function toRequest(req: IncomingMessage): Request {
  return webRequest(req, null);
}

function webRequest(req: IncomingMessage, body: Uint8Array<ArrayBuffer> | null): Request {
  const headers = new Headers();
  for (let i = 0; i + 1 < req.rawHeaders.length; i += 2) {
    const name = req.rawHeaders[i] ?? '';
    // HTTP/2 lists `:method` and the like among the headers.
    if (!name.startsWith(':')) headers.append(name, req.rawHeaders[i + 1] ?? '');
  }
  // Express cuts what a listener is mounted at off `url`.
  const target = 'originalUrl' in req && typeof req.originalUrl === 'string' ? req.originalUrl : req.url;
  return new Request(`http://localhost${pathOf(target ?? '/')}`, { method: req.method ?? 'GET', headers, body });
}

/** The connection ended in the middle of a body. */
class HungUp extends Error {}

/** A body up to the first byte too many, by which the handler sees that it is too long; null for the methods that have none in the web's own type. */
async function readBody(req: IncomingMessage): Promise<Uint8Array<ArrayBuffer> | null> {
  if (req.method === 'GET' || req.method === 'HEAD') return null;
  if (req.readableDidRead) throw new Error('toNodeListener: something has read the body before: put this listener in front of body parsers such as express.urlencoded()');
  const body = new Uint8Array(MAX_BODY_BYTES + 1);
  let length = 0;
  try {
    for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      const part = chunk.subarray(0, body.length - length);
      body.set(part, length);
      length += part.length;
      if (length === body.length) break;
    }
  } catch (error) {
    throw req.complete ? error : new HungUp('The visitor hung up', { cause: error });
  }
  return body.subarray(0, length);
}

/** A server must also understand `GET http://host/path` (RFC 9112 §3.2.2). Joined as text: resolved, `//host/path` would be taken for a host. */
function pathOf(target: string): string {
  if (target.startsWith('/')) return target;
  if (!/^https?:/i.test(target) || !URL.canParse(target)) return '/';
  const { pathname, search } = new URL(target);
  return pathname + search;
}

/** The web's Request type refuses this one method that Node lets through (Fetch §2.2.1). */
function isRequestable(req: IncomingMessage): boolean {
  return req.method !== 'TRACE';
}

function refuseMethod(): Response {
  return answerRefusal({ status: 405, error: 'method_not_allowed', reason: 'Only GET is answered here', headers: { allow: 'GET' } });
}

function clientAddress(req: IncomingMessage, trustedProxies: number): string {
  const nearest = req.socket.remoteAddress ?? '';
  if (trustedProxies === 0) return nearest;
  const forwarded = (req.headersDistinct['x-forwarded-for'] ?? []).join(',').split(',').map(withoutPort);
  // Counted from the end: what stands further left came with the request. Nonsense or too few: the visitor got past a proxy, and is who they seem.
  const address = forwarded.at(-trustedProxies) ?? '';
  return isIP(address) === 0 ? nearest : address;
}

function withoutPort(entry: string): string {
  const text = entry.trim();
  return /^\[([\da-f:.]+)\](?::\d+)?$/i.exec(text)?.[1] ?? /^(\d+(?:\.\d+){3}):\d+$/.exec(text)?.[1] ?? text;
}

async function send(answer: Response, res: ServerResponse): Promise<void> {
  const body = new Uint8Array(await answer.arrayBuffer());
  const cookies = answer.headers.getSetCookie();
  // Each in a line of its own (RFC 6265 §3).
  res.writeHead(answer.status, { ...Object.fromEntries(answer.headers), ...(cookies.length > 0 && { 'set-cookie': cookies }) });
  res.end(body);
}
