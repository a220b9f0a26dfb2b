/** With refresh tokens in localStorage: the only setting in which a session of Auth0's outlives its page without a hidden frame. */
import { Auth0Client } from '@auth0/auth0-spa-js';

export const label = 'auth0 (localStorage)';
export const create = ({ host, app, name }) => new Auth0Client({ domain: host, clientId: 'auth0', useRefreshTokens: true, cacheLocation: 'localstorage', authorizationParams: { redirect_uri: `${app}/${name}` } });
export const ready = (client) => client.checkSession();
export const login = (client) => client.loginWithRedirect();
export const getToken = (client) => client.getTokenSilently();

export async function callback(client) {
  await client.handleRedirectCallback();
  return client.getTokenSilently();
}
