/** How the provider and the verifier are asked, and what their answers mean: loaded when one is first asked. */
import { asObject, isLoginError, LoginError, optionalNumber, optionalText, readClaims, text, type DeviceKey, type Grant, type Json, type StoredSession } from '@passerby/shared';
import { judge, oauthRefusal, parseObject, type Refusal } from '../../core/answers.ts';
import type { PendingAuthorization } from '../../core/record.ts';
import type { ProviderPorts } from '../../ports/ports.ts';
import { addressWith, codeFrom, refusedVisitor } from '../code-flow.ts';
import { createKey, prove } from '../dpop.ts';
import { postForm, safeAddress, send } from '../http.ts';
import { createPkce, digest, randomText } from '../pkce.ts';
import type { LinkedIdentity, Provider, Redemption } from '../provider.ts';

const GUEST_GRANT = 'urn:passerby:grant-type:guest';
const LINK_RESULT_GRANT = 'urn:passerby:grant-type:link-result';
const MERGE_TICKET_GRANT = 'urn:passerby:grant-type:merge-ticket';
const EXCHANGE_GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
const CODE = 'urn:passerby:token-type:code';
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';
const REFRESH_TOKEN = 'urn:ietf:params:oauth:token-type:refresh_token';

export interface OidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly verifier: string;
  /** The connection that makes guests. */
  readonly guests: string;
  readonly codeRedeemedBy: 'page' | 'verifier';
  readonly scope: string;
  readonly connectionParameter: string | undefined;
  readonly logOutUrl: string | undefined;
}

export type OidcRequests = Pick<Required<Provider>, 'createKey' | 'startGuest' | 'authorize' | 'exchange' | 'resume' | 'refresh' | 'mergeTicket' | 'identities' | 'unlink' | 'prove' | 'endSession' | 'signOutUrl'>;

