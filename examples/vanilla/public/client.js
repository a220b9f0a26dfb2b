/** The client, for the identity service that the shop's server names. All else on this page is the same for any of them. */
import { appId, descope, LoginClient, oidc, publicAppId, zitadel } from '/passerby.js';

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
  /** Descope's guests need its management key, which the verifier holds; everything else a page does with Descope itself. */
  descope: ({ loginUrl, verifierUrl, service }) => ({
    provider: descope({ ...service, baseUrl: loginUrl, verifier: `${verifierUrl}/auth` }),
    redirectUrl: new URL('/', location.href).href,
  }),
  /** App ID's guests need its client secret, which the verifier holds; or none, where the application is a page alone. */
  'app-id': ({ verifierUrl, service: { client, oauthServerUrl } }) => ({
    ...(client === 'public'
      ? { provider: publicAppId({ oauthServerUrl, clientId: APPLICATION }), guestConnectionId: 'guest', frameUrl: '/callback.html' }
      : { provider: appId({ oauthServerUrl, clientId: APPLICATION, verifier: `${verifierUrl}/auth` }) }),
    redirectUrl: new URL('/', location.href).href,
  }),
};

/** @param {{ provider: 'authress' | 'oidc' | 'zitadel' | 'descope' | 'app-id', loginUrl: string, verifierUrl: string, service?: object }} signIn `service`: what else its provider is told */
export function createClient(signIn, mergeGuest) {
  return new LoginClient({ ...settingsFor[signIn.provider](signIn), mergeGuest });
}
