import createSdk from '@descope/web-js-sdk';

const sdk = createSdk({ projectId: 'P2x', baseUrl: 'https://login.example.com', persistTokens: true, autoRefresh: true });
export const signIn = () => sdk.oauth.start('google', 'https://www.example.com/');
export const callback = (code) => sdk.oauth.exchange(code);
export const renew = () => sdk.refresh();
export const token = () => sdk.getSessionToken();
export const logOut = () => sdk.logout();
