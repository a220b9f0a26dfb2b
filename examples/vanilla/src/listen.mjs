/** Servers on this machine only, started and stopped as one would wish it. */

/** @param {import('node:http').Server} server @param {number} port @returns {Promise<void>} */
export function listen(server, port) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Stops listening and cuts what is open. @param {import('node:http').Server} server @returns {Promise<void>} */
export function stop(server) {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}
