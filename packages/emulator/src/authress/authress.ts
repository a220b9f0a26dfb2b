import { AccessLog, type AccessLogEntry } from '../access-log.ts';
import { answerWith, ConnectionCut, Faults, isReadable, type Fault } from '../faults.ts';
import { Refusal, refusalJson } from './answers.ts';
import { corsHeaders, isForeign, preflight } from './cors.ts';
import { refusalPage } from '../pages.ts';
import { findRoute, type Audience, type Match } from './routes.ts';
import { checkSettings, type AuthressSettings } from './settings.ts';
import type { AuthressSwitches } from './switches.ts';
import { makeWorld, type World } from './world.ts';

/** A make-believe Authress account: its login host and the connections people sign in with. */
export interface Authress {
  /** Answers a request to any of `origins`, by the origin of its URL. Rejects with a TypeError, as `fetch` does, where a fault cuts the connection. */
  handle(request: Request): Promise<Response>;
  /** The login host, then the connections. */
  readonly origins: readonly string[];
  readonly faults: Faults;
  /** The latest requests, oldest first. */
  readonly log: AccessLogEntry[];
  /** Changes take effect with the next request. */
  switches: AuthressSwitches;
  /** Every session ends, as after a loss of the service's own data; identities stay. */
  forgetSessions(): void;
  /** A new key signs from now on; earlier tokens stay verifiable. */
  rotateKeys(): Promise<void>;
  /** Only the newest key is published from now on. */
  dropOldKeys(): void;
}

/** @throws Error in production, and for names that are not reserved for tests */
export async function createAuthress(settings: AuthressSettings): Promise<Authress> {
  checkSettings(settings, process.env['NODE_ENV']);
  const world = await makeWorld(settings);
  const faults = new Faults();
  const log = new AccessLog(world.clock);
  return {
    handle: (request) => handle(request, { world, faults, log }),
    origins: [world.loginOrigin, ...world.connections.map(({ origin }) => origin)],
    faults,
    log: log.entries,
    get switches() {
      return world.switches;
    },
    set switches(switches) {
      world.switches = switches;
    },
    forgetSessions: () => world.sessions.clear(),
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
  const route = 'route' in match ? match.route.name : undefined;
  const due = route === undefined ? [] : faults.take(route);
  try {
    const response = 'route' in match ? await answerRoute({ request, url, match, world, due }) : match;
    log.add({ request, url, route, status: response.status, faults: due });
    return response;
  } catch (error) {
    if (error instanceof ConnectionCut) log.add({ request, url, route, status: 0, faults: due });
    throw error;
  }
}

/** The route of a request, or the answer of a request that never comes to one. */
function findMatch(world: World, request: Request, url: URL): Match | Response {
  const host = url.origin === world.loginOrigin ? 'login' : world.connections.some(({ origin }) => origin === url.origin) ? 'connection' : undefined;
  if (host === undefined) return refusalJson(world, new Refusal(421, 'MisdirectedRequest', 'There is no such host here'));
  if (request.method === 'OPTIONS') return preflight(world, request);
  const match = findRoute(host, request.method, url.pathname);
  if (match === 'method') return refusalJson(world, new Refusal(405, 'MethodNotAllowed', 'There is no such method here'));
  if (match === 'nothing') return refusalJson(world, new Refusal(404, 'NotFound', 'There is no such address here'));
  if (match.route.audience === 'application' && isForeign(world, request)) return refusalJson(world, new Refusal(403, 'InvalidOrigin', 'This site is not one of the applications'));
  return match;
}

async function answerRoute({ request, url, match, world, due }: { request: Request; url: URL; match: Match; world: World; due: readonly Fault[] }): Promise<Response> {
  const { audience, answer } = match.route;
  const work = async (): Promise<Response> => {
    try {
      return await answer({ request, url, params: match.params, world });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return refusalFor(audience, world, error);
    }
  };
  const response = await answerWith(due, work, world.sleep);
  if (isReadable(due)) for (const [name, value] of Object.entries(corsHeaders(world, request, audience))) response.headers.set(name, value);
  return response;
}

function refusalFor(audience: Audience, world: World, refusal: Refusal): Response {
  return audience === 'person' ? refusalPage(refusal) : refusalJson(world, refusal);
}
