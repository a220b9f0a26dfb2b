/** How Authress is asked, and what its answers mean: loaded when it is first asked. */
import { authressKind, isLoginError, LoginError, optionalNumber, optionalText, readClaims, text, type Grant, type Json, type StoredSession } from '@passerby/shared';
import type { Refusal } from '../../core/answers.ts';
import type { Bring, ProviderPorts } from '../../ports/ports.ts';
import { safeAddress, send } from '../http.ts';
import { later } from '../later.ts';
import { createPkce } from '../pkce.ts';
import { proveWork } from '../proof-of-work.ts';
import type { Provider } from '../provider.ts';

export interface AuthressSettings {
  /** The origin of the login host. */
  readonly host: string;
  readonly applicationId: string;
  readonly connections: readonly string[];
}

export type AuthressRequests = Pick<Required<Provider>, 'authorize' | 'exchange' | 'refresh' | 'resume' | 'unlink' | 'endSession'>;

/** `bring` fetches a file of this library. */
export function authressRequests({ host, applicationId, connections }: AuthressSettings, bring: Bring): AuthressRequests {
  const api = (method: string, path: string, ports: ProviderPorts, more: { body?: Json; bearer?: string; isRefusal?: Refusal } = {}): Promise<Json> =>
    send({ method, url: `${host}/api/${path}`, credentials: 'include', isRefusal: never, ...more }, ports);

  /** The claims of a token of this service for this application. */
  const check = (claims: Json): Json => {
    const aimedAt = optionalText(claims, 'client_id');
    if (text(claims, 'iss') !== host || (aimedAt !== undefined && aimedAt !== applicationId)) {
      throw new LoginError('response_invalid', 'The token is from another issuer or for another application');
    }
    return claims;
  };

  const toGrant = (accessToken: string, claims: Json, known: readonly (string | undefined)[], expiresInSeconds = Infinity): Grant => {
    const issuedAt = optionalNumber(claims, 'iat') ?? 0;
    const lifetimeSeconds = Math.min(expiresInSeconds, (optionalNumber(claims, 'exp') ?? 0) - issuedAt);
    if (!(lifetimeSeconds > 0)) throw new LoginError('response_invalid', 'The token has no lifetime');
    const connectionId = optionalText(claims, 'azp');
    return {
      subject: text(claims, 'sub'), accessToken, connectionId, renewal: { type: 'cookie' },
      kind: authressKind(connectionId, [...connections, ...known.filter((id) => id !== undefined)]),
      lifetimeMs: lifetimeSeconds * 1000, issuedAt: issuedAt * 1000,
    };
  };

  /** Tokens straight from the token endpoint: TLS vouches for them, their claims are checked (OpenID Connect Core §3.1.3.7). */
  const fromBody = (data: Json, known: readonly (string | undefined)[]): Grant => {
    const accessToken = text(data, 'access_token');
    // It has none; one that it would grow must be a bearer's (RFC 6749 §7.1).
    if (!/^bearer$/i.test(optionalText(data, 'token_type') ?? 'bearer')) throw new LoginError('response_invalid', 'The service sent a token of a type that is not known here');
    const claims = check(readClaims(accessToken));
    const idToken = check(readClaims(text(data, 'id_token')));
    if (!audience(idToken).includes(applicationId) || text(idToken, 'sub') !== text(claims, 'sub')) {
      throw new LoginError('response_invalid', 'The ID token is for another application or another subject');
    }
    return toGrant(accessToken, claims, known, optionalNumber(data, 'expires_in'));
  };

  const verifying = later(() => bring(() => import('../../tokens/verify.ts')));

  /** The claims of each token that this service signed, by its keys of now; null for any other. */
  const claimsOf = async (tokens: readonly string[], ports: ProviderPorts): Promise<readonly (Json | null)[]> => {
    const [{ verifyJwt }, keys] = await Promise.all([
      verifying(),
      send({ method: 'GET', url: `${host}/.well-known/openid-configuration/jwks`, credentials: 'omit', isRefusal: never }, ports),
    ]);
    return Promise.all(tokens.map((token) => verifyJwt(token, host, keys)));
  };

  /** The one cookie we read: the answer to a renewal of ours, signed by the service, and no older than what we had. */
  const fromCookie = async (known: readonly (string | undefined)[], { subject, accessToken, issuedAt = 0 }: Partial<StoredSession>, ports: ProviderPorts): Promise<Grant> => {
    const found: Grant[] = [];
    const tokens = [...ports.cookies().matchAll(/(?:^|; )authorization=([\w.-]+)/g)].map(([, token = '']) => token);
    const claimsOfEach = tokens.length > 0 ? await claimsOf(tokens, ports) : [];
    for (const [i, token] of tokens.entries()) {
      const claims = claimsOfEach[i];
      const grant = claims && readable(() => toGrant(token, check(claims), known));
      const isNew = grant && grant.accessToken !== accessToken && grant.issuedAt >= issuedAt;
      if (isNew && (subject ?? grant.subject) === grant.subject) found.push(grant);
    }
    // Sites of the same domain can add cookies of this name: two people's tokens do not say who just signed in.
    if (found[0] && found.every((grant) => grant.subject === found[0]?.subject)) return found[0];
    throw new LoginError('response_invalid', 'The service renewed the session but left no token that can be used');
  };

  const continued = async (known: readonly (string | undefined)[], before: Partial<StoredSession>, ports: ProviderPorts): Promise<Grant> => {
    const data = await api('PATCH', 'session', ports, { body: {}, isRefusal: (status, error) => status === 400 || status === 404 || status === 409 || error === 'invalid_grant' });
    return optionalText(data, 'access_token') ? fromBody(data, known) : fromCookie(known, before, ports);
  };

  return {
    async authorize({ purpose, connectionId, redirectUrl, session }, ports) {
      const { codeVerifier, codeChallenge } = await createPkce(ports.crypto);
      const antiAbuseHash = await proveWork([connectionId, applicationId], ports);
      const linking = purpose === 'link' && session ? { linkIdentity: true } : {};
      const data = await api('POST', 'authentication', ports, {
        body: { antiAbuseHash, redirectUrl, codeChallengeMethod: 'S256', codeChallenge, connectionId, applicationId, flowType: 'code', responseLocation: 'query', ...linking },
        ...(session && purpose === 'link' && { bearer: session.accessToken }),
      });
      return { url: safeAddress(text(data, 'authenticationUrl')), state: text(data, 'authenticationRequestId'), codeVerifier };
    },

    async exchange(callback, pending, ports) {
      if ((callback.get('iss') ?? host) !== host) throw new LoginError('callback_invalid', 'The callback is from another issuer');
      const error = callback.get('error');
      const code = callback.get('code');
      if (error === 'access_denied') throw new LoginError('login_denied', 'The person or the service declined', { oauthError: error });
      if (error === 'identity_in_use') throw new LoginError('identity_in_use', 'This identity already has another subject', { oauthError: error });
      if (error || !code) throw new LoginError('callback_invalid', 'The service came back without a code');
      if (code === 'cookie') throw new LoginError('callback_invalid', "The service left its code in a cookie; it was asked for responseLocation 'query'");
      const antiAbuseHash = await proveWork([applicationId, pending.state, code], ports);
      const data = await api('POST', `authentication/${encodeURIComponent(pending.state)}/tokens`, ports, {
        body: { grant_type: 'authorization_code', redirect_uri: pending.redirectUrl, client_id: applicationId, code, code_verifier: pending.codeVerifier, antiAbuseHash },
        isRefusal: () => true,
      });
      return fromBody(data, [pending.connectionId]);
    },

    async refresh(session: StoredSession, ports) {
      return continued(session.kind === 'user' ? [session.connectionId] : [], session, ports);
    },

    async resume(pending, ports) {
      const grant = await continued([pending.connectionId], {}, ports);
      return grant.connectionId === pending.connectionId ? grant : null;
    },

    async unlink(session, identityId, ports) {
      await api('DELETE', `session/identities/${encodeURIComponent(identityId)}`, ports, { bearer: session.accessToken, isRefusal: () => true });
    },

    async endSession(session, ports) {
      await api('DELETE', 'session', ports, { bearer: session.accessToken, isRefusal: (status) => status === 404 }).catch((error: unknown) => {
        // Already over there: just what was asked for.
        if (!isLoginError(error) || error.code !== 'grant_refused') throw error;
      });
    },
  };
}

const never: Refusal = () => false;

/** Null where the service's own token says something else than what is looked for: one of another application, say. */
function readable(read: () => Grant): Grant | null {
  try {
    return read();
  } catch (error) {
    if (isLoginError(error) && error.code === 'response_invalid') return null;
    throw error;
  }
}

const audience = (claims: Json): readonly unknown[] => (Array.isArray(claims.aud) ? claims.aud : [claims.aud]);
