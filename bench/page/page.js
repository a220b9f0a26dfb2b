/** What runs in the shop's page. */
import { LoginClient, oidc } from '/passerby.min.js';

const REQUEST = { method: 'POST', credentials: 'omit', cache: 'no-store', redirect: 'manual', referrerPolicy: 'no-referrer' };
const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

globalThis.bench = {
  open({ verifier, clientId }) {
    this.verifier = verifier;
    this.clientId = clientId;
    // Its issuer is where people sign in, and nobody does here.
    this.login = new LoginClient({ provider: oidc({ issuer: 'https://id.example.com', clientId, verifier }) });
  },

  /** Milliseconds that the work takes, and, where the page is watched, those of its steps. */
  async time(name, form) {
    // As on a page that first finishes a sign-in, where there is one.
    if (name === 'settled') await this.login.completeLogin();
    globalThis.timeline?.splice(0);
    const begun = performance.now();
    await this[name](form);
    const ms = performance.now() - begun;
    return { ms, steps: globalThis.timeline?.map((note) => ({ what: note.what, begun: note.begun - begun, took: note.ended - note.begun })) };
  },

  async authenticate() {
    const { kind } = await this.login.authenticate();
    if (kind !== 'guest') throw new Error(`Not a guest: ${kind}`);
  },

  settled() {
    return this.authenticate();
  },

  async bare(form) {
    await this.post('/bare', new URLSearchParams(form));
  },

  /** The least that a page can do for a guest: a key, a proof, a request. Nothing is kept, and no other tab is asked. */
  async byHand() {
    const { privateKey, publicKey } = await crypto.subtle.generateKey(P256, false, ['sign', 'verify']);
    const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
    const claims = { jti: crypto.randomUUID(), htm: 'POST', htu: `${this.verifier}/token`, iat: Math.floor(Date.now() / 1000) };
    const signed = [{ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } }, claims].map((part) => base64url(JSON.stringify(part))).join('.');
    const signature = await crypto.subtle.sign(P256, privateKey, new TextEncoder().encode(signed));
    const dpop = `${signed}.${base64url(String.fromCharCode(...new Uint8Array(signature)))}`;
    await this.post('/token', new URLSearchParams({ grant_type: 'urn:passerby:grant-type:guest', client_id: this.clientId, dpop }));
  },

  /** Nanoseconds that one awaited call takes. */
  async eachCall(name, calls) {
    const { login } = this;
    const text = 'x'.repeat(600);
    const call = { getToken: () => login.getToken(), asyncString: async () => text }[name];
    const begun = performance.now();
    for (let i = 0; i < calls; i++) await call();
    return ((performance.now() - begun) * 1e6) / calls;
  },

  async post(path, body) {
    const answer = await fetch(`${this.verifier}${path}`, { ...REQUEST, body });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path} answered ${answer.status} ${text}`);
  },
};

const base64url = (binary) => btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
