/** Descope's users, tenants and sessions, as far as a server needs them. Knows nothing of the shop's pages. */
import { asObject, optionalNumber, optionalText, type Json } from '@passerby/shared';
import { reach, type ServiceAnswer } from '../reach.ts';
import { DescopeFailed, judge, type Api } from './failures.ts';
import type { CheckedService } from './settings.ts';

/** What a sign-in, a refresh or a new guest comes to. */
export interface Tokens {
  readonly sessionJwt: string;
  /** Undefined where it stays the one it is. */
  readonly refreshJwt: string | undefined;
}

/** What Descope says of a user. */
export interface User {
  readonly subject: string;
  readonly loginIds: readonly string[];
  readonly email: string;
  readonly hasVerifiedEmail: boolean;
  readonly hasVerifiedPhone: boolean;
  readonly tenantIds: readonly string[];
  readonly attributes: Json;
  /** Ms since epoch, by Descope's clock; null where it is not told. */
  readonly createdAt: number | null;
}

export interface EmailUpdate {
  readonly refreshJwt: string;
  readonly loginId: string;
  readonly email: string;
  /** What Descope does where the e-mail is somebody's login ID by the time it is proven. `nothing`: they keep that, and nobody is merged. */
  readonly whenTaken: 'guest_stays' | 'existing_stays' | 'nothing';
}

/** Receives no mail, and nobody signs in with it (RFC 2606 §2). */
export const GUEST_DOMAIN = '@guest.invalid';
/** So many users are in one answer, of which each may have many attributes. */
export const PAGE = 40;
const MOST_BYTES_OF_A_LIST = 8_388_608;
const UNIT_MS: Readonly<Record<string, number>> = { seconds: 1_000, minutes: 60_000, hours: 3_600_000, days: 86_400_000, weeks: 604_800_000 };

/** Every method throws DescopeFailed. */
export class Service {
  readonly #parts: CheckedService;

  constructor(parts: CheckedService) {
    this.#parts = parts;
  }

