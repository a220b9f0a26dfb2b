/** What the vendor does not document: each switch is one open question, and its default our best guess. */
export interface AppIdSwitches {
  /** Whether guests get a refresh token, where the tenant has them at all. */
  anonRefreshToken: 'yes' | 'no';
  /** Whether somebody who signs in for the first time keeps the subject of the anonymous profile that is attached. */
  linkKeepsSub: 'yes' | 'no';
  /** How `GET /api/v1/attributes/{name}` says it: `{"theme":"dark"}`, `{"name":"theme","value":"dark"}` or `"dark"`. */
  attributeSingleShape: 'flat' | 'named' | 'value';
  /** What a write of an attribute is answered with: 200 and the attribute, or 204. */
  attributeWriteAnswer: 'attribute' | 'empty';
  /** Whose attribute stays, where an anonymous profile is attached to a user who has one of that name. */
  attachConflict: 'user' | 'guest';
  /** What becomes of an authorization request with an anonymous token that is expired, revoked, attached already or none of ours: it goes on as if there were none, or comes back with an error. */
  deadAnonymousToken: 'silent' | 'error';
  /** Whether a guest may still renew where the tenant forbids anonymous users. */
  anonymousRenewalWhenForbidden: 'granted' | 'refused';
  /** What carries a sign-in on from `/authorization`: the next address alone, that and a cookie, or no address at all, where the page is the answer itself. */
  widget: 'address' | 'cookie' | 'page';
  /** Whether `idp=appid_anon` is answered to `response_mode=web_message`. */
  anonymousWebMessage: 'answered' | 'refused';
  /** Which pages may call `/api/v1/attributes`: none, or those of the clients' redirect addresses. */
  attributesCors: 'none' | 'clients';
  /** Whether a refresh token is good again after it gave a new one. */
  refreshTokenReuse: 'accepted' | 'refused';
}

export const DEFAULT_APP_ID_SWITCHES: Readonly<AppIdSwitches> = {
  anonRefreshToken: 'no',
  linkKeepsSub: 'yes',
  attributeSingleShape: 'flat',
  attributeWriteAnswer: 'attribute',
  attachConflict: 'user',
  deadAnonymousToken: 'silent',
  anonymousRenewalWhenForbidden: 'refused',
  widget: 'address',
  anonymousWebMessage: 'answered',
  attributesCors: 'none',
  refreshTokenReuse: 'accepted',
};
