/**
 * Descope, whose guests the shop's verifier has made, or a flow (docs/protocol-descope.md). Guests of the new generation are tokens without a user: signing in
 * makes another subject. Those of the old one are users with an invented login ID, and keep their subject. Its `me` is never asked: it knows users only.
 */
import { asObject, isLoginError, LoginError, optionalText, text, type Grant, type Json, type StoredSession } from '@passerby/shared';
import { judge, oauthRefusal, type Refusal } from '../core/answers.ts';
import type { Ended } from '../core/record.ts';
import type { ProviderPorts } from '../ports/ports.ts';
import { changeFields, checkTexts, readAttributes } from './attributes.ts';
import { addressWith, refusedVisitor, spent } from './code-flow.ts';
import { checkTogether } from './descope/claims.ts';
import { askForLink, askLoginId, byMail, type Asker, type Mailing } from './descope/ask.ts';
import { byFlow, runFlow } from './descope/flow.ts';
import { grantOf, type Origin } from './descope/grant.ts';
import { checkDescope } from './descope/settings.ts';
import { askAgain, askDescope, askVerifier, isDescopesNo, isOver, isUnsure, never, refreshTokenOf } from './descope/wire.ts';
import { safeAddress } from './http.ts';
import { randomText } from './pkce.ts';
import type { Provider } from './provider.ts';

export interface DescopeOptions {
  /** `P2…` */
  readonly projectId: string;
  /** Descope's API; default: that of the project's region. With cookies: its custom domain, which is one site with the pages. */
  readonly baseUrl?: string;
  /** `anonymous_jwt` (default): guests are tokens, and signing in moves them. `temporary_user`: guests are users in a tenant of theirs. */
  readonly generation?: 'anonymous_jwt' | 'temporary_user';
  /** The tenant of the guests, for `temporary_user`. */
  readonly guestTenantId?: string;
  /** Where guests come from: the address at which the shop's verifier is mounted, or a path such as `/auth` of the pages' own origin. */
  readonly verifier?: string;
  /** Instead of a verifier: a flow that asks nothing and ends with an anonymous token. Attributes and `temporary_user` need the verifier. */
  readonly guestFlow?: string;
  /** How sessions travel, the same as in the project and in the verifier: default `body`. */
  readonly sessions?: 'body' | 'refresh_cookie' | 'cookies';
  /** What a flow (`flow:<id>`) calls the two texts that it asks for, and its button; defaults `email`, `code`, `submit`. Not verified against a real flow. */
  readonly flowInputs?: { readonly email?: string; readonly code?: string; readonly interactionId?: string };
  /** Has the visitor prove to be a person, where the verifier asks for it: a captcha's response. */
  readonly captcha?: () => Promise<string>;
}

/** The connection that makes guests. */
const GUESTS = 'guest';
const CODE = 'email';
const LINK = 'magic_link';
const FLOW = 'flow:';