export function oidcRequests({ issuer, clientId, verifier, guests, codeRedeemedBy, scope, connectionParameter, logOutUrl }: OidcSettings): OidcRequests {
  let discovered: Promise<Json> | null = null;
  /** The verifier's latest, of this page or kept with the session, which the next proofs carry: without it each of them would be asked for twice. */
  let latestNonce: string | null = null;

  /** The provider's own description; kept while the page lives. */
  const discover = (ports: ProviderPorts): Promise<Json> =>
    (discovered ??= readDiscovery(issuer, ports).catch((error: unknown) => {
      discovered = null;
      throw error;
    }));

  /** Asks the verifier for tokens, once more where it wants its nonce in the proofs. */
  const askVerifier = async (fields: Readonly<Record<string, string>>, keys: Readonly<Record<string, DeviceKey>>, ports: ProviderPorts, path = 'token'): Promise<Json> => {
    const url = `${verifier}/${path}`;
    const ask = async (nonce: string | null) => {
      const proofs = Object.entries(keys).map(async ([name, key]) => [name, await prove(key, { method: 'POST', url, nonce }, ports)] as const);
      return postForm(url, { ...fields, client_id: clientId, ...Object.fromEntries(await Promise.all(proofs)) }, ports);
    };
    const answer = await ask(latestNonce);
    latestNonce = answer.dpopNonce ?? latestNonce;
    const wantsNonce = answer.status === 400 && answer.dpopNonce && parseObject(answer.body)?.error === 'use_dpop_nonce';
    return judge(wantsNonce ? await ask(answer.dpopNonce) : answer, ports.now(), (status, error) => error === 'last_identity' || oauthRefusal(status, error));
  };

  /** A grant straight from the configured verifier: TLS vouches for it, its claims are checked. */
  const toGrant = (data: Json, key: DeviceKey, connectionId?: string): Grant => {
    const accessToken = text(data, 'access_token');
    const claims = readClaims(accessToken);
    const isBound = /^dpop$/i.test(text(data, 'token_type'));
    if (!isBound && !/^bearer$/i.test(text(data, 'token_type'))) throw new LoginError('response_invalid', 'The verifier sent a token of a type that is not known here');
    if (text(claims, 'iss') !== verifier || text(claims, 'client_id') !== clientId) throw new LoginError('response_invalid', 'The token is from another issuer or for another application');
    if (isBound && optionalText(asObject(claims.cnf) ?? {}, 'jkt') !== key.thumbprint) throw new LoginError('response_invalid', 'The token is bound to another key');
    const issuedAt = optionalNumber(claims, 'iat') ?? 0;
    const lifetimeSeconds = Math.min(optionalNumber(data, 'expires_in') ?? Infinity, (optionalNumber(claims, 'exp') ?? 0) - issuedAt);
    if (!(lifetimeSeconds > 0)) throw new LoginError('response_invalid', 'The token has no lifetime');
    return {
      subject: text(claims, 'sub'), kind: claims.kind === 'user' ? 'user' : 'guest', accessToken, renewal: { type: 'refresh_token', refreshToken: text(data, 'refresh_token') },
      lifetimeMs: lifetimeSeconds * 1000, issuedAt: issuedAt * 1000, key, connectionId, ...(isBound && { tokenType: 'DPoP' }), ...(latestNonce && { nonce: latestNonce }),
    };
  };

  const redeemCode = async (code: string, { codeVerifier, redirectUrl, details = {} }: PendingAuthorization, ports: ProviderPorts): Promise<string> => {
    const answer = await postForm(details.tokenEndpoint ?? '', { grant_type: 'authorization_code', code, redirect_uri: redirectUrl, client_id: clientId, code_verifier: codeVerifier }, ports);
    const idToken = text(judge(answer, ports.now(), oauthRefusal), 'id_token');
    const claims = readClaims(idToken);
    if (text(claims, 'iss') !== issuer || ![claims.aud].flat().includes(clientId)) throw new LoginError('response_invalid', 'The ID token is from another issuer or for another application');
    if (optionalText(claims, 'nonce') !== details.nonce) throw new LoginError('callback_invalid', 'The ID token is for another sign-in');
    return idToken;
  };

  /** A code is good once: what it was redeemed for has to survive an answer of the verifier that gets lost. */
  const redeemedOnce = async (code: string, pending: PendingAuthorization, keep: Redemption['keep'], ports: ProviderPorts): Promise<string> => {
    const idToken = pending.details?.idToken ?? (await redeemCode(code, pending, ports));
    if (!pending.details?.idToken) await keep({ idToken });
    return idToken;
  };

  const askIdentities = async (session: StoredSession, fields: Readonly<Record<string, string>>, ports: ProviderPorts): Promise<Json> => {
    const { refreshToken, key } = renewalOf(session);
    return askVerifier({ ...fields, refresh_token: refreshToken }, { dpop: key }, ports, 'identities').catch(askedToSignIn);
  };

  return {
    createKey: ({ crypto }) => createKey(crypto),

    async startGuest({ key = missing(), captcha: response }, ports) {
      const data = await askVerifier({ grant_type: GUEST_GRANT, ...(response && { captcha_response: response }) }, { dpop: key }, ports).catch(refusedVisitor);
      const grant = toGrant(data, key, guests);
      if (grant.subject !== `g_${key.thumbprint}`) throw new LoginError('response_invalid', "The verifier answered with somebody else's guest");
      return grant;
    },

    async authorize({ purpose, connectionId, redirectUrl, session }, ports) {
      const server = await discover(ports);
      const { codeVerifier, codeChallenge } = await createPkce(ports.crypto);
      const key = await createKey(ports.crypto);
      const [state, linkId] = [randomText(ports.crypto), randomText(ports.crypto)];
      const gains = purpose === 'link' ? session?.key : undefined;
      // Binds the ID token to this browser's keys and this very round trip: nobody else can use it.
      const nonce = await digest(ports.crypto, `${(gains ?? key).thumbprint}.${linkId}`);
      const url = addressWith(safeAddress(text(server, 'authorization_endpoint')), {
        response_type: 'code', client_id: clientId, redirect_uri: redirectUrl, scope, state, nonce, code_challenge: codeChallenge, code_challenge_method: 'S256',
        ...(connectionParameter && { [connectionParameter]: connectionId }),
        // Somebody is here already, so this is to show that it is still them.
        ...(purpose === 'sign_in' && session?.kind === 'user' && { max_age: '0' }),
      });
      const details = { linkId, nonce, tokenEndpoint: safeAddress(text(server, 'token_endpoint')), ...(server.authorization_response_iss_parameter_supported === true && { iss: issuer }) };
      return { url, state, codeVerifier, key, details };
    },

    async exchange(callback, pending, ports, { current, keep }) {
      const { details = {}, key = missing() } = pending;
      const code = codeFrom(callback, issuer, details.iss);
      latestNonce ??= current?.nonce ?? null;
      const common = { grant_type: EXCHANGE_GRANT, link_id: details.linkId ?? '' };
      const [token, type, more] = codeRedeemedBy === 'verifier'
        ? [code, CODE, { code_verifier: pending.codeVerifier, redirect_uri: pending.redirectUrl }]
        : [await redeemedOnce(code, pending, keep, ports), ID_TOKEN, {}];
      const gains = pending.purpose === 'link' && current?.subject === pending.subject ? renewalOf(current) : null;
      const data = gains
        ? await askVerifier({ ...common, ...more, subject_token: gains.refreshToken, subject_token_type: REFRESH_TOKEN, actor_token: token, actor_token_type: type }, { dpop: key, subject_dpop: gains.key }, ports).catch(askedToSignIn)
        : await askVerifier({ ...common, ...more, subject_token: token, subject_token_type: type }, { dpop: key }, ports);
      return toGrant(data, key, pending.connectionId);
    },

    async resume({ details = {}, key, connectionId }, ports) {
      return key && details.linkId ? toGrant(await askVerifier({ grant_type: LINK_RESULT_GRANT, link_id: details.linkId }, { dpop: key }, ports), key, connectionId) : null;
    },

    async refresh(session, ports) {
      const { refreshToken, key } = renewalOf(session);
      latestNonce ??= session.nonce ?? null;
      return toGrant(await askVerifier({ grant_type: 'refresh_token', refresh_token: refreshToken }, { dpop: key }, ports), key, session.connectionId);
    },

    async mergeTicket(guest, user, ports) {
      const [from, to] = [renewalOf(guest), renewalOf(user)];
      const fields = { grant_type: MERGE_TICKET_GRANT, subject_token: from.refreshToken, actor_token: to.refreshToken };
      return text(await askVerifier(fields, { dpop: to.key, subject_dpop: from.key }, ports), 'merge_ticket');
    },

    async identities(session, ports) {
      return readIdentities(await askIdentities(session, {}, ports));
    },

    async unlink(session, identityId, ports) {
      await askIdentities(session, { unlink: identityId }, ports);
    },

    prove: ({ key = missing(), accessToken, issuedAt, receivedAt }, request, { crypto, now }) =>
      // By the verifier's clock, as far as the session tells it: an API has no nonce to put a wrong clock right.
      prove(key, { ...request, accessToken }, { crypto, now: () => now() - (receivedAt - issuedAt) }),

    async endSession({ renewal }, ports) {
      if (renewal.type === 'refresh_token') judge(await postForm(`${verifier}/revoke`, { token: renewal.refreshToken, client_id: clientId }, ports), ports.now(), never);
    },

    async signOutUrl({ kind }, ports) {
      const end = kind === 'user' && logOutUrl ? optionalText(await discover(ports), 'end_session_endpoint') : undefined;
      return end && logOutUrl ? addressWith(safeAddress(end), { client_id: clientId, post_logout_redirect_uri: logOutUrl }) : null;
    },
  };
}

