import { createHash, randomBytes } from 'node:crypto';
import { createZitadel, type Zitadel, type ZitadelSettings } from '../../src/index.ts';

export const ISSUER = 'http://login.shop.localhost:4601';
export const SHOP = 'http://www.shop.localhost:4600';
export const CALLBACK = `${SHOP}/callback.html`;
export const SECRET = 'a secret of the server, long enough';

export const SETTINGS: ZitadelSettings = {
  issuer: ISSUER,
  clients: [
    { clientId: 'shop', redirectUris: [`${SHOP}/`, CALLBACK], postLogoutRedirectUris: [`${SHOP}/`] },
    { clientId: 'server', clientSecret: SECRET, redirectUris: [CALLBACK] },
    { clientId: 'plain', redirectUris: [CALLBACK], tokenExchange: 'refused' },
  ],
};

export interface Shop {
  readonly zitadel: Zitadel;
  /** The personal access token of the shop's service account, and whose it is. */
  readonly pat: string;
  readonly accountId: string;
  /** Ms since epoch; moves only when a test says so. */
  readonly time: { now: number };
}

export async function makeShop(changes: Partial<ZitadelSettings> = {}): Promise<Shop> {
  const time = { now: Date.now() };
  const zitadel = await createZitadel({ ...SETTINGS, keyAlgorithm: 'ES256', now: () => time.now, ...changes });
  const { pat, userId: accountId } = zitadel.addServiceAccount();
  return { zitadel, pat, accountId, time };
}

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export interface Call {
  readonly pat?: string | null;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A call of the management API, `PATCH /v2/users/1`. */
export async function call({ zitadel, pat: own }: Shop, route: string, { pat = own, body, headers = {} }: Call = {}): Promise<Answer> {
  const [method = '', path = ''] = route.split(' ');
  const init = { method, headers: { 'content-type': 'application/json', ...(pat !== null && { authorization: `Bearer ${pat}` }), ...headers }, ...(body !== undefined && { body: JSON.stringify(body) }) };
  const response = await zitadel.handle(new Request(zitadel.origins[0] + path, init));
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
}

export const rpc = (shop: Shop, name: string, body: unknown, options: Omit<Call, 'body'> = {}): Promise<Answer> => call(shop, `POST /zitadel.user.v2.UserService/${name}`, { ...options, body });

/** The message that makes a guest. */
export const guest = (username: string, changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  organizationId: '300000000000000002', username,
  human: { profile: { givenName: 'Guest', familyName: 'User' }, email: { email: `${username.replace('@', '.')}@guest.invalid`, isVerified: false }, metadata: [{ key: 'GUEST_2025_01_01', value: 'Y3JlYXRlZA==' }], ...changes },
});

export async function makeGuest(shop: Shop, username = `guest_${randomBytes(8).toString('hex')}`, changes: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const { status, body } = await rpc(shop, 'CreateUser', guest(username, changes));
  if (status !== 200) throw new Error(JSON.stringify(body));
  return String(body['id']);
}

const IETF = 'urn:ietf:params:oauth:token-type:';
export const JWT = `${IETF}jwt`;
export const ACCESS_TOKEN = `${IETF}access_token`;
export const REFRESH_TOKEN = `${IETF}refresh_token`;
export const ID_TOKEN = `${IETF}id_token`;
export const USER_ID = 'urn:zitadel:params:oauth:token-type:user_id';

type Form = Readonly<Record<string, string | readonly string[] | null>>;

/** The parameters by which a shop's service account becomes a guest; null takes one out. */
export const impersonation = ({ pat }: Shop, subject: string): Record<string, string> => ({
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', client_id: 'shop', subject_token: subject, subject_token_type: USER_ID, actor_token: pat, actor_token_type: ACCESS_TOKEN,
  requested_token_type: JWT, scope: 'openid profile email',
});

/** A form posted to a path of the issuer. */
export async function post({ zitadel }: Pick<Shop, 'zitadel'>, path: string, form: Form, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(form)) for (const one of value === null ? [] : typeof value === 'string' ? [value] : value) body.append(name, one);
  const response = await zitadel.handle(new Request(zitadel.origins[0] + path, { method: 'POST', body, headers }));
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
}

