import { isServiceClient } from '@passerby/shared';

export interface AuthressSettings {
  /** Origin of the Authress login host (your custom domain) this verifier answers to, such as `https://login.example.com`. */
  readonly loginUrl: string;
  /** The service client's access key, `clientId.keyId.accountId.privateKey`. A secret. */
  readonly accessKey: string;
  /** The connections that sign users in; a token of any other is a guest's. */
  readonly connections: readonly string[];
  /** When given, only tokens of this application (`client_id`) are accepted. */
  readonly applicationId?: string | undefined;
  /** Where the login host's public keys are, for machines where its name does not resolve. Default: `{loginUrl}/.well-known/openid-configuration/jwks`. */
  readonly jwksUrl?: string | undefined;
}

export interface CheckedAuthress extends AuthressSettings {
  readonly jwksUrl: string;
}

/** The settings with their defaults; what cannot work is refused here and not at the first visitor. @throws TypeError */
export function checkAuthress(settings: AuthressSettings): CheckedAuthress {
  refuseUnless(typeof settings === 'object' && settings !== null, 'authress is missing: write { authress: { loginUrl, accessKey, connections } }');
  const { loginUrl, connections, applicationId, jwksUrl = `${loginUrl}/.well-known/openid-configuration/jwks` } = settings;
  refuseUnless(isSecure(loginUrl), 'loginUrl is not an https address (http is for loopback only): write the login host as in https://login.example.com');
  refuseUnless(new URL(loginUrl).origin === loginUrl, `loginUrl is more than an origin: write ${new URL(loginUrl).origin}`);
  refuseUnless(isSecure(jwksUrl), 'jwksUrl is not an https address (http is for loopback only): leave it out, or write where the keys are');
  refuseUnless(Array.isArray(connections), 'connections is missing: list the connections that sign users in, [] while there are only guests');
  for (const connection of connections) {
    refuseUnless(typeof connection === 'string' && connection !== '', 'connections holds something that is not a connection id: list ids such as con_google');
    refuseUnless(!isServiceClient(connection), `connections holds ${connection}, a service client, which only makes guests: take it out`);
  }
  refuseUnless(applicationId !== '' && !isServiceClient(applicationId), 'applicationId is not an application id (app_…): write the one the browser uses, or leave it out');
  return { ...settings, connections: [...connections], jwksUrl };
}

/** @throws TypeError */
export function checkRateLimit<T extends { readonly burst: number; readonly perSecond: number }>(rateLimit: T): T {
  refuseUnless(Number.isSafeInteger(rateLimit.burst) && rateLimit.burst >= 1, 'rateLimit.burst is not a whole number of 1 or more');
  refuseUnless(Number.isFinite(rateLimit.perSecond) && rateLimit.perSecond > 0, 'rateLimit.perSecond is not a number above 0');
  return rateLimit;
}

function refuseUnless(holds: boolean, message: string): asserts holds {
  if (!holds) throw new TypeError(`createVerifier: ${message}`);
}

/** Long enough that nobody guesses it, and spelled alike by everybody who encodes it. */
export const isApiSecret = (secret: unknown): boolean => typeof secret === 'string' && /^[\w.-]{32,256}$/.test(secret);
export const API_SECRET_WANTED = "apiSecret is not 32 to 256 letters, digits, '-', '.' or '_': make one of 32 random bytes";

/** True for an address on https, and for one on http on loopback. */
export function isSecure(address: unknown): address is string {
  if (typeof address !== 'string' || !URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return protocol === 'https:' || (protocol === 'http:' && /^(?:localhost|[\w.-]+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname));
}
