/** The shop's API, called as whoever is here. */

/** What the API refused. `code` is the API's own. */
export class ApiError extends Error {
  constructor(code, message, { retryable }) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.retryable = retryable;
  }
}

/** `credential`: whether the page has a token, or only cookies that the client asks with. `asked` hears of every call that needs somebody; never of a token. */
export function createShopApi(login, { credential, asked }) {
  return {
    products: async () => (await answerOf(await fetch('/api/products'))).products,
    cart: () => call('GET', '/api/cart'),
    add: (sku) => call('POST', '/api/cart', { sku }),
    merge: (merge) => call('POST', '/api/cart/merge', merge),
    checkOut: () => call('POST', '/api/checkout', {}),
  };

  async function call(method, path, body) {
    const init = { method, headers: body && { 'content-type': 'application/json' }, body: body && JSON.stringify(body) };
    return answerOf(await (credential === 'cookie' ? askByCookie(path, init) : askByToken(path, init)));
  }

  async function askByToken(path, init) {
    const token = await login.getToken();
    asked('Token served', `for ${init.method} ${path}`);
    return fetch(path, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
  }

  function askByCookie(path, init) {
    asked('Asked as who is here', `${init.method} ${path}`);
    return login.fetch(path, init);
  }
}

async function answerOf(response) {
  if (response.ok) return response.json();
  // Whatever stands between us and the API may answer with something else than JSON.
  const isOurs = response.headers.get('content-type')?.includes('application/json');
  const { error = `http_${response.status}`, reason = 'The shop did not answer as it should' } = isOurs ? await response.json() : {};
  throw new ApiError(error, reason, { retryable: response.status >= 500 || response.status === 429 });
}
