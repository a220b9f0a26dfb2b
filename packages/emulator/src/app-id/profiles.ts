import type { AppIdSwitches } from './switches.ts';

/** Who somebody is at a provider. */
export interface Identity {
  readonly provider: string;
  /** The provider's own name for the person. */
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

/** `attached`: it is part of a user's profile now, and its own tokens are void. */
export type ProfileKind = 'anonymous' | 'identified' | 'attached';

export interface Profile {
  /** The subject of tokens. */
  readonly id: string;
  readonly kind: ProfileKind;
  /** Undefined where it is anonymous. */
  readonly identity: Identity | undefined;
  /** Which anonymous profile became part of it: the first that came, and no other. */
  readonly attachedFrom: string | undefined;
  readonly attributes: Map<string, string>;
}

/** Everybody of the tenant. */
export class Profiles {
  readonly #byId = new Map<string, Profile>();
  readonly #byIdentity = new Map<string, string>();

  /** Oldest first. */
  all(): readonly Profile[] {
    return [...this.#byId.values()];
  }

  find(id: string): Profile | undefined {
    return this.#byId.get(id);
  }

  addAnonymous(): Profile {
    return this.#keep({ id: crypto.randomUUID(), kind: 'anonymous', identity: undefined, attachedFrom: undefined, attributes: new Map() });
  }

  delete({ id, identity }: Profile): void {
    this.#byId.delete(id);
    if (identity) this.#byIdentity.delete(keyOf(identity));
  }

  /** Whoever has the identity, with the guest's profile attached where it is free and the user has none yet. */
  signIn(identity: Identity, guestId: string | undefined, { linkKeepsSub, attachConflict }: AppIdSwitches): Profile {
    const known = this.#byId.get(this.#byIdentity.get(keyOf(identity)) ?? '');
    const named = guestId === undefined ? undefined : this.#byId.get(guestId);
    const guest = named?.kind === 'anonymous' ? named : undefined;
    if (!known && guest && linkKeepsSub === 'yes') return this.#keep({ ...guest, kind: 'identified', identity, attachedFrom: guest.id });
    const user = this.#keep({ ...(known ?? this.addAnonymous()), kind: 'identified', identity });
    return guest && user.attachedFrom === undefined ? this.#attach(guest, user, attachConflict) : user;
  }

  #attach(guest: Profile, user: Profile, attachConflict: AppIdSwitches['attachConflict']): Profile {
    for (const [name, value] of guest.attributes) if (attachConflict === 'guest' || !user.attributes.has(name)) user.attributes.set(name, value);
    this.#keep({ ...guest, kind: 'attached' });
    return this.#keep({ ...user, attachedFrom: guest.id });
  }

  #keep(profile: Profile): Profile {
    this.#byId.set(profile.id, profile);
    if (profile.identity) this.#byIdentity.set(keyOf(profile.identity), profile.id);
    return profile;
  }
}

const keyOf = ({ provider, id }: Identity): string => `${provider}:${id}`;
