/** Routes that a page asks by a form, at this origin or another one. */
import { readForm, type Asked } from '../issuer/form.ts';
import { Refused } from '../issuer/refused.ts';
import { SAFE_HEADERS } from '../refusal.ts';
import { refuseUnlessScript } from './origin.ts';

/** What a route answers with. */
export interface Answer {
  readonly body: Readonly<Record<string, unknown>>;
  /** `Set-Cookie`s. */
  readonly cookies?: readonly string[];
}

export interface FormEndpointsParts<Context> {
  readonly origins: ReadonlySet<string>;
  /** The path that the shop's server mounts them at. */
  readonly path: string;
  /** Whether a page at another origin sends its cookies. */
  readonly credentials: 'omit' | 'include';
  readonly routes: ReadonlyMap<string, (asked: Asked, context: Context) => Promise<Answer>>;
  /** What a failure is to the page. Whatever is none of ours flies on. */
  asRefused(error: unknown): Refused;
}

/** Everything below the path. The host of a request's address is not looked at: what `Host` says is anybody's word. */
export function createFormEndpoints<Context>(parts: FormEndpointsParts<Context>, context: Context): (request: Request, from: { readonly clientAddress: string }) => Promise<Response> {
  const { origins, path, routes, asRefused } = parts;
  return async ({ url, method, headers, body: stream }, { clientAddress }) => {
    const common = corsHeaders(headers.get('origin'), parts);
    try {
      const { pathname } = new URL(url);
      const route = pathname.startsWith(`${path}/`) ? routes.get(pathname.slice(path.length)) : undefined;
      if (!route) throw new Refused('invalid_request', 'There is nothing at this address', { status: 404 });
      refuseUnlessScript(headers, origins);
      if (method !== 'POST') throw new Refused('invalid_request', 'Only POST is answered here', { status: 405, headers: { allow: 'POST' } });
      const { body, cookies = [] } = await route({ form: await readForm(headers, stream), headers, clientAddress }, context);
      return answer(body, { status: 200, headers: common }, cookies);
    } catch (error) {
      const { error: word, message, status, headers: more } = asRefused(error);
      return answer({ error: word, error_description: message }, { status, headers: { ...common, ...more } });
    }
  };
}

/** A listed page may read the answer, wherever the verifier is; with cookies, it may send them. */
function corsHeaders(origin: string | null, { origins, credentials }: Pick<FormEndpointsParts<unknown>, 'origins' | 'credentials'>): Readonly<Record<string, string>> {
  const allowed = origin !== null && origins.has(origin) && {
    'access-control-allow-origin': origin, 'access-control-expose-headers': 'Retry-After', ...(credentials === 'include' && { 'access-control-allow-credentials': 'true' }),
  };
  return { ...SAFE_HEADERS, vary: 'Origin', ...allowed };
}

function answer(body: object, init: { readonly status: number; readonly headers: Readonly<Record<string, string>> }, cookies: readonly string[] = []): Response {
  const response = Response.json(body, init);
  for (const cookie of cookies) response.headers.append('set-cookie', cookie);
  return response;
}
