/** ZITADEL, emulated, which knows no guests, and the verifier that makes them, mounted in the shop's own server. */
import { createMailbox, createZitadel as emulateZitadel } from '@passerby/emulator';
import { createZitadel, memoryStore } from '@passerby/verifier';

const APPLICATION = 'app_shop';

/** Where the shop's server mounts the verifier. */
const MOUNT = '/auth';

/**
 * @param {{ shopUrl: string, loginUrl: string, mailUrl: string }} sites
 * @param {import('./demo.mjs').DemoOptions} options
 */
export async function withZitadel({ shopUrl, loginUrl, mailUrl }, { clock, accessTokenLifetimeSeconds, openStore = inMemory }) {
  const [zitadel, { store, close }] = await Promise.all([
    emulateZitadel({
      issuer: loginUrl,
      clients: [{ clientId: APPLICATION, redirectUris: [`${shopUrl}/`, `${shopUrl}/callback.html`], postLogoutRedirectUris: [`${shopUrl}/`] }],
      ...(clock && { now: clock }),
      ...(accessTokenLifetimeSeconds && { accessTokenSeconds: accessTokenLifetimeSeconds }),
    }),
    openStore({ clock }),
  ]);
  const mailbox = createMailbox(mailUrl);
  const { userId, pat } = zitadel.addServiceAccount();
  const verifier = createZitadel({
    issuer: loginUrl,
    // Browsers know the names under localhost by themselves, Node does not.
    managementUrl: `http://127.0.0.1:${new URL(loginUrl).port}`,
    clientId: APPLICATION,
    serviceToken: pat,
    serviceUserId: userId,
    organizationId: zitadel.orgId,
    // For this run alone: a shop keeps its keys, or its sessions end with the process.
    sealingKeys: [Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')],
    origins: [shopUrl],
    path: MOUNT,
    store,
    sendCode: ({ email, code, givenName }) => mailbox.send({ to: email, subject: 'Your code for Wayside', text: `Hello ${givenName}, your code is ${code}.` }),
    ...(clock && { now: clock }),
  });
  return { service: zitadel, verifier, zitadel, mailbox, sites: [mailbox], mount: MOUNT, close };
}

/** @param {{ clock: (() => number) | undefined }} options @returns {Promise<import('./demo.mjs').OpenedStore>} */
async function inMemory({ clock }) {
  return { store: memoryStore({ now: clock }), close: async () => undefined };
}
