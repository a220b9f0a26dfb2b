export type UnauthorizedCode = 'token_missing' | 'token_invalid' | 'token_expired' | 'user_required' | 'keys_unavailable';

const STATUS = { token_missing: 401, token_invalid: 401, token_expired: 401, user_required: 403, keys_unavailable: 503 } as const;

/** The `error` of RFC 6750 §3.1; a request without a token gets none, as that section asks. */
const BEARER_ERROR = { token_missing: undefined, token_invalid: 'invalid_token', token_expired: 'invalid_token', user_required: 'insufficient_scope' } as const;

/** Why a request is not let in. `code` is for programs, `message` for people; neither ever holds a token or a key. */
export class Unauthorized extends Error {
  override readonly name = 'Unauthorized';
  readonly code: UnauthorizedCode;
  readonly status: 401 | 403 | 503;

  constructor(code: UnauthorizedCode, message: string, details: { readonly cause?: unknown } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = STATUS[code];
  }

  /** The answer to send: JSON, with the challenge of RFC 6750 §3, or `Retry-After` (seconds) where the keys could not be had. */
  response(): Response {
    const advice: Record<string, string> = this.code === 'keys_unavailable' ? { 'retry-after': '30' } : { 'www-authenticate': this.#challenge(this.code) };
    const headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', ...advice };
    return Response.json({ error: this.code, reason: this.message }, { status: this.status, headers });
  }

  #challenge(code: keyof typeof BEARER_ERROR): string {
    const error = BEARER_ERROR[code];
    // The only characters a description may have (RFC 6750 §3).
    const description = this.message.replace(/[^ !#-[\]-~]/g, '');
    return error === undefined ? 'Bearer realm="passerby"' : `Bearer realm="passerby", error="${error}", error_description="${description}"`;
  }
}
