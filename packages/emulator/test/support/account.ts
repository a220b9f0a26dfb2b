import { createAuthress, createServiceClient, type Authress, type AuthressSettings, type AuthressSwitches } from '../../src/index.ts';

export const LOGIN = 'http://login.shop.localhost:4601';
export const APP = 'http://www.shop.localhost:4600';
export const GOOGLE = 'http://google.localhost:4603';
export const GITHUB = 'http://github.localhost:4604';
export const VERIFIER = 'http://verifier.localhost:4602/v1/login';

export interface Account {
  readonly authress: Authress;
  readonly settings: AuthressSettings;
  /** The verifier's access key, in the vendor's form. */
  readonly accessKey: string;
  /** Ms since epoch; moves only when a test says so. */
  readonly time: { now: number };
}

/** A shop's Authress account, in process and without sockets. */
export async function makeAccount(switches: Partial<AuthressSwitches> = {}, changes: Partial<AuthressSettings> = {}): Promise<Account> {
  const { accessKey, publicJwk } = await createServiceClient('acc_shop', 'sc_guests');
  const time = { now: Date.now() };
  const settings: AuthressSettings = {
    loginOrigin: LOGIN,
    accountId: 'acc_shop',
    applications: [{ applicationId: 'app_shop', redirectOrigins: [APP, 'http://localhost:4600'] }],
    connections: [
      { connectionId: 'google', origin: GOOGLE, name: 'Google' },
      { connectionId: 'github', origin: GITHUB, name: 'GitHub' },
    ],
    serviceClients: [{ clientId: 'sc_guests', authorizationUrl: VERIFIER, publicJwk }],
    clock: () => time.now,
    ...changes,
    switches: { antiAbuse: 'off', ...switches },
  };
  return { authress: await createAuthress(settings), settings, accessKey, time };
}
