/** IBM App ID, emulated, and the verifier, which holds the client secret that guests need there. */
import { createAppId as emulateAppId } from '@passerby/emulator';
import { createAppId, memoryStore } from '@passerby/verifier';

const APPLICATION = 'app_shop';

/** What a person's profile may keep. */
const ATTRIBUTES = ['theme'];

/**
 * @param {{ shopUrl: string, loginUrl: string, verifierUrl: string }} sites
 * @param {import('./demo.mjs').DemoOptions} options
 */
export async function withAppId({ shopUrl, loginUrl }, { clock, accessTokenLifetimeSeconds }) {
  // For this run alone, as everything here.
  const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
  const appId = await emulateAppId({
    origin: loginUrl,
    clients: [{ clientId: APPLICATION, secret, redirectUris: [`${shopUrl}/`] }],
    ...(accessTokenLifetimeSeconds && { tenant: { accessTokenSeconds: accessTokenLifetimeSeconds } }),
    ...(clock && { now: clock }),
  });
  const { mergeGuest, ...verifier } = createAppId({
    oauthServerUrl: appId.issuer,
    // Browsers know the names under localhost by themselves, Node does not.
    serverUrl: `http://127.0.0.1:${new URL(loginUrl).port}`,
    clientId: APPLICATION,
    secret,
    origins: [shopUrl],
    attributes: ATTRIBUTES,
    store: memoryStore({ now: clock }),
    ...(clock && { now: clock }),
  });
  return { service: appId, verifier, mergeGuest, appId, page: { oauthServerUrl: appId.issuer }, close: async () => undefined };
}
