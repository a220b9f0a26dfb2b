/** The root entry: LoginClient, which also takes Authress settings. */
import { LoginClient as CoreClient } from './client.ts';
import type { CoreOptions } from './core/options.ts';
import type { LoadActs } from './load-acts.ts';
import type { PortsFor } from './ports/ports.ts';
import { authress, type AuthressOptions } from './providers/authress.ts';

export * from './core.ts';
export { authress, type AuthressOptions };

/** Settings of a client: an Authress account's, or any provider's. */
export type LoginOptions = CoreOptions | (AuthressOptions & Omit<CoreOptions, 'provider'>);

/** The identity of whoever visits this site: a guest from the first click, a user after sign-in, under one ID. */
export class LoginClient extends CoreClient {
  /** @throws LoginError `config_invalid` */
  constructor(options: LoginOptions, portsFor?: PortsFor, load?: LoadActs) {
    super('provider' in options ? options : { ...options, provider: authress(options) }, portsFor, load);
  }
}
