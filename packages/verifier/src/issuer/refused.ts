const STATUS = {
  invalid_request: 400, invalid_dpop_proof: 400, use_dpop_nonce: 400, invalid_grant: 400, login_required: 400, last_identity: 400, unsupported_grant_type: 400,
  guest_upgraded: 400, code_wrong: 400, challenge_over: 400, identity_in_use: 400, password_refused: 400,
  guest_expired: 401, guest_revoked: 401, guests_disabled: 403, attributes_disabled: 403,
  invalid_client: 401, unauthorized_client: 403, captcha_required: 403, access_denied: 403, rate_limited: 429, temporarily_unavailable: 503,
} as const;

export type OAuthError = keyof typeof STATUS;

export interface RefusedDetails {
  /** Where it is not the status that the error usually has. */
  readonly status?: 404 | 405 | 413 | 415;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the answer tells besides. */
  readonly more?: Readonly<Record<string, unknown>>;
}

/** A request that is not served, in the words of RFC 6749 §5.2. The message says what to do, and holds nothing that was sent. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly error: OAuthError;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly more: Readonly<Record<string, unknown>>;

  constructor(error: OAuthError, message: string, { status, headers = {}, more = {} }: RefusedDetails = {}) {
    super(message);
    this.error = error;
    this.status = status ?? STATUS[error];
    this.headers = headers;
    this.more = more;
  }
}

/** It may work after so many seconds. */
export function later(message: string, seconds = 2): Refused {
  return new Refused('temporarily_unavailable', message, { headers: { 'retry-after': String(seconds) } });
}
