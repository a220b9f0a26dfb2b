/** Descope's and the verifier's answers → grants. They came straight over TLS, so their claims are checked and their signatures are not (OpenID Connect Core §3.1.3.7). */
import { asObject, LoginError, optionalNumber, optionalText, readClaims, text, type Grant, type Json, type Renewal, type StoredSession, type SubjectKind } from '@passerby/shared';
import type { Settings } from './settings.ts';

/** Whose answer it is: who was here when it was asked for, and by which connection. */
export interface Origin {
  readonly session: StoredSession | null;
  readonly connectionId: string | undefined;
  /** How long ago the sign-in began, on this device's clock; absent: it is none. */
  readonly tookMs?: number;
}

interface Who {
  readonly subject: string;
  readonly kind: SubjectKind;
  readonly lifetimeSeconds: number;
  /** Seconds since epoch on the service's clock; 0: it does not say. */
  readonly issuedAtSeconds: number;
}

/** A new account is one whole second old or less, when Descope's clock ticks in between; and no machine's clock is quite another's. */
const SLACK_SECONDS = 3;
/** No sign-in takes longer; a clock that was set meanwhile says anything. */
const LONGEST_SECONDS = 600;

/** @throws LoginError `response_invalid` */
export function grantOf(settings: Settings, data: Json, { session, connectionId, tookMs }: Origin): Grant {
  const token = settings.sessions === 'cookies' ? optionalText(data, 'sessionJwt') : text(data, 'sessionJwt');
  const { subject, kind, lifetimeSeconds, issuedAtSeconds } = token ? whoIn(checkToken(settings, token, 'DS'), settings) : optionalText(data, 'subject') ? asVerified(data) : asAnswered(data, settings, session);
  if (!(lifetimeSeconds > 0)) throw new LoginError('response_invalid', 'The session has no lifetime');
  const guest = session?.kind === 'guest' && session.subject !== subject ? session.subject : undefined;
  return {
    subject, kind, connectionId, lifetimeMs: lifetimeSeconds * 1000, issuedAt: issuedAtSeconds * 1000, renewal: renewalIn(settings, data, subject, session),
    // Made by this very sign-in, or told so by the verifier: either way nobody has to be asked.
    movedFrom: isMadeBy(data, issuedAtSeconds, tookMs) || data.moved_from === guest ? guest : undefined,
    ...(settings.sessions === 'cookies' ? { accessToken: '', tokenType: 'Cookie' } : { accessToken: token ?? '' }),
  };
}

/** Seen for the first time is also whom a server made, perhaps long ago: so by the two times on Descope's own clock, and how long the sign-in took. */
function isMadeBy({ firstSeen, user }: Json, issuedAtSeconds: number, tookMs: number | undefined): boolean {
  const createdSeconds = optionalNumber(asObject(user) ?? {}, 'createdTime');
  if (firstSeen !== true || createdSeconds === undefined || tookMs === undefined) return false;
  return issuedAtSeconds - createdSeconds <= Math.min(tookMs / 1000, LONGEST_SECONDS) + SLACK_SECONDS;
}

function renewalIn(settings: Settings, data: Json, subject: string, session: StoredSession | null): Renewal {
  if (settings.sessions !== 'body') return { type: 'cookie' };
  // It rotates only where the project says so.
  const refreshToken = optionalText(data, 'refreshJwt');
  if (!refreshToken && session?.subject === subject && session.renewal.type === 'refresh_token') return session.renewal;
  const claims = checkToken(settings, refreshToken ?? text(data, 'refreshJwt'), 'DSR');
  if (text(claims, 'sub') !== subject) throw new LoginError('response_invalid', "The refresh token is somebody else's");
  return { type: 'refresh_token', refreshToken: refreshToken ?? '' };
}

/** `DS`: a session token, `DSR`: a refresh token; neither is ever taken for the other. */
function checkToken({ projectId }: Settings, token: string, drn: 'DS' | 'DSR'): Json {
  const claims = readClaims(token);
  const isOurs = text(claims, 'iss').split('/').slice(-2).includes(projectId);
  if (claims.drn !== drn || !isOurs) throw new LoginError('response_invalid', 'The service sent a token of another kind or of another project');
  return claims;
}

function whoIn(claims: Json, { guestTenantId }: Settings): Who {
  const isGuest = guestTenantId === null ? claims.danu === true : Object.hasOwn(asObject(claims.tenants) ?? {}, guestTenantId);
  const issuedAtSeconds = optionalNumber(claims, 'iat') ?? NaN;
  return { subject: text(claims, 'sub'), kind: isGuest ? 'guest' : 'user', issuedAtSeconds, lifetimeSeconds: (optionalNumber(claims, 'exp') ?? 0) - issuedAtSeconds };
}

/** The verifier's answer, where the token is in a cookie. */
function asVerified(data: Json): Who {
  const kind = text(data, 'kind');
  if (kind !== 'guest' && kind !== 'user') throw new LoginError('response_invalid', "The verifier's answer is no session");
  return { subject: text(data, 'subject'), kind, lifetimeSeconds: optionalNumber(data, 'expires_in') ?? 0, issuedAtSeconds: 0 };
}

/** Descope's answer, where the token is in a cookie: its user. Without one it is a new-generation guest's, who has no user behind it and is told by nothing else. */
function asAnswered(data: Json, { guestTenantId }: Settings, session: StoredSession | null): Who {
  const user = asObject(data.user);
  // Its own clock, by the other cookie that comes along.
  const issuedAtSeconds = (optionalNumber(data, 'cookieExpiration') ?? NaN) - (optionalNumber(data, 'cookieMaxAge') ?? NaN);
  const times = { issuedAtSeconds, lifetimeSeconds: (optionalNumber(data, 'sessionExpiration') ?? NaN) - issuedAtSeconds };
  if (user) {
    const isGuest = guestTenantId !== null && Array.isArray(user.userTenants) && user.userTenants.some((one) => asObject(one)?.tenantId === guestTenantId);
    return { subject: text(user, 'userId'), kind: isGuest ? 'guest' : 'user', ...times };
  }
  if (session?.kind !== 'guest' || guestTenantId !== null) throw new LoginError('response_invalid', "The service's answer does not say who it is for");
  return { subject: session.subject, kind: 'guest', ...times };
}
