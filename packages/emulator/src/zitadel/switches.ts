/** Where ZITADEL's versions differ. Each default is what the newest one does. */
export interface ZitadelSwitches {
  /**
   * Whether an exchange for a user id may ask for `offline_access`, which no personal access token carries. Newer servers refuse with
   * `invalid_scope`, older ones gave a refresh token.
   */
  offlineAccessForPat: 'refused' | 'granted';
  /** Whether `ListUsers` knows `metadataKeyFilter` and `metadataValueFilter`. Older servers refuse such a query. */
  metadataFilterInListUsers: 'known' | 'unknown';
  /** So long `ListUsers`, `GetUserByID` and the token exchange do not know a new user: they read projections that run behind. */
  eventualConsistencyMs: number;
}

export const DEFAULT_ZITADEL_SWITCHES: Readonly<ZitadelSwitches> = {
  offlineAccessForPat: 'refused',
  metadataFilterInListUsers: 'known',
  eventualConsistencyMs: 0,
};
