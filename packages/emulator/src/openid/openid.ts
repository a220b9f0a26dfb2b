import { AccessLog, type AccessLogEntry } from '../access-log.ts';
import { answerWith, ConnectionCut, Faults, isReadable, type Fault } from '../faults.ts';
import { reportFailure } from '../report.ts';
import { Accounts } from './accounts.ts';
import { answerBy } from './in-process.ts';
import { loadLibrary } from './library.ts';
import { Memory } from './memory.ts';
import { makeProvider, PATHS, SIGN_IN } from './provider.ts';
import { checkSettings, type OpenIdSettings } from './settings.ts';
import { answerSignIn } from './sign-in.ts';

/** A standard OpenID provider with fake people. */
export interface OpenId {
  /** Answers a request to the issuer. Rejects with a TypeError, as `fetch` does, where a fault cuts the connection. */
  handle(request: Request): Promise<Response>;
  /** The issuer alone. */
  readonly origins: readonly string[];
  readonly faults: Faults;
  /** The latest requests, oldest first. */
  readonly log: AccessLogEntry[];
  /** Every session, code and token ends, as after a loss of the service's own data; people and keys stay. */
  forgetSessions(): void;
}

/** @throws Error in production, and for names that are not reserved for tests */
export async function createOpenId(settings: OpenIdSettings): Promise<OpenId> {
  checkSettings(settings, process.env['NODE_ENV']);
  const accounts = new Accounts();
  const memory = new Memory();
  const provider = await makeProvider({ library: await loadLibrary(), settings, accounts, memory });
  provider.on('server_error', (ctx, error) => reportFailure(ctx.req, error));
  const listener = provider.callback();
  const origins = settings.clients.flatMap(({ redirectUris }) => redirectUris.map((uri) => new URL(uri).origin));
  const sleep = settings.sleep ?? ((ms) => new Promise<void>((resolve) => setTimeout(resolve, ms)));
  const work = (request: Request): Promise<Response> => {
    if (isSignIn(request)) return answerSignIn(request, { provider, accounts, settings });
    return answerBy(({ incoming, outgoing }) => listener(incoming, outgoing), settings.people === 'remembered' ? request : asIfNew(request, provider.cookieName('session')));
  };
  const faults = new Faults();
  const log = new AccessLog(() => Date.now());
  return {
    handle: (request) => handle(request, { issuer: settings.issuer, origins, work, sleep, faults, log }),
    origins: [settings.issuer],
    faults,
    log: log.entries,
    forgetSessions: () => memory.clear(),
  };
}

interface Service {
  readonly issuer: string;
  /** Whose pages may read a faulty answer. */
  readonly origins: readonly string[];
  readonly work: (request: Request) => Promise<Response>;
  readonly sleep: (ms: number) => Promise<void>;
  readonly faults: Faults;
  readonly log: AccessLog;
}

async function handle(request: Request, { issuer, origins, work, sleep, faults, log }: Service): Promise<Response> {
  const { origin, pathname } = new URL(request.url);
  if (origin !== issuer) return new Response(null, { status: 421 });
  const { route, path } = routeOf(request.method, pathname);
  const due = route === undefined ? [] : faults.take(route);
  // Without what names one sign-in: its cookie says the same.
  const url = new URL(origin + path);
  try {
    const response = await answerWith(due, () => work(request), sleep);
    allowReading(response, request, { origins, due });
    log.add({ request, url, route, status: response.status, faults: due });
    return response;
  } catch (error) {
    if (error instanceof ConnectionCut) log.add({ request, url, route, status: 0, faults: due });
    throw error;
  }
}

/** `POST /token` for what is at `/token`, `GET /sign-in/{id}` for what is below `/sign-in/`; none for preflights and unknown addresses, which never fail on demand. */
function routeOf(method: string, pathname: string): { readonly route: string | undefined; readonly path: string } {
  const below = [PATHS.authorization, SIGN_IN].find((one) => pathname.startsWith(`${one}/`));
  const path = below === undefined ? pathname : `${below}/`;
  const isKnown = below !== undefined || KNOWN_PATHS.includes(pathname);
  const isAsked = method === 'GET' || method === 'POST';
  return { path, route: isKnown && isAsked ? `${method} ${path}${below === undefined ? '' : '{id}'}` : undefined };
}

const KNOWN_PATHS: readonly string[] = [...Object.values(PATHS), `${PATHS.end_session}/confirm`, '/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'];

function isSignIn(request: Request): boolean {
  return new URL(request.url).pathname.startsWith(`${SIGN_IN}/`);
}

/** Takes the session's cookie out of a sign-in, so that the person is asked who they are. */
function asIfNew(request: Request, name: string): Request {
  const { pathname } = new URL(request.url);
  if (pathname !== PATHS.authorization && !pathname.startsWith(`${PATHS.authorization}/`)) return request;
  const cookies = (request.headers.get('cookie') ?? '').split('; ').filter((pair) => !pair.startsWith(`${name}=`));
  const headers = new Headers(request.headers);
  headers.set('cookie', cookies.join('; '));
  return new Request(request, { headers });
}

/** A faulty answer that is the service's own carries the CORS headers that its real one would. */
function allowReading(response: Response, request: Request, { origins, due }: { origins: readonly string[]; due: readonly Fault[] }): void {
  const origin = request.headers.get('origin');
  if (origin === null || !origins.includes(origin) || due.length === 0 || !isReadable(due)) return;
  response.headers.set('access-control-allow-origin', origin);
  response.headers.set('access-control-expose-headers', 'Retry-After');
  response.headers.append('vary', 'Origin');
}
