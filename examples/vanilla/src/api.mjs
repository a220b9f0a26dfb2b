/** The shop's API. Carts are for guests and users by the same rule; only checking out asks for a user. */
import { Unauthorized } from '@passerby/verifier';
import { toRequest } from '@passerby/verifier/node';
import { fromResponse, json, Refusal } from './answers.mjs';
import { findProduct, products } from './products.mjs';

/**
 * @typedef {object} Visit
 * @property {import('node:http').IncomingMessage} incoming
 * @property {Shop} shop
 *
 * @typedef {object} Shop
 * @property {import('./carts.mjs').Carts} carts
 * @property {import('@passerby/verifier').Verifier | import('@passerby/verifier').Issuer | import('@passerby/verifier').Zitadel | import('@passerby/verifier').Descope} verifier
 * @property {import('@passerby/verifier').Descope['carryClaims']} [carryClaims] where a guest's claims are in the tokens, and would stay there
 * @property {import('@passerby/verifier').AppId['mergeGuest']} [mergeGuest] where the verifier tells who became whom, by the tokens of both
 *
 * @typedef {(visit: Visit) => Promise<import('./answers.mjs').Answer>} Handler
 */

/** A guest's token is the longest thing anybody sends. */
const LARGEST_BODY_BYTES = 32_768;

/** @type {Readonly<Record<string, Readonly<Record<string, Handler>>>>} */
const routes = {
  '/api/products': { GET: listProducts },
  '/api/cart': { GET: showCart, POST: addToCart },
  '/api/cart/merge': { POST: mergeCarts },
  '/api/checkout': { POST: checkOut },
};

/**
 * Answers a request to the API.
 * @param {string} pathname
 * @param {Visit} visit
 * @returns {Promise<import('./answers.mjs').Answer>}
 */
export async function answerApi(pathname, visit) {
  try {
    return await findHandler(pathname, visit.incoming.method ?? '')(visit);
  } catch (error) {
    if (error instanceof Unauthorized) return fromResponse(error.response());
    if (error instanceof Refusal) return error.answer();
    throw error;
  }
}

/** @param {string} pathname @param {string} method @returns {Handler} */
function findHandler(pathname, method) {
  const methods = Object.hasOwn(routes, pathname) ? routes[pathname] : undefined;
  if (!methods) throw new Refusal(404, 'not_found', 'There is no such address here');
  const handler = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (!handler) throw new Refusal(405, 'method_not_allowed', 'There is no such method here', { allow: Object.keys(methods).join(', ') });
  return handler;
}

/** Whose cart a request is about. @param {import('node:http').IncomingMessage} incoming @param {Shop} shop */
async function cartOwner(incoming, shop) {
  const caller = await shop.verifier.verifyToken(toRequest(incoming));
  shop.carts.note(caller);
  return caller.subject;
}

/** @type {Handler} */
async function listProducts() {
  return json({ products });
}

/** @type {Handler} */
async function showCart({ incoming, shop }) {
  return json(shop.carts.of(await cartOwner(incoming, shop)));
}

/** @type {Handler} */
async function addToCart({ incoming, shop }) {
  const subject = await cartOwner(incoming, shop);
  const product = findProduct((await readJson(incoming)).sku);
  if (!product) throw new Refusal(400, 'product_unknown', 'There is no such product');
  shop.carts.add(subject, product.sku);
  return json(shop.carts.of(subject));
}

/**
 * Takes a guest's cart along to the user the guest turned out to be. The user's token says where to; where from, only a ticket or the
 * guest's own token says, and not the browser's word.
 * @type {Handler}
 */
async function mergeCarts({ incoming, shop }) {
  const request = toRequest(incoming);
  const { subject: to } = await shop.verifier.requireUser(request);
  const { key, from, ticket, guestToken } = await readJson(incoming);
  if (typeof key !== 'string' || key === '' || key.length > 200) throw new Refusal(400, 'key_invalid', 'key is a text of 1 to 200 characters');
  if ('mergeGuest' in shop.verifier) return mergeByCookies(shop.verifier, { request, key, from: typeof from === 'string' ? from : '-', shop });
  // Asked before the proof is: the answer to the first try may have been lost, and the proof may have ended since.
  if (!shop.carts.hasMerged({ to, key })) {
    const guest = 'redeemMerge' in shop.verifier ? await redeem(shop.verifier, { ticket, key, request }) : await guestOf({ guestToken, userToken: bearerOf(incoming) }, shop);
    if (from !== guest) throw new Refusal(422, 'guest_token_refused', 'The proof is not of that guest');
    await shop.carryClaims?.({ guestToken: String(guestToken), userToken: bearerOf(incoming) });
    shop.carts.merge({ from: guest, to, key });
  }
  return json(shop.carts.of(to));
}

