import { AccessLog, type AccessLogEntry } from '../access-log.ts';
import { answerWith, ConnectionCut, Faults, isReadable } from '../faults.ts';
import { refusalJson } from './answers.ts';
import { corsHeaders, preflight } from './cors.ts';
import type { NewAppIdUser } from './directory.ts';
import type { Identity, Profile, ProfileKind } from './profiles.ts';
import { Refusal } from './refusal.ts';
import { findRoute, type Match } from './routes.ts';
import { checkSettings, type AppIdSettings, type AppIdTenant } from './settings.ts';
import type { AppIdSwitches } from './switches.ts';
import { makeWorld, type World } from './world.ts';

/** A make-believe App ID tenant. */
export interface AppId {
  /** Answers a request to the origin. Rejects with a TypeError, as `fetch` does, where a fault cuts the connection. */
  handle(request: Request): Promise<Response>;
  /** The origin alone. */
  readonly origins: readonly string[];
  readonly tenantId: string;
  /** What the SDKs call `oauthServerUrl`, and tokens `iss`. */
  readonly issuer: string;
  /** For the management API. */
  readonly iamToken: string;
  readonly faults: Faults;
  /** The latest requests, oldest first. */
  readonly log: AccessLogEntry[];
  /** What is set in the dashboard. Changes take effect with the next request. */
  tenant: AppIdTenant;
  /** Changes take effect with the next request. */
  switches: AppIdSwitches;
  /** Everybody, oldest first. */
  readonly profiles: readonly KnownProfile[];
  /** Somebody with a password in the Cloud Directory. Their id there. */
  addUser(user: NewAppIdUser): string;
  /** Every code, pending sign-in and refresh token ends; people, their attributes and keys stay. */
  forgetSessions(): void;
  /** A new key signs from now on; earlier tokens stay verifiable. */
  rotateKeys(): Promise<void>;
  /** Only the newest key is published from now on. */
  dropOldKeys(): void;
}

export interface KnownProfile {
  /** The subject of its tokens. */
  readonly id: string;
  readonly kind: ProfileKind;
  readonly identity: Identity | undefined;
  readonly attributes: Readonly<Record<string, string>>;
}

/** @throws Error in production, and for names that are not reserved for tests */
export async function createAppId(settings: AppIdSettings): Promise<AppId> {
  checkSettings(settings, process.env['NODE_ENV']);
  const world = await makeWorld(settings);
  const faults = new Faults();
  const log = new AccessLog(world.now);
  return {
    handle: (request) => handle(request, { world, faults, log }),
    origins: [world.origin], tenantId: world.tenantId, issuer: world.issuer, iamToken: world.iamToken,
    faults, log: log.entries,
    get tenant() {
      return world.tenant;
    },
    set tenant(tenant) {
      world.tenant = tenant;
    },
    get switches() {
      return world.switches;
    },
    set switches(switches) {
      world.switches = switches;
    },
    get profiles() {
      return world.profiles.all().map(known);
    },
    addUser: (user) => world.directory.add(user).id,
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
    if (!(match instanceof Response) && isReadable(due)) for (const [name, value] of Object.entries(corsHeaders(world, request, match.route.audience))) response.headers.set(name, value);
    log.add({ ...logged, status: response.status, faults: due });
    return response;
  } catch (error) {
    if (error instanceof ConnectionCut) log.add({ ...logged, status: 0, faults: due });
    throw error;
  }
}

/** Without what names one sign-in. */
function loggable(url: URL, { path: { id } }: Match): URL {
  return id === undefined ? url : new URL(url.origin + url.pathname.replace(id, ''));
}

/** The route of a request, or the answer of a request that never comes to one. */
function findMatch(world: World, request: Request, url: URL): Match | Response {
  if (url.origin !== world.origin) return refusalJson(new Refusal(421, 'misdirected', 'Only the origin of the service is served'));
  if (request.method === 'OPTIONS') return answerPreflight(world, request, url);
  const match = findRoute(request.method, url.pathname);
  if (match === 'no_such_method') return refusalJson(new Refusal(405, match, `${request.method} is not served there`));
  if (match === 'no_such_address' || (match.path['tenant'] ?? world.tenantId) !== world.tenantId) return refusalJson(new Refusal(404, 'not_found', 'There is no such address'));
  return match;
}

function answerPreflight(world: World, request: Request, url: URL): Response {
  const match = findRoute(request.headers.get('access-control-request-method') ?? '', url.pathname);
  return typeof match === 'string' ? refusalJson(new Refusal(404, 'not_found', 'There is no such address')) : preflight(world, request, match.route.audience);
}

async function work(request: Request, { url, match: { route, path }, world }: { readonly url: URL; readonly match: Match; readonly world: World }): Promise<Response> {
  try {
    return await route.answer({ request, url, path, world });
  } catch (error) {
    if (error instanceof Refusal) return refusalJson(error);
    throw error;
  }
}

function forgetSessions({ codes, signIns, refreshTokens }: World): void {
  for (const memory of [codes, signIns, refreshTokens]) memory.clear();
}

function known({ id, kind, identity, attributes }: Profile): KnownProfile {
  return { id, kind, identity, attributes: Object.fromEntries(attributes) };
}
