import { createServer, request as httpRequest, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Unauthorized } from '../src/index.ts';
import { toNodeListener, toRequest, type NodeListenerOptions } from '../src/node.ts';
import { FakeWorld, LOGIN_URL, makeKey, makeToken } from './fixtures.ts';

const servers: Server[] = [];

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); })));
});

async function serve(listener: RequestListener, host = '127.0.0.1'): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return (server.address() as AddressInfo).port;
}

interface Answer { readonly status: number; readonly headers: IncomingMessage['headers']; readonly body: string }

function send(port: number, path: string, options: { method?: string; headers?: Record<string, string | string[]>; host?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, path, host: '127.0.0.1', ...options }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => { body += chunk; }).on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    request.on('error', reject).end();
  });
}

/** Sends bytes as they are: for requests that no client would write. */
function sendRaw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => { socket.write(text); });
    socket.on('data', (chunk) => { answer += chunk.toString(); }).on('close', () => resolve(answer)).on('error', reject);
  });
}

function seen(options?: NodeListenerOptions) {
  const addresses: string[] = [];
  const listener = toNodeListener((_, { clientAddress }) => { addresses.push(clientAddress); return Promise.resolve(new Response('ok')); }, options);
  return { addresses, listener };
}

describe('a verifier on a Node server', () => {
  const start = (rateLimit = { burst: 100, perSecond: 1 }, options?: NodeListenerOptions) => serve(toNodeListener(new FakeWorld().verifier({ rateLimit }).handler, options));

  it('sends a visitor back to the login host', async () => {
    const answer = await send(await start(), `/v1/login?state=req_1&redirect_uri=${encodeURIComponent(`${LOGIN_URL}/login`)}`);
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toMatch(/^https:\/\/login\.shop\.example\/login\?code=.+&state=req_1$/);
    expect([answer.headers['cache-control'], answer.headers['referrer-policy'], answer.headers['set-cookie']]).toEqual(['no-store', 'no-referrer', undefined]);
  });

  it('gives a visitor who names a foreign host 400 and no redirect, whatever the Host header says', async () => {
    const port = await start();
    for (const host of ['evil.example', 'login.shop.example', '', 'a b', 'x/../y', '[::1']) {
      const answer = await send(port, '/v1/login?state=s&redirect_uri=https%3A%2F%2Fevil.example%2F', { headers: { host } });
      expect([answer.status, answer.headers.location]).toEqual([400, undefined]);
      expect((await send(port, '/v1/login?state=s', { headers: { host } })).headers.location).toMatch(/^https:\/\/login\.shop\.example\/login\?code=/);
    }
  });

  it.each([['/', 404], ['//evil.example/v1/login?state=s', 404], ['/\\evil.example/v1/login?state=s', 404], ['/v1/login/../login?state=s', 303], ['http://evil.example/v1/login?state=s', 303], ['http://[/v1/login?state=s', 404], ['*', 404], [`/v1/login?state=${'a'.repeat(5_000)}`, 414]])('answers %s with %i', async (target, status) => {
    const answer = await sendRaw(await start(), `GET ${target} HTTP/1.1\r\nHost: v.example\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).not.toMatch(/location: (?!https:\/\/login\.shop\.example\/login\?code=)/i);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'HEAD', 'PATCH', 'PROPFIND'])('answers %s with 405', async (method) => {
    const answer = await send(await start(), '/v1/login?state=s', { method });
    expect([answer.status, answer.headers.allow]).toEqual([405, 'GET']);
  });

  it('does not give more guests to somebody who writes X-Forwarded-For', async () => {
    const port = await start({ burst: 5, perSecond: 0.001 });
    const names = ['x-forwarded-for', 'X-Real-IP', 'Forwarded', 'CF-Connecting-IP', 'True-Client-IP', 'X-Client-IP'];
    const statuses: number[] = [];
    for (let i = 0; i < 60; i += 1) statuses.push((await send(port, '/v1/login?state=s', { headers: Object.fromEntries(names.map((name) => [name, `198.51.100.${i}`])) })).status);
    expect(statuses.filter((status) => status === 303).length).toBe(5);
    expect(new Set(statuses.slice(5))).toEqual(new Set([429]));
  });

  it('behind one proxy of its own does not give more guests to somebody who writes more in front', async () => {
    const port = await start({ burst: 5, perSecond: 0.001 }, { trustedProxies: 1 });
    const statuses: number[] = [];
    for (let i = 0; i < 30; i += 1) statuses.push((await send(port, '/v1/login?state=s', { headers: { 'x-forwarded-for': `198.51.100.${i}, 203.0.113.7` } })).status);
    expect(statuses.filter((status) => status === 303).length).toBe(5);
    expect((await send(port, '/v1/login?state=s', { headers: { 'x-forwarded-for': '203.0.113.8' } })).status).toBe(303);
  });
});

describe('the address of a client', () => {
  it.each<[string, number, string | string[] | undefined, string]>([
    ['is the socket’s', 0, undefined, '127.0.0.1'], ['is the socket’s whatever is written', 0, '203.0.113.7', '127.0.0.1'],
    ['is what the one proxy saw', 1, '203.0.113.7', '203.0.113.7'], ['is the last one written', 1, '198.51.100.1, 203.0.113.7', '203.0.113.7'], ['is the last one of several headers', 1, ['198.51.100.1', '203.0.113.7'], '203.0.113.7'],
    ['is the last but one behind two proxies', 2, '198.51.100.1, 203.0.113.7, 10.0.0.1', '203.0.113.7'], ['is the socket’s where a proxy was got past', 2, '203.0.113.7', '127.0.0.1'], ['is the socket’s where nothing is written', 1, undefined, '127.0.0.1'],
    ['is the socket’s where nonsense is written', 1, '<script>', '127.0.0.1'], ['is the socket’s where nothing follows a comma', 1, '203.0.113.7,', '127.0.0.1'], ['comes without its port', 1, '203.0.113.7:1234', '203.0.113.7'], ['may be IPv6', 1, '2001:db8::1', '2001:db8::1'], ['may be IPv6 with a port', 1, '[2001:db8::1]:1234', '2001:db8::1'],
  ])('%s (%i proxies, %j)', async (_, trustedProxies, header, expected) => {
    const { addresses, listener } = seen({ trustedProxies });
    await send(await serve(listener), '/', header === undefined ? {} : { headers: { 'x-forwarded-for': header } });
    expect(addresses).toEqual([expected]);
  });

  it.each([-1, 1.5, NaN, Infinity])('cannot be told behind %d proxies', (trustedProxies) => expect(() => seen({ trustedProxies })).toThrow(/trustedProxies/));
});

describe('a handler that fails', () => {
  const failing = toNodeListener(() => Promise.reject(new Error('the database password is wrong')));

  it('answers 500 without its reason, and tells the console', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const answer = await send(await serve(failing), '/');
    expect([answer.status, answer.body.includes('password')]).toEqual([500, false]);
    expect(log).toHaveBeenCalledOnce();
  });

  it('tells Express instead where it is there', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const port = await serve((req, res) => failing(req, res, (error) => { res.statusCode = 418; res.end(String(error instanceof Error)); }));
    expect(await send(port, '/')).toMatchObject({ status: 418, body: 'true' });
    expect(log).not.toHaveBeenCalled();
  });
});

describe('a shop’s own API on Node', () => {
  const key = makeKey('k');
  const world = new FakeWorld(key);
  const { verifyToken } = world.verifier();
  const api: RequestListener = (req, res) => {
    verifyToken(toRequest(req)).then(
      (caller) => res.end(JSON.stringify({ subject: caller.subject, kind: caller.kind })),
      async (error: unknown) => {
        if (!(error instanceof Unauthorized)) throw error;
        const answer = error.response();
        res.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
      },
    );
  };

  it.each(['GET', 'POST', 'DELETE'])('knows who sends a %s', async (method) => {
    const answer = await send(await serve(api), '/cart', { method, headers: { authorization: `Bearer ${makeToken(key)}` } });
    expect(JSON.parse(answer.body)).toEqual({ subject: 'user_guest', kind: 'guest' });
  });

  it('refuses who has no token, with the challenge', async () => {
    const answer = await send(await serve(api), '/cart');
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer realm="passerby"']);
  });

  it('refuses who has two', async () => {
    const port = await serve(api);
    const header = `Authorization: Bearer ${makeToken(key)}\r\n`;
    expect(await sendRaw(port, `GET / HTTP/1.1\r\nHost: a\r\n${header}${header}Connection: close\r\n\r\n`)).toMatch(/^HTTP\/1.1 401 /);
  });
});

describe('a body', () => {
  interface Seen { readonly method: string; readonly path: string; readonly body: string }
  const echo = () => {
    const seen: Seen[] = [];
    const listener = toNodeListener(async (request) => { seen.push({ method: request.method, path: new URL(request.url).pathname, body: await request.text() }); return new Response('ok'); });
    return { seen, listener };
  };
  const upload = (port: number, { method = 'POST', chunks, headers = {} }: { method?: string; chunks: readonly string[]; headers?: Record<string, string> }): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const request = httpRequest({ port, path: '/token', host: '127.0.0.1', method, headers }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => { body += chunk; }).on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      });
      request.on('error', reject);
      for (const chunk of chunks) request.write(chunk);
      request.end();
    });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('of a %s arrives whole, however it is cut', async (method) => {
    const { seen, listener } = echo();
    const port = await serve(listener);
    await upload(port, { method, chunks: ['grant_type=', 'ä', '&x=1'], headers: { 'transfer-encoding': 'chunked' } });
    await upload(port, { method, chunks: ['a'.repeat(16_384)], headers: { 'content-length': '16384' } });
    expect(seen[0]).toEqual({ method, path: '/token', body: 'grant_type=ä&x=1' });
    expect(seen[1]?.body.length).toBe(16_384);
  });

  it('that is missing is empty', async () => {
    const { seen, listener } = echo();
    await send(await serve(listener), '/token', { method: 'POST' });
    expect(seen.map(({ body }) => body)).toEqual(['']);
  });

  it('without end is given up one byte after sixteen kilobytes, and so is its connection', async () => {
    const { seen, listener } = echo();
    const port = await serve(listener);
    const answer = await new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connect(port, '127.0.0.1', () => {
        socket.write('POST /token HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
        for (let i = 0; i < 20; i += 1) socket.write(`400\r\n${'x'.repeat(1_024)}\r\n`);
      });
      socket.on('data', (chunk) => { text += chunk.toString(); }).on('close', () => resolve(text)).on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 200 [^]*connection: close/i);
    expect(seen.map(({ body }) => body.length)).toEqual([16_385]);
  });

  it('of a visitor who hangs up in the middle is nothing to tell anybody', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { seen, listener } = echo();
    const hungUp = new Promise<void>((resolve) => {
      void serve((req, res) => { req.on('close', () => setImmediate(resolve)); listener(req, res); }).then((port) => {
        const socket = connect(port, '127.0.0.1', () => { socket.write('POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf', () => setTimeout(() => socket.destroy(), 20)); });
      });
    });
    await hungUp;
    expect([seen.length, log.mock.calls.length]).toEqual([0, 0]);
  });

  it('that something else has read before is told, with what to do', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { seen, listener } = echo();
    const port = await serve((req, res) => { req.on('data', () => undefined).on('end', () => listener(req, res)); });
    expect((await upload(port, { chunks: ['grant_type=x'] })).status).toBe(500);
    expect(String(log.mock.calls[0]?.[1])).toMatch(/in front of body parsers/);
    expect(seen).toEqual([]);
  });

  it('of an API’s own request is left to the API', async () => {
    const port = await serve((req, res) => {
      toRequest(req);
      let body = '';
      req.setEncoding('utf8').on('data', (chunk: string) => { body += chunk; }).on('end', () => res.end(body));
    });
    expect((await upload(port, { chunks: ['cart'] })).body).toBe('cart');
  });

  it('goes to the whole address where Express mounted the listener', async () => {
    const { seen, listener } = echo();
    const port = await serve((req, res) => { Object.assign(req, { originalUrl: req.url, url: '/' }); listener(req, res); });
    await upload(port, { chunks: ['x'] });
    expect(seen.map(({ path }) => path)).toEqual(['/token']);
  });
});
