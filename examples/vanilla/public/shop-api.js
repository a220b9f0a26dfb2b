/** The shop's API, called with the client's token. */

/** What the API refused. `code` is the API's own. */
export class ApiError extends Error {
  constructor(code, message, { retryable }) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.retryable = retryable;
  }
}

/** `tokenServed` hears of every call that takes a token; never of the token. */
export function createShopApi(login, tokenServed) {
  return {
    products: async () => (await answerOf(await fetch('/api/products'))).products,
    cart: () => call('GET', '/api/cart'),
    add: (sku) => call('POST', '/api/cart', { sku }),
    merge: (merge) => call('POST', '/api/cart/merge', merge),
    checkOut: () => call('POST', '/api/checkout', {}),
  };

  async function call(method, path, body) {
    const token = await login.getToken();
    tokenServed(`for ${method} ${path}`);
    const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) };
    return answerOf(await fetch(path, { method, headers, ...(body && { body: JSON.stringify(body) }) }));
  }
}

async function answerOf(response) {
  if (response.ok) return response.json();
  // Whatever stands between us and the API may answer with something else than JSON.
  const isOurs = response.headers.get('content-type')?.includes('application/json');
  const { error = `http_${response.status}`, reason = 'The shop did not answer as it should' } = isOurs ? await response.json() : {};
  throw new ApiError(error, reason, { retryable: response.status >= 500 || response.status === 429 });
}
