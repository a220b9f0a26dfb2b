import type { Json } from '@passerby/shared';
import { createHuman, newEmail, readMetadata, setPassword, updateHuman } from './humans.ts';
import { describe, details, listUsers } from './listing.ts';
import { Refusal } from './refusal.ts';
import { sliceOf, textMatcher } from './search.ts';
import type { MetadataEntry, User } from './users.ts';
import { messages, optionalMessage, optionalString, strings, timestamp, uint64 } from './wire.ts';
import { findProjected, type World } from './world.ts';

/** One call of the management API: the answer's message to the request's. @throws Refusal */
export type Rpc = (body: Json, world: World) => Json;

/** `zitadel.user.v2.UserService`, as far as guests need it. */
export const USER_SERVICE = {
  CreateUser(body, world) {
    const organizationId = optionalString(body, 'organizationId');
    if (organizationId !== world.orgId) throw new Refusal('failed_precondition', 'COMMAND-QXPGs', 'Organisation not found');
    const { user, emailCode } = createHuman(body, world);
    return { id: user.userId, creationDate: timestamp(user.createdAt), emailCode };
  },
  UpdateUser(body, world) {
    const { user, emailCode } = updateHuman(findHuman(body, world, 'COMMAND-ugjs0upun6'), body, world);
    return { changeDate: timestamp(user.changedAt), emailCode };
  },
  SetEmail(body, world) {
    const before = findHuman(body, world, 'COMMAND-0Pe4f');
    const { email, emailCode } = newEmail(body, world);
    const user = world.users.change(before, { email });
    return { details: details(user, world), verificationCode: emailCode };
  },
  VerifyEmail(body, world) {
    const before = findHuman(body, world, 'COMMAND-3n8ud');
    const { code, email } = before.email;
    if (!code) throw new Refusal('failed_precondition', 'COMMAND-2M9fs', 'Code not found');
    if (code.expiresAt <= world.now()) throw new Refusal('failed_precondition', 'CODE-QvUQ4P', 'Code is expired');
    if (code.text !== optionalString(body, 'verificationCode')) throw new Refusal('invalid_argument', 'CODE-woT0xc', 'Code is invalid');
    return { details: details(world.users.change(before, { email: { email, isVerified: true } }), world) };
  },
  SetPassword(body, world) {
    const before = findHuman(body, world, 'COMMAND-G8dh3');
    const password = setPassword(before, body, optionalMessage(body, 'newPassword') ?? {});
    return { details: details(world.users.change(before, { password }), world) };
  },
  SetUserMetadata(body, world) {
    const set = readMetadata(body);
    if (set.size === 0) throw new Refusal('failed_precondition', 'META-9mm2d', 'No metadata');
    const before = findAny(body, world);
    const now = world.now();
    const entries = [...set].map(([key, value]): [string, MetadataEntry] => [key, { value, createdAt: before.metadata.get(key)?.createdAt ?? now, changedAt: now }]);
    world.users.change(before, { metadata: new Map([...before.metadata, ...entries]) });
    return { setDate: timestamp(now) };
  },
  ListUserMetadata(body, world) {
    // Of somebody unknown there is none.
    const { metadata = new Map<string, MetadataEntry>() } = world.users.find(optionalString(body, 'userId') ?? '') ?? {};
    const filters = messages(body, 'filters').map((filter) => textMatcher(optionalMessage(filter, 'keyFilter') ?? {}, { field: 'key', prefix: 'TEXT_FILTER_METHOD_' }));
    const found = [...metadata].filter(([key]) => filters.every((holds) => holds(key)));
    const { rows, appliedLimit } = sliceOf(found, optionalMessage(body, 'pagination') ?? {});
    return {
      pagination: { totalResult: uint64(found.length), appliedLimit: uint64(appliedLimit) },
      metadata: rows.map(([key, { value, createdAt, changedAt }]) => ({ creationDate: timestamp(createdAt), changeDate: timestamp(changedAt), key, value })),
    };
  },
  DeleteUserMetadata(body, world) {
    const keys = strings(body, 'keys');
    if (keys.length === 0) throw new Refusal('failed_precondition', 'META-9mm2d', 'No metadata');
    const before = findAny(body, world);
    if (!keys.every((key) => before.metadata.has(key))) throw new Refusal('not_found', 'META-2nnds', 'Key does not exist');
    const user = world.users.change(before, { metadata: new Map([...before.metadata].filter(([key]) => !keys.includes(key))) });
    return { deletionDate: timestamp(user.changedAt) };
  },
  DeleteUser(body, world) {
    const user = world.users.find(optionalString(body, 'userId') ?? '');
    if (!user) throw new Refusal('not_found', 'COMMAND-bd4ir1mblj', 'User could not be found');
    world.users.delete(user);
    return { details: details({ ...user, changedAt: world.now(), sequence: user.sequence + 1 }, world) };
  },
  ListUsers: listUsers,
  GetUserByID(body, world) {
    const user = findProjected(world, optionalString(body, 'userId') ?? '');
    if (!user) throw new Refusal('not_found', 'QUERY-Dfbg2', 'User could not be found');
    return { details: details(user, world), user: describe(user, world) };
  },
} satisfies Readonly<Record<string, Rpc>>;

/** Calls about the metadata of somebody unknown fail as a precondition. */
function findAny(body: Json, { users }: World): User {
  const user = users.find(optionalString(body, 'userId') ?? '');
  if (!user) throw new Refusal('failed_precondition', 'COMMAND-uXHNj', 'User could not be found');
  return user;
}

function findHuman(body: Json, { users }: World, id: string): User {
  const user = users.find(optionalString(body, 'userId') ?? '');
  if (!user || user.machine) throw new Refusal('not_found', id, 'User could not be found');
  return user;
}
