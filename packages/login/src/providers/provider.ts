/** The one interface an identity service is reached through. A new provider is one file that implements it. */
import type { DeviceKey, Grant, StoredSession } from '@passerby/shared';
import type { Ended, PendingAuthorization, Purpose } from '../core/record.ts';
import type { Bring, Destination, ProviderPorts } from '../ports/ports.ts';

export interface AuthorizationRequest {
  readonly purpose: Purpose;
  readonly connectionId: string;
  readonly redirectUrl: string;
  /** Who is here now; for a link, whose identity this becomes. */
  readonly session: StoredSession | null;
  /** This browser's own key, for a guest whose ID follows from it. */
  readonly key?: DeviceKey | undefined;
  /** Who is about to sign in, where the page knows it: an e-mail. */
  readonly loginHint?: string | undefined;
  /** Why nobody is here, for a guest: who signed out must not be found by the next person, though the service did not hear of it then. */
  readonly after?: Ended | null | undefined;
  /** What `captcha()` came to. */
  readonly captcha?: string | undefined;
}

/** Where to send the person, and what recognises and redeems the answer. */
export interface Authorization {
  /** Null: the service mails the person a link there. */
  readonly url: string | null;
  readonly state: string;
  readonly codeVerifier: string;
  /** The key that the session to come will be bound to. */
  readonly key?: DeviceKey;
  /** What `exchange` needs to know again. */
  readonly details?: Readonly<Record<string, string>>;
  /** What may bring the person back even where its answer is lost, such as a mailed link: called once all of this is written down. @throws LoginError retryable codes */
  send?(): Promise<void>;
}

/** One request to an API that a bound token goes along with. */
export interface ProvenRequest {
  readonly method: string;
  /** Without query and fragment. */
  readonly url: string;
  readonly nonce: string | null;
}

/** One way in which a user signs in. */
export interface LinkedIdentity {
  /** For `unlinkIdentity()`. */
  readonly id: string;
  /** Who vouches for it. */
  readonly issuer: string;
  /** Ms since epoch. */
  readonly linkedAt: number;
}

/** What a redemption may need besides the callback. */
export interface Redemption {
  /** Who is here by now; for a link, who gains the identity. */
  readonly current: StoredSession | null;
  /** Writes down what a later try must not ask for again; it comes back in `pending.details`. */
  keep(details: Readonly<Record<string, string>>): Promise<void>;
}

export interface CallbackMarks {
  readonly state: string;
  /** Present where it names its issuer (RFC 9207): then it can be nobody else's callback. */
  readonly origin?: 'service';
  /** What must leave the address bar. */
  readonly parameters: readonly string[];
}

/**
 * What the person is asked, by a form of the app's own. `refused`: which part of the last answer was not taken. `link_sent` has no answer: it is over when the
 * link was opened, in whichever tab, and null gives it up.
 */
export type Challenge =
  | { readonly type: 'registration'; readonly refused?: 'name_or_email' | 'password' | 'code' | undefined }
  | { readonly type: 'login_id'; readonly refused?: 'login_id' | 'code' | undefined }
  | { readonly type: 'code'; readonly sentTo: string; readonly refused?: 'code' | undefined; readonly triesLeft?: number | undefined }
  | { readonly type: 'link_sent'; readonly sentTo: string };

export interface Registration {
  readonly givenName: string;
  readonly familyName: string;
  readonly email: string;
  readonly password: string;
}

/** What they answer; `sign_in`: they have an account. `loginId`: their e-mail. */
export type Answer = Registration | { readonly loginId: string } | { readonly code: string } | { readonly type: 'sign_in' };

/**
 * The next thing to ask, or what it came to. `upgraded`: the guest is a user now; `identity_in_use`: the identity is somebody's; `known`: it is known who they are;
 * in each of these the person is sent away to sign in. `signed_in`: they are in. `current`: who asked, with the credentials of by now.
 */
export type LinkStep =
  | { readonly challenge: Challenge; answer(answer: Answer, ports: ProviderPorts, current: StoredSession | null): Promise<LinkStep> }
  | { readonly done: 'upgraded' | 'identity_in_use' | 'known'; readonly loginHint: string }
  | { readonly done: 'signed_in'; readonly grant: Grant };

