import { AccessLog, type AccessLogEntry } from '../access-log.ts';
import { answerWith, ConnectionCut, Faults, isReadable, type Fault } from '../faults.ts';
import { loadLibrary } from '../openid/library.ts';
import { reportFailure } from '../report.ts';
import { answerOidc } from './door.ts';
import { answerCall } from './management.ts';
import { ClockedMemory } from './memory.ts';
import { findOperation } from './operations.ts';
import { makeProvider, PATHS, SIGN_IN } from './provider.ts';
import type { ServiceAccount } from './service-accounts.ts';
import { checkSettings, type ZitadelSettings } from './settings.ts';
import { answerSignIn } from './sign-in.ts';
import type { ZitadelSwitches } from './switches.ts';
import { makeWorld, type InstanceSettings, type World } from './world.ts';

/** A make-believe ZITADEL instance with one organization and one project. */
export interface Zitadel {
  /** Answers a request to the issuer. Rejects with a TypeError, as `fetch` does, where a fault cuts the connection. */
  handle(request: Request): Promise<Response>;
  /** The issuer alone. */
  readonly origins: readonly string[];
  readonly projectId: string;
  readonly orgId: string;
  readonly faults: Faults;
  /** The latest requests, oldest first. */
  readonly log: AccessLogEntry[];
  /** Changes take effect with the next request. */
  switches: ZitadelSwitches;
  /** What an administrator sets; everything that guests need is on. */
  readonly instance: InstanceSettings;
  /** Everybody who is known now, service accounts too, oldest first. */
  readonly users: readonly KnownUser[];
  /** A service account with a personal access token; it may manage and impersonate end users unless other `roles` are named. `expiresAt` is ms since epoch. */
  addServiceAccount(account?: { readonly name?: string; readonly roles?: readonly string[]; readonly expiresAt?: number }): ServiceAccount;
  /** A personal access token is void from now on. */
  expirePat(pat: string): void;
  /** Every session, code and token ends, as after a loss of the service's own data; users, service accounts and keys stay. */
  forgetSessions(): void;
}

export interface KnownUser {
  readonly userId: string;
  readonly username: string;
  readonly kind: 'human' | 'machine';
  readonly email: string;
  readonly isVerified: boolean;
  readonly givenName: string;
  readonly familyName: string;
  readonly hasPassword: boolean;
  readonly metadataKeys: readonly string[];
}

/** @throws Error in production, and for names that are not reserved for tests */
export async function createZitadel(settings: ZitadelSettings): Promise<Zitadel> {
  checkSettings(settings, process.env['NODE_ENV']);
  const world = await makeWorld(settings);
  const memory = new ClockedMemory(world.now);
  const provider = makeProvider({ library: await loadLibrary(), clients: settings.clients, world, memory });
  provider.on('server_error', (ctx, error) => reportFailure(ctx.req, error));
  const callback = provider.callback();
  const work = async (request: Request, match: Match): Promise<Response> => {
    if (match.call) return answerCall(request, match.call, { world, provider });
    if (match.path === `${SIGN_IN}/`) return answerSignIn(request, { provider, world });
    return answerOidc(request, { listener: ({ incoming, outgoing }) => callback(incoming, outgoing), world });
  };
  const faults = new Faults();
  const log = new AccessLog(world.now);
  const origins = settings.clients.flatMap(({ redirectUris }) => redirectUris.map((uri) => new URL(uri).origin));
  return {
    handle: (request) => handle(request, { world, origins, work, faults, log }),
    origins: [world.issuer], projectId: world.projectId, orgId: world.orgId,
    faults, log: log.entries, instance: world.instance,
    get switches() {
      return world.switches;
    },
    set switches(switches) {
      world.switches = switches;
    },
    get users() {
      return world.users.all().map(known);
    },
    addServiceAccount: (account) => world.serviceAccounts.add(account),
    expirePat: (pat) => world.serviceAccounts.expire(pat),
    forgetSessions() {
      memory.clear();
      world.grantNotes.clear();
    },
  };
}

function known({ userId, username, machine, email: { email, isVerified }, profile: { givenName, familyName }, password, metadata }: ReturnType<World['users']['all']>[number]): KnownUser {
  return { userId, username, kind: machine ? 'machine' : 'human', email, isVerified, givenName, familyName, hasPassword: password !== undefined, metadataKeys: [...metadata.keys()] };
}

interface Service {
  readonly world: World;
  /** Whose pages may read a faulty answer. */
  readonly origins: readonly string[];
  readonly work: (request: Request, match: Match) => Promise<Response>;
  readonly faults: Faults;
  readonly log: AccessLog;
}

interface Match {
  /** `POST /oauth/v2/token`; none for preflights and unknown addresses, which never fail on demand. */
  readonly route: string | undefined;
  /** The path without what names one sign-in: its cookie says the same. */
  readonly path: string;
  readonly call?: ReturnType<typeof findOperation>;
}

async function handle(request: Request, { world, origins, work, faults, log }: Service): Promise<Response> {
  const { origin, pathname } = new URL(request.url);
  if (origin !== world.issuer) return new Response(null, { status: 421 });
  const match = matchOf(request.method, pathname);
  const { route } = match;
  const due = route === undefined ? [] : faults.take(route);
  const url = new URL(origin + match.path);
  try {
    const response = await answerWith(due, () => work(request, match), world.sleep);
    allowReading(response, request, { origins, due });
    log.add({ request, url, route, status: response.status, faults: due });
    return response;
  } catch (error) {
    if (error instanceof ConnectionCut) log.add({ request, url, route, status: 0, faults: due });
    throw error;
  }
}

const KNOWN_PATHS: readonly string[] = [...Object.values(PATHS), `${PATHS.end_session}/confirm`, `${PATHS.end_session}/success`, '/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'];

function matchOf(method: string, pathname: string): Match {
  const call = findOperation(method, pathname);
  if (call) return { route: call.operation.route, path: pathname, call };
  const below = [PATHS.authorization, SIGN_IN].find((one) => pathname.startsWith(`${one}/`));
  const path = below === undefined ? pathname : `${below}/`;
  const isKnown = below !== undefined || KNOWN_PATHS.includes(pathname);
  const isAsked = method === 'GET' || method === 'POST';
  return { path, route: isKnown && isAsked ? `${method} ${path}${below === undefined ? '' : '{id}'}` : undefined };
}

/** A faulty answer that is the service's own carries the CORS headers that its real one would. */
function allowReading(response: Response, request: Request, { origins, due }: { readonly origins: readonly string[]; readonly due: readonly Fault[] }): void {
  const origin = request.headers.get('origin');
  if (origin === null || !origins.includes(origin) || due.length === 0 || !isReadable(due)) return;
  response.headers.set('access-control-allow-origin', origin);
  response.headers.set('access-control-expose-headers', 'Retry-After');
  response.headers.append('vary', 'Origin');
}
