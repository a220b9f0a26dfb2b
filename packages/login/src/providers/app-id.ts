/**
 * IBM App ID, whose guests the shop's verifier starts (docs/protocol-app-id.md): anonymous profiles, with a token of weeks that is renewed by itself. Signing in
 * attaches the profile to the user's, which may keep the guest's subject or not: it is compared. Neither the secret nor a token is ever in an address.
 */
import { isLoginError, LoginError, optionalText, text, type Grant, type Json, type StoredSession } from '@passerby/shared';
import { judge, type Refusal } from '../core/answers.ts';
import type { ProviderPorts } from '../ports/ports.ts';
import { ANY, authorizationUrl, checkApplication, grantedBy, GUESTS, isGuests, refuseUsers } from './app-id/tokens.ts';
import { changeFields, checkTexts, readAttributes } from './attributes.ts';
import { callbackMarks, checkMount, codeFrom, refusedVisitor, spent } from './code-flow.ts';
import { postForm, safeAddress } from './http.ts';
import { createPkce, randomText } from './pkce.ts';
import type { Provider } from './provider.ts';

export { publicAppId, type PublicAppIdOptions } from './app-id-public.ts';

export interface AppIdOptions {
  /** As the service credentials have it: `https://<region>.appid.cloud.ibm.com/oauth/v4/<tenantId>`. */
  readonly oauthServerUrl: string;
  /** The client id of the shop's application, a regular web application: its secret is the verifier's. */
  readonly clientId: string;
  /** The address at which the shop's verifier is mounted, or a path such as `/auth` of the pages' own origin. */
  readonly verifier: string;
  /** Has the visitor prove to be a person, where the verifier asks for it: a captcha's response. */
  readonly captcha?: () => Promise<string>;
}

/** @throws LoginError `config_invalid` */
export function appId(options: AppIdOptions): Provider {
  const { captcha } = options;
  const application = checkApplication(options);
  const { oauthServerUrl, clientId } = application;
  const verifier = checkMount(options.verifier);

  const ask = async (route: string, fields: Readonly<Record<string, string>>, ports: ProviderPorts): Promise<Json> =>
    judge(await postForm(`${verifier}/${route}`, fields, ports), ports.now(), isOver);

  const toGrant = (data: Json, connectionId: string | undefined, guest: StoredSession | null): Grant => {
    const granted = grantedBy(data, application);
    const { kind, accessToken, lifetimeMs } = granted;
    const refreshToken = kind === 'guest' ? accessToken : optionalText(data, 'refresh_token');
    return {
      ...granted, connectionId,
      renewal: refreshToken ? { type: 'refresh_token', refreshToken } : { type: 'none' },
      // Its own token is all that renews a guest, so nothing does once that has ended.
      ...(kind === 'guest' && { renewAheadMs: lifetimeMs / 2 }),
      ...(guest && data.moved_from === guest.subject && { movedFrom: guest.subject }),
    };
  };

  return {
    id: `${oauthServerUrl} ${clientId}`,
    isGuestConnection: isGuests,
    guestsFrom: { href: verifier, crossOrigin: 'anonymous' },

    ...(captcha && { captcha }),

    async startGuest({ captcha: response }, ports) {
      return toGrant(await ask('guest', response ? { captcha_response: response } : {}, ports).catch(refusedVisitor), GUESTS, null);
    },

    async refresh({ kind, accessToken, renewal, connectionId }, ports) {
      if (renewal.type !== 'refresh_token') throw new LoginError('grant_refused', 'App ID gave nothing to renew this session with');
      return toGrant(await ask('renew', kind === 'guest' ? { token: accessToken } : { refresh_token: renewal.refreshToken }, ports), connectionId, null);
    },

    async authorize(request, ports) {
      const { purpose, connectionId, redirectUrl, session } = request;
      if (isGuests(connectionId)) throw new LoginError('unsupported', 'Guests start without leaving the page here');
      refuseUsers(request);
      const guest = purpose === 'link' ? session : null;
      const { codeVerifier, codeChallenge: nonce } = await createPkce(ports.crypto);
      const fields = { redirect_uri: redirectUrl, state: randomText(ports.crypto), nonce, ...(connectionId !== ANY && { idp: connectionId }) };
      const begun = { state: fields.state, codeVerifier };
      if (guest === null) return { ...begun, url: authorizationUrl(application, fields) };
      // Where App ID goes on with a sign-in whose guest the verifier told it: the token is in no address that this browser sees.
      return { ...begun, url: safeAddress(text(await ask('authorize', { ...fields, token: guest.accessToken }, ports), 'url')), details: { guest: guest.subject } };
    },

    callbackState: (url) => callbackMarks(url, oauthServerUrl),

    async exchange(callback, { codeVerifier, redirectUrl, connectionId, details = {} }, ports, { current }) {
      const code = codeFrom(callback, oauthServerUrl);
      const guest = current?.kind === 'guest' && current.subject === details.guest ? current : null;
      const data = await ask('login', { code, redirect_uri: redirectUrl, code_verifier: codeVerifier, ...(guest && { token: guest.accessToken }) }, ports).catch(refusedPerson);
      return toGrant(data, connectionId, guest);
    },

    async attributes({ accessToken }, change, ports) {
      checkTexts(change);
      return { values: readAttributes(await ask('attributes', { token: accessToken, ...changeFields(change) }, ports).catch(keptNowhere)) };
    },

    async endSession({ kind, accessToken, renewal }, ports) {
      if (renewal.type !== 'refresh_token') return;
      await ask('logout', kind === 'guest' ? { token: accessToken } : { refresh_token: renewal.refreshToken }, ports).catch((error: unknown) => {
        // Over already: just what was asked for.
        if (!isLoginError(error) || error.code !== 'grant_refused') throw error;
      });
    },
  };
}

const isOver: Refusal = (_status, error) => /^(invalid_grant|guest_expired|guest_revoked)$/.test(error);

/** Whom App ID does not let in yet is told so; a code that was used will never do. */
function refusedPerson(error: unknown): never {
  if (isLoginError(error) && error.oauthError === 'access_denied') throw new LoginError('login_denied', 'App ID lets this person in once they are verified', { oauthError: error.oauthError, status: error.status });
  return spent(error);
}

/** @throws LoginError `unsupported` */
function keptNowhere(error: unknown): never {
  if (!isLoginError(error) || error.oauthError !== 'attributes_disabled') throw error;
  throw new LoginError('unsupported', 'This App ID is set to keep no attributes that pages may change', { oauthError: error.oauthError, status: error.status });
}
