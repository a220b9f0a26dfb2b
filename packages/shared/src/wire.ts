/** Data that came over a wire, before anybody looked at it. */
export type Json = Readonly<Record<string, unknown>>;

/** No identity service issues tokens this long; whatever is longer is refused before it is parsed. Here, where a page has loaded it already, and not beside `readClaims`. */
export const MAX_TOKEN_LENGTH = 16_384;

/** The value as a plain object, or null: arrays, strings and `null` are none. */
export function asObject(value: unknown): Json | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null;
}
