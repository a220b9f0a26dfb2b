/**
 * ZITADEL, whose guests are ordinary users that the shop's own server makes and keeps the tokens of (docs/protocol-zitadel.md). The page has no credential:
 * two cookies that it cannot read say who is here, the guest's and the user's.
 */
import { isLoginError, LoginError, optionalNumber, optionalText, text, type Grant, type Json } from '@passerby/shared';
import { judge, oauthRefusal, parseObject, type Answer as HttpAnswer, type Refusal } from '../core/answers.ts';
import type { ProviderPorts } from '../ports/ports.ts';
import { checkTexts, readAttributes } from './attributes.ts';
import { addressWith, callbackMarks, checkBase, checkClientId, checkMount, codeFrom, refusedVisitor } from './code-flow.ts';
import { postHome, safeAddress } from './http.ts';
import { createPkce, randomText } from './pkce.ts';
import type { Answer, AttributeChange, Challenge, LinkStep, Provider, Registration } from './provider.ts';

export interface ZitadelOptions {
  /** The ZITADEL instance, such as `https://shop-abc123.zitadel.cloud`. */
  readonly issuer: string;
  /** The client id of the shop's web application there. */
  readonly clientId: string;
  /** Where the shop's server has the verifier mounted, such as `/auth`: a path, or an address, of the pages' own origin. */
  readonly verifier: string;
  /** Default: `openid profile email offline_access`. Without `offline_access` a user's session ends with its first token. */
  readonly scope?: string;
  /** Has the visitor prove to be a person, where the verifier asks for it: a captcha's response. */
  readonly captcha?: () => Promise<string>;
}

/** The connection that makes guests. */
const GUESTS = 'guest';
/** Whose cookies are here, whoever that is. */
const EVERYBODY = { subject: '-', all: true } as const;

/** @throws LoginError `config_invalid` */
export function zitadel(options: ZitadelOptions): Provider {
  const { clientId, scope = 'openid profile email offline_access', captcha } = options;
  const issuer = checkBase(options.issuer, 'issuer');
  const mount = checkMount(options.verifier);
  checkClientId(clientId);

  const post = async (route: string, body: Json, ports: ProviderPorts): Promise<Json> => judge(await postHome(`${mount}/${route}`, body, ports), ports.now(), isOver);

  /** The next thing to ask a guest who wants to be a user. What was answered is held by these functions alone. */
  const askRegistration = (guest: string, refused?: Refused, proof?: Proof): LinkStep => ({
    challenge: { type: 'registration', refused },
    async answer(answer, ports) {
      const person = registrationOf(answer);
      if (proof?.email === person.email) return confirm(guest, person, proof, ports);
      const { email, givenName, familyName } = person;
      const sent = await postHome(`${mount}/upgrade`, { email, given_name: givenName, family_name: familyName }, ports);
      if (wordOf(sent) === 'invalid_request') return askRegistration(guest, 'name_or_email');
      return askCode(guest, person, text(judge(sent, ports.now(), isOver), 'challenge'));
    },
  });

  const askCode = (guest: string, person: Registration, challenge: string, triesLeft?: number): LinkStep => ({
    challenge: { type: 'code', sentTo: person.email, triesLeft },
    async answer(answer, ports) {
      if (!('code' in answer) || typeof answer.code !== 'string') throw new LoginError('config_invalid', 'A code is answered with { code }');
      return confirm(guest, person, { challenge, code: answer.code.trim(), email: person.email }, ports);
    },
  });

  const confirm = async (guest: string, person: Registration, proof: Proof, ports: ProviderPorts): Promise<LinkStep> => {
    const { email, givenName, familyName, password } = person;
    const answer = await postHome(`${mount}/upgrade/confirm`, { challenge: proof.challenge, code: proof.code, email, given_name: givenName, family_name: familyName, password }, ports);
    switch (wordOf(answer)) {
      case 'code_wrong':
        return askCode(guest, person, proof.challenge, optionalNumber(parseObject(answer.body) ?? {}, 'tries_left'));
      case 'invalid_request':
        return askRegistration(guest, 'name_or_email', proof);
      case 'challenge_over':
        return askRegistration(guest, 'code');
      case 'password_refused':
        return askRegistration(guest, 'password', proof);
      case 'identity_in_use':
        return { done: 'identity_in_use', loginHint: email };
    }
    if (text(judge(answer, ports.now(), isOver), 'subject') !== guest) throw new LoginError('session_changed', "The service's session is another guest's by now");
    return { done: 'upgraded', loginHint: email };
  };

  return {
    id: `${issuer} ${clientId}`,
    isGuestConnection: (connectionId) => connectionId === GUESTS,

    ...(captcha && { captcha }),

    async startGuest({ redirectUrl, after, captcha: response }, ports) {
      checkHome(mount, redirectUrl);
      // Whoever signed out without a network left the cookies here.
      if (after === 'signed_out') await post('logout', EVERYBODY, ports);
      // Whose guest has become a user was asked to sign in, and wants to be another guest.
      const data = await post('guest', { ...(after === 'user_expired' && { anew: true }), ...(response && { captcha_response: response }) }, ports).catch(refusedVisitor);
      return toGrant(data, GUESTS);
    },

    async refresh({ subject, connectionId }, ports) {
      return toGrant(await post('session', { subject }, ports), connectionId);
    },

    async authorize({ connectionId, redirectUrl, loginHint, after }, ports) {
      checkHome(mount, redirectUrl);
      // The next person at this device: what the last one left is nobody's to find.
      if (after === 'signed_out') await post('logout', EVERYBODY, ports);
      const { codeVerifier, codeChallenge } = await createPkce(ports.crypto);
      const [state, nonce] = [randomText(ports.crypto), randomText(ports.crypto)];
      const url = addressWith(`${issuer}/oauth/v2/authorize`, {
        response_type: 'code', client_id: clientId, redirect_uri: redirectUrl, state, nonce, code_challenge: codeChallenge, code_challenge_method: 'S256',
        // Its ids are numbers: such a connection is one of its identity providers, any other is its own page with all of them.
        scope: /^\d+$/.test(connectionId) ? `${scope} urn:zitadel:iam:org:idp:id:${connectionId}` : scope,
        ...(loginHint && { login_hint: loginHint }),
      });
      return { url, state, codeVerifier, details: { nonce } };
    },

    callbackState: (url) => callbackMarks(url, issuer),

    async exchange(callback, { codeVerifier, redirectUrl, connectionId, details = {} }, ports) {
      const code = codeFrom(callback, issuer);
      return toGrant(await post('login', { code, code_verifier: codeVerifier, redirect_uri: redirectUrl, nonce: details.nonce }, ports), connectionId);
    },

    link: (session) => (session?.kind === 'guest' ? askRegistration(session.subject) : null),

    async attributes({ subject }, change, ports) {
      checkKeys(change);
      checkTexts(change);
      return { values: readAttributes(await post('metadata', { subject, ...change }, ports)) };
    },

    async endSession({ subject }, ports, who) {
      try {
        const url = optionalText(await post('logout', who === 'everybody' ? { ...EVERYBODY, subject } : { subject }, ports), 'url');
        return url && safeAddress(url);
      } catch (error) {
        // Its cookie is not here any more: just what was asked for.
        if (!isLoginError(error) || error.code !== 'grant_refused') throw error;
      }
    },
  };
}