/** @throws LoginError `response_invalid`, `config_invalid`, retryable codes */
async function readDiscovery(issuer: string, ports: ProviderPorts): Promise<Json> {
  const server = await send({ method: 'GET', url: `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, credentials: 'omit', isRefusal: never }, ports);
  if (text(server, 'issuer') !== issuer) throw new LoginError('config_invalid', 'The provider calls itself by another issuer than the one configured: copy it from its discovery document, to the last slash');
  const methods = server.code_challenge_methods_supported;
  if (Array.isArray(methods) && !methods.includes('S256')) throw new LoginError('config_invalid', 'The provider has no PKCE with S256');
  return server;
}

const never: Refusal = () => false;

/** Who adds an identity or takes one off shows first that it is still them. */
function askedToSignIn(error: unknown): never {
  if (!isLoginError(error) || error.oauthError !== 'login_required') throw error;
  throw new LoginError('login_required', 'Sign in once more, by authenticate() with a connection, then try again', { oauthError: error.oauthError, status: error.status });
}

/** @throws LoginError `response_invalid` */
function readIdentities({ identities }: Json): readonly LinkedIdentity[] {
  if (!Array.isArray(identities)) throw new LoginError('response_invalid', "The verifier's answer has no identities");
  return identities.map(asObject).filter((one) => one !== null).map((one) => ({ id: text(one, 'id'), issuer: text(one, 'issuer'), linkedAt: (optionalNumber(one, 'linked_at') ?? 0) * 1000 }));
}

/** What renews a session of ours. @throws LoginError `grant_refused` */
function renewalOf({ renewal, key = missing() }: StoredSession): { readonly refreshToken: string; readonly key: DeviceKey } {
  return { refreshToken: renewal.type === 'refresh_token' ? renewal.refreshToken : missing(), key };
}

/** Without its key nobody will ever renew it. @throws LoginError `grant_refused` */
function missing(): never {
  throw new LoginError('grant_refused', 'The key of this session is not here');
}
