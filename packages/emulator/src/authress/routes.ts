import { beginAuthentication } from './authentication.ts';
import { clientDiscovery, clientKeySet, discovery, keySet } from './discovery.ts';
import { exchangeCode } from './exchange.ts';
import { login } from './login.ts';
import { askWho, choosePerson } from './people.ts';
import { endSession, logOut, profile, renewSession, unlinkIdentity } from './session.ts';
import type { Visit } from './world.ts';

/** Who reads the answer: an application's page with CORS, anybody, or a person. */
export type Audience = 'application' | 'anybody' | 'person';

interface Route {
  readonly name: string;
  readonly audience: Audience;
  readonly answer: (visit: Visit) => Promise<Response>;
}

const LOGIN_HOST: readonly Route[] = [
  { name: 'POST /api/authentication', audience: 'application', answer: beginAuthentication },
  { name: 'POST /api/authentication/{id}/tokens', audience: 'application', answer: exchangeCode },
  { name: 'PATCH /api/session', audience: 'application', answer: renewSession },
  { name: 'DELETE /api/session', audience: 'application', answer: endSession },
  { name: 'GET /api/session/profile', audience: 'application', answer: profile },
  { name: 'DELETE /api/session/identities/{id}', audience: 'application', answer: unlinkIdentity },
  { name: 'GET /login', audience: 'person', answer: login },
  { name: 'GET /logout', audience: 'person', answer: logOut },
  { name: 'GET /.well-known/openid-configuration', audience: 'anybody', answer: discovery },
  { name: 'GET /.well-known/openid-configuration/jwks', audience: 'anybody', answer: keySet },
  { name: 'GET /v1/clients/{id}/.well-known/openid-configuration', audience: 'anybody', answer: clientDiscovery },
  { name: 'GET /v1/clients/{id}/.well-known/openid-configuration/jwks', audience: 'anybody', answer: clientKeySet },
];

const CONNECTION_HOST: readonly Route[] = [
  { name: 'GET /authorize', audience: 'person', answer: askWho },
  { name: 'POST /authorize', audience: 'person', answer: choosePerson },
];

const HOSTS = { login: LOGIN_HOST.map(compile), connection: CONNECTION_HOST.map(compile) };

export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** The route of a request, by its host; a path that is there under another method is told apart from one that is not. */
export function findRoute(host: keyof typeof HOSTS, method: string, pathname: string): Match | 'method' | 'nothing' {
  let missed: 'method' | 'nothing' = 'nothing';
  for (const { route, verb, pattern } of HOSTS[host]) {
    const params = pattern.exec(pathname)?.groups;
    if (params && verb === method) return { route, params: decoded(params) };
    if (params) missed = 'method';
  }
  return missed;
}

function compile(route: Route): { route: Route; verb: string; pattern: RegExp } {
  const [verb = '', path = ''] = route.name.split(' ');
  // The empty group makes `groups` an object for paths without a variable part.
  return { route, verb, pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace('{id}', '(?<id>[^/]+)')}(?<rest>)$`) };
}

function decoded(params: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, safeDecode(value)]));
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}
