/** ZITADEL's users, by its UserService (v2) in the Connect protocol's JSON form. Knows nothing of what is remembered here. */
import { asObject, optionalText, type Json } from '@passerby/shared';
import { judgeManagement, ServiceFailed, unavailable } from './failures.ts';
import { reach } from '../reach.ts';

export interface ServiceParts {
  readonly managementUrl: string;
  readonly serviceToken: string;
  /** Where guests are made. */
  readonly organizationId?: string | undefined;
  readonly fetch: typeof globalThis.fetch;
}

/** Who somebody becomes. */
export interface Person {
  readonly email: string;
  readonly givenName: string;
  readonly familyName: string;
  readonly password: string;
}

/** What ZITADEL says of a user. */
export interface Looks {
  readonly email: string;
  /** The keys that mark a guest. */
  readonly tags: readonly string[];
}

export interface Listed {
  readonly subject: string;
  /** Ms since epoch, by ZITADEL's clock; null where it is not told. */
  readonly createdAt: number | null;
}

export const TAG = 'GUEST_';
/** Receives no mail (RFC 2606 §2). */
const GUEST_DOMAIN = '@guest.invalid';
/** So many users are in one answer that it stays below what is read of it. */
const PAGE = 40;
/** Keys of one user in one answer. */
const MOST_KEYS = 100;

/** True for an e-mail that only a guest has. */
export function isGuestEmail(email: string): boolean {
  return email.toLowerCase().endsWith(GUEST_DOMAIN);
}

