/** Authress, emulated, and the verifier that signs its guests. */
import { createAuthress, createServiceClient } from '@passerby/emulator';
import { createVerifier } from '@passerby/verifier';

const ACCOUNT = 'acc_shop';
const APPLICATION = 'app_shop';
const GUESTS = 'sc_guests';

/**
 * @param {{ shopUrl: string, loginUrl: string, verifierUrl: string, googleUrl: string, githubUrl: string }} sites
 * @param {import('./demo.mjs').DemoOptions} options
 */
export async function withAuthress({ shopUrl, loginUrl, verifierUrl, googleUrl, githubUrl }, options) {
  const { accessKey, publicJwk } = await createServiceClient(ACCOUNT, GUESTS);
  const authress = await createAuthress({
    loginOrigin: loginUrl,
    accountId: ACCOUNT,
    applications: [{ applicationId: APPLICATION, redirectOrigins: [shopUrl] }],
    connections: [
      { connectionId: 'google', origin: googleUrl, name: 'Google' },
      { connectionId: 'github', origin: githubUrl, name: 'GitHub' },
    ],
    serviceClients: [{ clientId: GUESTS, authorizationUrl: `${verifierUrl}/v1/login`, publicJwk }],
    ...options,
  });
  const verifier = createVerifier({
    authress: {
      loginUrl,
      accessKey,
      connections: ['google', 'github'],
      applicationId: APPLICATION,
      // Browsers know the names under localhost by themselves, Node does not.
      jwksUrl: `http://127.0.0.1:${new URL(loginUrl).port}/.well-known/openid-configuration/jwks`,
    },
    ...(options.clock && { now: options.clock }),
  });
  return { service: authress, verifier, authress, close: async () => undefined };
}
