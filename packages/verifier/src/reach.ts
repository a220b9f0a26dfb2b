/** Asking the identity service of a vendor. */
import { asObject, type Json } from '@passerby/shared';
import { readBody } from './tokens/download-json.ts';

export interface ServiceAnswer {
  /** 0: there was no answer that could be read. */
  readonly status: number;
  /** Null: it is no JSON object. */
  readonly body: Json | null;
  /** A page for people, as a firewall or a proxy on the way sends it in the service's place. */
  readonly isPage: boolean;
  /** `Set-Cookie`s. */
  readonly cookies: readonly string[];
  readonly retryAfterSeconds?: number;
  /** Where it sends whoever follows, as it says it: nobody here does. */
  readonly location?: string;
}

export interface Question {
  /** Default: POST. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | URLSearchParams;
  /** Of the answer; default: 64 KiB. */
  readonly mostBytes?: number;
}

/** How long one request may take. */
const PATIENCE_MS = 8_000;

/** Sends one request, and reads its answer. Whatever went wrong on the way may quote what was sent, so none of it is told. */
export async function reach(fetch: typeof globalThis.fetch, url: string, { headers, method = 'POST', mostBytes, body }: Question): Promise<ServiceAnswer> {
  try {
    const answer = await fetch(url, { method, headers: { accept: 'application/json', ...headers }, ...(body !== undefined && { body }), redirect: 'manual', signal: AbortSignal.timeout(PATIENCE_MS) });
    const [retryAfterSeconds, location, text] = [retryAfterOf(answer.headers), answer.headers.get('location'), await readBody(answer, mostBytes)];
    return {
      status: answer.status, body: parseObject(text), isPage: /^\s*</.test(text), cookies: answer.headers.getSetCookie(),
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }), ...(location !== null && { location }),
    };
  } catch (error) {
    if (error instanceof Error) return { status: 0, body: null, isPage: false, cookies: [] };
    throw error;
  }
}

/** `Retry-After` in seconds, as the answer says it; a date counts as none. */
function retryAfterOf(headers: Headers): number | undefined {
  const text = headers.get('retry-after') ?? '';
  return /^\d{1,5}$/.test(text) ? Number(text) : undefined;
}

/** The JSON object of a body, or null. */
export function parseObject(text: string): Json | null {
  try {
    return asObject(JSON.parse(text));
  } catch (error) {
    // The parser's message quotes what it read.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
