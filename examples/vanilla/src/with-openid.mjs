/** An OpenID provider, emulated, which knows no guests, and the verifier that issues them. */
import { createOpenId } from '@passerby/emulator';
import { createIssuer, memoryStore } from '@passerby/verifier';

const APPLICATION = 'app_shop';

/**
 * @param {{ shopUrl: string, loginUrl: string, verifierUrl: string }} sites
 * @param {import('./demo.mjs').DemoOptions} options
 */
export async function withOpenId({ shopUrl, loginUrl, verifierUrl }, { clock, accessTokenLifetimeSeconds, openStore = inMemory }) {
  const [openid, { store, close }] = await Promise.all([
    createOpenId({
      issuer: loginUrl,
      clients: [{ clientId: APPLICATION, redirectUris: [`${shopUrl}/`, `${shopUrl}/callback.html`], postLogoutRedirectUris: [`${shopUrl}/`] }],
      connections: [{ connectionId: 'google', name: 'Google' }, { connectionId: 'github', name: 'GitHub' }],
    }),
    openStore({ clock }),
  ]);
  const verifier = createIssuer({
    issuer: verifierUrl,
    keys: { keys: [await newKey()] },
    clientId: APPLICATION,
    origins: [shopUrl],
    // Browsers know the names under localhost by themselves, Node does not.
    provider: { issuer: loginUrl, jwksUrl: `http://127.0.0.1:${new URL(loginUrl).port}/jwks` },
    store,
    ...(accessTokenLifetimeSeconds && { accessTokenSeconds: accessTokenLifetimeSeconds }),
    ...(clock && { now: clock }),
  });
  return { service: openid, verifier, openid, close };
}

/** @param {{ clock: (() => number) | undefined }} options @returns {Promise<import('./demo.mjs').OpenedStore>} */
async function inMemory({ clock }) {
  return { store: memoryStore({ now: clock }), close: async () => undefined };
}

/** For this run alone: a shop keeps its keys, or its guests end with the process. */
async function newKey() {
  const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const { kty, crv, x, y, d } = await crypto.subtle.exportKey('jwk', privateKey);
  return { kty, crv, x, y, d, kid: 'demo', alg: 'ES256', use: 'sig' };
}
