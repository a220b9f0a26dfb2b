/**
 * One person's browser with its tabs, in virtual time, before the real emulator and the real verifier: only the ports are fakes.
 */
import { createAuthress, createOpenId, createServiceClient, type Authress, type AuthressSettings, type OpenId } from '@passerby/emulator';
import { createIssuer, createVerifier, memoryStore, Unauthorized, type IssuerSettings, type Verifier } from '@passerby/verifier';
import { exportJWK, generateKeyPair } from 'jose';
import { LoginError } from '@passerby/shared';
import { LoginClient, type LoginOptions, type Notice } from '../../src/index.ts';
import { loadActs } from '../../src/load-acts.ts';
import type { Ports } from '../../src/ports/ports.ts';
import { oidc } from '../../src/providers/oidc.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { CookieJar } from './cookie-jar.ts';
import { signingKey } from './signing-key.ts';
import { VirtualTime } from './virtual-time.ts';

export const SHOP = 'https://www.shop.test';
export const LOGIN = 'https://login.shop.test';
export const VERIFIER = 'https://verifier.test';
/** Where the API is that the shop's pages call. */
export const API = 'https://api.shop.test';
const GOOGLE = 'https://google.test';
const GITHUB = 'https://github.test';

export interface Tab {
  readonly login: LoginClient;
  readonly notices: Notice[];
  /** What the address bar shows. */
  address: URL;
  /** Where the page was sent; null: it is still here. */
  departed: string | null;
  /** The window that the page opened. */
  popup: { address: string | null; state: 'open' | 'given up' | 'closed' } | null;
}

/** What is there besides the browser. */
export interface Services {
  readonly time: VirtualTime;
  readonly verifier: Verifier;
  readonly authress?: Authress;
  readonly openId?: OpenId;
  readonly codeRedeemedBy?: 'page' | 'verifier';
  /** Where the shop's own origin is a server, which knows who is here by cookies. */
  readonly atHome?: {
    readonly provider: () => Provider;
    /** The identity service, for the browser that is sent there. */
    readonly service: { handle(request: Request): Promise<Response> };
    readonly shop: (request: Request) => Promise<Response>;
  };
}

export class World {
  readonly jar = new CookieJar();
  /** Every request a page of the shop made, as `METHOD path`, preflights not counted. */
  readonly requests: string[] = [];
  /** The shop's own API, which tells who asked. */
  api = async (request: Request): Promise<Response> => {
    try {
      return Response.json(await this.verifier.verifyToken(request));
    } catch (error) {
      if (!(error instanceof Unauthorized)) throw error;
      return error.response();
    }
  };
  /** What the client itself sent, as it gave it to `fetch`. */
  readonly sent: { readonly url: string; readonly init: RequestInit }[] = [];
  /** What it sent for the app. */
  readonly appRequests: Request[] = [];
  /** How often the verifier was asked. */
  verifierRequests = 0;
  /** What IndexedDB holds; whoever reads or writes gets copies. */
  readonly rows = new Map<string, unknown>();
  storage: 'works' | 'fails' = 'works';
  framesForbidden: 'yes' | 'no' = 'no';
  popups: 'open' | 'blocked' = 'open';
  /** Thrown into the page, as `fetch` does without a network. */
  offline: 'yes' | 'no' = 'no';
  #draws = 48_271;
  #requestsToLose = 0;
  #toLose = 0;
  readonly #watchers = new Set<(what: 'back' | 'awake') => void>();
  readonly #channels = new Map<string, Set<(version: number) => void>>();
  readonly #locks = new Map<string, Promise<unknown>>();

  constructor(readonly services: Services) {}

  get time(): VirtualTime {
    return this.services.time;
  }

  get verifier(): Verifier {
    return this.services.verifier;
  }

  get authress(): Authress {
    return there(this.services.authress);
  }

  get openId(): OpenId {
    return there(this.services.openId);
  }