  /** Makes a guest of the new generation. */
  async anonymous(asked: { readonly customClaims: Readonly<Record<string, string>>; readonly selectedTenant: string | undefined; readonly refreshDuration: number | undefined }): Promise<Tokens> {
    return readTokens('auth/anonymous', await this.#manage('auth/anonymous', asked));
  }

  /** Gives a refresh token other claims. */
  async updateJwt(jwt: string, customClaims: Readonly<Record<string, string>>, refreshDuration: number | undefined): Promise<string> {
    const answer = await this.#ask({ api: 'token', what: 'jwt/update', path: '/v1/mgmt/jwt/update', bearer: this.#parts.managementKey, body: { jwt, customClaims, refreshDuration } });
    const updated = answer.body && optionalText(answer.body, 'jwt');
    if (!updated) throw unreadable('jwt/update');
    return updated;
  }

  /** Makes a guest of the old generation. */
  async createGuest(loginId: string, tenantId: string): Promise<void> {
    await this.#change('user/create', { loginId, userTenants: [{ tenantId }] });
  }

  async setPassword(loginId: string, password: string): Promise<void> {
    await this.#manage('user/password/set/active', { loginId, password });
  }

  async replacePassword(loginId: string, oldPassword: string, newPassword: string): Promise<Tokens> {
    return this.#session('password', 'password/replace', { loginId, oldPassword, newPassword });
  }

  /** `over` where Descope does not take the refresh token any more. */
  async refresh(refreshJwt: string): Promise<Tokens> {
    const { sessionJwt, refreshJwt: next } = await this.#session('token', 'refresh', {}, refreshJwt);
    return { sessionJwt, refreshJwt: next ?? refreshJwt };
  }

  /** Whose refresh token this is, where it is one of a user and still good; else `over`. */
  async me(refreshJwt: string): Promise<User> {
    const { body } = await this.#ask({ api: 'token', what: 'me', method: 'GET', path: '/v1/auth/me', bearer: refreshJwt });
    return readUser('me', body);
  }

  /** What Descope says of a user, by their subject or a login ID; null: there is none. */
  async user(name: { readonly userId: string } | { readonly loginId: string }): Promise<User | null> {
    return orNull(async () => {
      const { body } = await this.#ask({ api: 'management', what: 'user', method: 'GET', path: `/v1/mgmt/user?${new URLSearchParams({ ...name })}`, bearer: this.#parts.managementKey });
      return readUser('user', asObject(body?.['user']));
    });
  }

  /** Those who have proven this e-mail, whatever their login IDs are. */
  async usersOf(email: string): Promise<readonly User[]> {
    return this.#search({ emails: [email], page: 0, limit: PAGE });
  }

  /** A page of those in a tenant who were made before then (ms since epoch). */
  async members(tenantId: string, before: number, page: number): Promise<readonly User[]> {
    return this.#search({ tenantIds: [tenantId], toCreatedTime: before, page, limit: PAGE });
  }

  async setAttribute(subject: string, attributeKey: string, attributeValue: string): Promise<void> {
    await this.#change('user/update/customAttribute', { loginId: subject, attributeKey, attributeValue });
  }

  async leaveTenant(subject: string, tenantId: string): Promise<void> {
    await this.#change('user/update/tenant/remove', { loginId: subject, tenantId });
  }

  async removeLoginId(loginId: string): Promise<void> {
    await this.renameLoginId(loginId, '');
  }

  /** Whoever is not there any more keeps nothing. */
  async renameLoginId(loginId: string, newLoginId: string): Promise<void> {
    await orNull(() => this.#change('user/update/loginid', { loginId, newLoginId }));
  }

  /** Whoever is not there any more is as good as deleted. */
  async deleteUser(userId: string): Promise<void> {
    await orNull(() => this.#manage('user/delete', { userId }));
  }

  /** Sends a code for an e-mail that is to be the guest's. */
  async sendUpdateCode({ refreshJwt, loginId, email, whenTaken }: EmailUpdate): Promise<void> {
    const merging = whenTaken === 'nothing' ? { addToLoginIDs: false } : { addToLoginIDs: true, onMergeUseExisting: whenTaken === 'existing_stays' };
    await this.#ask({ api: 'token', what: 'otp/update/email', path: '/v1/auth/otp/update/email', bearer: refreshJwt, body: { loginId, email, ...merging } });
  }

  /** Sends a code to somebody who is known. */
  async sendSignInCode(loginId: string): Promise<void> {
    await this.#ask({ api: 'code', what: 'otp/signin/email', path: '/v1/auth/otp/signin/email', body: { loginId } });
  }

  /** `code_wrong`, `code_over` */
  async verifyCode(loginId: string, code: string): Promise<Tokens> {
    return this.#session('code', 'otp/verify/email', { loginId, code });
  }

  /** How long a refresh token of this tenant's members lives, in milliseconds; null where the tenant does not say so. */
  async refreshLife(tenantId: string): Promise<number | null> {
    const { body } = await this.#ask({ api: 'management', what: 'tenant/settings', method: 'GET', path: `/v1/mgmt/tenant/settings?${new URLSearchParams({ id: tenantId })}`, bearer: this.#parts.managementKey });
    const [count, unit] = [optionalNumber(body ?? {}, 'refreshTokenExpiration'), UNIT_MS[(body && optionalText(body, 'refreshTokenExpirationUnit')) ?? '']];
    return body?.['enabled'] === true && count !== undefined && count > 0 && unit !== undefined ? count * unit : null;
  }

  async createTenant(id: string, name: string): Promise<void> {
    await this.#manage('tenant/create', { id, name });
  }

  async setTenantLife(tenantId: string, refreshWeeks: number, sessionMinutes: number): Promise<void> {
    await this.#manage('tenant/settings', {
      tenantId, enabled: true, refreshTokenExpiration: refreshWeeks, refreshTokenExpirationUnit: 'weeks', sessionTokenExpiration: sessionMinutes, sessionTokenExpirationUnit: 'minutes', enableInactivity: false,
    });
  }

  async #search(query: object): Promise<readonly User[]> {
    const { body } = await this.#ask({ api: 'management', what: 'user/search', path: '/v2/mgmt/user/search', bearer: this.#parts.managementKey, body: query, mostBytes: MOST_BYTES_OF_A_LIST });
    const users = body?.['users'];
    // Nobody is no list at all where the service leaves out what is empty.
    if (users !== undefined && users !== null && !Array.isArray(users)) throw unreadable('user/search');
    return (users ?? []).map((user: unknown) => readUser('user/search', asObject(user)));
  }

