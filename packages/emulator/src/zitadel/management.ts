import { asObject, type Json } from '@passerby/shared';
import type { Provider } from 'oidc-provider';
import { json } from './dialects.ts';
import type { Operation } from './operations.ts';
import { Refusal } from './refusal.ts';
import { mayManageInstance, mayManageUsers } from './service-accounts.ts';
import { findAccess } from './tokens.ts';
import type { User } from './users.ts';
import { withoutDefaults } from './wire.ts';
import type { World } from './world.ts';

interface Desk {
  readonly world: World;
  readonly provider: Provider;
}

/** Answers a call of the management API: who calls, whether they may, and the work, in the words of the dialect. */
export async function answerCall(request: Request, { operation, params }: { readonly operation: Operation; readonly params: Readonly<Record<string, string>> }, desk: Desk): Promise<Response> {
  const { dialect, rpc, needs, toMessage } = operation;
  const refused = dialect.accepts(request);
  if (refused) return refused;
  try {
    const caller = await callerOf(request, desk);
    // As seen in its own tests: whoever has no role at all is not known as a member.
    if (caller.machine && caller.machine.roles.length === 0) throw new Refusal('not_found', 'AUTHZ-cdgFk', 'membership not found');
    if (!(needs === 'users' ? mayManageUsers(caller) : mayManageInstance(caller))) throw new Refusal('permission_denied', 'AUTH-5mWD2', 'No matching permissions found');
    const body = toMessage(await readBody(request), { params, url: new URL(request.url) });
    return json(200, withoutDefaults(rpc(body, desk.world)));
  } catch (error) {
    if (error instanceof Refusal) return dialect.refuse(error);
    throw error;
  }
}

async function callerOf(request: Request, { world, provider }: Desk): Promise<User> {
  const [, token] = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  if (token === undefined) throw new Refusal('unauthenticated', '', 'auth header missing');
  const holder = world.serviceAccounts.holderOf(token);
  if (holder) return holder;
  const access = await findAccess(world, provider, token);
  if (!access) throw new Refusal('unauthenticated', 'AUTH-7fs1e', 'Token is invalid');
  if (access.note.act) throw new Refusal('permission_denied', 'APP-Shi0J', 'Errors.TokenExchange.Token.NotForAPI');
  throw new Refusal('permission_denied', 'APP-Zxfako', 'invalid audience');
}

async function readBody(request: Request): Promise<Json> {
  const text = await request.text();
  if (text === '') return {};
  const body = asObject(parse(text));
  if (!body) throw new Refusal('invalid_argument', '', 'proto: syntax error');
  return body;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
