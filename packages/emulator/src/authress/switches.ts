/** What the vendor does not document, or documents as a choice: each switch is one open question, and its default our best guess. */
export interface AuthressSwitches {
  /**
   * Whether `POST /api/authentication` needs an `antiAbuseHash`. Unverified: the browser SDK always sends one, other published clients send
   * none. With `required` and `optional` a hash that is sent must be right, also at the code exchange.
   */
  antiAbuse: 'required' | 'optional' | 'off';
  /** How far the hash's time may be from ours, either way. Unverified whether the server looks at it. */
  antiAbuseMaxAgeSeconds: number;
  /** Whether one hash is good for one request only. Unverified. */
  antiAbuseReplay: 'refused' | 'accepted';
  /** What `azp` says in a guest's tokens. Unverified: the service client's id is the only candidate for a mark. */
  guestAzp: 'service-client' | 'absent';
  /** The name of the session cookie on the login host. Unverified. */
  sessionCookieName: string;
  /** SameSite of the session cookie. Unverified. */
  sessionCookieSameSite: 'Lax' | 'Strict' | 'None';
  /** SameSite of the `authorization`, `user` and `auth-code` cookies. Unverified. */
  tokenCookieSameSite: 'Lax' | 'Strict' | 'None';
  /** Whether each renewal gives the session its whole lifetime again. Unverified. */
  sessionExpiry: 'sliding' | 'fixed';
  /** How `PATCH /api/session` hands over the fresh tokens. The SDK reads both; which one the server sends is unverified. */
  sessionAnswer: 'body' | 'cookies';
  /** The status for "no such session". The SDK treats the three alike; which one the server sends is unverified. */
  sessionMissingStatus: 400 | 404 | 409;
  /** What a link answers when the identity already has a subject. Unverified. */
  identityInUse: 'login-as-existing' | 'redirect-error' | 'error-page';
  /** Whether a link asked for with `flowType: 'code'` is answered by a code. Unverified: the SDK never asks for one. */
  linkFlow: 'as-requested' | 'never-code';
  /** What happens when the person cancels at the connection. Unverified. */
  cancelledLogin: 'redirect-error' | 'error-page';
  /** What happens when the verifier's assertion or the connection's code is refused. Unverified. */
  refusedLogin: 'error-page' | 'redirect-error';
  /** Whether the last identity of a subject can be unlinked. Unverified. */
  unlinkLastIdentity: 'refused' | 'accepted';
  /** The longest code verifier. RFC 7636 says 128; the browser SDK sends 215 to 234, so the server takes more. */
  pkceVerifierMaxLength: number;
  /** Whether one code challenge may serve two requests. Unverified. */
  pkceChallengeReuse: 'refused' | 'accepted';
  /** What a second exchange of a code does to the session of the first (RFC 6749 §4.1.2 says it should revoke). Unverified. */
  codeReuse: 'revokes-session' | 'refused';
  /** The media type of JSON answers. The links type was seen in the wild. */
  jsonMediaType: 'application/json' | 'application/links+json';
}

export const DEFAULT_SWITCHES: Readonly<AuthressSwitches> = {
  antiAbuse: 'required',
  antiAbuseMaxAgeSeconds: 300,
  antiAbuseReplay: 'refused',
  guestAzp: 'service-client',
  sessionCookieName: 'authress-session',
  sessionCookieSameSite: 'Lax',
  tokenCookieSameSite: 'Strict',
  sessionExpiry: 'sliding',
  sessionAnswer: 'body',
  sessionMissingStatus: 404,
  identityInUse: 'login-as-existing',
  linkFlow: 'as-requested',
  cancelledLogin: 'redirect-error',
  refusedLogin: 'error-page',
  unlinkLastIdentity: 'refused',
  pkceVerifierMaxLength: 256,
  pkceChallengeReuse: 'refused',
  codeReuse: 'revokes-session',
  jsonMediaType: 'application/json',
};
