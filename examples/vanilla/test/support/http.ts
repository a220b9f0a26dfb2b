import { request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One request over 127.0.0.1, with the name in the Host header: Node resolves no names under localhost. The path goes out as it is written. */
export function ask(origin: string, path: string, { method = 'GET', headers = {}, body = '' }: Asked = {}): Promise<Answer> {
  const { host, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, method, headers: { host, ...headers, ...(body && { 'content-length': String(Buffer.byteLength(body)) }) } }, (incoming) => {
      incoming.toArray().then((chunks) => {
        const list = Object.entries(incoming.headersDistinct).flatMap(([name, values = []]) => values.map((value): [string, string] => [name, value]));
        resolve({ status: incoming.statusCode ?? 0, headers: new Headers(list), text: Buffer.concat(chunks).toString() });
      }, reject);
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

/** The same, to an address that an answer named. */
export function askAt(address: string | URL, asked?: Asked): Promise<Answer> {
  const { origin, pathname, search } = new URL(address);
  return ask(origin, pathname + search, asked);
}