/** @throws LoginError `config_invalid` */
export function descope(options: DescopeOptions): Provider {
  const settings = checkDescope(options);
  const { captcha } = options;
  const { projectId, base, sessions, guestTenantId, guests } = settings;

  const toGrant = (data: Json, origin: Origin): Grant => grantOf(settings, data, origin);
  /** `session`: in whose name, where it is not the project's alone. */
  const fromDescope = async (path: string, body: Json, ports: ProviderPorts, { session = null, isRefusal = never }: { readonly session?: StoredSession | null; readonly isRefusal?: Refusal } = {}): Promise<Json> =>
    judge(await askDescope(settings, path, body, { ports, session }), ports.now(), isRefusal);
  const fromVerifier = async (route: string, fields: Readonly<Record<string, string>>, ports: ProviderPorts): Promise<Json> =>
    judge(await askVerifier(settings, route, fields, ports), ports.now(), oauthRefusal);

  /** Signing in replaces the guest's cookies, and no page has a token that would prove whose the cart is: the verifier keeps the guest aside. */
  const keepGuest = async (session: StoredSession | null, ports: ProviderPorts): Promise<void> => {
    if (sessions !== 'cookies' || !('verifier' in guests) || session?.kind !== 'guest' || session.renewal.type === 'none') return;
    await fromVerifier('guest/keep', {}, ports).catch((error: unknown) => {
      // The cookie is somebody else's already: what is kept is what was kept then.
      if (!isLoginError(error) || error.code !== 'grant_refused') throw error;
    });
  };

  const answered = (connectionId: string) => (data: Json, { session, ports }: Asker, begunAt: number): Grant => toGrant(data, { session, connectionId, tookMs: ports.now() - begunAt });
  /** A new-generation guest, or nobody, signs in at Descope itself. */
  const descopeMails: Mailing = {
    toGrant: answered(CODE),
    async send(loginId, { ports, session }) {
      await keepGuest(session, ports);
      return askDescope(settings, 'auth/otp/signup-in/email', { loginId }, { ports, session: null });
    },
    confirm: ({ loginId, code }, { ports }) => askDescope(settings, 'auth/otp/verify/email', { loginId, code }, { ports, session: null }),
  };
  /** An old-generation guest is made a user by the verifier. */
  const verifierMails: Mailing = {
    toGrant: answered(CODE),
    send: async (loginId, { ports, session }) => askVerifier(settings, 'upgrade', { ...proofOf(session), login_id: loginId }, ports),
    confirm: async ({ loginId, code, sent }, { ports, session }) => askVerifier(settings, 'upgrade/confirm', { ...proofOf(session), login_id: loginId, code, challenge: text(sent, 'challenge') }, ports),
  };

  const tryRefresh = (ports: ProviderPorts): Promise<Json> => fromDescope('auth/try-refresh', {}, ports).catch(askAgain);

  /** Where nobody but the page can look. */
  const flowUnlessUser = async (flowId: string, after: Ended | null | undefined, ports: ProviderPorts): Promise<Json> => {
    const known = sessions === 'body' || isAnew(after) ? {} : await tryRefresh(ports);
    if (asObject(known.user)) throw signedIn();
    return runFlow(settings, flowId, { ports, session: null });
  };

  return {
    id: `${base} ${projectId}`,
    isGuestConnection: (connectionId) => connectionId === GUESTS,
    guestsFrom: { href: 'verifier' in guests ? guests.verifier : base, crossOrigin: sessions === 'body' ? 'anonymous' : 'use-credentials' },

    ...(captcha && { captcha }),

    async startGuest({ captcha: response, after }, ports) {
      const data = 'flowId' in guests
        ? await flowUnlessUser(guests.flowId, after, ports)
        : await fromVerifier('guest', { ...(isAnew(after) && { anew: 'yes' }), ...(response && { captcha_response: response }) }, ports).catch(refusedVisitor).catch(askUser);
      return toGrant(data, { session: null, connectionId: GUESTS });
    },

    async refresh(session, ports) {
      const data = await fromDescope('auth/refresh', {}, ports, { session, isRefusal: isOver(session, ports.now()) }).catch(async (error: unknown) => {
        // The cookie is gone from this browser: to be asked for nobody is no failure there, and its answer is empty.
        const isNobody = sessions !== 'body' && isUnsure(error) && Object.keys(await tryRefresh(ports)).length === 0;
        if (isNobody) throw new LoginError('grant_refused', "Descope's cookie is not here any more");
        return askAgain(error);
      });
      return toGrant(data, { session, connectionId: session.connectionId });
    },

    ...(sessions !== 'body' && {
      async resume({ connectionId, purpose, subject }, ports) {
        const data = await tryRefresh(ports);
        const grant = asObject(data.user) && toGrant(data, { session: null, connectionId });
        // The one cookie: still of who began it, or left by somebody before them, where nobody did.
        const isNew = purpose !== 'sign_in' || grant?.subject !== subject;
        return grant?.kind === 'user' && subject !== null && isNew ? grant : null;
      },
    }),

    async authorize({ purpose, connectionId, redirectUrl, session, loginHint }, ports) {
      if (connectionId === GUESTS) throw new LoginError('unsupported', 'Guests start without leaving the page here');
      if (purpose === 'link') checkGuest(session);
      if (connectionId === CODE || connectionId.startsWith(FLOW)) throw new LoginError('config_invalid', `By ${connectionId} people answer questions on the page: pass a challenge`);
      await keepGuest(session, ports);
      const state = randomText(ports.crypto);
      const back = addressWith(redirectUrl, { state });
      if (connectionId !== LINK) {
        const data = await fromDescope(`auth/oauth/authorize?${new URLSearchParams({ provider: connectionId, redirectURL: back })}`, {}, ports);
        return { url: safeAddress(text(data, 'url')), state, codeVerifier: '' };
      }
      if (!loginHint) throw new LoginError('config_invalid', 'A link is mailed to an e-mail that the person is asked for: pass a challenge');
      return { url: null, state, codeVerifier: '', send: async () => void (await fromDescope('auth/magiclink/signup-in/email', { loginId: loginHint, redirectUrl: back }, ports)) };
    },

    callbackState({ searchParams }) {
      const state = searchParams.get('state');
      return state && ['code', 't', 'err', 'error'].some((name) => searchParams.has(name)) ? { state, parameters: ['state', 'code', 't', 'err', 'error', 'error_description'] } : null;
    },

    async exchange(callback, { connectionId, subject, startedAt }, ports, { current }) {
      const error = callback.get('err') ?? callback.get('error');
      if (error && /access_denied|cancel/i.test(error)) throw new LoginError('login_denied', 'The person or the service declined', { oauthError: error });
      const [path, field, secret] = connectionId === LINK ? ['auth/magiclink/verify', 'token', callback.get('t')] as const : ['auth/oauth/exchange', 'code', callback.get('code')] as const;
      if (error || !secret) throw new LoginError('callback_invalid', 'Descope came back without a code', { oauthError: error ?? undefined });
      const data = await fromDescope(path, { [field]: secret }, ports, { isRefusal: isDescopesNo }).catch(spent);
      return toGrant(data, { session: current?.subject === subject ? current : null, connectionId, tookMs: ports.now() - startedAt });
    },

    link(session, connectionId) {
      const asks = connectionId === CODE || connectionId === LINK || connectionId.startsWith(FLOW);
      if (!asks) return null;
      checkGuest(session);
      if (connectionId === LINK) return askForLink();
      if (connectionId === CODE) return askLoginId(byMail(session && guestTenantId !== null ? verifierMails : descopeMails));
      const inFlow = byFlow(settings, connectionId.slice(FLOW.length), answered(connectionId));
      return askLoginId(async (loginId, asker) => {
        await keepGuest(asker.session, asker.ports);
        return inFlow(loginId, asker);
      });
    },

    ...('verifier' in guests && {
      async attributes(session, change, ports) {
        checkTexts(change);
        checkTogether(settings, session, change);
        const fields = changeFields(change);
        const isChange = Object.keys(fields).length > 0;
        const proof = isChange || !session.accessToken ? proofOf(session) : { token: session.accessToken };
        const data = await fromVerifier('attributes', { ...proof, ...fields }, ports);
        const values = readAttributes(data);
        if (!optionalText(data, 'subject')) return { values };
        const grant = toGrant(data, { session, connectionId: session.connectionId });
        if (grant.subject !== session.subject) throw new LoginError('session_changed', "The cookie is somebody else's by now");
        return { values, grant };
      },
    }),

    async endSession(session, ports, who) {
      // In the body there is nothing to end without it; a cookie is whoever's it is by now, and nobody's afterwards.
      if (sessions === 'body' && !refreshTokenOf(session)) return;
      await fromDescope('auth/logout', {}, ports, { session, isRefusal: isDescopesNo }).catch((error: unknown) => {
        // Over already: just what was asked for.
        if (!isLoginError(error) || error.code !== 'grant_refused') throw error;
      });
      // The next person at this device has nobody's things merged into theirs.
      if (who === 'everybody' && sessions === 'cookies' && 'verifier' in guests) await fromVerifier('guest/forget', {}, ports);
    },
  };
}

