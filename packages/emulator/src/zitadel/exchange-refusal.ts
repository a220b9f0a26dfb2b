import type { Json } from '@passerby/shared';

/** What the token endpoint says no to an exchange with. */
export class ExchangeRefusal extends Error {
  override readonly name = 'ExchangeRefusal';
  readonly status: number;
  readonly error: string;

  constructor(error: string, description: string, { status = 400, cause }: { readonly status?: number; readonly cause?: Error } = {}) {
    super(description, { cause });
    this.status = status;
    this.error = error;
  }

  /** The OAuth error body (RFC 6749 section 5.2); the cause too where the instance is set to tell it. */
  body({ debugOidcParentError }: { readonly debugOidcParentError: boolean }): Json {
    const { error, message, cause } = this;
    return { error, error_description: message, ...(debugOidcParentError && cause instanceof Error && { parent: cause.message }) };
  }
}

/** ZITADEL's own errors come out as `invalid_request` with the status of their kind. */
export function denied(reason: string): ExchangeRefusal {
  return new ExchangeRefusal('invalid_request', reason, { status: 403 });
}
