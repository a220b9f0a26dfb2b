import { later, Refused } from '../issuer/refused.ts';
import { SAFE_HEADERS } from '../refusal.ts';
import { Unauthorized } from '../tokens/unauthorized.ts';
import { readAsked } from './asked.ts';
import { WithCookies, type Context, type Route } from './context.ts';
import { ServiceFailed } from './failures.ts';
import { answerLogin, answerLogout } from './login.ts';
import { answerMetadata } from './metadata.ts';
import { answerSession } from './session.ts';
import { answerGuest } from './start-guest.ts';
import { answerConfirm, answerUpgrade } from './upgrade.ts';

const ROUTES: ReadonlyMap<string, Route> = new Map([
  ['/guest', answerGuest],
  ['/session', answerSession],
  ['/upgrade', answerUpgrade],
  ['/upgrade/confirm', answerConfirm],
  ['/login', answerLogin],
  ['/logout', answerLogout],
  ['/metadata', answerMetadata],
]);

/** Everything below the path that the shop's server mounts it at. The host of a request's address is not looked at: what `Host` says is anybody's word. */
export function createZitadelEndpoints(context: Context): (request: Request, from: { readonly clientAddress: string }) => Promise<Response> {
  const { settings: { path, origins } } = context;
  return async (request, { clientAddress }) => {
    try {
      const { pathname } = new URL(request.url);
      const route = pathname.startsWith(`${path}/`) ? ROUTES.get(pathname.slice(path.length)) : undefined;
      if (!route) throw new Refused('invalid_request', 'There is nothing at this address', { status: 404 });
      const { body, cookies = [] } = await route(await readAsked(request, { origins, clientAddress }), context);
      return answer(200, body, SAFE_HEADERS, cookies);
    } catch (error) {
      const [failure, cookies] = error instanceof WithCookies ? [error.failure, error.cookies] : [error, []];
      const { error: word, message, status, headers, more } = asRefused(failure, context);
      return answer(status, { error: word, error_description: message, ...more }, { ...SAFE_HEADERS, ...headers }, cookies);
    }
  };
}

function answer(status: number, body: object, headers: Readonly<Record<string, string>>, cookies: readonly string[]): Response {
  const response = Response.json(body, { status, headers });
  for (const cookie of cookies) response.headers.append('set-cookie', cookie);
  return response;
}

/** What the visitor is told; what an operator has to change is reported. */
function asRefused(error: unknown, { settings }: Context): Refused {
  if (error instanceof Refused) return error;
  if (error instanceof Unauthorized) return error.code === 'keys_unavailable' ? later('The keys of ZITADEL cannot be had: try again') : new Refused('invalid_grant', error.message);
  if (!(error instanceof ServiceFailed)) throw error;
  if (error.failure === 'setting' || error.failure === 'refused') settings.report(error.message);
  const headers = error.retryAfterSeconds === undefined ? {} : { 'retry-after': String(error.retryAfterSeconds) };
  return new Refused('temporarily_unavailable', 'The identity service does not do this just now: try again', { headers });
}