/** Every method throws ServiceFailed. */
export class Service {
  readonly #parts: ServiceParts;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  /** Makes a guest, and tells its id. */
  async createGuest({ username, tag }: { readonly username: string; readonly tag: string }): Promise<string> {
    const email = { email: `${username}${GUEST_DOMAIN}`, isVerified: false };
    const human = { profile: { givenName: 'Guest', familyName: 'Guest' }, email, metadata: [{ key: tag, value: toBase64('guest') }] };
    const id = optionalText(await this.#call('CreateUser', { organizationId: this.#parts.organizationId, username, human }), 'id');
    if (id === undefined) throw new ServiceFailed(unavailable());
    return id;
  }

  /** @throws ServiceFailed `taken` where somebody else has this e-mail, whatever their username is: two accounts of one mailbox would be one too many */
  async refuseTakenEmail(subject: string, email: string): Promise<void> {
    const answer = await this.#call('ListUsers', { query: { limit: 2 }, queries: [{ emailQuery: { emailAddress: email, method: 'TEXT_QUERY_METHOD_EQUALS_IGNORE_CASE' } }] });
    const isTaken = listOf(answer, 'result').some((user) => optionalText(user, 'userId') !== subject);
    if (isTaken) throw new ServiceFailed({ failure: 'taken', advice: 'Somebody has this e-mail at ZITADEL' });
  }

  /** Gives a guest the name, e-mail and password of a user, all or nothing. */
  async makeUser(subject: string, { email, givenName, familyName, password }: Person): Promise<void> {
    const human = { profile: { givenName, familyName }, email: { email, isVerified: true }, password: { password: { password, changeRequired: false } } };
    await this.#call('UpdateUser', { userId: subject, username: email, human });
  }

  /** What ZITADEL says of a user; null: there is none. */
  async look(subject: string): Promise<Looks | null> {
    try {
      const [user, tags] = await Promise.all([this.#call('GetUserByID', { userId: subject }), this.#tags(subject)]);
      const found = asObject(user['user']);
      if (!found) throw new ServiceFailed(unavailable());
      // A service account has none.
      const email = optionalText(asObject(asObject(found['human'])?.['email']) ?? {}, 'email') ?? '';
      return { email, tags: [...tags.keys()] };
    } catch (error) {
      if (error instanceof ServiceFailed && error.failure === 'missing') return null;
      throw error;
    }
  }

  /** Only the user's own call says that there is no such user. */
  async #tags(subject: string): Promise<ReadonlyMap<string, string>> {
    try {
      return await this.metadata(subject, TAG);
    } catch (error) {
      throw error instanceof ServiceFailed && error.failure === 'missing' ? new ServiceFailed(unavailable()) : error;
    }
  }

  /** A user's metadata below a prefix: 100 keys at most. */
  async metadata(subject: string, prefix: string): Promise<ReadonlyMap<string, string>> {
    const filters = [{ keyFilter: { key: prefix, method: 'TEXT_FILTER_METHOD_STARTS_WITH' } }];
    const answer = await this.#call('ListUserMetadata', { userId: subject, pagination: { limit: MOST_KEYS, asc: true }, filters });
    const entries = listOf(answer, 'metadata').map((entry) => [optionalText(entry, 'key') ?? '', fromBase64(optionalText(entry, 'value') ?? '')] as const);
    // Looked at here too: what a server does not know of a filter it may leave out.
    return new Map(entries.filter(([key]) => key.startsWith(prefix)));
  }

  async setMetadata(subject: string, entries: ReadonlyMap<string, string>): Promise<void> {
    await this.#call('SetUserMetadata', { userId: subject, metadata: [...entries].map(([key, value]) => ({ key, value: toBase64(value) })) });
  }

  /** One by one: where one of several is not there any more, none of them is deleted. */
  async deleteMetadata(subject: string, keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.#unlessMissing(this.#call('DeleteUserMetadata', { userId: subject, keys: [key] }));
  }

  /** Whoever is not there any more is as good as deleted. */
  async deleteUser(subject: string): Promise<void> {
    await this.#unlessMissing(this.#call('DeleteUser', { userId: subject }));
  }

  /** A page of those who may be guests, the oldest first. `refused` where the server does not know how to look for it. */
  async listGuests(by: 'tag' | 'email', offset: number): Promise<readonly Listed[]> {
    const query = by === 'tag'
      ? { metadataKeyFilter: { key: TAG, method: 'TEXT_FILTER_METHOD_STARTS_WITH' } }
      : { emailQuery: { emailAddress: GUEST_DOMAIN, method: 'TEXT_QUERY_METHOD_ENDS_WITH' } };
    const answer = await this.#call('ListUsers', { query: { offset: String(offset), limit: PAGE, asc: true }, sortingColumn: 'USER_FIELD_NAME_CREATION_DATE', queries: [query] });
    return listOf(answer, 'result').flatMap((user) => {
      const [subject, createdAt] = [optionalText(user, 'userId'), Date.parse(optionalText(asObject(user['details']) ?? {}, 'creationDate') ?? '')];
      return subject === undefined ? [] : [{ subject, createdAt: Number.isNaN(createdAt) ? null : createdAt }];
    });
  }

  async #call(rpc: string, request: object): Promise<Json> {
    const { managementUrl, serviceToken, fetch } = this.#parts;
    const headers = { authorization: `Bearer ${serviceToken}`, 'content-type': 'application/json', 'connect-protocol-version': '1' };
    const answer = await reach(fetch, `${managementUrl}/zitadel.user.v2.UserService/${rpc}`, { body: JSON.stringify(request), headers });
    if (answer.status === 200 && answer.body) return answer.body;
    throw new ServiceFailed(answer.status === 200 ? unavailable() : judgeManagement(rpc, answer), answer.retryAfterSeconds);
  }

  async #unlessMissing(call: Promise<Json>): Promise<void> {
    try {
      await call;
    } catch (error) {
      if (!(error instanceof ServiceFailed) || error.failure !== 'missing') throw error;
    }
  }
}

function listOf(answer: Json, name: string): readonly Json[] {
  const list = answer[name] ?? [];
  if (!Array.isArray(list)) throw new ServiceFailed(unavailable());
  return list.map(asObject).filter((entry) => entry !== null);
}

function toBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function fromBase64(text: string): string {
  const base64 = text.replaceAll('-', '+').replaceAll('_', '/');
  if (!/^[\w+/]*={0,2}$/.test(base64) || base64.replace(/=+$/, '').length % 4 === 1) throw new ServiceFailed(unavailable());
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
}
