import { createHash, randomBytes } from 'node:crypto';
import type { AuthressDemo } from '../../src/demo.mjs';
import { ask, askAt, type Answer } from './http.ts';

/** Somebody's access token, and what it says. */
export interface Token {
  readonly text: string;
  readonly subject: string;
}

/** One person's browser without a page: keeps the login host's cookies, follows redirects, and gets real tokens the way the client does. */
export class Person {
  readonly #cookies = new Map<string, string>();
  readonly #demo: AuthressDemo;

  constructor(demo: AuthressDemo) {
    this.#demo = demo;
  }

  /** Becomes a guest by way of the verifier. */
  becomeGuest(): Promise<Token> {
    return this.#authenticate('sc_guests', async (url) => url);
  }

  /** Signs in at the make-believe Google as anybody one likes to name. */
  signIn(name: string): Promise<Token> {
    return this.#authenticate('google', async (url) => {
      const { state, redirect_uri } = Object.fromEntries(url.searchParams);
      const form = new URLSearchParams({ state: state ?? '', redirect_uri: redirect_uri ?? '', name });
      return locationOf(await askAt(`${url.origin}/authorize`, { method: 'POST', body: form.toString() }));
    });
  }

  async #authenticate(connectionId: string, prove: (url: URL) => Promise<URL>): Promise<Token> {
    const redirectUrl = `${this.#demo.shopUrl}/`;
    const codeVerifier = randomBytes(48).toString('base64url');
    const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url');
    const begun = await this.#call('/api/authentication', {
      applicationId: 'app_shop', connectionId, redirectUrl, codeChallenge, codeChallengeMethod: 'S256', flowType: 'code', responseLocation: 'query',
    });
    const callback = await this.#follow(await prove(new URL(begun['authenticationUrl'] ?? '')));
    const tokens = await this.#call(`/api/authentication/${begun['authenticationRequestId']}/tokens`, {
      grant_type: 'authorization_code', client_id: 'app_shop', redirect_uri: redirectUrl, code: callback.searchParams.get('code') ?? '', code_verifier: codeVerifier,
    });
    return toToken(tokens['access_token'] ?? '');
  }

  /** From redirect to redirect, until one leads back to the shop. */
  async #follow(address: URL): Promise<URL> {
    let next = address;
    while (next.origin !== this.#demo.shopUrl) {
      const cookie = next.origin === this.#demo.loginUrl ? this.#cookieHeader() : {};
      const answer = await askAt(next, { headers: cookie });
      this.#keep(answer);
      next = locationOf(answer);
    }
    return next;
  }

  /** A call that the shop's page makes to the login host. */
  async #call(path: string, body: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>> {
    const headers = { origin: this.#demo.shopUrl, 'content-type': 'application/json', ...this.#cookieHeader() };
    const answer = await ask(this.#demo.loginUrl, path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (answer.status !== 200) throw new Error(`POST ${path} answered ${answer.status}`);
    this.#keep(answer);
    return JSON.parse(answer.text) as Record<string, string>;
  }

  #cookieHeader(): Readonly<Record<string, string>> {
    return this.#cookies.size > 0 ? { cookie: [...this.#cookies].map((pair) => pair.join('=')).join('; ') } : {};
  }

  #keep({ headers }: Answer): void {
    for (const cookie of headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      this.#cookies.set(name, value);
    }
  }
}

function locationOf({ status, headers }: Answer): URL {
  const location = headers.get('location');
  if (location === null) throw new Error(`Not a redirect: ${status}`);
  return new URL(location);
}

function toToken(text: string): Token {
  const claims = JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString()) as { sub: string };
  return { text, subject: claims.sub };
}
