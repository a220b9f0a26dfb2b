/** What the vendor does not document, or documents as a setting of the project: each switch is one open question, and its default our best guess. */
export interface DescopeSwitches {
  /** What `GET /v1/auth/me` says to an anonymous token. Unverified. */
  anonymousMe: 200 | 400;
  /** Whether each refresh gives a new refresh token and spends the old one: a setting of the project. */
  refreshRotates: 'yes' | 'no';
  /** How tokens travel: a setting of the project. What travels as a cookie is empty in the body. The management API always answers with a body, which is unverified. */
  sessions: 'body' | 'refresh_cookie' | 'cookies';
  /** Whether the flow `convert` makes a new user under the anonymous subject. Unverified. */
  conversionKeepsSub: 'yes' | 'no';
  /** Which name verifies a new e-mail: the login ID that asked for it, or the e-mail. Unverified. */
  verifyUpdateBy: 'either' | 'login_id' | 'email';
  /** What a token of somebody deleted, or merged away, is answered with: as after a sign-out, or `E062108`. Unverified. */
  deletedUser: 'logged_out' | 'not_found';
  /** Whether `firstSeen` says that the sign-in made the user, or that it is the first one of a user whom perhaps a server made. Unverified. */
  firstSeen: 'made' | 'first_sign_in';
  /** Whether whoever survives a merge is in the tenants of both. Unverified. */
  mergedTenants: 'united' | 'survivor';
  /** Whether `/v1/mgmt/jwt/update` takes an anonymous token. Unverified. */
  anonymousJwtUpdate: 'accepted' | 'refused';
  /** What happens to the custom claims that `/v1/mgmt/jwt/update` does not name. Unverified. */
  unnamedClaims: 'kept' | 'dropped';
  /** What `iss` says: the project's id, or an address that ends with it. Both are documented. */
  issuer: 'project' | 'address';
}

export const DEFAULT_DESCOPE_SWITCHES: Readonly<DescopeSwitches> = {
  anonymousMe: 400,
  refreshRotates: 'no',
  sessions: 'body',
  conversionKeepsSub: 'no',
  verifyUpdateBy: 'either',
  deletedUser: 'logged_out',
  firstSeen: 'made',
  mergedTenants: 'united',
  anonymousJwtUpdate: 'accepted',
  unnamedClaims: 'kept',
  issuer: 'project',
};
