import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

/** A request and its answer as Node has them. */
export interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

/** Has a web-standard request answered by a listener that was written for Node's server, without a socket. */
export async function answerBy(listener: (exchange: Exchange) => unknown, request: Request): Promise<Response> {
  const exchange = await exchangeOf(request);
  const { outgoing } = exchange;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const take = (chunk: unknown): void => {
      if (typeof chunk === 'string' || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
    };
    Object.assign(outgoing, {
      write: (chunk: unknown) => {
        take(chunk);
        return true;
      },
      end: (chunk: unknown) => {
        take(chunk);
        resolve(toResponse(outgoing, Buffer.concat(chunks)));
        return outgoing;
      },
    });
    Promise.resolve(listener(exchange)).catch(reject);
  });
}

/** The same, for what a listener only reads with. */
export async function exchangeOf(request: Request): Promise<Exchange> {
  const { protocol, host, pathname, search } = new URL(request.url);
  const body = Buffer.from(await request.clone().arrayBuffer());
  // Never connected: it only says whether the request came over TLS.
  const incoming = new IncomingMessage(Object.assign(new Socket(), { encrypted: protocol === 'https:' }));
  incoming.method = request.method;
  incoming.url = pathname + search;
  incoming.headers = { ...Object.fromEntries(request.headers), host, ...(body.length > 0 && { 'content-length': String(body.length) }) };
  if (body.length > 0) incoming.push(body);
  incoming.push(null);
  return { incoming, outgoing: new ServerResponse(incoming) };
}

function toResponse(outgoing: ServerResponse, body: Buffer): Response {
  const headers = new Headers();
  for (const [name, value = []] of Object.entries(outgoing.getHeaders())) {
    // A fault may shorten the body.
    if (name !== 'content-length') for (const one of Array.isArray(value) ? value : [value]) headers.append(name, String(one));
  }
  const hasBody = outgoing.statusCode !== 204 && outgoing.statusCode !== 304;
  return new Response(hasBody ? new Uint8Array(body) : null, { status: outgoing.statusCode, headers });
}
