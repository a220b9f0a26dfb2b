const MAX_BODY_BYTES = 65_536;
const MAX_WAIT_MS = 5_000;

export interface JsonQuestion {
  readonly fetch: typeof globalThis.fetch;
  readonly method?: 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: URLSearchParams;
  /** Default: five seconds. */
  readonly waitMs?: number;
}

export interface JsonAnswer {
  readonly status: number;
  /** Null where it is no JSON. */
  readonly body: unknown;
}

/** Asks a service for a JSON document; null where the answer is none. @throws Error, or what `fetch` throws; none of it holds the answer's body */
export async function downloadJson(url: string, fetch: typeof globalThis.fetch): Promise<unknown> {
  const { status, body } = await askJson(url, { fetch });
  if (status !== 200) throw new Error(`The service's answer cannot be used: status ${status}`);
  return body;
}

/** Asks a service something that it answers in JSON. @throws Error, or what `fetch` throws; none of it holds the answer's body */
export async function askJson(url: string, { fetch, headers, waitMs = MAX_WAIT_MS, ...rest }: JsonQuestion): Promise<JsonAnswer> {
  // A redirect is an answer like any other that is not 200: what is asked for is at the configured address and nowhere else.
  const answer = await fetch(url, { ...rest, redirect: 'manual', headers: { accept: 'application/json', ...headers }, signal: AbortSignal.timeout(waitMs) });
  return { status: answer.status, body: parseOrNull(await readBody(answer)) };
}

function parseOrNull(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    // The parser's message quotes what it read, so it goes no further.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** A body, by default of 64 KiB at most, given up as soon as it is longer: its `content-length` is only what the sender says. @throws Error, or what the stream throws */
export async function readBody(answer: Response, mostBytes = MAX_BODY_BYTES): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of chunksOf(answer)) {
    bytes += chunk.byteLength;
    if (bytes > mostBytes) throw new Error(`The service's answer is longer than ${mostBytes} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

async function* chunksOf(answer: Response): AsyncGenerator<Uint8Array> {
  const reader = answer.body?.getReader();
  if (!reader) return;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel();
  }
}
