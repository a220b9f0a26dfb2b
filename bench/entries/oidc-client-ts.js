import { UserManager, WebStorageStateStore } from 'oidc-client-ts';

const manager = new UserManager({ authority: 'https://login.example.com', client_id: 'shop', redirect_uri: 'https://www.example.com/', scope: 'openid offline_access', userStore: new WebStorageStateStore({ store: localStorage }) });
export const signIn = () => manager.signinRedirect();
export const callback = () => manager.signinCallback();
export const token = async () => (await manager.getUser())?.access_token;
export const renew = () => manager.signinSilent();
export const logOut = () => manager.signoutRedirect();
