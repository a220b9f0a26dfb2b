/** Guests to be, for the verifier's measures: made here, or on another thread while the verifier works. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { CLIENT, GUEST_GRANT, ISSUER } from './issuer.mjs';

const utf8 = new TextEncoder();

/** Each with a key, a proof, and what the bare rows need of them. */
export function newGuests(count) {
  return Array.from({ length: count }, () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    // It ends with the point's two numbers. Its export as a JWK hangs now and then in Node 20.
    const point = publicKey.export({ type: 'spki', format: 'der' }).subarray(-64);
    const jwk = { kty: 'EC', crv: 'P-256', x: point.toString('base64url', 0, 32), y: point.toString('base64url', 32) };
    const proof = { jti: crypto.randomUUID(), htm: 'POST', htu: `${ISSUER}/token`, iat: Math.floor(Date.now() / 1_000) };
    const text = [{ typ: 'dpop+jwt', alg: 'ES256', jwk }, proof].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const signed = utf8.encode(text);
    const signature = sign('sha256', signed, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    const dpop = `${text}.${signature.toString('base64url')}`;
    const body = new URLSearchParams({ grant_type: GUEST_GRANT, client_id: CLIENT, dpop }).toString();
    // As long as an access token of the issuer's.
    return { jwk, dpop, signed, signature, body, claims: utf8.encode('x'.repeat(480)) };
  });
}

/** Gives `batches` times `count` guests, of each what it sends; the next batch is made while one is at work. */
export async function* batchesOf(count, batches) {
  const thread = new Worker(new URL(import.meta.url));
  try {
    thread.postMessage(count);
    for (let left = batches - 1; left >= 0; left--) {
      const [guests] = await once(thread, 'message');
      if (left > 0) thread.postMessage(count);
      yield guests;
    }
  } finally {
    await thread.terminate();
  }
}

if (!isMainThread) parentPort.on('message', (count) => parentPort.postMessage(newGuests(count).map(({ body }) => ({ body }))));
