/** The least that a page can do for a guest of our verifier: a key, a proof, a request. Nothing is kept, and no other tab is asked. */
import { post } from './bare.js';

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export const label = 'the same grant by hand, nothing kept';
export const create = ({ verifier }) => `${verifier}/token`;

export async function guest(url) {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(P256, false, ['sign', 'verify']);
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
  const claims = { jti: crypto.randomUUID(), htm: 'POST', htu: url, iat: Math.floor(Date.now() / 1_000) };
  const signed = [{ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } }, claims].map((part) => base64url(JSON.stringify(part))).join('.');
  const signature = await crypto.subtle.sign(P256, privateKey, new TextEncoder().encode(signed));
  const dpop = `${signed}.${base64url(String.fromCharCode(...new Uint8Array(signature)))}`;
  return post(url, new URLSearchParams({ grant_type: 'urn:passerby:grant-type:guest', client_id: 'shop', dpop }));
}

const base64url = (binary) => btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
