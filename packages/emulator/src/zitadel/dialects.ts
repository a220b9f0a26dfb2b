import { CODES, type Refusal } from './refusal.ts';

/** One of the two forms of the management API. */
export interface Dialect {
  /** The answer to a request that is not in this form. */
  accepts(request: Request): Response | undefined;
  refuse(refusal: Refusal): Response;
}

/** The gateway's: plain JSON, errors as gRPC has them. */
export const REST: Dialect = {
  accepts: () => undefined,
  refuse({ code, id, reason, message }) {
    const { number, status } = CODES[code];
    const details = id === '' ? [] : [{ '@type': 'type.googleapis.com/zitadel.v1.ErrorDetail', id, message: reason }];
    return json(status, { code: number, message, details });
  },
};

/** Connect's unary calls in JSON. Its binary form is not spoken here. */
export const CONNECT: Dialect = {
  accepts(request) {
    const type = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase();
    return type === 'application/json' ? undefined : new Response(null, { status: 415, headers: { 'accept-post': 'application/json' } });
  },
  refuse: ({ code, message }) => json(CODES[code].status, { code, message }),
};

export function json(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', 'cache-control': 'no-store' } });
}