  static async create(settings: Partial<AuthressSettings> = {}): Promise<World> {
    // Loaded beforehand: a chunk that comes from disk takes real time.
    await import('../../src/tokens/verify.ts');
    const time = new VirtualTime();
    time.watchCrypto();
    const { accessKey, publicJwk } = await createServiceClient('acc_shop', 'sc_guests');
    const authress = await createAuthress({
      loginOrigin: LOGIN, accountId: 'acc_shop', applications: [{ applicationId: 'app_shop', redirectOrigins: [SHOP] }],
      connections: [{ connectionId: 'google', origin: GOOGLE, name: 'Google' }, { connectionId: 'github', origin: GITHUB, name: 'GitHub' }],
      serviceClients: [{ clientId: 'sc_guests', authorizationUrl: `${VERIFIER}/v1/login`, publicJwk }],
      clock: () => time.wall, sleep: (ms) => time.wait(ms), accessTokenLifetimeSeconds: 3_600, ...settings,
    });
    const verifier = createVerifier({
      authress: { loginUrl: LOGIN, accessKey, connections: ['google', 'github'], applicationId: 'app_shop' },
      now: () => time.wall, fetch: async (input, init) => authress.handle(new Request(input, init)),
    });
    return new World({ authress, verifier, time });
  }

  /** The same person, before a standard OpenID provider and a verifier that issues guests itself. The provider's clock is the real one. */
  static async createOidc(settings: Partial<IssuerSettings> = {}, { clientSecret }: { readonly clientSecret?: string } = {}): Promise<World> {
    const time = new VirtualTime();
    time.wall = Date.now();
    time.watchCrypto();
    const redirectUris = ['/', '/checkout', '/callback.html'].map((path) => SHOP + path);
    const openId = await createOpenId({
      issuer: LOGIN, clients: [{ clientId: 'shop', ...(clientSecret && { clientSecret }), redirectUris, postLogoutRedirectUris: [`${SHOP}/`] }], sleep: (ms) => time.wait(ms),
      connections: [{ connectionId: 'google', name: 'Google' }, { connectionId: 'github', name: 'GitHub' }], signingKey: await signingKey,
    });
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const keys = { keys: [{ ...(await exportJWK(privateKey)), kid: 'k', alg: 'ES256' }] };
    const verifier = createIssuer({ issuer: VERIFIER, keys, clientId: 'shop', origins: [SHOP], audience: API, apiOrigin: API, store: memoryStore({ now: () => time.wall }), now: () => time.wall,
      provider: { issuer: LOGIN, clientSecret }, fetch: async (input, init) => openId.handle(new Request(input, init)), ...settings,
    });
    return new World({ openId, verifier, time, codeRedeemedBy: clientSecret ? 'verifier' : 'page' });
  }

  /** Another person's browser, before the same services, at the same time. */
  anotherBrowser(): World {
    return new World(this.services);
  }

  /** This very browser, but with another verifier in between. */
  withVerifier(verifier: Verifier): World {
    const world = new World({ ...this.services, verifier });
    for (const [name, row] of this.rows) world.rows.set(name, row);
    return world;
  }

  /** Opens a page of the shop. */
  open(address = '/', options: Partial<LoginOptions> = {}, platform: Partial<Ports['provider']> = {}): Tab {
    const tab: Tab = { address: new URL(address, SHOP), departed: null, popup: null, notices: [], login: undefined as never };
    const { atHome } = this.services;
    const service = atHome ? { provider: atHome.provider(), apiOrigins: [SHOP] } : this.services.openId
      ? { provider: oidc({ issuer: LOGIN, clientId: 'shop', verifier: VERIFIER, connectionParameter: 'connection', codeRedeemedBy: this.services.codeRedeemedBy ?? 'page' }) }
      : { authressApiUrl: LOGIN, applicationId: 'app_shop', guestConnectionId: 'sc_guests', frameUrl: '/callback.html' };
    const login = new LoginClient({ ...service, ...options } as LoginOptions, (name) => {
      const ports = this.#ports(name, tab);
      return { ...ports, provider: { ...ports.provider, ...platform } };
    }, (provider) => this.time.busy(() => loadActs(provider)));
    login.subscribe((notice) => tab.notices.push(notice));
    return Object.assign(tab, { login });
  }

  /** Lets time pass until the promise is settled. */
  until<T>(promise: Promise<T>): Promise<T> {
    return this.time.until(promise);
  }

