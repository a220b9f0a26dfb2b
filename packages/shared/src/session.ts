/** The two kinds of subject. A guest is not nobody: it has a subject. */
export type SubjectKind = 'guest' | 'user';

/** How a session gets its next credential: by the service's one cookie, by a cookie of this subject's own; `none`: not at all, it ends with its token. */
export type Renewal =
  | { readonly type: 'cookie' | 'own_cookie' }
  | { readonly type: 'refresh_token'; readonly refreshToken: string }
  | { readonly type: 'none' };

/** A P-256 key pair of this browser: its private half can be used here and read nowhere. */
export interface DeviceKey {
  /** SHA-256 thumbprint of the public half (RFC 7638), base64url. */
  readonly thumbprint: string;
  readonly publicJwk: { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string };
  readonly privateKey: CryptoKey;
}

/** What a service issues: a subject, a credential, a way to renew it, a lifetime. */
export interface Grant {
  readonly subject: string;
  readonly kind: SubjectKind;
  /** Empty where the token stays on the server (`tokenType` 'Cookie'). */
  readonly accessToken: string;
  readonly renewal: Renewal;
  /** How long the token lives from its receipt, in ms: never measured on this device's clock alone. */
  readonly lifetimeMs: number;
  /** How long before its end it is renewed, where it cannot be renewed afterwards; default: a minute, or a tenth of a short life. */
  readonly renewAheadMs?: number | undefined;
  /** The token's `iat`, ms since epoch on the service's clock; 0 where it has none. */
  readonly issuedAt: number;
  /** The guest whose place this subject takes, as the service has it: nobody has to be asked. */
  readonly movedFrom?: string | undefined;
  /** The connection that proved the subject, where the service says so. */
  readonly connectionId?: string | undefined;
  /** The key that its renewal is bound to, where the service binds it to one. */
  readonly key?: DeviceKey | undefined;
  /** `DPoP`: the access token itself is bound to that key, so every request needs a proof (RFC 9449 §7). `Cookie`: the site's own origin knows who is here by the cookie alone. */
  readonly tokenType?: 'DPoP' | 'Cookie' | undefined;
  /** What the service wants to find in the next proof (RFC 9449 §8): a page that opens later need not ask for it first. */
  readonly nonce?: string | undefined;
}

/** A grant measured on this device's clock. */
export interface StoredSession extends Grant {
  /** When the grant arrived, ms since epoch on this device's clock. */
  readonly receivedAt: number;
}
