import type { Identity } from './profiles.ts';

export interface NewAppIdUser {
  readonly email: string;
  readonly password: string;
  readonly name: string;
}

/** The Cloud Directory: whoever has a password here. */
export class Directory {
  readonly #byEmail = new Map<string, { readonly identity: Identity; readonly password: string }>();

  /** @throws Error where the e-mail is somebody's */
  add({ email, password, name }: NewAppIdUser): Identity {
    if (this.#byEmail.has(email.toLowerCase())) throw new Error(`${email} is somebody already`);
    const identity: Identity = { provider: 'cloud_directory', id: crypto.randomUUID(), name, email };
    this.#byEmail.set(email.toLowerCase(), { identity, password });
    return identity;
  }

  /** Undefined where the e-mail or the password is wrong. */
  find(email: string, password: string): Identity | undefined {
    const known = this.#byEmail.get(email.toLowerCase());
    return known?.password === password ? known.identity : undefined;
  }
}
