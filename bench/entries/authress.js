import { LoginClient } from '@authress/login';

const client = new LoginClient({ authressApiUrl: 'https://login.example.com', applicationId: 'app_shop', skipBackgroundCredentialsCheck: true });
export const guest = () => client.authenticate({ connectionId: 'guest' });
export const exists = () => client.userSessionExists();
export const token = () => client.ensureToken();
export const link = () => client.linkIdentity({ connectionId: 'google' });
export const logOut = () => client.logout();
