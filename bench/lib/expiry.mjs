/** How a token expires while somebody measures: the clocks go on, nobody waits. */

/** Longer than a token of the make-believe services lives, and shorter than any session. */
const LATER_MS = 2 * 3_600_000;
/** A token of our verifier's lives ten minutes; its nonce is then still good, as for anybody who renews when the token ends. */
const VERIFIER_LATER_MS = 605_000;

export const laterMs = (client) => (client === 'passerby' ? VERIFIER_LATER_MS : LATER_MS);

/** Whether a request asks for tokens; the ways to them (discovery, keys, hosted pages) and preflights do not count. */
export const isRenewal = ({ method, path }) => method !== 'OPTIONS' && /token|refresh|\/api\/session/.test(path);
