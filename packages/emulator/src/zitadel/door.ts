import { answerBy, type Exchange } from '../openid/in-process.ts';
import { PATHS } from './provider.ts';
import { keptName } from './tokens.ts';
import type { World } from './world.ts';

export type Listener = (exchange: Exchange) => unknown;

/** Has the library answer a request that is ZITADEL's: in what is said otherwise there, it is said in the library's way first. */
export async function answerOidc(request: Request, { listener, world }: { readonly listener: Listener; readonly world: World }): Promise<Response> {
  const { pathname } = new URL(request.url);
  const translated = pathname === PATHS.end_session ? await logoutByClient(request, world) : await withKeptTokens(await withBasic(request), world);
  const response = await answerBy(listener, translated);
  // The secret may have come in the body, where a challenge says nothing; ZITADEL sends none.
  if (response.headers.get('www-authenticate')?.startsWith('Basic')) response.headers.delete('www-authenticate');
  return signedOutAtOnce(response, { request, listener });
}

/** A secret in the body is as good as one in the header. */
async function withBasic(request: Request): Promise<Request> {
  const form = await formOf(request);
  const [id, secret] = [form?.get('client_id'), form?.get('client_secret')];
  if (!form || !id || !secret || request.headers.has('authorization')) return request;
  form.delete('client_secret');
  const headers = new Headers(request.headers);
  headers.set('authorization', `Basic ${btoa(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`)}`);
  return new Request(request.url, { method: 'POST', headers, body: form.toString() });
}

/** The library's endpoints take the name of an access token that it keeps, and no JWT. */
async function withKeptTokens(request: Request, world: World): Promise<Request> {
  const headers = new Headers(request.headers);
  const [, bearer] = /^Bearer (.+)$/i.exec(headers.get('authorization') ?? '') ?? [];
  if (bearer !== undefined) headers.set('authorization', `Bearer ${await keptName(world, bearer)}`);
  const form = await formOf(request);
  for (const name of ['token', 'access_token']) {
    const token = form?.get(name);
    if (token) form?.set(name, await keptName(world, token));
  }
  return form ? new Request(request.url, { method: 'POST', headers, body: form.toString() }) : new Request(request, { headers });
}

async function formOf(request: Request): Promise<URLSearchParams | undefined> {
  const isForm = request.method === 'POST' && (request.headers.get('content-type') ?? '').startsWith('application/x-www-form-urlencoded');
  return isForm ? new URLSearchParams(await request.clone().text()) : undefined;
}

/** Our ID tokens are for a client and its project, the library's hints for a client alone: the hint becomes the client that it names. */
async function logoutByClient(request: Request, world: World): Promise<Request> {
  const url = new URL(request.url);
  for (const [name, value] of (await formOf(request)) ?? []) url.searchParams.set(name, value);
  const { azp: client } = (await world.signer.read(url.searchParams.get('id_token_hint') ?? '')) ?? {};
  const asked = url.searchParams.get('client_id');
  if (typeof client === 'string' && (asked === null || asked === client)) {
    url.searchParams.delete('id_token_hint');
    url.searchParams.set('client_id', client);
  }
  const { accept = 'text/html', cookie = '' } = Object.fromEntries(request.headers);
  return new Request(url, { headers: { accept, cookie } });
}

/** Sends the form by which the library asks whether to sign out: ZITADEL does not ask. */
async function signedOutAtOnce(response: Response, { request, listener }: { readonly request: Request; readonly listener: Listener }): Promise<Response> {
  if (response.status !== 200 || !(response.headers.get('content-type') ?? '').startsWith('text/html')) return response;
  const [, xsrf] = new RegExp(`action="[^"]*${PATHS.end_session}/confirm"[^]* name="xsrf" value="([^"]+)"`).exec(await response.clone().text()) ?? [];
  if (xsrf === undefined) return response;
  const cookie = [request.headers.get('cookie') ?? '', ...response.headers.getSetCookie().map((line) => line.split(';')[0] ?? '')].filter(Boolean).join('; ');
  const confirm = new Request(new URL(`${PATHS.end_session}/confirm`, request.url), { method: 'POST', headers: { cookie, accept: 'text/html' }, body: new URLSearchParams({ xsrf, logout: 'yes' }) });
  return answerBy(listener, confirm);
}
