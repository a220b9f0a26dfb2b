/** What App ID says no with. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const invalidRequest = (message: string): Refusal => new Refusal(400, 'invalid_request', message);

export const invalidGrant = (message: string): Refusal => new Refusal(400, 'invalid_grant', message);
