const MAX_BODY_BYTES = 65_536;
const MAX_WAIT_MS = 5_000;

/** Asks an identity service for a JSON document; null where the answer is none. @throws Error, or what `fetch` throws; none of it holds the answer's body */
export async function downloadJson(url: string, fetch: typeof globalThis.fetch): Promise<unknown> {
  // A redirect is an answer like any other that is not 200: what is asked for is at the configured address and nowhere else.
  const answer = await fetch(url, { redirect: 'manual', headers: { accept: 'application/json' }, signal: AbortSignal.timeout(MAX_WAIT_MS) });
  if (answer.status !== 200) throw new Error(`The login host's answer cannot be used: status ${answer.status}`);
  return parseOrNull(await readBody(answer));
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

/** A body, given up as soon as it is too long: its `content-length` is only what the sender says. */
async function readBody(answer: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of chunksOf(answer)) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) throw new Error(`The login host's answer is longer than ${MAX_BODY_BYTES} bytes`);
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
