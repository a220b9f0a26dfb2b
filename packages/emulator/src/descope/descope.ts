import { AccessLog, type AccessLogEntry } from '../access-log.ts';
import { answerWith, ConnectionCut, Faults, isReadable } from '../faults.ts';
import { refusalJson } from './answers.ts';
import { corsHeaders, isForeign, preflight } from './cors.ts';
import { isEmail } from './ids.ts';
import { Refusal } from './refusal.ts';
import { findRoute, type Match } from './routes.ts';
import { checkSettings, type DescopeSettings } from './settings.ts';
import type { DescopeSwitches } from './switches.ts';
import { configure } from './tenants.ts';
import type { User } from './users.ts';
import { readBody } from './wire.ts';
import { makeWorld, type World } from './world.ts';

/** A make-believe Descope project. */
export interface Descope {
  /** Answers a request to the base URL. Rejects with a TypeError, as `fetch` does, where a fault cuts the connection. */
  handle(request: Request): Promise<Response>;
  /** The base URL alone. */
  readonly origins: readonly string[];
  readonly projectId: string;
  readonly managementKey: string;
  readonly faults: Faults;
  /** The latest requests, oldest first. */
  readonly log: AccessLogEntry[];
  /** Changes take effect with the next request. */
  switches: DescopeSwitches;
  /** Everybody who is a user now, oldest first; whoever is anonymous is not. */
  readonly users: readonly KnownDescopeUser[];
  /** A tenant, and how long its members' tokens live where it says so. Its id. */
  addTenant(tenant: { readonly name: string; readonly id?: string; readonly sessionTokenSeconds?: number; readonly refreshTokenSeconds?: number }): string;
  /** Somebody who has signed up before. Their id. */
  addUser(user: NewDescopeUser): string;
  /** Every session, code and link ends, as after a loss of the service's own data; users, tenants and keys stay. */
  forgetSessions(): void;
  /** A new key signs from now on; earlier tokens stay verifiable. */
  rotateKeys(): Promise<void>;
  /** Only the newest key is published from now on. */
  dropOldKeys(): void;
}

export interface NewDescopeUser {
  /** Where it is an e-mail, it is theirs and verified. */
  readonly loginId: string;
  readonly password?: string;
  readonly tenantIds?: readonly string[];
  readonly customAttributes?: Readonly<Record<string, unknown>>;
}

export interface KnownDescopeUser {
  readonly userId: string;
  readonly loginIds: readonly string[];
  readonly email: string;
  readonly verifiedEmail: boolean;
  readonly tenants: readonly string[];
  readonly customAttributes: Readonly<Record<string, unknown>>;
  /** Seconds since epoch. */
  readonly createdTime: number;
  readonly hasPassword: boolean;
}

/** @throws Error in production, and for names that are not reserved for tests */
export async function createDescope(settings: DescopeSettings): Promise<Descope> {
  checkSettings(settings, process.env['NODE_ENV']);
  const world = await makeWorld(settings);
  const faults = new Faults();
  const log = new AccessLog(world.now);
  return {
    handle: (request) => handle(request, { world, faults, log }),
    origins: [world.baseUrl], projectId: world.projectId, managementKey: world.managementKey,
    faults, log: log.entries,
    get switches() {
      return world.switches;
    },
    set switches(switches) {
      world.switches = switches;
    },
    get users() {
      return world.users.all().map(known);
    },
    addTenant: (tenant) => addTenant(world, tenant),
    addUser: (user) => addUser(world, user),
    forgetSessions: () => forgetSessions(world),
    rotateKeys: () => world.keys.rotate(),
    dropOldKeys: () => world.keys.dropOld(),
  };
}

interface Service {
  readonly world: World;
  readonly faults: Faults;
  readonly log: AccessLog;
}

async function handle(request: Request, { world, faults, log }: Service): Promise<Response> {
  const url = new URL(request.url);
  const match = findMatch(world, request, url);
  const route = match instanceof Response ? undefined : match.route.name;
  const due = route === undefined ? [] : faults.take(route);
  const logged = { request, url: match instanceof Response ? url : loggable(url, match), route };
  try {
    const response = match instanceof Response ? match : await answerWith(due, () => work(request, { url, match, world }), world.sleep);
    if (isReadable(due)) for (const [name, value] of Object.entries(corsHeaders(world, request))) response.headers.set(name, value);
    log.add({ ...logged, status: response.status, faults: due });
    return response;
  } catch (error) {
    if (error instanceof ConnectionCut) log.add({ ...logged, status: 0, faults: due });
    throw error;
  }
}

