import type { Json } from '@passerby/shared';
import { CONNECT, REST, type Dialect } from './dialects.ts';
import { INSTANCE_SERVICE } from './instance-service.ts';
import { USER_SERVICE, type Rpc } from './user-service.ts';

/** The message of a call, from its body and its address. */
type ToMessage = (body: Json, address: { readonly params: Readonly<Record<string, string>>; readonly url: URL }) => Json;

export interface Operation {
  /** `POST /v2/users/{id}/metadata` */
  readonly route: string;
  readonly rpc: Rpc;
  /** What the caller must be allowed to manage. */
  readonly needs: 'users' | 'instance';
  readonly dialect: Dialect;
  readonly toMessage: ToMessage;
}

const whole: ToMessage = (body) => body;
const ofUser: ToMessage = (body, { params }) => ({ ...body, userId: params['id'] });

const { SetInstanceFeatures, GetSecuritySettings, SetSecuritySettings } = INSTANCE_SERVICE;

const OPERATIONS: readonly Operation[] = [
  ...Object.entries<Rpc>(USER_SERVICE).map(([name, rpc]) => connect(`zitadel.user.v2.UserService/${name}`, rpc)),
  rest('POST /v2/users/new', USER_SERVICE.CreateUser, whole),
  rest('PATCH /v2/users/{id}', USER_SERVICE.UpdateUser, ofUser),
  // The older form has the person's fields beside the name.
  rest('PUT /v2/users/human/{id}', USER_SERVICE.UpdateUser, ({ username, ...human }, { params }) => ({ userId: params['id'], username, human })),
  rest('POST /v2/users/{id}/email', USER_SERVICE.SetEmail, ofUser),
  rest('POST /v2/users/{id}/email/verify', USER_SERVICE.VerifyEmail, ofUser),
  rest('POST /v2/users/{id}/password', USER_SERVICE.SetPassword, ofUser),
  rest('POST /v2/users/{id}/metadata', USER_SERVICE.SetUserMetadata, ofUser),
  rest('POST /v2/users/{id}/metadata/search', USER_SERVICE.ListUserMetadata, ofUser),
  rest('DELETE /v2/users/{id}/metadata', USER_SERVICE.DeleteUserMetadata, (_body, { params, url }) => ({ userId: params['id'], keys: url.searchParams.getAll('keys') })),
  rest('DELETE /v2/users/{id}', USER_SERVICE.DeleteUser, ofUser),
  rest('GET /v2/users/{id}', USER_SERVICE.GetUserByID, ofUser),
  rest('POST /v2/users', USER_SERVICE.ListUsers, whole),
  rest('PUT /v2/features/instance', SetInstanceFeatures, whole, 'instance'),
  rest('GET /v2/settings/security', GetSecuritySettings, whole, 'instance'),
  rest('PUT /v2/policies/security', SetSecuritySettings, whole, 'instance'),
];

const COMPILED = OPERATIONS.map((operation) => {
  const [method = '', path = ''] = operation.route.split(' ');
  // The empty group makes `groups` an object for paths without a variable part.
  return { operation, method, pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace('{id}', '(?<id>[^/]+)')}(?<rest>)$`) };
});

/** The operation at an address, and the variable parts of its path. */
export function findOperation(method: string, pathname: string): { readonly operation: Operation; readonly params: Readonly<Record<string, string>> } | undefined {
  for (const one of COMPILED) {
    const params = one.method === method ? one.pattern.exec(pathname)?.groups : undefined;
    if (params) return { operation: one.operation, params };
  }
  return undefined;
}

function connect(path: string, rpc: Rpc): Operation {
  return { route: `POST /${path}`, rpc, needs: 'users', dialect: CONNECT, toMessage: whole };
}

function rest(route: string, rpc: Rpc, toMessage: ToMessage, needs: Operation['needs'] = 'users'): Operation {
  return { route, rpc, needs, dialect: REST, toMessage };
}