export const exchange = (shop: Shop, subject: string, changes: Form = {}, headers: Readonly<Record<string, string>> = {}): Promise<Answer> => post(shop, '/oauth/v2/token', { ...impersonation(shop, subject), ...changes }, headers);

/** What a page asked for, and what it needs to finish. */
export interface Asked {
  readonly url: URL;
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
}

/** An authorization request with PKCE, as a page makes one; null takes a parameter out. */
export function ask(changes: Readonly<Record<string, string | null>> = {}): Asked {
  const [verifier, state, nonce] = [randomBytes(32), randomBytes(16), randomBytes(16)].map((bytes) => bytes.toString('base64url')) as [string, string, string];
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const parameters = { client_id: 'shop', redirect_uri: CALLBACK, response_type: 'code', scope: 'openid profile email', state, nonce, code_challenge: challenge, code_challenge_method: 'S256', ...changes };
  const url = new URL(`${ISSUER}/oauth/v2/authorize`);
  for (const [name, value] of Object.entries(parameters)) if (value !== null) url.searchParams.set(name, value);
  return { url, verifier, state, nonce };
}

/** One person's browser: keeps cookies by path, follows redirects, and stops at pages and at the shop. */
export class Browser {
  readonly #cookies = new Map<string, { readonly value: string; readonly path: string }>();
  /** Every value that a cookie ever had. */
  readonly secrets: string[] = [];
  readonly #zitadel: Zitadel;

  constructor({ zitadel }: Pick<Shop, 'zitadel'>) {
    this.#zitadel = zitadel;
  }

  async open(url: string | URL, init: RequestInit = {}): Promise<{ readonly html: string; readonly status: number; readonly url: URL }> {
    const at = new URL(url);
    const cookie = [...this.#cookies].filter(([, { path }]) => at.pathname.startsWith(path)).map(([name, { value }]) => `${name}=${value}`).join('; ');
    const response = await this.#zitadel.handle(new Request(at, { ...init, headers: { ...(cookie && { cookie }), accept: 'text/html' } }));
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    const location = response.headers.get('location');
    if (location === null || new URL(location, at).origin !== at.origin) return { html: await response.text(), status: response.status, url: new URL(location ?? at, at) };
    return this.open(new URL(location, at));
  }

  /** Fills in the sign-in page; where it ends. */
  async signIn(asked: Pick<Asked, 'url'>, form: Readonly<Record<string, string>> = { person: 'ada' }): Promise<URL> {
    const page = await this.open(asked.url);
    return (await this.submit(page, form)).url;
  }

  async submit({ html, url }: { readonly html: string; readonly url: URL }, form: Readonly<Record<string, string>>): Promise<{ readonly html: string; readonly status: number; readonly url: URL }> {
    const [, action = ''] = /<form[^>]* action="([^"]+)"/.exec(html) ?? [];
    return this.open(new URL(action, url), { method: 'POST', body: new URLSearchParams(form) });
  }

  #keep(line: string): void {
    const [, name = '', value = '', rest = ''] = /^([^=]+)=([^;]*)(.*)$/.exec(line) ?? [];
    const [, path = '/'] = /path=([^;]+)/i.exec(rest) ?? [];
    if (value) this.secrets.push(value);
    if (/1970/.test(rest)) this.#cookies.delete(name);
    else this.#cookies.set(name, { value, path });
  }
}

/** The shop at the token endpoint, with the code that a person brought back. */
export const redeem = (shop: Shop, { verifier }: Pick<Asked, 'verifier'>, back: URL, changes: Form = {}): Promise<Answer> =>
  post(shop, '/oauth/v2/token', { grant_type: 'authorization_code', client_id: 'shop', redirect_uri: CALLBACK, code: back.searchParams.get('code'), code_verifier: verifier, ...changes });

/** The tokens of somebody who signs in. */
export async function signIn(shop: Shop, { changes = {}, form = { person: 'ada' }, browser = new Browser(shop) }: { changes?: Readonly<Record<string, string | null>>; form?: Readonly<Record<string, string>>; browser?: Browser } = {}): Promise<Record<string, string>> {
  const asked = ask(changes);
  const { status, body } = await redeem(shop, asked, await browser.signIn(asked, form));
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body as Record<string, string>;
}
