export type UnauthorizedCode = 'token_missing' | 'token_invalid' | 'token_expired' | 'proof_invalid' | 'user_required' | 'ticket_refused' | 'keys_unavailable' | 'verifier_unavailable';
export type AuthScheme = 'Bearer' | 'DPoP';

const STATUS = { token_missing: 401, token_invalid: 401, token_expired: 401, proof_invalid: 401, user_required: 403, ticket_refused: 403, keys_unavailable: 503, verifier_unavailable: 503 } as const;

/** The `error` of RFC 6750 §3.1 and RFC 9449 §7.1; a request without a token gets none, as the first asks. */
const CHALLENGE_ERROR: Readonly<Partial<Record<UnauthorizedCode, string>>> = {
  token_invalid: 'invalid_token', token_expired: 'invalid_token', proof_invalid: 'invalid_dpop_proof', user_required: 'insufficient_scope',
};

/** Why a request is not let in. `code` is for programs, `message` for people; neither ever holds a token or a key. */
export class Unauthorized extends Error {
  override readonly name = 'Unauthorized';
  readonly code: UnauthorizedCode;
  readonly status: 401 | 403 | 503;
  /** How the token is to be sent. */
  readonly scheme: AuthScheme;

  constructor(code: UnauthorizedCode, message: string, details: { readonly cause?: unknown; readonly scheme?: AuthScheme } = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = STATUS[code];
    this.scheme = details.scheme ?? (code === 'proof_invalid' ? 'DPoP' : 'Bearer');
  }

  /** The answer to send: JSON, with the challenge of RFC 6750 §3 or RFC 9449 §7.1, or `Retry-After` (seconds) where whoever has to be asked is away. */
  response(): Response {
    const advice: Record<string, string> = this.status === 503 ? { 'retry-after': '30' } : { 'www-authenticate': this.#challenge() };
    const headers = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', ...advice };
    return Response.json({ error: this.code, reason: this.message }, { status: this.status, headers });
  }

  /** The same refusal, to somebody who sends tokens in another way. */
  challengedBy(scheme: AuthScheme): Unauthorized {
    return new Unauthorized(this.code, this.message, { cause: this.cause, scheme });
  }

  #challenge(): string {
    const error = CHALLENGE_ERROR[this.code];
    // The only characters a description may have (RFC 6750 §3).
    const description = this.message.replace(/[^ !#-[\]-~]/g, '');
    const challenge = this.scheme === 'DPoP' ? 'DPoP realm="passerby", algs="ES256"' : 'Bearer realm="passerby"';
    return error === undefined ? challenge : `${challenge}, error="${error}", error_description="${description}"`;
  }
}
