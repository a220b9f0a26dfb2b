/** App ID, as far as a server needs it. Knows nothing of the shop's pages. */
import { optionalText, type Json } from '@passerby/shared';
import { randomName } from '../random.ts';
import { reach, type ServiceAnswer } from '../reach.ts';
import { isSecure } from '../settings.ts';
import { AppIdFailed, judgeAuthorization, judgeProfiles, judgeToken, unavailable } from './failures.ts';
import type { CheckedAppId } from './settings.ts';

/** What a code or a refresh token comes to. */
export interface Tokens {
  readonly accessToken: string;
  readonly idToken: string | undefined;
  readonly refreshToken: string | undefined;
}

export interface SignInRequest {
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  /** One way to sign in; undefined: people choose at App ID. */
  readonly idp: string | undefined;
}

/** What its own SDK for web applications asks for. */
const SCOPE = 'appid_default';

/** Every method throws AppIdFailed. */
export class Service {
  readonly #parts: CheckedAppId;

  constructor(parts: CheckedAppId) {
    this.#parts = parts;
  }

  /** A new anonymous profile; or, by its last token, the one that it is of: App ID may give another one all the same. No browser sees either address. */
  async anonymous(previous: string | null): Promise<Tokens> {
    const { guestRedirectUrl: redirectUri, random } = this.#parts;
    const state = randomName(random);
    const answer = await this.#authorization({ idp: 'appid_anon', redirect_uri: redirectUri, state, ...(previous !== null && { appid_access_token: previous }) });
    const back = backAt(answer, redirectUri);
    const code = back?.searchParams.get('code');
    if (!back || !code) throw judgeAuthorization(answer, back && { word: back.searchParams.get('error') ?? '', code: back.searchParams.get('error_code') ?? '' });
    if (back.searchParams.get('state') !== state) throw unavailable('authorization');
    return this.redeem({ code, redirectUri });
  }

  /** `over` where App ID does not take the code (again). */
  redeem({ code, redirectUri }: { readonly code: string; readonly redirectUri: string }): Promise<Tokens> {
    return this.#token('code', { grant_type: 'authorization_code', code, redirect_uri: redirectUri });
  }

  /** `over` where App ID does not take the refresh token any more. `guestToken`: of the anonymous profile to attach. */
  async refresh(refreshToken: string, guestToken?: string): Promise<Tokens> {
    const tokens = await this.#token('refresh', { grant_type: 'refresh_token', refresh_token: refreshToken, ...(guestToken !== undefined && { appid_access_token: guestToken }) });
    return { ...tokens, refreshToken: tokens.refreshToken ?? refreshToken };
  }

  /** Where a browser is sent to sign in, for whom no guest is to be attached. */
  signInUrl(request: SignInRequest): string {
    return `${this.#parts.oauthServerUrl}/authorization?${this.#query(parametersOf(request))}`;
  }

