/** What the shop sells. */

/** @typedef {{ readonly sku: string, readonly name: string, readonly note: string, readonly priceCents: number }} Product */

/** @type {readonly Product[]} */
export const products = [
  { sku: 'mug', name: 'Morning mug', note: 'Stoneware, holds a whole thought', priceCents: 1800 },
  { sku: 'tee', name: 'Long-walk tee', note: 'Heavy cotton, soft from day one', priceCents: 3200 },
  { sku: 'cap', name: 'Field cap', note: 'Keeps the sun and small talk out', priceCents: 2600 },
  { sku: 'pen', name: 'Everyday pen', note: 'Brass, refillable, hard to lose', priceCents: 1400 },
  { sku: 'bag', name: 'Market bag', note: 'Carries more than it admits', priceCents: 2200 },
  { sku: 'poster', name: 'Hill poster', note: 'Printed in three quiet colours', priceCents: 2900 },
];

/**
 * @param {unknown} sku
 * @returns {Product | undefined}
 */
export function findProduct(sku) {
  return products.find((product) => product.sku === sku);
}
