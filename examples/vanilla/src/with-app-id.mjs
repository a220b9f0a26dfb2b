/** IBM App ID, emulated, and the verifier, which holds the client secret that guests need there; or, for a client without one, the page alone. */
import { createAppId as emulateAppId } from '@passerby/emulator';
import { createAppId, createAppIdTokenCheck, memoryStore } from '@passerby/verifier';

const APPLICATION = 'app_shop';

/** What a person's profile may keep. */
const ATTRIBUTES = ['theme'];

/**
 * @param {{ shopUrl: string, loginUrl: string, verifierUrl: string }} sites
 * @param {import('./demo.mjs').DemoOptions} options
 */
export async function withAppId({ shopUrl, loginUrl }, { clock, accessTokenLifetimeSeconds, client = 'regular' }) {
  // For this run alone, as everything here.
  const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
  const appId = await emulateAppId({
    origin: loginUrl,
    clients: [{ clientId: APPLICATION, redirectUris: [`${shopUrl}/`, `${shopUrl}/callback.html`], ...(client === 'regular' && { secret }) }],
    // Then the page itself keeps the theme there.
    ...(client === 'public' && { switches: { attributesCors: 'clients' } }),
    ...(accessTokenLifetimeSeconds && { tenant: { accessTokenSeconds: accessTokenLifetimeSeconds } }),
    ...(clock && { now: clock }),
  });
  const tokens = {
    oauthServerUrl: appId.issuer,
    // Browsers know the names under localhost by themselves, Node does not.
    serverUrl: `http://127.0.0.1:${new URL(loginUrl).port}`,
    clientId: APPLICATION,
    store: memoryStore({ now: clock }),
    ...(clock && { now: clock }),
  };
  const parts = { service: appId, appId, page: { oauthServerUrl: appId.issuer, client }, close: async () => undefined };
  if (client === 'public') return { ...parts, verifier: { ...createAppIdTokenCheck(tokens), handler: async () => new Response(null, { status: 404 }) } };
  const { mergeGuest, ...verifier } = createAppId({ ...tokens, secret, origins: [shopUrl], attributes: ATTRIBUTES });
  return { ...parts, verifier, mergeGuest };
}
