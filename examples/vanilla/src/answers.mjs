/** How the shop answers: what a handler decided, and how it goes out. */

/** @typedef {{ readonly status: number, readonly headers: Readonly<Record<string, string>>, readonly body: string | Uint8Array }} Answer */

/** Why a request is not served. `error` is for programs, `message` for people; neither quotes what was sent. */
export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {string} error
   * @param {string} message
   * @param {Readonly<Record<string, string>>} [headers]
   */
  constructor(status, error, message, headers = {}) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.error = error;
    this.headers = headers;
  }

  /** @returns {Answer} */
  answer() {
    return json({ error: this.error, reason: this.message }, this.status, this.headers);
  }
}

/**
 * @param {unknown} value
 * @param {number} [status]
 * @param {Readonly<Record<string, string>>} [headers]
 * @returns {Answer}
 */
export function json(value, status = 200, headers = {}) {
  return {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', ...headers },
    body: JSON.stringify(value),
  };
}

/** The web's own Response as an answer: the verifier's refusals are such. @param {Response} response @returns {Promise<Answer>} */
export async function fromResponse(response) {
  return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
}
