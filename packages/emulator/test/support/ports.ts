import { createServer } from 'node:net';

/** Each worker of the test runner has a thousand ports of its own, below those of the demo, so that nobody takes one between the look and the listening. */
const FIRST = 11_000 + 1_000 * (Number(process.env['VITEST_POOL_ID'] ?? 0) % 8);

/** Ports nobody listens on just now. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = FIRST + Math.floor(Math.random() * 1_000);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
