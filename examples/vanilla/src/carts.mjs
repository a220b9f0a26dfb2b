/** The carts, in memory, each under the subject it belongs to. */
import { products } from './products.mjs';

/**
 * @typedef {object} Cart
 * @property {string} subject whose cart it is
 * @property {readonly { readonly sku: string, readonly quantity: number }[]} items
 * @property {number} count how many things are in it
 * @property {number} totalCents
 */

/** So many of one thing fit in a cart. */
const MOST_OF_ONE = 99;

export class Carts {
  /** @type {Map<string, ReadonlyMap<string, number>>} subject → sku → quantity */
  #quantities = new Map();
  /** Subjects that are users by now: what a token of their time as a guest says no longer counts. @type {Set<string>} */
  #users = new Set();
  /** Merges that were done, each under its user and key. @type {Set<string>} */
  #merged = new Set();

  /** @param {string} subject @returns {Cart} */
  of(subject) {
    const quantities = this.#of(subject);
    const items = products.filter(({ sku }) => quantities.has(sku)).map(({ sku, priceCents }) => ({ sku, quantity: quantities.get(sku) ?? 0, priceCents }));
    return {
      subject,
      items: items.map(({ sku, quantity }) => ({ sku, quantity })),
      count: items.reduce((sum, { quantity }) => sum + quantity, 0),
      totalCents: items.reduce((sum, { quantity, priceCents }) => sum + quantity * priceCents, 0),
    };
  }

  /** @param {string} subject @param {string} sku */
  add(subject, sku) {
    this.#addAll(subject, new Map([[sku, 1]]));
  }

  /** @param {{ subject: string, kind: 'guest' | 'user' }} caller */
  note({ subject, kind }) {
    if (kind === 'user') this.#users.add(subject);
  }

  /** @param {string} subject */
  isUsers(subject) {
    return this.#users.has(subject);
  }

  /** @param {string} subject */
  empty(subject) {
    this.#quantities.delete(subject);
  }

  /** @param {{ to: string, key: string }} merge */
  hasMerged({ to, key }) {
    return this.#merged.has(mergeName(to, key));
  }

  /**
   * Adds a guest's cart to a user's and empties it: once for each key, however often it is asked for.
   * @param {{ from: string, to: string, key: string }} merge
   */
  merge({ from, to, key }) {
    if (this.hasMerged({ to, key })) return;
    this.#merged.add(mergeName(to, key));
    if (from === to) return;
    this.#addAll(to, this.#of(from));
    this.empty(from);
  }

  /** @param {string} subject @returns {ReadonlyMap<string, number>} */
  #of(subject) {
    return this.#quantities.get(subject) ?? new Map();
  }

  /** @param {string} subject @param {ReadonlyMap<string, number>} more */
  #addAll(subject, more) {
    const quantities = new Map(this.#of(subject));
    for (const [sku, quantity] of more) quantities.set(sku, Math.min(MOST_OF_ONE, (quantities.get(sku) ?? 0) + quantity));
    if (quantities.size > 0) this.#quantities.set(subject, quantities);
  }
}

/** Keys are the browser's choice, so they name a merge only together with the user. @param {string} to @param {string} key */
function mergeName(to, key) {
  return JSON.stringify([to, key]);
}
