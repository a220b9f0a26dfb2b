import { Auth0Client } from '@auth0/auth0-spa-js';

export const label = 'auth0 (anonymous)';
export const create = ({ host, app }) => new Auth0Client({ domain: host, clientId: 'auth0anonymous', authorizationParams: { redirect_uri: `${app}/` } });
export const ready = async (client) => client.anonymous.hasSession();
export const getToken = async (client) => (await client.anonymous.getTokenSilently()).accessToken;
export const guest = getToken;
