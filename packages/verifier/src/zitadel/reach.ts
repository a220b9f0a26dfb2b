import { readBody } from '../tokens/download-json.ts';
import { parseObject, retryAfterOf, ServiceFailed, unavailable, type ServiceAnswer } from './failures.ts';

/** How long one request may take. */
const PATIENCE_MS = 8_000;

/** Sends one request to ZITADEL, and reads its answer, 64 KiB at most. @throws ServiceFailed `unavailable`: whatever went wrong may quote what was sent */
export async function reach(fetch: typeof globalThis.fetch, url: string, { body, headers }: { readonly body: string | URLSearchParams; readonly headers: Readonly<Record<string, string>> }): Promise<ServiceAnswer> {
  try {
    const answer = await fetch(url, { method: 'POST', body, headers: { accept: 'application/json', ...headers }, redirect: 'manual', signal: AbortSignal.timeout(PATIENCE_MS) });
    const retryAfterSeconds = retryAfterOf(answer.headers);
    return { status: answer.status, body: parseObject(await readBody(answer)), ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
  } catch (error) {
    if (error instanceof Error) throw new ServiceFailed(unavailable());
    throw error;
  }
}
