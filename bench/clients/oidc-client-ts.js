/** It has no call that gives a token that can be used now, so the application's usual lines are here. */
import { UserManager, WebStorageStateStore } from 'oidc-client-ts';

export const label = 'oidc-client-ts';
export const create = ({ auth, app, name }) => new UserManager({
  authority: auth, client_id: 'oidc', redirect_uri: `${app}/${name}`, scope: 'openid offline_access', userStore: new WebStorageStateStore({ store: localStorage }), automaticSilentRenew: false,
});
export const ready = (manager) => manager.getUser();
export const login = (manager) => manager.signinRedirect();
export const callback = async (manager) => (await manager.signinCallback()).access_token;

export async function getToken(manager) {
  const user = await manager.getUser();
  return user && !user.expired ? user.access_token : (await manager.signinSilent())?.access_token;
}