/** What the service keeps for the shop about who is here: short texts by their keys. */
export type AttributeValues = Readonly<Record<string, string>>;

/** All of it, where nothing was changed; `grant` where the change brought new tokens. */
export interface Attributed {
  readonly values: AttributeValues;
  readonly grant?: Grant;
}

export interface AttributeChange {
  readonly set?: AttributeValues;
  readonly remove?: readonly string[];
}

/** An absent optional method is the capability flag: the client then fails with `unsupported`. */
export interface Provider {
  /** Names the stored session: issuer and client id. */
  readonly id: string;
  /** True for a connection that makes guests. */
  isGuestConnection(connectionId: string): boolean;
  /** Fetches what this provider loads later. @throws LoginError `network` */
  prepare?(bring: Bring): Promise<unknown>;
  /** Where a guest is asked for, so that a page which will want one can connect beforehand; absent: nowhere, or where the page itself came from. */
  readonly guestsFrom?: Destination;
  /** Begins an authorization request. */
  authorize(request: AuthorizationRequest, ports: ProviderPorts): Promise<Authorization>;
  /** What tells a callback of this service; null: it is none. */
  callbackState(url: URL): CallbackMarks | null;
  /**
   * Redeems what came back.
   * @throws LoginError `login_denied`, `identity_in_use`, `callback_invalid`, `grant_refused`, retryable codes
   */
  exchange(callback: URLSearchParams, pending: PendingAuthorization, ports: ProviderPorts, redemption: Redemption): Promise<Grant>;
  /** @throws LoginError `grant_refused` only where the service refused; retryable codes for everything else */
  refresh(session: StoredSession, ports: ProviderPorts): Promise<Grant>;
  /** The session that a lost answer left behind for this request of this browser; null: the service has not done it yet. */
  resume?(pending: PendingAuthorization, ports: ProviderPorts): Promise<Grant | null>;
  /** A guest by fetch; absent: by frame or redirect. */
  startGuest?(request: AuthorizationRequest, ports: ProviderPorts): Promise<Grant>;
  /** Makes the key that a guest's ID follows from; absent: the service chooses the ID. @throws LoginError `insecure_context` */
  createKey?(ports: ProviderPorts): Promise<DeviceKey>;
  /** The proof that goes along with a token that is bound to a key. */
  prove?(session: StoredSession, request: ProvenRequest, ports: ProviderPorts): Promise<string>;
  /** Proves to the shop's server that one person is both: the guest that was, and the user. */
  mergeTicket?(guest: StoredSession, user: StoredSession, ports: ProviderPorts): Promise<string>;
  /**
   * Has the person who is here, or nobody, sign in by what they answer; null: by this connection they just leave for the service. Called under no lock.
   * Its steps throw LoginError `config_invalid`, `rate_limited`, retryable codes.
   */
  link?(session: StoredSession | null, connectionId: string): LinkStep | null;
  /** Changes what is kept about who is here; with nothing to change, gives all of it. @throws LoginError `config_invalid` where it is too much */
  attributes?(session: StoredSession, change: AttributeChange, ports: ProviderPorts): Promise<Attributed>;
  /** By which identities the user signs in. */
  identities?(session: StoredSession, ports: ProviderPorts): Promise<readonly LinkedIdentity[]>;
  unlink?(session: StoredSession, identityId: string, ports: ProviderPorts): Promise<void>;
  /** Ends it at the service; `everybody`: and whoever else is known by a cookie here. Gives the page where the person signs out there too, where that is known only now. */
  endSession?(session: StoredSession, ports: ProviderPorts, who: 'this_one' | 'everybody'): Promise<string | void>;
  /** Where the person signs out at the service too, which is a page of its own; null: nowhere. */
  signOutUrl?(session: StoredSession, ports: ProviderPorts): Promise<string | null>;
  /** Has the visitor prove to be a person, where the service wants that of a guest. Called under no lock: it may take minutes. */
  captcha?(): Promise<string>;
}