/** Without what names one sign-in. */
function loggable(url: URL, { route: { audience, name } }: Match): URL {
  return audience === 'person' ? new URL(url.origin + name.slice(name.indexOf('/')).replace('{id}', '')) : url;
}

/** The route of a request, or the answer of a request that never comes to one. */
function findMatch(world: World, request: Request, url: URL): Match | Response {
  if (url.origin !== world.baseUrl) return refusalJson(new Refusal('misdirected', 'Only the base URL is served'));
  if (request.method === 'OPTIONS') return preflight(world, request);
  const match = findRoute(request.method, url.pathname);
  if (typeof match === 'string') return refusalJson(new Refusal(match, `${request.method} is not served there`));
  if (match.route.audience !== 'person' && isForeign(world, request)) return refusalJson(new Refusal('foreign_origin', 'Add its origin to the project'));
  return match;
}

async function work(request: Request, { url, match: { route, id }, world }: { readonly url: URL; readonly match: Match; readonly world: World }): Promise<Response> {
  try {
    if (route.audience === 'person') return await route.answer({ request, url, id, body: {}, bearer: undefined, world });
    const bearer = route.audience === 'anybody' ? undefined : readBearer(world, request);
    if (route.audience === 'management' && bearer !== world.managementKey) throw new Refusal('wrong_key', 'The management key is missing or wrong');
    return await route.answer({ request, url, id, body: await readBody(request), bearer, world });
  } catch (error) {
    if (error instanceof Refusal) return refusalJson(error);
    throw error;
  }
}

/** What stands behind the project's id; a third part, the key for calls of one's own server, changes nothing here. @throws Refusal */
function readBearer({ projectId }: World, request: Request): string | undefined {
  const [, project, token] = /^Bearer ([^:\s]+)(?::([^:\s]*))?(?::[^:\s]*)?$/.exec(request.headers.get('authorization') ?? '') ?? [];
  if (project !== projectId) throw new Refusal('wrong_project', 'The project is missing or unknown');
  return token;
}

function addTenant(world: World, { name, id, sessionTokenSeconds, refreshTokenSeconds }: Parameters<Descope['addTenant']>[0]): string {
  const tenant = world.tenants.add({ id, name });
  const session = sessionTokenSeconds === undefined ? {} : { sessionTokenExpiration: sessionTokenSeconds, sessionTokenExpirationUnit: 'seconds' };
  const refresh = refreshTokenSeconds === undefined ? {} : { refreshTokenExpiration: refreshTokenSeconds, refreshTokenExpirationUnit: 'seconds' };
  configure(tenant, { enabled: sessionTokenSeconds !== undefined || refreshTokenSeconds !== undefined, ...session, ...refresh }, world.lifetimes);
  return tenant.id;
}

function addUser({ users, tenants }: World, { loginId, password, tenantIds = [], customAttributes = {} }: NewDescopeUser): string {
  const email = isEmail(loginId) ? loginId : '';
  const user = users.add({
    loginIds: [loginId], email, verifiedEmail: email !== '', status: 'enabled', password,
    tenants: new Map(tenantIds.map((id) => [tenants.get(id).id, []])), customAttributes: new Map(Object.entries(customAttributes)),
  });
  return user.userId;
}

function forgetSessions({ sessions, codes, links, flows, signIns, providerCodes }: World): void {
  for (const memory of [sessions, codes, links, flows, signIns, providerCodes]) memory.clear();
}

function known({ userId, loginIds, email, verifiedEmail, tenants, customAttributes, createdAt, password }: User): KnownDescopeUser {
  return {
    userId, loginIds, email, verifiedEmail, tenants: [...tenants.keys()], customAttributes: Object.fromEntries(customAttributes),
    createdTime: Math.floor(createdAt / 1000), hasPassword: password !== undefined,
  };
}
