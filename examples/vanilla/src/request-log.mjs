/** What was asked of a server, told without queries, headers and bodies, where secrets are. */

/**
 * @typedef {object} RequestEntry
 * @property {string} method
 * @property {string} pathname without its query
 * @property {string} dest what the browser asks it for (Sec-Fetch-Dest): document, iframe, script, empty…; '' where it is no browser
 */

/** So many are kept: the demo may run for days. */
const LONGEST_LOG = 10_000;

/** @param {RequestEntry[]} log @param {import('node:http').IncomingMessage} incoming */
export function note(log, incoming) {
  if (log.length >= LONGEST_LOG) log.splice(0, LONGEST_LOG / 2);
  const dest = incoming.headers['sec-fetch-dest'];
  log.push({ method: incoming.method ?? '', pathname: pathOf(incoming), dest: typeof dest === 'string' ? dest : '' });
}

/** As it was sent: joined or resolved it could come to mean another path. @param {import('node:http').IncomingMessage} incoming */
export function pathOf(incoming) {
  return (incoming.url ?? '').split('?')[0] ?? '';
}
