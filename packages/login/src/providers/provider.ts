/** The one interface an identity service is reached through. A new provider is one file that implements it. */
import type { Grant, StoredSession } from '@passerby/shared';
import type { PendingAuthorization, Purpose } from '../core/record.ts';
import type { ProviderPorts } from '../ports/ports.ts';

export interface AuthorizationRequest {
  readonly purpose: Purpose;
  readonly connectionId: string;
  readonly redirectUrl: string;
  /** Who is here now; for a link, whose identity this becomes. */
  readonly session: StoredSession | null;
}

/** Where to send the person, and what recognises and redeems the answer. */
export interface Authorization {
  readonly url: string;
  readonly state: string;
  readonly codeVerifier: string;
}

export interface CallbackMarks {
  readonly state: string;
  /** Present where it names its issuer (RFC 9207): then it can be nobody else's callback. */
  readonly origin?: 'service';
  /** What must leave the address bar. */
  readonly parameters: readonly string[];
}

/** An absent optional method is the capability flag: the client then fails with `unsupported`. */
export interface Provider {
  /** Names the stored session: issuer and client id. */
  readonly id: string;
  /** True for a connection that makes guests. */
  isGuestConnection(connectionId: string): boolean;
  /** Begins an authorization request. */
  authorize(request: AuthorizationRequest, ports: ProviderPorts): Promise<Authorization>;
  /** What tells a callback of this service; null: it is none. */
  callbackState(url: URL): CallbackMarks | null;
  /**
   * Redeems what came back.
   * @throws LoginError `login_denied`, `identity_in_use`, `callback_invalid`, `grant_refused`, retryable codes
   */
  exchange(callback: URLSearchParams, pending: PendingAuthorization, ports: ProviderPorts): Promise<Grant>;
  /** @throws LoginError `grant_refused` only where the service refused; retryable codes for everything else */
  refresh(session: StoredSession, ports: ProviderPorts): Promise<Grant>;
  /** The session that a lost answer left behind for this request of this browser; null: the service has not done it yet. */
  resume?(pending: PendingAuthorization, ports: ProviderPorts): Promise<Grant | null>;
  /** A guest by fetch; absent: by frame or redirect. */
  startGuest?(request: AuthorizationRequest, ports: ProviderPorts): Promise<Grant>;
  unlink?(session: StoredSession, identityId: string, ports: ProviderPorts): Promise<void>;
  endSession?(session: StoredSession, ports: ProviderPorts): Promise<void>;
}
