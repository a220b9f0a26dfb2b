/**
 * IBM App ID for a page alone: a single-page application, which has no secret and gets no refresh token (docs/protocol-app-id.md). A guest is an anonymous profile
 * that starts in the hidden frame. It is attached to nobody's, because that would take its token in an address: who signs in moves.
 */
import { LoginError, optionalText, text, type Json, type StoredSession } from '@passerby/shared';
import { judge, parseObject } from '../core/answers.ts';
import type { PendingAuthorization } from '../core/record.ts';
import type { ProviderPorts } from '../ports/ports.ts';
import { ANONYMOUS, ANY, authorizationUrl, checkApplication, claimsOf, grantedBy, isGuests, refuseUsers } from './app-id/tokens.ts';
import { checkTexts } from './attributes.ts';
import { callbackMarks, checkIssuer, codeFrom } from './code-flow.ts';
import { ask } from './http.ts';
import { createPkce, digest, randomText } from './pkce.ts';
import type { AttributeValues, Provider } from './provider.ts';

export interface PublicAppIdOptions {
  /** As the service credentials have it: `https://<region>.appid.cloud.ibm.com/oauth/v4/<tenantId>`. */
  readonly oauthServerUrl: string;
  /** The client id of the shop's application, a single-page application. */
  readonly clientId: string;
}

/** @throws LoginError `config_invalid` */
export function publicAppId(options: PublicAppIdOptions): Provider {
  const application = checkApplication(options);
  const { oauthServerUrl, clientId } = application;
  const attributesUrl = `${new URL(oauthServerUrl).origin}/api/v1/attributes`;

  const redeem = async (code: string, { codeVerifier, redirectUrl }: PendingAuthorization, ports: ProviderPorts): Promise<Json> => {
    // As its own SDK does it: the verifier stands where an application with a secret has that.
    const headers = { authorization: `Basic ${btoa(`${clientId}:${codeVerifier}`)}` };
    const body = new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: redirectUrl });
    const answer = await ask(`${oauthServerUrl}/token`, { method: 'POST', headers, body, credentials: 'omit' }, ports);
    const { status } = answer;
    if (status === 403 && says(answer.body, 'FORBIDDEN')) throw new LoginError('login_denied', 'App ID lets this person in once they are verified', { status });
    if (status >= 400 && status < 408 && says(answer.body, 'invalid_grant')) throw new LoginError('callback_invalid', 'The code was used already, or is too old: sign in again', { oauthError: 'invalid_grant', status });
    return judge(answer, ports.now(), never);
  };

  const askAttributes = async (method: 'GET' | 'PUT' | 'DELETE', path: string, { accessToken }: StoredSession, ports: ProviderPorts, body?: string): Promise<Json> => {
    const headers = { authorization: `Bearer ${accessToken}`, ...(body !== undefined && { 'content-type': 'application/json' }) };
    const answer = await ask(attributesUrl + path, { method, headers, credentials: 'omit', ...(body !== undefined && { body }) }, ports);
    const { status } = answer;
    // It says the same of both. A page for people is of a firewall on the way.
    if ((status === 401 || status === 403) && !/^\s*</.test(answer.body)) throw new LoginError('unsupported', 'App ID gives nothing to this token: the tenant keeps no attributes, or the token was revoked', { status });
    // What is not there is as good as taken away; and what a write is answered with differs, and tells nothing.
    const isDone = method !== 'GET' && ((status >= 200 && status < 300) || (method === 'DELETE' && status === 404));
    return isDone ? {} : judge(answer, ports.now(), never);
  };

  return {
    id: `${oauthServerUrl} ${clientId}`,
    isGuestConnection: isGuests,
    callbackState: (url) => callbackMarks(url, oauthServerUrl),

    async authorize(request, ports) {
      // Nothing more of a guest: App ID would take the token in the address alone.
      refuseUsers(request);
      const { connectionId, redirectUrl } = request;
      const { codeVerifier, codeChallenge: nonce } = await createPkce(ports.crypto);
      const state = randomText(ports.crypto);
      const url = authorizationUrl(application, {
        redirect_uri: redirectUrl, state, nonce, code_challenge: await challengeOf(codeVerifier, ports.crypto), code_challenge_method: 'S256',
        ...(connectionId !== ANY && { idp: isGuests(connectionId) ? ANONYMOUS : connectionId }),
      });
      return { url, state, codeVerifier };
    },

    async exchange(callback, pending, ports) {
      const { purpose, connectionId, subject, codeVerifier } = pending;
      checkIssuer(callback, oauthServerUrl);
      // Nobody was asked, so nobody declined.
      if (purpose === 'guest' && callback.get('error') === 'access_denied') throw new LoginError('login_denied', 'This App ID is set to have no anonymous users', { oauthError: 'guests_disabled' });
      const data = await redeem(codeFrom(callback, oauthServerUrl), pending, ports);
      const granted = grantedBy(data, application);
      const identity = claimsOf(text(data, 'id_token'), application);
      if (text(identity, 'sub') !== granted.subject) throw new LoginError('response_invalid', 'The ID token is of another subject');
      if (optionalText(identity, 'nonce') !== (await digest(ports.crypto, codeVerifier))) throw new LoginError('callback_invalid', 'The ID token is for another sign-in');
      const movedFrom = purpose === 'link' && subject !== granted.subject ? subject : null;
      return { ...granted, connectionId, renewal: { type: 'none' }, ...(movedFrom && { movedFrom }) };
    },

    async refresh() {
      throw new LoginError('grant_refused', 'App ID gives a single-page application nothing to renew a session with');
    },

    async attributes(session, change, ports) {
      checkTexts(change);
      const { set = {}, remove = [] } = change;
      const names = [...Object.keys(set), ...remove];
      if (!names.every((name) => NAME.test(name))) throw new LoginError('config_invalid', 'The name of an attribute is 1 to 60 letters, digits and _, and begins with a letter');
      for (const [name, value] of Object.entries(set)) await askAttributes('PUT', `/${name}`, session, ports, value);
      for (const name of remove) await askAttributes('DELETE', `/${name}`, session, ports);
      // Nobody reads it after a change, and what was written must not look as if it had failed.
      return { values: names.length > 0 ? {} : textsOf(await askAttributes('GET', '', session, ports)) };
    },
  };
}

const never = (): boolean => false;
/** As the verifier takes them; any of them is one step of an address. */
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,59}$/;

/** App ID has a name of its own for what RFC 6749 §5.2 calls `error`. */
function says(body: string, word: string): boolean {
  const data = parseObject(body);
  return [data?.error, data?.error_code].includes(word);
}

/** Whatever else an operator keeps there is not the page's. */
function textsOf(data: Json): AttributeValues {
  return Object.fromEntries(Object.entries(data).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** As App ID's own SDK has it, and not RFC 7636: the digest in hex, and that in base64. */
async function challengeOf(codeVerifier: string, { subtle }: Crypto): Promise<string> {
  const bytes = new Uint8Array(await subtle.digest('SHA-256', new TextEncoder().encode(codeVerifier)));
  return btoa(Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(''));
}
