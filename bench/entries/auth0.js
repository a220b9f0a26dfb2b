import { Auth0Client } from '@auth0/auth0-spa-js';

const client = new Auth0Client({ domain: 'login.example.com', clientId: 'shop', useRefreshTokens: true, cacheLocation: 'localstorage', authorizationParams: { redirect_uri: 'https://www.example.com/' } });
export const guest = () => client.anonymous.getTokenSilently();
export const signIn = () => client.loginWithRedirect();
export const callback = () => client.handleRedirectCallback();
export const token = () => client.getTokenSilently();
export const link = () => client.connectAccountWithRedirect({ connection: 'google' });
export const logOut = () => client.logout();
