import { asObject, optionalText } from '@passerby/shared';
import type { Merge, MergeParties } from '../verifier.ts';
import { basicAuthorization, readAuthorization } from './authorization.ts';
import { askJson, type JsonAnswer } from './download-json.ts';
import { Unauthorized } from './unauthorized.ts';
import type { Caller } from './verify-token.ts';

export interface MergeClientParts {
  readonly issuer: string;
  readonly clientId: string;
  readonly apiSecret: string;
  readonly fetch: typeof globalThis.fetch;
  verifyToken(from: Request | string): Promise<Caller>;
}

/** Redeems merge tickets at the verifier, from a process that has nothing of it but a credential (docs/protocol.md). */
export function createMergeClient({ issuer, clientId, apiSecret, fetch, verifyToken }: MergeClientParts): (merge: Merge) => Promise<MergeParties> {
  const authorization = basicAuthorization(clientId, apiSecret);
  return async ({ ticket, key, user }) => {
    // Here, because only here is the whole request, with the proof that a token may be bound to.
    await verifyToken(user);
    const token = typeof user === 'string' ? user : (readAuthorization(user.headers)?.token ?? '');
    const body = new URLSearchParams({ merge_ticket: ticket, key, access_token: token });
    return readParties(await reach(() => askJson(`${issuer}/merge`, { fetch, method: 'POST', body, headers: { authorization } })));
  };
}

async function reach(ask: () => Promise<JsonAnswer>): Promise<JsonAnswer> {
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof Error) throw unavailable(cause);
    throw cause;
  }
}

function readParties({ status, body }: JsonAnswer): MergeParties {
  const data = asObject(body) ?? {};
  const [from, to, error] = ['from', 'to', 'error'].map((name) => optionalText(data, name));
  if (status === 200 && from !== undefined && to !== undefined) return { from, to };
  if (error === 'invalid_grant' || (error === 'invalid_request' && (status === 400 || status === 413))) throw new Unauthorized('ticket_refused', 'The merge ticket or its key is not good for this user (any more): ask for another ticket');
  if (error === 'invalid_client' || (error === 'invalid_request' && status === 404)) throw new Error("The verifier does not know this API: set the same clientId and apiSecret in createIssuer and createTokenCheck");
  throw unavailable();
}

function unavailable(cause?: Error): Unauthorized {
  return new Unauthorized('verifier_unavailable', 'The verifier, which redeems merge tickets, cannot be reached: try again later', { cause });
}
