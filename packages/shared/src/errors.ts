/** Every way a login can fail. Closed: a `switch` over it is checked by the compiler. */
export type LoginErrorCode =
  | 'config_invalid' | 'unsupported' | 'insecure_context'
  | 'login_required' | 'login_denied'
  | 'callback_invalid' | 'callback_unknown' | 'wrong_browser'
  | 'grant_refused' | 'identity_in_use' | 'guest_would_be_lost' | 'session_changed'
  | 'network' | 'server' | 'rate_limited' | 'deadline' | 'response_invalid'
  | 'storage_unavailable' | 'navigation_failed' | 'frame_blocked';

/** Codes after which the same call may succeed by itself later; nothing was lost. */
const RETRYABLE: readonly LoginErrorCode[] = ['network', 'server', 'rate_limited', 'deadline', 'response_invalid', 'frame_blocked'];

export interface LoginErrorDetails {
  /** Milliseconds to wait before another try. */
  readonly retryAfterMs?: number | undefined;
  /** The `error` (or `errorCode`) of the service's own answer. */
  readonly oauthError?: string | undefined;
  /** The HTTP status of the service's answer. */
  readonly status?: number | undefined;
  readonly cause?: unknown;
}

/** The one error class. `code` is for programs, `message` for people; neither ever holds a token, code, verifier or key. */
export class LoginError extends Error {
  override readonly name = 'LoginError';
  readonly code: LoginErrorCode;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly oauthError: string | undefined;
  readonly status: number | undefined;

  constructor(code: LoginErrorCode, message: string, details: LoginErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.retryable = RETRYABLE.includes(code);
    this.retryAfterMs = details.retryAfterMs;
    this.oauthError = details.oauthError;
    this.status = details.status;
  }
}

/** Tells a LoginError also when it comes from another copy of this package. */
export function isLoginError(error: unknown): error is LoginError {
  return error instanceof Error && error.name === 'LoginError' && 'code' in error;
}
