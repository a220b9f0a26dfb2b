import { createHash, createPrivateKey, randomBytes, sign } from 'node:crypto';
import { decodeJwt } from 'jose';
import { APP, LOGIN, type Account } from './account.ts';

export interface Tokens {
  readonly access_token: string;
  readonly id_token: string;
  readonly expires_in: number;
}

/** What a page asked for, and what it needs to finish. */
export interface Begun {
  readonly id: string;
  readonly url: URL;
  readonly verifier: string;
}

/** One person's browser in front of the emulator: keeps cookies, follows redirects by hand, speaks the protocol and nothing else. */
export class Browser {
  readonly cookies = new Map<string, string>();
  readonly #account: Account;

  constructor(account: Account) {
    this.#account = account;
  }

  async fetch(url: string | URL, init: RequestInit & { readonly from?: string } = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (init.from) headers.set('origin', init.from);
    if (new URL(url).origin === LOGIN && this.cookies.size > 0) headers.set('cookie', [...this.cookies].map((pair) => pair.join('=')).join('; '));
    const response = await this.#account.authress.handle(new Request(url, { ...init, headers }));
    for (const cookie of response.headers.getSetCookie()) this.#keep(cookie);
    return response;
  }

  /** A call of the shop's page to the API. */
  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return this.fetch(LOGIN + path, { method, from: APP, headers: { 'content-type': 'application/json', ...headers }, ...(text !== undefined && { body: text }) });
  }

  async begin(connectionId: string, changes: Record<string, unknown> = {}, headers: Record<string, string> = {}): Promise<Begun> {
    const verifier = randomBytes(48).toString('base64url');
    const response = await this.call('POST', '/api/authentication', authenticationBody(connectionId, verifier, changes), headers);
    if (response.status !== 200) throw new Error(`POST /api/authentication: ${response.status} ${await response.text()}`);
    const answer = (await response.json()) as { authenticationUrl: string; authenticationRequestId: string };
    return { id: answer.authenticationRequestId, url: new URL(answer.authenticationUrl), verifier };
  }

  /** The verifier's part: signs a guest's subject and sends the browser on to the login host. */
  async visitVerifier({ id }: Begun, changes: Assertion = {}): Promise<Response> {
    return this.fetch(loginUrl(id, assertion(this.#account, changes)));
  }

  /** Chooses a person on a fake connection's page, up to the answer of the login host. */
  async signInAs(person: string, { url }: Begun): Promise<Response> {
    const page = await this.fetch(url);
    if (page.status !== 200) throw new Error(`GET /authorize: ${page.status}`);
    const form = new URLSearchParams({ state: url.searchParams.get('state') ?? '', redirect_uri: url.searchParams.get('redirect_uri') ?? '', ...choice(person) });
    const chosen = await this.fetch(`${url.origin}/authorize`, { method: 'POST', body: form });
    return this.fetch(locationOf(chosen));
  }

  async exchange(begun: Begun, code: string, changes: Record<string, unknown> = {}): Promise<Response> {
    const body = { grant_type: 'authorization_code', client_id: 'app_shop', redirect_uri: `${APP}/cart`, code, code_verifier: begun.verifier, ...changes };
    return this.call('POST', `/api/authentication/${begun.id}/tokens`, body);
  }

  async becomeGuest(subject = newSubject()): Promise<Tokens> {
    const begun = await this.begin('sc_guests');
    return this.finish(begun, await this.visitVerifier(begun, { sub: subject }));
  }

  async signIn(person: string, connectionId = 'google', changes: Record<string, unknown> = {}): Promise<Tokens> {
    const begun = await this.begin(connectionId, changes);
    return this.finish(begun, await this.signInAs(person, begun));
  }

  async finish(begun: Begun, returned: Response): Promise<Tokens> {
    const code = locationOf(returned).searchParams.get('code');
    const response = await this.exchange(begun, code ?? '');
    if (response.status !== 200) throw new Error(`POST tokens: ${response.status} ${await response.text()}`);
    return (await response.json()) as Tokens;
  }

  #keep(cookie: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
    if (/Max-Age=0/.test(cookie)) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}

export function authenticationBody(connectionId: string, verifier: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  const codeChallenge = createHash('sha256').update(verifier).digest('base64url');
  return { connectionId, applicationId: 'app_shop', redirectUrl: `${APP}/cart`, codeChallenge, codeChallengeMethod: 'S256', flowType: 'code', responseLocation: 'query', ...changes };
}

export interface Assertion {
  readonly sub?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Record<string, unknown>;
  /** Signs instead of the service client's own key. */
  readonly accessKey?: string;
}

/** An assertion as the vendor's SDK makes it, with what a test changes. */
export function assertion({ accessKey, time }: Account, { sub = newSubject(), claims, header, accessKey: signer = accessKey }: Assertion = {}): string {
  const [clientId = '', kid = '', accountId = '', key = ''] = signer.split('.');
  const iat = Math.floor(time.now / 1000);
  const payload = { aud: `${accountId}.accounts.authress.io`, iss: `${LOGIN}/v1/clients/${clientId}`, sub, client_id: clientId, iat, exp: iat + 60, max_age: 60, scope: 'openid', ...claims };
  const signed = [{ alg: 'EdDSA', kid, typ: 'oauth-authz-req+jwt', ...header }, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const privateKey = createPrivateKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'pkcs8' });
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
}

export function loginUrl(state: string, code: string): string {
  return `${LOGIN}/login?${new URLSearchParams({ code, state, iss: `${LOGIN}/v1/clients/sc_guests` })}`;
}

export function newSubject(): string {
  return `user_${randomBytes(16).toString('hex')}`;
}

export function subjectOf(tokens: Tokens): string {
  return decodeJwt(tokens.access_token).sub ?? '';
}

export function locationOf(response: Response): URL {
  const location = response.headers.get('location');
  if (location === null) throw new Error(`Not a redirect: ${response.status}`);
  return new URL(location);
}

function choice(person: string): Record<string, string> {
  return ['ada', 'grace'].includes(person) ? { person } : { name: person };
}
