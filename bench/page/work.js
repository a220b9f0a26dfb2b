/** The proof of work: ours, and the published SDK's own loop, unchanged. */
import { sha256 } from '@noble/hashes/sha2.js';
import { breathe } from '../../packages/login/src/ports/breathe.ts';
import { proveWork } from '../../packages/login/src/providers/proof-of-work.ts';
// By its path: the package does not export it.
import jwtManager from '../node_modules/@authress/login/src/jwtManager.js';

const utf8 = new TextEncoder();
const ports = { now: () => Date.now(), breathe };
const attemptsOf = (hash) => Number(hash.split(';')[2]);

/** Each gives the number of hashes that it took: luck, about 4096 in the mean. */
const WAYS = {
  ours: async (values) => attemptsOf(await proveWork(values, ports)),
  published: async ([connectionId, applicationId]) => attemptsOf(await jwtManager.calculateAntiAbuseHash({ connectionId, applicationId })),
  // A library's SHA-256, called synchronously and without a pause.
  library: async (values) => {
    const [time, tail] = [Date.now(), `;${values.join('|')}`];
    for (let n = 1; ; n++) {
      const hash = sha256(utf8.encode(`${time};${n}${tail}`));
      if (hash[0] === 0xd3 && hash[1] >>> 4 === 4) return n;
    }
  },
};

/** Milliseconds, and how many hashes they were for. */
globalThis.work = async (way, values) => {
  const begun = performance.now();
  const attempts = await WAYS[way](values);
  return { ms: performance.now() - begun, attempts };
};

/** The longest time for which nothing else had a turn on the main thread while it worked. */
globalThis.longestHold = async (way, values) => {
  const { port1, port2 } = new MessageChannel();
  let [last, longest] = [performance.now(), 0];
  port1.onmessage = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    port2.postMessage(null);
  };
  port2.postMessage(null);
  await WAYS[way](values);
  longest = Math.max(longest, performance.now() - last);
  port1.close();
  return longest;
};

globalThis.isLoaded = true;
