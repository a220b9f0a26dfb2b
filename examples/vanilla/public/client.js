/** The client, for the identity service that the shop's server names. All else on this page is the same for any of them. */
import { LoginClient, oidc, zitadel } from '/passerby.js';

const APPLICATION = 'app_shop';

const settingsFor = {
  /** Authress has guests of its own. */
  authress: ({ loginUrl }) => ({
    authressApiUrl: loginUrl,
    applicationId: APPLICATION,
    guestConnectionId: 'sc_guests',
    connections: ['google', 'github'],
    frameUrl: '/callback.html',
  }),
  /** Any OpenID provider has none: the shop's verifier issues them. */
  oidc: ({ loginUrl, verifierUrl }) => ({
    provider: oidc({ issuer: loginUrl, clientId: APPLICATION, verifier: verifierUrl, connectionParameter: 'connection' }),
    redirectUrl: new URL('/', location.href).href,
  }),
  /** ZITADEL's guests are made by the shop's own server, which keeps their tokens: the page has cookies that it cannot read. */
  zitadel: ({ loginUrl }) => ({
    provider: zitadel({ issuer: loginUrl, clientId: APPLICATION, verifier: '/auth' }),
    redirectUrl: new URL('/', location.href).href,
    apiOrigins: [location.origin],
  }),
};

/** @param {{ provider: 'authress' | 'oidc' | 'zitadel', loginUrl: string, verifierUrl: string }} signIn */
export function createClient(signIn, mergeGuest) {
  return new LoginClient({ ...settingsFor[signIn.provider](signIn), mergeGuest });
}
