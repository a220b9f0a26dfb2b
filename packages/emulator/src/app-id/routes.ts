import { deleteAttribute, listAttributes, readAttribute, writeAttribute } from './attributes.ts';
import { authorization } from './authorization.ts';
import { configureProfiles, configureTokens, deleteProfile, profilesConfig, tokensConfig } from './management.ts';
import { discovery, introspect, logActivity, logOut, publicKeys, revoke, userInfo } from './session.ts';
import { askWho, cancel, choosePerson, showWidget } from './sign-in.ts';
import { token } from './token.ts';
import type { Visit } from './world.ts';

/** Who asks: a client, or a page of it; a server that has the IAM token; or a person with a browser. */
export type Audience = 'client' | 'attributes' | 'management' | 'person';

export interface Route {
  readonly name: string;
  readonly audience: Audience;
  readonly answer: (visit: Visit) => Response | Promise<Response>;
}

const of = (audience: Audience, answers: Readonly<Record<string, Route['answer']>>): readonly Route[] => Object.entries(answers).map(([name, answer]) => ({ name, audience, answer }));

const ROUTES: readonly Route[] = [
  ...of('client', {
    'GET /oauth/v4/{tenant}/.well-known/openid-configuration': discovery,
    'GET /oauth/v4/{tenant}/publickeys': publicKeys,
    'POST /oauth/v4/{tenant}/token': token,
    'GET /oauth/v4/{tenant}/userinfo': userInfo,
    'POST /oauth/v4/{tenant}/userinfo': userInfo,
    'POST /oauth/v4/{tenant}/introspect': introspect,
    'POST /oauth/v4/{tenant}/revoke': revoke,
    'POST /oauth/v4/{tenant}/activity_logging': logActivity,
  }),
  ...of('attributes', {
    'GET /api/v1/attributes': listAttributes,
    'GET /api/v1/attributes/{name}': readAttribute,
    'PUT /api/v1/attributes/{name}': writeAttribute,
    'DELETE /api/v1/attributes/{name}': deleteAttribute,
  }),
  ...of('management', {
    'GET /management/v4/{tenant}/config/tokens': tokensConfig,
    'PUT /management/v4/{tenant}/config/tokens': configureTokens,
    'GET /management/v4/{tenant}/config/users_profile': profilesConfig,
    'PUT /management/v4/{tenant}/config/users_profile': configureProfiles,
    'DELETE /management/v4/{tenant}/users/{id}/profile': deleteProfile,
  }),
  ...of('person', {
    'GET /oauth/v4/{tenant}/authorization': authorization,
    'GET /oauth/v4/{tenant}/cloud_directory/sso/logout': logOut,
    'GET /sign-in/{id}': showWidget,
    'GET /sign-in/{id}/cancel': cancel,
    'GET /sign-in/{id}/{idp}': askWho,
    'POST /sign-in/{id}/{idp}': choosePerson,
  }),
];

export interface Match {
  readonly route: Route;
  /** The variable parts of the path, as they are meant. */
  readonly path: Readonly<Record<string, string>>;
}

/** The route of a request; a path that is there under another method is told apart from one that is not. */
export function findRoute(method: string, pathname: string): Match | 'no_such_method' | 'no_such_address' {
  let missed: 'no_such_method' | 'no_such_address' = 'no_such_address';
  for (const { route, verb, pattern } of COMPILED) {
    const match = pattern.exec(pathname);
    const path = match && decoded(match.groups ?? {});
    if (path && verb === method) return { route, path };
    if (path) missed = 'no_such_method';
  }
  return missed;
}

/** Null where a part is no text. */
function decoded(groups: Readonly<Record<string, string>>): Readonly<Record<string, string>> | null {
  try {
    return Object.fromEntries(Object.entries(groups).map(([name, part]) => [name, decodeURIComponent(part)]));
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

const COMPILED = ROUTES.map((route) => {
  const [verb = '', path = ''] = route.name.split(' ');
  const source = path.replaceAll('.', '\\.').replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)');
  return { route, verb, pattern: new RegExp(`^${source}$`) };
});
