import type { Json } from '@passerby/shared';
import { Refusal } from './refusal.ts';
import { sliceOf, textMatcher } from './search.ts';
import type { User } from './users.ts';
import { messages, optionalBytes, optionalMessage, optionalString, strings, timestamp, uint64 } from './wire.ts';
import { isProjected, type World } from './world.ts';

/** The call `ListUsers`. Metadata is not in its answer. @throws Refusal */
export function listUsers(body: Json, world: World): Json {
  const queries = messages(body, 'queries').map((query) => matcherOf(query, world));
  const column = optionalString(body, 'sortingColumn') ?? 'USER_FIELD_NAME_UNSPECIFIED';
  const found = world.users.all().filter((user) => isProjected(user, world) && queries.every((holds) => holds(user)));
  const { rows } = sliceOf(sorted(found, column), optionalMessage(body, 'query') ?? {});
  return {
    details: { totalResult: uint64(found.length), timestamp: timestamp(world.now()) },
    sortingColumn: column === 'USER_FIELD_NAME_UNSPECIFIED' ? undefined : column,
    result: rows.map((user) => describe(user, world)),
  };
}

/** The message `User`. */
export function describe(user: User, world: World): Json {
  const { userId, username, profile, email, machine } = user;
  const human = {
    userId, state: 'USER_STATE_ACTIVE', username, loginNames: [username], preferredLoginName: username,
    profile: { ...profile, displayName: profile.displayName ?? `${profile.givenName} ${profile.familyName}` }, email: { email: email.email, isVerified: email.isVerified },
  };
  return {
    userId, details: details(user, world), state: 'USER_STATE_ACTIVE', username, loginNames: [username], preferredLoginName: username,
    ...(machine ? { machine: { name: machine.name } } : { human }),
  };
}

/** The message `Details`. */
export function details({ sequence, createdAt, changedAt }: User, { orgId }: World): Json {
  return { sequence: String(sequence), creationDate: timestamp(createdAt), changeDate: timestamp(changedAt), resourceOwner: orgId };
}

const SORT_KEYS: Readonly<Record<string, (user: User) => string>> = {
  USER_FIELD_NAME_USER_NAME: ({ username }) => username,
  USER_FIELD_NAME_EMAIL: ({ email }) => email.email,
};

function sorted(users: readonly User[], column: string): readonly User[] {
  // They are in the order in which they came.
  if (column === 'USER_FIELD_NAME_CREATION_DATE') return users;
  const key = SORT_KEYS[column] ?? (({ userId }: User): string => userId);
  return [...users].sort((one, other) => (key(one) < key(other) ? -1 : 1));
}

const TEXT_QUERIES: Readonly<Record<string, { readonly field: string; readonly of: (user: User) => string }>> = {
  userNameQuery: { field: 'userName', of: ({ username }) => username },
  loginNameQuery: { field: 'loginName', of: ({ username }) => username },
  emailQuery: { field: 'emailAddress', of: ({ email }) => email.email },
};

function matcherOf(query: Json, { switches }: World): (user: User) => boolean {
  const [kind = ''] = Object.keys(query);
  const message = optionalMessage(query, kind) ?? {};
  const text = TEXT_QUERIES[kind];
  if (text) {
    const holds = textMatcher(message, { field: text.field, prefix: 'TEXT_QUERY_METHOD_' });
    return (user) => holds(text.of(user));
  }
  if (kind === 'inUserIdsQuery') return ({ userId }) => strings(message, 'userIds').includes(userId);
  if (kind === 'typeQuery') return ({ machine }) => (machine ? 'TYPE_MACHINE' : 'TYPE_HUMAN') === optionalString(message, 'type');
  if (switches.metadataFilterInListUsers === 'known' && kind === 'metadataKeyFilter') {
    const holds = textMatcher(message, { field: 'key', prefix: 'TEXT_FILTER_METHOD_' });
    return ({ metadata }) => [...metadata.keys()].some(holds);
  }
  if (switches.metadataFilterInListUsers === 'known' && kind === 'metadataValueFilter') return byValue(message);
  throw new Refusal('invalid_argument', 'GRPC-vR9nC', 'List.Query.Invalid');
}

function byValue(message: Json): (user: User) => boolean {
  const sought = optionalBytes(message, 'value') ?? '';
  const isUnlike = optionalString(message, 'method') === 'BYTE_FILTER_METHOD_NOT_EQUALS';
  return ({ metadata }) => [...metadata.values()].some(({ value }) => (value === sought) !== isUnlike);
}
