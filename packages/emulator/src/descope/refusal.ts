/** Descope's own codes where they are known; the statuses are ours, for hardly one is documented. */
export const REASONS = {
  malformed: { status: 400, errorCode: 'E011001', errorDescription: 'Request is malformed' },
  missing: { status: 400, errorCode: 'E011002', errorDescription: 'Request is missing arguments' },
  invalid: { status: 400, errorCode: 'E011003', errorDescription: 'Request is invalid' },
  no_such_address: { status: 404, errorCode: 'E011001', errorDescription: 'There is no such address' },
  no_such_method: { status: 405, errorCode: 'E011001', errorDescription: 'There is no such method here' },
  foreign_origin: { status: 403, errorCode: 'E011001', errorDescription: 'This site is not one of the project' },
  misdirected: { status: 421, errorCode: 'E011001', errorDescription: 'There is no such host here' },
  wrong_project: { status: 401, errorCode: 'E011004', errorDescription: 'Request arguments are invalid' },
  wrong_key: { status: 401, errorCode: 'E011004', errorDescription: 'Request arguments are invalid' },
  code_wrong: { status: 401, errorCode: 'E061102', errorDescription: 'One time code is invalid' },
  code_tries: { status: 401, errorCode: 'E061103', errorDescription: 'Too many attempts' },
  code_over: { status: 401, errorCode: 'E061104', errorDescription: 'One time code expired' },
  link_over: { status: 401, errorCode: 'E062504', errorDescription: 'Token expired' },
  link_unknown: { status: 401, errorCode: 'E063010', errorDescription: 'Failed loading magic link' },
  oauth_code: { status: 400, errorCode: 'E061301', errorDescription: 'Failed to exchange OAuth code' },
  token_missing: { status: 401, errorCode: 'E061004', errorDescription: 'Token is missing' },
  token_invalid: { status: 401, errorCode: 'E061005', errorDescription: 'Token is invalid or expired' },
  logged_out: { status: 401, errorCode: 'E064001', errorDescription: 'Token expired by logout' },
  token_spent: { status: 401, errorCode: 'E064006', errorDescription: 'JWT family was invalidated' },
  user_exists: { status: 400, errorCode: 'E062107', errorDescription: 'User already exists' },
  user_unknown: { status: 400, errorCode: 'E062108', errorDescription: 'User not found' },
  user_gone: { status: 401, errorCode: 'E062108', errorDescription: 'User not found' },
  password_wrong: { status: 401, errorCode: 'E062903', errorDescription: 'Invalid login ID or password' },
  managed_user_unknown: { status: 400, errorCode: 'E112102', errorDescription: 'User not found' },
  flow_unknown: { status: 400, errorCode: 'E102004', errorDescription: 'Flow not found' },
  flow_over: { status: 400, errorCode: 'E103205', errorDescription: 'Did not find execution context' },
} as const;

export type Reason = keyof typeof REASONS;

/** What Descope says no with. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly reason: Reason;

  constructor(reason: Reason, message: string) {
    super(message);
    this.reason = reason;
  }

  get body(): { readonly errorCode: string; readonly errorDescription: string; readonly errorMessage: string } {
    const { errorCode, errorDescription } = REASONS[this.reason];
    return { errorCode, errorDescription, errorMessage: this.message };
  }
}