  /** The page leaves; the person signs in there; the page they come back to. */
  async signIn(tab: Tab, begin: (login: LoginClient) => Promise<unknown>, person: string): Promise<Tab> {
    return this.open(await this.backFrom(tab, begin, person));
  }

  /** The same, as the address they come back to. A person is one of the make-believe, or what they type into the form; null: nobody, who changes their mind. */
  async backFrom(tab: Tab, begin: (login: LoginClient) => Promise<unknown>, person: string | Readonly<Record<string, string>> | null): Promise<string> {
    const failed = begin(tab.login).then(() => { throw new Error('The page did not leave'); });
    failed.catch(() => undefined);
    await Promise.race([this.until(this.departureOf(tab)), failed]);
    const page = await this.until(this.#visit(new URL(tab.departed ?? tab.popup?.address ?? ''), { method: 'GET' }));
    if (page.url.origin === SHOP) return page.url.href;
    const html = await page.response.text();
    if (person === null) {
      const cancel = /href="([^"]+)" data-testid="(?:person|login)-cancel"/.exec(html)?.[1] ?? '';
      return (await this.until(this.#visit(new URL(cancel.replaceAll('&amp;', '&'), page.url), { method: 'GET' }))).url.href;
    }
    const hidden = [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value.replaceAll('&amp;', '&')]);
    const action = /<form method="post" action="([^"]+)"/.exec(html)?.[1] ?? '';
    const form = new URLSearchParams({ ...Object.fromEntries(hidden), ...(typeof person === 'string' ? { person } : person) });
    return (await this.until(this.#visit(new URL(action, page.url), { method: 'POST', body: form, headers: { origin: page.url.origin } }))).url.href;
  }

  /** So many requests to the verifier get lost on their way there. */
  loseRequests(times: number): void {
    this.#requestsToLose = times;
  }

  /** So many answers of the verifier get lost on their way, after it did its work. */
  loseAnswers(times: number): void {
    this.#toLose = times;
  }

  /** Everybody's token is over. */
  async expireTokens(): Promise<void> {
    await this.time.pass(3_700_000);
  }

  /** Storage is cleared, as a browser does after a week. */
  evict(): void {
    this.rows.clear();
  }

  /** The network is back, and every tab notices. */
  awake(): void {
    for (const told of this.#watchers) told('awake');
  }

  /** Resolves when the page, or the window it opened, was sent away. */
  async departureOf(tab: Tab): Promise<void> {
    while (tab.departed === null && !tab.popup?.address) await this.time.clock.sleep(5);
  }

  /** Follows redirects as a browser does, with its cookies, to the first page or to the shop. */
  async #visit(url: URL, init: RequestInit): Promise<{ url: URL; response: Response }> {
    let at = url;
    let request = init;
    for (;;) {
      if (at.origin === SHOP) return { url: at, response: new Response() };
      const response = await this.#send(at, request);
      const location = response.headers.get('location');
      if (!location) return { url: at, response };
      at = new URL(location, at);
      request = { method: 'GET' };
    }
  }

  async #send(url: URL, init: RequestInit): Promise<Response> {
    if (this.offline === 'yes') throw new TypeError('Failed to fetch');
    const headers = new Headers(init.headers);
    const cookie = init.credentials === 'omit' ? '' : this.jar.for(url);
    if (cookie) headers.set('cookie', cookie);
    // A millisecond on the way: no two requests are of the same moment.
    await this.time.clock.sleep(1);
    const { signal, ...rest } = init;
    const request = new Request(url, { ...rest, headers, redirect: 'manual' });
    return this.time.busy(async () => {
      const isVerifier = url.origin === VERIFIER || (url.origin === SHOP && url.pathname.startsWith('/auth/'));
      if (isVerifier && this.#requestsToLose > 0) {
        this.#requestsToLose--;
        throw new TypeError('Failed to fetch');
      }
      if (isVerifier) this.verifierRequests++;
      const response = await this.#answer(request);
      signal?.throwIfAborted();
      if (isVerifier && this.#toLose > 0) {
        this.#toLose--;
        throw new TypeError('Failed to fetch');
      }
      this.jar.store(url, response);
      return response;
    });
  }

  /** As a browser sends a page's own request to the page's own origin. */
  async #sendHome(request: Request): Promise<Response> {
    const { method, headers, credentials } = request;
    const body = method === 'GET' ? null : await request.text();
    return this.#send(new URL(request.url), { method, body, credentials, headers: { ...Object.fromEntries(headers), ...(method !== 'GET' && { origin: SHOP }) } });
  }

  #answer(request: Request): Promise<Response> {
    switch (new URL(request.url).origin) {
      case VERIFIER:
        return this.verifier.handler(request, { clientAddress: '192.0.2.1' });
      case API:
        return this.api(request);
      case SHOP:
        return there(this.services.atHome).shop(request);
      default:
        return (this.services.atHome?.service ?? this.services.openId ?? this.authress).handle(request);
    }
  }

  #ports(name: string, tab: Tab): Ports {
    // This tab's own ear, which does not hear what the tab says itself.
    let own: ((version: number) => void) | undefined;
    const { clock } = this.time;
    const store = async <T>(work: () => T): Promise<T> => {
      if (this.storage === 'fails') throw new DOMException('The disk is gone', 'UnknownError');
      return work();
    };
    return {
      clock,
      random: () => (this.#draws = (this.#draws * 16_807) % 2_147_483_647) / 2_147_483_647,
      store: {
        read: () => store(() => structuredClone(this.rows.get(name))),
        update: (change) => store(() => void this.rows.set(name, structuredClone(change(structuredClone(this.rows.get(name)))))),
      },
      lock: {
        run: (work) => {
          const turn = (this.#locks.get(name) ?? Promise.resolve()).then(work, work);
          this.#locks.set(name, turn.catch(() => undefined));
          return turn;
        },
      },
      channel: {
        post: (version) => {
          for (const heard of this.#channels.get(name) ?? []) if (heard !== own) queueMicrotask(() => heard(version));
        },
        listen: (heard) => {
          own = heard;
          this.#channels.set(name, (this.#channels.get(name) ?? new Set()).add(heard));
        },
      },
      lifecycle: { watch: (told) => void this.#watchers.add(told) },
      navigation: {
        current: () => new URL(tab.address),
        rewrite: (url) => void (tab.address = new URL(url)),
        leave: (url) => void (tab.departed = url),
        openPopup: () => {
          if (this.popups === 'blocked') return null;
          const popup = (tab.popup = { address: null as string | null, state: 'open' as 'open' | 'given up' | 'closed' });
          return { go: (url) => void (popup.address = url), close: () => void (popup.state = 'closed'), isGivenUp: () => popup.state === 'given up' };
        },
        closePopup: () => void (tab.departed = 'closed'),
      },
      send: (request) => {
        this.appRequests.push(request);
        return new URL(request.url).origin === SHOP ? this.#sendHome(request) : this.time.busy(() => this.#answer(request));
      },
      frame: {
        isForbidden: () => this.framesForbidden === 'yes',
        travel: async (url, isEnd, signal) => {
          if (this.framesForbidden === 'yes') throw new LoginError('frame_blocked', 'The page forbids frames');
          const end = await this.#visit(new URL(url), { method: 'GET', signal }).catch((error: unknown) => { if (!(error instanceof TypeError)) throw error; return null; });
          if (!end || !isEnd(end.url)) throw new LoginError('frame_blocked', 'The frame ended on another page');
          return end.url;
        },
      },
      provider: {
        fetch: (url, init) => {
          const at = new URL(url, tab.address);
          const { pathname } = at;
          this.sent.push({ url, init });
          this.requests.push(`${init.method} ${pathname.replace(/authentication\/[^/]+/, 'authentication/…')}`);
          const late = clock.sleep(8_000).then(() => Promise.reject(new DOMException('The operation timed out', 'TimeoutError')));
          late.catch(() => undefined);
          return Promise.race([this.#send(at, { ...init, headers: { ...(init.headers as Record<string, string>), origin: SHOP } }), late]);
        },
        crypto,
        now: () => this.time.wall,
        breathe: () => Promise.resolve(),
        cookies: () => this.jar.readable(new URL(SHOP)),
      },
    };


  }
}

function there<T>(service: T | undefined): T {
  if (!service) throw new Error('There is no such service in this world');
  return service;
}
