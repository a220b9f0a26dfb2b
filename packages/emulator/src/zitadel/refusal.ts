/** The words of gRPC with its number and the HTTP status they are told with. */
export const CODES = {
  invalid_argument: { number: 3, status: 400 },
  not_found: { number: 5, status: 404 },
  already_exists: { number: 6, status: 409 },
  permission_denied: { number: 7, status: 403 },
  failed_precondition: { number: 9, status: 400 },
  unauthenticated: { number: 16, status: 401 },
} as const;

export type Code = keyof typeof CODES;

/** What the management API says no with. Each of its two dialects tells it in its own form. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: Code;
  /** `V3-DKcYh`: which check it was. */
  readonly id: string;
  readonly reason: string;

  /** Without an `id` it is the protocol's refusal and not one of ZITADEL's. */
  constructor(code: Code, id: string, reason: string) {
    super(id === '' ? reason : `${reason} (${id})`);
    this.code = code;
    this.id = id;
    this.reason = reason;
  }
}