/** What showed that an e-mail is this person's. */
interface Proof {
  readonly challenge: string;
  readonly code: string;
  readonly email: string;
}

/** Which part of their answer the person is to give again. */
type Refused = Extract<Challenge, { type: 'registration' }>['refused'];

/** The verifier's word for what it does not take of a person; the rest is judged as everywhere. */
const wordOf = ({ status, body }: HttpAnswer): unknown => (status === 400 ? parseObject(body)?.error : undefined);

const isOver: Refusal = (status, error) => oauthRefusal(status, error) || error === 'guest_upgraded';

/** Who is here, straight from the shop's own origin. @throws LoginError `response_invalid` */
function toGrant(data: Json, connectionId?: string): Grant {
  const kind = text(data, 'kind');
  const lifetimeSeconds = optionalNumber(data, 'expires_in') ?? 0;
  if ((kind !== 'guest' && kind !== 'user') || !(lifetimeSeconds > 0)) throw new LoginError('response_invalid', "The verifier's answer is no session");
  const accessToken = optionalText(data, 'access_token');
  return {
    subject: text(data, 'subject'), kind, connectionId, renewal: { type: 'own_cookie' }, lifetimeMs: lifetimeSeconds * 1000, issuedAt: 0,
    ...(accessToken ? { accessToken } : { accessToken: '', tokenType: 'Cookie' }),
  };
}

/** @throws LoginError `config_invalid` */
function registrationOf(answer: Answer): Registration {
  const isWhole = 'email' in answer && [answer.email, answer.givenName, answer.familyName, answer.password].every((part: unknown) => typeof part === 'string' && part !== '');
  if (!isWhole) throw new LoginError('config_invalid', 'A registration is answered with { givenName, familyName, email, password }, none of them empty');
  return answer;
}

/** @throws LoginError `config_invalid` */
function checkKeys({ set = {}, remove = [] }: AttributeChange): void {
  const keys = [...Object.keys(set), ...remove];
  if (!keys.every((key) => /^[a-z0-9_]{1,64}$/.test(key))) throw new LoginError('config_invalid', 'The key of an attribute is 1 to 64 of a-z, 0-9 and _');
}

/** Its cookies are of the pages' own origin, or nobody would be anybody. @throws LoginError `config_invalid` */
function checkHome(mount: string, page: string): void {
  if (new URL(mount, page).origin !== new URL(page).origin) throw new LoginError('config_invalid', 'verifier is not at the origin of this page: have the server of the shop mount it, and pass its path');
}
