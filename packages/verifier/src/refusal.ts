/** Why a visitor is not made a guest. Neither `error` nor `reason` ever holds anything the visitor sent. */
export interface Refusal {
  readonly status: 400 | 403 | 404 | 405 | 414 | 429;
  readonly error: string;
  readonly reason: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Headers of every answer: kept by nobody, read as nothing but what it is, framed by nobody, told to nobody. */
export const SAFE_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** A refusal as an HTTP answer: JSON, never a redirect. */
export function answerRefusal({ status, error, reason, headers }: Refusal): Response {
  return Response.json({ error, reason }, { status, headers: { ...SAFE_HEADERS, ...headers } });
}