/** @param {import('node:http').IncomingMessage} incoming */
const bearerOf = ({ headers }) => (headers.authorization ?? '').replace(/^Bearer /i, '');

/**
 * Both cookies of one request prove that one person is both. The verifier has the guest deleted afterwards.
 * @param {import('@passerby/verifier').Zitadel} zitadel @param {{ request: Request, key: string, from: string, shop: Shop }} merge
 */
async function mergeByCookies(zitadel, { request, key, from, shop }) {
  const { to, headers } = await zitadel.mergeGuest(request, { key, from, merge: (merge) => shop.carts.merge(merge) });
  return json(shop.carts.of(to), 200, headers);
}

/** @param {import('@passerby/verifier').Issuer} issuer @param {{ ticket: unknown, key: string, request: Request }} merge */
async function redeem(issuer, { ticket, key, request }) {
  return (await issuer.redeemMerge({ ticket: typeof ticket === 'string' ? ticket : '', key, user: request })).from;
}

/** @param {{ guestToken: unknown, userToken: string }} tokens @param {Shop} shop */
async function guestOf({ guestToken, userToken }, shop) {
  const { subject } = await verifyGuest({ guestToken, userToken }, shop);
  // A token of before the link still says guest: its cart is a user's now, and stays theirs.
  if (shop.carts.isUsers(subject)) throw new Refusal(422, 'guest_token_refused', 'That guest is a user by now');
  return subject;
}

/** @param {{ guestToken: unknown, userToken: string }} tokens @param {Shop} shop @returns {Promise<{ readonly subject: string }>} */
async function verifyGuest({ guestToken, userToken }, { verifier, mergeGuest }) {
  const isTextOfAToken = typeof guestToken === 'string' && /^[\w.-]+$/.test(guestToken);
  if (!isTextOfAToken) throw new Refusal(422, 'guest_token_refused', "The guest's token is missing or no token");
  try {
    // A guest who moved is nobody's guest any more: then only the user's token beside theirs proves who they were.
    if (mergeGuest) return { subject: (await mergeGuest({ guestToken, userToken })).from };
    const caller = await verifier.verifyToken(guestToken);
    if (caller.kind === 'guest') return caller;
  } catch (error) {
    // Without keys nothing is known of the token: that may be tried again. A 401 would speak of the user's token, which is good.
    if (!(error instanceof Unauthorized) || error.code === 'keys_unavailable' || error.code === 'verifier_unavailable') throw error;
  }
  throw new Refusal(422, 'guest_token_refused', "The guest's token is not valid, or not a guest's");
}

/** @type {Handler} */
async function checkOut({ incoming, shop }) {
  const { subject } = await shop.verifier.requireUser(toRequest(incoming));
  const { count, totalCents } = shop.carts.of(subject);
  if (count === 0) throw new Refusal(409, 'cart_empty', 'There is nothing in the cart');
  shop.carts.empty(subject);
  return json({ ordered: { count, totalCents }, cart: shop.carts.of(subject) });
}

/**
 * The JSON object in a request's body.
 * @param {import('node:http').IncomingMessage} incoming
 * @returns {Promise<Readonly<Record<string, unknown>>>}
 */
async function readJson(incoming) {
  const value = parse(await readBody(incoming));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Refusal(400, 'body_invalid', 'The body is not a JSON object');
  return /** @type {Readonly<Record<string, unknown>>} */ (value);
}

/** @param {import('node:http').IncomingMessage} incoming */
async function readBody(incoming) {
  const chunks = [];
  let size = 0;
  // Left open when too long, for the answer goes out over the same socket.
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > LARGEST_BODY_BYTES) throw new Refusal(413, 'body_too_large', `The body is longer than ${LARGEST_BODY_BYTES} bytes`, { connection: 'close' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** @param {string} text @returns {unknown} */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's message quotes what it read, so it goes no further.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
