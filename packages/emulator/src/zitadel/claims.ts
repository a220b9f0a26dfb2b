import type { Account } from 'oidc-provider';
import type { User } from './users.ts';
import type { World } from './world.ts';

/** What each scope tells about a person. */
export const CLAIMS: Readonly<Record<string, string[]>> = {
  openid: ['sub'],
  profile: ['name', 'given_name', 'family_name', 'locale', 'updated_at', 'preferred_username'],
  email: ['email', 'email_verified'],
};

export function accountOf({ users }: Pick<World, 'users'>, subject: string): Account | undefined {
  const user = users.find(subject);
  return user && { accountId: subject, claims: () => ({ ...allClaims(user) }) };
}

/** The claims about a person that the scopes ask for. */
export function claimsFor(user: User, scopes: readonly string[]): Record<string, unknown> {
  const asked = new Set(scopes.flatMap((scope) => CLAIMS[scope] ?? []));
  return Object.fromEntries(Object.entries(allClaims(user)).filter(([name]) => asked.has(name)));
}

function allClaims({ userId, username, profile, email, changedAt }: User): { sub: string } & Record<string, unknown> {
  const { givenName, familyName, displayName = `${givenName} ${familyName}`, preferredLanguage } = profile;
  return {
    sub: userId, name: displayName, given_name: givenName, family_name: familyName, preferred_username: username,
    updated_at: Math.floor(changedAt / 1000), email: email.email, email_verified: email.isVerified,
    ...(preferredLanguage !== undefined && { locale: preferredLanguage }),
  };
}
