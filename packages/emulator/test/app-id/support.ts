import { createHash, randomBytes } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, generateKeyPair, type JWTPayload } from 'jose';
import { createAppId, type AppId, type AppIdSettings } from '../../src/index.ts';

export const ORIGIN = 'http://appid.shop.localhost:4601';
export const OAUTH = '/oauth/v4/tenant_shop';
export const SHOP = 'http://www.shop.localhost:4600';
export const CALLBACK = `${SHOP}/callback`;
export const SERVER = { clientId: 'shop-server', secret: 'a secret', redirectUris: [CALLBACK] };
export const PAGE = { clientId: 'shop-page', redirectUris: [SHOP] };

export interface Shop {
  readonly appId: AppId;
  /** Ms since epoch; moves only when a test says so. */
  readonly time: { now: number };
}

/** Made once: it takes longer than most tests. */
const signingKey = generateKeyPair('RS256');

export async function makeShop(changes: Partial<AppIdSettings> = {}): Promise<Shop> {
  const time = { now: Date.now() };
  return { appId: await createAppId({ signingKey: await signingKey, origin: ORIGIN, clients: [SERVER, PAGE], now: () => time.now, ...changes }), time };
}

/** Another tenant, which signs with another key. */
export const makeOtherShop = async (): Promise<Shop> => makeShop({ signingKey: await generateKeyPair('RS256') });

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

export interface Call {
  readonly bearer?: string;
  readonly basic?: string;
  readonly body?: string | URLSearchParams | FormData;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function call({ appId }: Pick<Shop, 'appId'>, route: string, { bearer, basic, body, headers = {} }: Call = {}): Promise<Answer> {
  const [method = '', path = ''] = route.split(' ');
  const authorization = bearer !== undefined ? `Bearer ${bearer}` : basic !== undefined ? `Basic ${Buffer.from(basic).toString('base64')}` : undefined;
  const response = await appId.handle(new Request(ORIGIN + path, { method, headers: { ...(authorization !== undefined && { authorization }), ...headers }, ...(body !== undefined && { body }) }));
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text), headers: response.headers };
}

export const errorOf = ({ status, body }: Answer): string => `${status} ${String((body as Record<string, unknown> | undefined)?.['error'])}`;

/** A page, or a redirect, as a person's browser gets it. */
export const visit = ({ appId }: Pick<Shop, 'appId'>, path: string, { form, cookie }: { readonly form?: Readonly<Record<string, string>>; readonly cookie?: string } = {}): Promise<Response> =>
  appId.handle(new Request(new URL(path, ORIGIN), { ...(form && { method: 'POST', body: new URLSearchParams(form) }), headers: cookie === undefined ? {} : { cookie } }));

/** What `/authorization` answers a client. */
export const authorize = (shop: Pick<Shop, 'appId'>, changes: Readonly<Record<string, string>> = {}): Promise<Response> =>
  visit(shop, `${OAUTH}/authorization?${new URLSearchParams({ client_id: SERVER.clientId, response_type: 'code', redirect_uri: CALLBACK, scope: 'appid_default', state: 's1', ...changes })}`);

export function locationOf(response: Response): URL {
  const location = response.headers.get('location');
  if (location === null) throw new Error(`Not a redirect: ${response.status}`);
  return new URL(location);
}

export const queryOf = (response: Response): Record<string, string> => Object.fromEntries(locationOf(response).searchParams);

/** Asks for tokens as the shop's server. */
export const grant = (shop: Pick<Shop, 'appId'>, fields: Readonly<Record<string, string>>, basic = `${SERVER.clientId}:${SERVER.secret}`): Promise<Answer> =>
  call(shop, `POST ${OAUTH}/token`, { basic, body: new URLSearchParams(fields) });

export interface Tokens {
  readonly access: string;
  readonly id: string;
  readonly refresh: string | undefined;
  readonly expiresIn: number;
  readonly subject: string;
}

export function tokensOf({ status, body }: Answer): Tokens {
  const { access_token: access, id_token: id, refresh_token: refresh, expires_in: expiresIn } = (body ?? {}) as Record<string, string | undefined>;
  if (status !== 200 || access === undefined || id === undefined) throw new Error(`${status} ${JSON.stringify(body)}`);
  return { access, id, refresh, expiresIn: Number(expiresIn), subject: String(decodeJwt(access).sub) };
}

export async function exchange(shop: Pick<Shop, 'appId'>, returned: Response): Promise<Tokens> {
  return tokensOf(await grant(shop, { grant_type: 'authorization_code', redirect_uri: CALLBACK, code: queryOf(returned)['code'] ?? '' }));
}

/** A new guest, or with a token of theirs the same one. */
export const guest = async (shop: Pick<Shop, 'appId'>, token?: string): Promise<Tokens> =>
  exchange(shop, await authorize(shop, { idp: 'appid_anon', ...(token !== undefined && { appid_access_token: token }) }));

/** Signs in with Google, up to the answer that goes to the client. */
export async function chooseAt(shop: Pick<Shop, 'appId'>, person: string, begun: Response, cookie?: string): Promise<Response> {
  const form: Record<string, string> = ['ada', 'grace'].includes(person) ? { person } : { name: person };
  return visit(shop, `${locationOf(begun).pathname}/google`, { form, ...(cookie !== undefined && { cookie }) });
}

/** Signs in with Google; with a guest's token the guest comes along. */
export const signIn = async (shop: Pick<Shop, 'appId'>, person: string, token?: string): Promise<Tokens> =>
  exchange(shop, await chooseAt(shop, person, await authorize(shop, token === undefined ? {} : { appid_access_token: token })));

export const claimsOf = (token: string): JWTPayload => decodeJwt(token);
export const headerOf = (token: string): Readonly<Record<string, unknown>> => ({ ...decodeProtectedHeader(token) });

export const attributes = async (shop: Pick<Shop, 'appId'>, bearer: string): Promise<unknown> => {
  const { status, body } = await call(shop, 'GET /api/v1/attributes', { bearer });
  return status === 200 ? body : status;
};

export const write = (shop: Pick<Shop, 'appId'>, bearer: string, name: string, value: string): Promise<Answer> => call(shop, `PUT /api/v1/attributes/${encodeURIComponent(name)}`, { bearer, body: value });

/** A verifier of PKCE, and its challenge as RFC 7636 has it. */
export function pkce(): { readonly verifier: string; readonly challenge: string } {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}
