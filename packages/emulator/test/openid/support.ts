import { createHash, randomBytes } from 'node:crypto';
import { generateKeyPair } from 'jose';
import { createOpenId, type OpenId, type OpenIdSettings } from '../../src/index.ts';

export const ISSUER = 'http://login.shop.localhost:4601';
export const SHOP = 'http://www.shop.localhost:4600';
export const CALLBACK = `${SHOP}/callback.html`;

export const SETTINGS: OpenIdSettings = {
  issuer: ISSUER,
  clients: [{ clientId: 'shop', redirectUris: [`${SHOP}/`, CALLBACK], postLogoutRedirectUris: [`${SHOP}/`] }],
  connections: [{ connectionId: 'google', name: 'Google' }, { connectionId: 'github', name: 'GitHub' }],
};

/** Made once: it takes longer than most tests. */
const signingKey = generateKeyPair('RS256', { extractable: true });

export const makeOpenId = async (changes: Partial<OpenIdSettings> = {}): Promise<OpenId> => createOpenId({ ...SETTINGS, signingKey: await signingKey, ...changes });

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
  const url = new URL(`${ISSUER}/authorize`);
  for (const [name, value] of Object.entries(parameters)) if (value !== null) url.searchParams.set(name, value);
  return { url, verifier, state, nonce };
}

/** One person's browser: keeps cookies by path, follows the provider's redirects, and stops at pages and at the shop. */
export class Browser {
  readonly #cookies = new Map<string, { readonly value: string; readonly path: string }>();
  /** Every value that a cookie ever had. */
  readonly secrets: string[] = [];
  readonly #openid: OpenId;

  constructor(openid: OpenId) {
    this.#openid = openid;
  }

  async open(url: string | URL, init: RequestInit = {}): Promise<{ readonly response: Response; readonly url: URL }> {
    const at = new URL(url);
    const cookie = [...this.#cookies].filter(([, { path }]) => at.pathname.startsWith(path)).map(([name, { value }]) => `${name}=${value}`).join('; ');
    const response = await this.#openid.handle(new Request(at, { ...init, headers: { ...(cookie && { cookie }), accept: 'text/html' } }));
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    const location = response.headers.get('location');
    if (location === null || new URL(location, at).origin !== ISSUER) return { response, url: new URL(location ?? at, at) };
    return this.open(new URL(location, at));
  }

  /** Chooses somebody on the sign-in page; the address at the shop where it ends. */
  async signIn(asked: Asked, form: Readonly<Record<string, string>> = { person: 'ada' }): Promise<URL> {
    const page = await this.open(asked.url);
    const { url } = await this.submit(page.url, await page.response.text(), form);
    return url;
  }

  /** Sends a page's form with what it hides. */
  async submit(at: URL, html: string, form: Readonly<Record<string, string>>): Promise<{ readonly response: Response; readonly url: URL }> {
    const [, action = ''] = /<form[^>]* action="([^"]+)"/.exec(html) ?? [];
    const hidden = [...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]);
    return this.open(new URL(action, at), { method: 'POST', body: new URLSearchParams([...hidden, ...Object.entries(form)] as [string, string][]) });
  }

  #keep(line: string): void {
    const [, name = '', value = '', rest = ''] = /^([^=]+)=([^;]*)(.*)$/.exec(line) ?? [];
    const [, path = '/'] = /path=([^;]+)/i.exec(rest) ?? [];
    if (value) this.secrets.push(value);
    if (/1970/.test(rest)) this.#cookies.delete(name);
    else this.#cookies.set(name, { value, path });
  }
}

/** The shop's page at the token endpoint. */
export function redeem(openid: OpenId, { verifier }: Pick<Asked, 'verifier'>, code: string | null, { changes = {}, origin = SHOP as string | null }: { changes?: Readonly<Record<string, string | null>>; origin?: string | null } = {}): Promise<Response> {
  const body = new URLSearchParams();
  const parameters = { grant_type: 'authorization_code', client_id: 'shop', redirect_uri: CALLBACK, code, code_verifier: verifier, ...changes };
  for (const [name, value] of Object.entries(parameters)) if (value !== null) body.set(name, value);
  return openid.handle(new Request(`${ISSUER}/token`, { method: 'POST', body, headers: { ...(origin !== null && { origin }) } }));
}
