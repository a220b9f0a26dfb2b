/**
 * One person's browser with its tabs, in virtual time, before the real emulator and the real verifier: only the ports are fakes.
 */
import { createAuthress, createServiceClient, type Authress, type AuthressSettings } from '@passerby/emulator';
import { createVerifier, type Verifier } from '@passerby/verifier';
import { LoginError } from '@passerby/shared';
import { LoginClient, type LoginOptions, type Notice } from '../../src/index.ts';
import type { Ports } from '../../src/ports/ports.ts';
import { CookieJar } from './cookie-jar.ts';
import { VirtualTime } from './virtual-time.ts';

export const SHOP = 'https://www.shop.test';
export const LOGIN = 'https://login.shop.test';
const VERIFIER = 'https://verifier.test';
const GOOGLE = 'https://google.test';
const GITHUB = 'https://github.test';

export interface Tab {
  readonly login: LoginClient;
  readonly notices: Notice[];
  /** What the address bar shows. */
  address: URL;
  /** Where the page was sent; null: it is still here. */
  departed: string | null;
}

export class World {
  readonly time = new VirtualTime();
  readonly jar = new CookieJar();
  /** Every request a page of the shop made, as `METHOD path`, preflights not counted. */
  readonly requests: string[] = [];
  /** How often the verifier was asked. */
  verifierRequests = 0;
  /** What IndexedDB holds; whoever reads or writes gets copies. */
  readonly rows = new Map<string, unknown>();
  storage: 'works' | 'fails' = 'works';
  framesForbidden: 'yes' | 'no' = 'no';
  /** Thrown into the page, as `fetch` does without a network. */
  offline: 'yes' | 'no' = 'no';
  #draws = 48_271;
  readonly #watchers = new Set<(what: 'back' | 'awake') => void>();
  readonly #channels = new Map<string, Set<(version: number) => void>>();
  readonly #locks = new Map<string, Promise<unknown>>();

  private constructor(readonly authress: Authress, readonly verifier: Verifier, time: VirtualTime) {
    this.time = time;
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
    return new World(authress, verifier, time);
  }

  /** Another person's browser, before the same services, at the same time. */
  anotherBrowser(): World {
    return new World(this.authress, this.verifier, this.time);
  }

  /** Opens a page of the shop. */
  open(address = '/', options: Partial<LoginOptions> = {}): Tab {
    const tab: Tab = { address: new URL(address, SHOP), departed: null, notices: [], login: undefined as never };
    const login = new LoginClient(
      { authressApiUrl: LOGIN, applicationId: 'app_shop', guestConnectionId: 'sc_guests', frameUrl: '/callback.html', ...options } as LoginOptions,
      (name) => this.#ports(name, tab),
    );
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

  /** The same, as the address they come back to. */
  async backFrom(tab: Tab, begin: (login: LoginClient) => Promise<unknown>, person: string | null): Promise<string> {
    const failed = begin(tab.login).then(() => { throw new Error('The page did not leave'); });
    failed.catch(() => undefined);
    await Promise.race([this.until(this.departureOf(tab)), failed]);
    const page = await this.until(this.#visit(new URL(tab.departed ?? ''), { method: 'GET' }));
    if (page.url.origin === SHOP) return page.url.href;
    const html = await page.response.text();
    if (person === null) {
      const cancel = /href="([^"]+)" data-testid="person-cancel"/.exec(html)?.[1] ?? '';
      return (await this.until(this.#visit(new URL(cancel.replaceAll('&amp;', '&'), page.url), { method: 'GET' }))).url.href;
    }
    const field = (name: string): string => (new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? '').replaceAll('&amp;', '&');
    const form = new URLSearchParams({ state: field('state'), redirect_uri: field('redirect_uri'), person });
    return (await this.until(this.#visit(new URL('/authorize', page.url), { method: 'POST', body: form, headers: { origin: page.url.origin } }))).url.href;
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

  /** Resolves when the page was sent away. */
  async departureOf(tab: Tab): Promise<void> {
    while (tab.departed === null) await this.time.clock.sleep(5);
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
      if (url.origin === VERIFIER) this.verifierRequests++;
      const response = await (url.origin === VERIFIER ? this.verifier.handler(request, { clientAddress: '192.0.2.1' }) : this.authress.handle(request));
      signal?.throwIfAborted();
      this.jar.store(url, response);
      return response;
    });
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
          const { pathname } = new URL(url);
          this.requests.push(`${init.method} ${pathname.replace(/authentication\/[^/]+/, 'authentication/…')}`);
          const late = clock.sleep(8_000).then(() => Promise.reject(new DOMException('The operation timed out', 'TimeoutError')));
          late.catch(() => undefined);
          return Promise.race([this.#send(new URL(url), { ...init, headers: { ...(init.headers as Record<string, string>), origin: SHOP } }), late]);
        },
        crypto,
        now: () => this.time.wall,
        breathe: () => Promise.resolve(),
        cookies: () => this.jar.readable(new URL(SHOP)),
      },
    };


  }
}