/** What shows the verifier whose renewal this is: a token, or the cookie that goes along. @throws LoginError `grant_refused` */
function proofOf(session: StoredSession | null): { readonly token?: string } {
  // With cookies, the one that is here may be somebody else's by now.
  if (session?.renewal.type === 'none') throw new LoginError('grant_refused', 'This session ends with its token: nothing about it can be changed any more');
  const token = refreshTokenOf(session);
  return token ? { token } : {};
}

/** A user has the identities that they have. @throws LoginError `unsupported` */
function checkGuest(session: StoredSession | null): void {
  if (session?.kind === 'user') throw new LoginError('unsupported', 'Only a guest is linked here: a user adds identities at Descope');
}

/** Who was asked to sign in, or signed out, and would rather be a guest. */
const isAnew = (after: Ended | null | undefined): boolean => after === 'user_expired' || after === 'signed_out';

/** The verifier's word for a user whose cookie is here though this page knows nobody. */
function askUser(error: unknown): never {
  throw isLoginError(error) && error.oauthError === 'guest_upgraded' ? signedIn(error) : error;
}

/** Nobody is made a guest over it, and nobody is signed in by a cookie alone: the person signs in again, or asks for a guest once more. */
const signedIn = (cause?: LoginError): LoginError => new LoginError('login_required', 'Somebody is signed in in this browser: sign in again', { cause, oauthError: 'guest_upgraded' });
