/** Tokens and answers as Descope writes them. Nobody signed them: the page does not look. */
import { base64url } from '../../src/providers/pkce.ts';

export const PROJECT = 'P2passerbyShopInDevelopment';
/** Seconds since epoch at which every token is issued, where a test says nothing else. */
export const ISSUED = 1_800_000_000;

const encode = (value: unknown): string => base64url(new TextEncoder().encode(JSON.stringify(value)));

export const jwt = (claims: object): string => `${encode({ alg: 'RS256', kid: 'k' })}.${encode(claims)}.c2ln`;

const common = { iss: PROJECT, sub: 'U2guest', iat: ISSUED };
export const sessionToken = (claims: object = {}): string => jwt({ ...common, drn: 'DS', exp: ISSUED + 600, rexp: new Date((ISSUED + 2_419_200) * 1000).toISOString(), danu: true, ...claims });
export const refreshToken = (claims: object = {}): string => jwt({ ...common, drn: 'DSR', exp: ISSUED + 2_419_200, danu: true, ...claims });

/** What a guest is answered with. */
export const guestAnswer = (change: object = {}): Record<string, unknown> => ({ sessionJwt: sessionToken(), refreshJwt: refreshToken(), subject: 'U2guest', kind: 'guest', expires_in: 600, ...change });

/** What a sign-in is answered with. */
export const userAnswer = (subject = 'U2ada', change: object = {}): Record<string, unknown> => ({
  sessionJwt: sessionToken({ sub: subject, danu: undefined }), refreshJwt: refreshToken({ sub: subject, danu: undefined }), user: { userId: subject, userTenants: [], createdTime: ISSUED }, firstSeen: false,
  cookieMaxAge: 2_419_199, cookieExpiration: ISSUED + 2_419_199, sessionExpiration: ISSUED + 600, claims: {}, ...change,
});

export const descopeError = (errorCode: string): object => ({ errorCode, errorDescription: 'No', errorMessage: 'Secret details' });
