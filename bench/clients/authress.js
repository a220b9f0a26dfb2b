import { LoginClient } from '@authress/login';

const silent = () => undefined;
const QUIET = { debug: silent, log: silent, warn: silent, error: silent, critical: silent };

export const label = '@authress/login';
export const create = ({ auth }) => new LoginClient({ authressApiUrl: auth, applicationId: 'app_x', skipBackgroundCredentialsCheck: true }, QUIET);
export const ready = (client) => client.userSessionExists();
export const login = (client) => client.authenticate({ connectionId: 'con_guest', redirectUrl: location.origin + location.pathname });
export const getToken = (client) => client.ensureToken();

export async function callback(client) {
  if (!(await client.userSessionExists())) throw new Error('There is no session');
  return client.ensureToken();
}
