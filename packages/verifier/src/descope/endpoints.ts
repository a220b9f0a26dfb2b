import { refuseUnlessScript } from '../gate/origin.ts';
import { readForm } from '../issuer/form.ts';
import { Refused } from '../issuer/refused.ts';
import { SAFE_HEADERS } from '../refusal.ts';
import { answerAttributes } from './attributes.ts';
import type { Context, Route } from './context.ts';
import { answerForget, answerKeep } from './kept-guest.ts';
import { asRefused } from './refusals.ts';
import { answerGuest } from './start-guest.ts';
import { answerConfirm, answerUpgrade } from './upgrade.ts';

const ROUTES: ReadonlyMap<string, Route> = new Map([
  ['/guest', answerGuest],
  ['/guest/keep', answerKeep],
  ['/guest/forget', answerForget],
  ['/attributes', answerAttributes],
  ['/upgrade', answerUpgrade],
  ['/upgrade/confirm', answerConfirm],
]);

/** Everything below the path that the shop's server mounts it at. The host of a request's address is not looked at: what `Host` says is anybody's word. */
export function createDescopeEndpoints(context: Context): (request: Request, from: { readonly clientAddress: string }) => Promise<Response> {
  const { settings } = context;
  return async ({ url, method, headers, body: stream }, { clientAddress }) => {
    const common = corsHeaders(headers.get('origin'), context);
    try {
      const { pathname } = new URL(url);
      const route = pathname.startsWith(`${settings.path}/`) ? ROUTES.get(pathname.slice(settings.path.length)) : undefined;
      if (!route) throw new Refused('invalid_request', 'There is nothing at this address', { status: 404 });
      refuseUnlessScript(headers, settings.origins);
      if (method !== 'POST') throw new Refused('invalid_request', 'Only POST is answered here', { status: 405, headers: { allow: 'POST' } });
      const { body, cookies = [] } = await route({ form: await readForm(headers, stream), headers, clientAddress }, context);
      return answer(body, { status: 200, headers: common }, cookies);
    } catch (error) {
      const { error: word, message, status, headers: more } = asRefused(error, settings);
      return answer({ error: word, error_description: message }, { status, headers: { ...common, ...more } });
    }
  };
}

/** A listed page may read the answer, wherever the verifier is; with cookies, it may send them. */
function corsHeaders(origin: string | null, { settings: { origins, sessions } }: Context): Readonly<Record<string, string>> {
  const allowed = origin !== null && origins.has(origin) && {
    'access-control-allow-origin': origin, 'access-control-expose-headers': 'Retry-After', ...(sessions.by !== 'body' && { 'access-control-allow-credentials': 'true' }),
  };
  return { ...SAFE_HEADERS, vary: 'Origin', ...allowed };
}

function answer(body: object, init: { readonly status: number; readonly headers: Readonly<Record<string, string>> }, cookies: readonly string[] = []): Response {
  const response = Response.json(body, init);
  for (const cookie of cookies) response.headers.append('set-cookie', cookie);
  return response;
}
