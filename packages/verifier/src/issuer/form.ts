import { Refused } from './refused.ts';

/** A POST of a client of ours: from a listed origin or from none, each parameter once. */
export interface Asked {
  readonly form: ReadonlyMap<string, string>;
  readonly headers: Headers;
  readonly clientAddress: string;
}

const MAX_BODY_BYTES = 16_384;
const FORM_TYPE = /^application\/x-www-form-urlencoded *(?:; *charset="?utf-8"?)?$/i;

/** The parameters in a request's body; one without a value counts as left out (RFC 6749 §3.2). @throws Refused `invalid_request` */
export async function readForm(headers: Headers, body: Request['body']): Promise<ReadonlyMap<string, string>> {
  if (!FORM_TYPE.test(headers.get('content-type') ?? '') || headers.has('content-encoding')) {
    throw new Refused('invalid_request', 'The body is not a form: send it as application/x-www-form-urlencoded', { status: 415 });
  }
  const parameters = [...new URLSearchParams(await readText(body))];
  if (new Set(parameters.map(([name]) => name)).size !== parameters.length) throw new Refused('invalid_request', 'A parameter is there twice: send each once');
  return new Map(parameters.filter(([, value]) => value !== ''));
}

/** A request's body. @throws Refused `invalid_request` */
export async function readText(body: Request['body']): Promise<string> {
  return decode(await readBody(body));
}

/** @throws Refused `invalid_request` */
export function required(form: ReadonlyMap<string, string>, name: string): string {
  const value = form.get(name);
  if (value === undefined) throw new Refused('invalid_request', `${name} is missing: send it in the form`);
  return value;
}

/** A body, given up as soon as it is too long: its `content-length` is only what the sender says. */
async function readBody(stream: Request['body']): Promise<Uint8Array> {
  const reader = stream?.getReader();
  const body = new Uint8Array(MAX_BODY_BYTES);
  let length = 0;
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    if (length + value.byteLength > MAX_BODY_BYTES) {
      await reader.cancel();
      throw new Refused('invalid_request', `The body is longer than ${MAX_BODY_BYTES} bytes`, { status: 413 });
    }
    body.set(value, length);
    length += value.byteLength;
  }
  return body.subarray(0, length);
}

function decode(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (error) {
    if (error instanceof TypeError) throw new Refused('invalid_request', 'The body is not UTF-8');
    throw error;
  }
}