  /** What changes a user answers with the user. */
  async #change(what: string, body: object): Promise<void> {
    readUser(what, asObject((await this.#manage(what, body))['user']));
  }

  async #manage(what: string, body: object): Promise<Json> {
    const answer = await this.#ask({ api: 'management', what, path: `/v1/mgmt/${what}`, bearer: this.#parts.managementKey, body });
    return answer.body ?? {};
  }

  async #session(api: Api, what: string, body: object, bearer?: string): Promise<Tokens> {
    const answer = await this.#ask({ api, what, path: `/v1/auth/${what}`, bearer, body });
    return readTokens(what, answer.body ?? {}, answer.cookies);
  }

  async #ask({ api, what, path, bearer, body, ...rest }: { readonly api: Api; readonly what: string; readonly path: string; readonly method?: 'GET'; readonly bearer?: string | undefined; readonly body?: object; readonly mostBytes?: number }): Promise<ServiceAnswer> {
    const { managementUrl, projectId, fetch } = this.#parts;
    const headers = { authorization: `Bearer ${projectId}${bearer === undefined ? '' : `:${bearer}`}`, 'content-type': 'application/json' };
    const answer = await reach(fetch, `${managementUrl}${path}`, { ...rest, headers, ...(body && { body: JSON.stringify(body) }) });
    if (answer.status === 200 && answer.body) return answer;
    throw answer.status === 200 ? unreadable(what) : judge(api, what, answer);
  }
}

/** The project may keep either token in a cookie, and then leaves it out of the body. */
function readTokens(what: string, body: Json, cookies: readonly string[] = []): Tokens {
  const kept = (name: string): string | undefined => cookies.map((line) => new RegExp(`^${name}=([\\w.-]+)(?:;|$)`).exec(line)?.[1]).find((value) => value !== undefined);
  const sessionJwt = optionalText(body, 'sessionJwt') ?? kept('DS');
  if (sessionJwt === undefined) throw unreadable(what);
  return { sessionJwt, refreshJwt: optionalText(body, 'refreshJwt') ?? kept('DSR') };
}

function readUser(what: string, user: Json | null): User {
  const subject = user && optionalText(user, 'userId');
  if (!user || !subject) throw unreadable(what);
  const createdTime = optionalNumber(user, 'createdTime');
  return {
    subject, loginIds: listOf(user, 'loginIds').filter((id) => typeof id === 'string'), email: optionalText(user, 'email') ?? '',
    hasVerifiedEmail: user['verifiedEmail'] === true, hasVerifiedPhone: user['verifiedPhone'] === true,
    tenantIds: listOf(user, 'userTenants').flatMap((tenant) => optionalText(asObject(tenant) ?? {}, 'tenantId') ?? []),
    attributes: asObject(user['customAttributes']) ?? {}, createdAt: createdTime === undefined ? null : createdTime * 1000,
  };
}

function listOf(data: Json, name: string): readonly unknown[] {
  const value = Object.hasOwn(data, name) ? data[name] : [];
  return Array.isArray(value) ? value : [];
}

async function orNull<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof DescopeFailed && error.failure === 'missing') return null;
    throw error;
  }
}

function unreadable(what: string): DescopeFailed {
  return new DescopeFailed('unavailable', `Descope did not answer as it should (${what})`);
}