  /**
   * Where a browser goes on with a sign-in that App ID knows the guest of, and that does not say the guest's token; null: there is no such address, because App ID
   * answers with a page, refuses the token, or wants a cookie that this server got in the browser's place.
   */
  async signInHandle(request: SignInRequest, guestToken: string): Promise<string | null> {
    const answer = await this.#authorization({ ...parametersOf(request), appid_access_token: guestToken });
    const { status, location = '', cookies } = answer;
    if (status === 429 || status === 0 || status >= 500) throw judgeAuthorization(answer, null);
    const handle = status >= 300 && status < 400 && location !== '' && URL.canParse(location, this.#parts.oauthServerUrl) ? new URL(location, this.#parts.oauthServerUrl) : null;
    // Without its header, which many tokens have alike.
    const secrets = guestToken.split('.').slice(1);
    const isClean = handle !== null && isSecure(handle.href) && cookies.length === 0 && !secrets.some((part) => handle.href.includes(part));
    return isClean && !handle.href.startsWith(request.redirectUri) ? handle.href : null;
  }

  /** Everything that is kept about whose token this is. `token_refused` */
  async attributes(accessToken: string): Promise<Json> {
    const answer = await this.#profiles('GET', '', accessToken);
    if (answer.status === 200 && answer.body) return answer.body;
    throw answer.status === 200 ? unavailable('attributes') : judgeProfiles('attributes', answer);
  }

  /** `token_refused`, `refused` where it is too much */
  async setAttribute(accessToken: string, name: string, text: string): Promise<void> {
    const answer = await this.#profiles('PUT', `/${encodeURIComponent(name)}`, accessToken, text);
    if (answer.status < 200 || answer.status > 204) throw judgeProfiles('attributes', answer);
  }

  /** `token_refused` */
  async removeAttribute(accessToken: string, name: string): Promise<void> {
    const answer = await this.#profiles('DELETE', `/${encodeURIComponent(name)}`, accessToken);
    // What is not there is as good as taken away.
    if (answer.status !== 404 && (answer.status < 200 || answer.status > 204)) throw judgeProfiles('attributes', answer);
  }

  /** Whether App ID still takes a token. */
  async isActive(token: string): Promise<boolean> {
    const answer = await this.#form('introspect', { token });
    const active = answer.status === 200 ? answer.body?.['active'] : undefined;
    if (typeof active === 'boolean') return active;
    throw answer.status === 200 ? unavailable('introspect') : judgeToken('introspect', answer);
  }

  async revoke(refreshToken: string): Promise<void> {
    const answer = await this.#form('revoke', { token: refreshToken });
    if (answer.status !== 200 && answer.status !== 204) throw judgeToken('revoke', answer);
  }

  #query(parameters: Readonly<Record<string, string>>): URLSearchParams {
    return new URLSearchParams({ client_id: this.#parts.clientId, response_type: 'code', scope: SCOPE, ...parameters });
  }

  #authorization(parameters: Readonly<Record<string, string>>): Promise<ServiceAnswer> {
    return reach(this.#parts.fetch, `${this.#parts.oauthUrl}/authorization?${this.#query(parameters)}`, { method: 'GET', headers: {}, mostBytes: MOST_BYTES_OF_A_PAGE });
  }

  async #token(what: 'code' | 'refresh', parameters: Readonly<Record<string, string>>): Promise<Tokens> {
    const answer = await this.#form('token', { client_id: this.#parts.clientId, ...parameters });
    const accessToken = answer.status === 200 && answer.body ? optionalText(answer.body, 'access_token') : undefined;
    if (accessToken === undefined || !answer.body) throw answer.status === 200 ? unavailable(what) : judgeToken(what, answer);
    return { accessToken, idToken: optionalText(answer.body, 'id_token'), refreshToken: optionalText(answer.body, 'refresh_token') };
  }

  #form(path: string, parameters: Readonly<Record<string, string>>): Promise<ServiceAnswer> {
    const { oauthUrl, clientId, secret, fetch } = this.#parts;
    // As its own SDKs do it: neither half is encoded, though RFC 6749 §2.3.1 has it so and secrets end in `=`.
    return reach(fetch, `${oauthUrl}/${path}`, { headers: { authorization: `Basic ${btoa(`${clientId}:${secret}`)}` }, body: new URLSearchParams(parameters) });
  }

  #profiles(method: 'GET' | 'PUT' | 'DELETE', path: string, accessToken: string, body?: string): Promise<ServiceAnswer> {
    const { profilesUrl, fetch } = this.#parts;
    const headers = { authorization: `Bearer ${accessToken}`, ...(body !== undefined && { 'content-type': 'application/json' }) };
    return reach(fetch, `${profilesUrl}/api/v1/attributes${path}`, { method, headers, mostBytes: MOST_BYTES_OF_ATTRIBUTES, ...(body !== undefined && { body }) });
  }
}

const MOST_BYTES_OF_A_PAGE = 1_048_576;
/** Of 100 kB each character may be written as six. */
const MOST_BYTES_OF_ATTRIBUTES = 1_048_576;

const parametersOf = ({ redirectUri, state, nonce, idp }: SignInRequest): Readonly<Record<string, string>> => ({ redirect_uri: redirectUri, state, nonce, ...(idp !== undefined && { idp }) });

/** The address that an answer sends to, where that is this one, to the letter, with a query. */
function backAt({ status, location = '' }: ServiceAnswer, redirectUri: string): URL | null {
  const isBack = status >= 300 && status < 400 && location.startsWith(`${redirectUri}?`) && URL.canParse(location);
  return isBack ? new URL(location) : null;
}

/** @throws AppIdFailed but `token_refused` */
export async function orRefused<T>(ask: Promise<T>): Promise<T | 'token_refused'> {
  try {
    return await ask;
  } catch (error) {
    if (error instanceof AppIdFailed && error.failure === 'token_refused') return 'token_refused';
    throw error;
  }
}
