import type { Json } from '@passerby/shared';
import { nameKey } from './ids.ts';
import { Refusal } from './refusal.ts';
import type { User } from './users.ts';
import { flag, optionalCount, optionalObject, optionalText, optionalTexts } from './wire.ts';

const DEFAULT_LIMIT = 100;
const LARGEST_LIMIT = 100;

type Test = (user: User) => boolean;

/** Whom a search finds, oldest first: how many there are, and the page of them that was asked for. @throws Refusal */
export function searchUsers(users: readonly User[], query: Json): { readonly found: number; readonly page: readonly User[] } {
  const limit = optionalCount(query, 'limit') || DEFAULT_LIMIT;
  if (limit > LARGEST_LIMIT) throw new Refusal('invalid', `The limit is ${LARGEST_LIMIT}`);
  const start = (optionalCount(query, 'page') ?? 0) * limit;
  const tests = testsOf(query);
  const found = users.filter((user) => tests.every((test) => test(user)));
  return { found: found.length, page: found.slice(start, start + limit) };
}

function testsOf(query: Json): readonly Test[] {
  const [from, to] = [optionalCount(query, 'fromCreatedTime') || 0, optionalCount(query, 'toCreatedTime') || Infinity];
  const verified = flag(query, 'verifiedEmail');
  const sought = optionalText(query, 'text') ?? '';
  const attributes = Object.entries(optionalObject(query, 'customAttributes') ?? {});
  return [
    ...among(query, 'tenantIds', ({ tenants }) => [...tenants.keys()]),
    ...among(query, 'loginIds', ({ loginIds }) => loginIds),
    ...among(query, 'userIds', ({ userId }) => [userId]),
    ...among(query, 'emails', ({ email }) => [email]),
    ...among(query, 'statuses', ({ status }) => [status]),
    ...among(query, 'roleNames', ({ roleNames }) => roleNames),
    ({ createdAt }) => createdAt >= from && createdAt <= to,
    ({ verifiedEmail }) => verified === undefined || verifiedEmail === (verified === 'set'),
    ({ loginIds, email, profile: { name } }) => [...loginIds, email, name].some((own) => nameKey(own).includes(nameKey(sought))),
    ({ customAttributes }) => attributes.every(([name, value]) => customAttributes.get(name) === value),
    ({ test }) => (test ? flag(query, 'withTestUser') === 'set' : flag(query, 'testUsersOnly') !== 'set'),
  ];
}

function among(query: Json, field: string, valuesOf: (user: User) => readonly string[]): readonly Test[] {
  const sought = optionalTexts(query, field);
  return sought === undefined || sought.length === 0 ? [] : [(user) => valuesOf(user).some((value) => sought.some((one) => nameKey(one) === nameKey(value)))];
}
