/** A shop with the verifier before a ZITADEL of its own, a clock that only moves by hand, and people with browsers. */
import { randomBytes } from 'node:crypto';
import type { ZitadelSettings as EmulatorSettings } from '@passerby/emulator';
import { ask, Browser, CALLBACK, ISSUER, makeShop, SHOP, type Shop } from '../../../emulator/test/zitadel/support.ts';
import { createZitadel, memoryStore, type CodeMessage, type Store, type Zitadel, type ZitadelSettings } from '../../src/index.ts';

export { ISSUER, SHOP };
export const CLIENT = 'shop';
export const AT_HOME = '203.0.113.7';
/** So that no test meets midnight by chance. */
const MORNING = Date.UTC(2027, 0, 15, 8);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const ADA = { email: 'ada@shopper.example', given_name: 'Ada', family_name: 'Lovelace' };
export const PASSWORD = 'correct horse battery';
const FAST = { burst: 1_000_000, perSecond: 1_000_000 };

export const newKey = (): string => randomBytes(32).toString('base64url');

export type Body = Readonly<Record<string, unknown>>;
type Wire = Readonly<Record<string, string>>;

export interface Answered {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Headers;
}

/** A ZITADEL, and the store: what outlives every verifier. */
export class World {
  readonly shop: Shop;
  readonly store: Store;
  readonly mails: CodeMessage[] = [];
  readonly reports: string[] = [];
  readonly sealingKeys: string[] = [newKey()];
  verifier: Zitadel;
  #settings: Partial<ZitadelSettings>;

  private constructor(shop: Shop, store: Store | undefined, settings: Partial<ZitadelSettings>) {
    this.shop = shop;
    this.store = store ?? memoryStore({ now: () => shop.time.now });
    this.#settings = settings;
    this.verifier = this.start();
  }

  static async open({ store, zitadel = {}, ...settings }: Partial<Omit<ZitadelSettings, 'store'>> & { store?: (now: () => number) => Store; zitadel?: Partial<EmulatorSettings> } = {}): Promise<World> {
    const shop = await makeShop({ keyAlgorithm: 'ES256', ...zitadel });
    shop.time.now = MORNING;
    return new World(shop, store?.(() => shop.time.now), settings);
  }

  get now(): number {
    return this.shop.time.now;
  }

  pass(ms: number): void {
    this.shop.time.now += ms;
  }

  /** One more process of the verifier, on the same store. */
  start(changes: Partial<ZitadelSettings> = {}): Zitadel {
    return createZitadel({
      issuer: ISSUER, clientId: CLIENT, serviceToken: this.shop.pat, serviceUserId: this.shop.accountId, organizationId: this.shop.zitadel.orgId, sealingKeys: this.sealingKeys, origins: [SHOP], store: this.store,
      sendCode: (mail) => void this.mails.push(mail), report: (message) => this.reports.push(message), rateLimit: { network: FAST, subject: FAST },
      now: () => this.now, fetch: this.fetch, ...this.#settings, ...changes,
    });
  }

  restart(changes: Partial<ZitadelSettings> = {}): void {
    this.#settings = { ...this.#settings, ...changes };
    this.verifier = this.start();
  }

  readonly fetch: typeof globalThis.fetch = (input, init) => this.shop.zitadel.handle(new Request(input, init));

  /** The guest as ZITADEL knows it. */
  known(subject: string) {
    return this.shop.zitadel.users.find(({ userId }) => userId === subject);
  }

  /** What was asked of ZITADEL since `from`. */
  asked(from = 0): string[] {
    return this.shop.zitadel.log.slice(from).map(({ route }) => (route ?? '').replace('POST /zitadel.user.v2.UserService/', ''));
  }
}

/** Somebody's browser: it has the cookies, and no script sees them. */
export class Visitor {
  readonly world: World;
  readonly jar = new Map<string, string>();
  /** Every line that set a cookie. */
  readonly lines: string[] = [];

  constructor(world: World) {
    this.world = world;
  }

  /** Somebody who copied the cookies, as they are now. */
  thief(): Visitor {
    const thief = new Visitor(this.world);
    for (const [name, value] of this.jar) thief.jar.set(name, value);
    return thief;
  }

  get cookie(): string {
    return [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  async send(path: string, init: { body?: string; headers?: Wire; method?: string; address?: string; verifier?: Zitadel } = {}): Promise<Response> {
    const { body = '{}', method = 'POST', address = AT_HOME, verifier = this.world.verifier } = init;
    const headers = { origin: SHOP, 'content-type': 'application/json', ...(this.jar.size > 0 && { cookie: this.cookie }), ...init.headers };
    const response = await verifier.handler(new Request(`${SHOP}/auth${path}`, { method, headers: Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== '')), ...(method === 'POST' && { body }) }), { clientAddress: address });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    return response;
  }

  async post(path: string, body: Body = {}, verifier = this.world.verifier): Promise<Answered> {
    const response = await this.send(path, { body: JSON.stringify(body), verifier });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
  }

  /** A guest's subject. */
  async guest(): Promise<string> {
    return subjectOf(await this.post('/guest'));
  }

  session(subject: string, verifier = this.world.verifier): Promise<Answered> {
    return this.post('/session', { subject }, verifier);
  }

  /** Asks for a code; what names the challenge, and the code in the mail. */
  async challenge(person = ADA): Promise<{ readonly challenge: string; readonly code: string }> {
    const { status, body } = await this.post('/upgrade', person);
    if (status !== 200) throw new Error(JSON.stringify(body));
    return { challenge: String(body['challenge']), code: this.world.mails.at(-1)?.code ?? '' };
  }

  confirm(proof: { readonly challenge: string; readonly code: string }, changes: Body = {}, verifier = this.world.verifier): Promise<Answered> {
    return this.post('/upgrade/confirm', { ...ADA, password: PASSWORD, ...proof, ...changes }, verifier);
  }

  async becomeUser(person = ADA): Promise<Answered> {
    return this.confirm(await this.challenge(person), person);
  }

  /** Signs in at ZITADEL, and comes back with a code. */
  async code(form: Wire = { person: 'ada' }): Promise<Body> {
    const asked = ask({ scope: 'openid profile email offline_access' });
    const back = await new Browser(this.world.shop).signIn(asked, form);
    return { code: back.searchParams.get('code'), code_verifier: asked.verifier, redirect_uri: CALLBACK, nonce: asked.nonce };
  }

  async signIn(form: Wire = { person: 'ada' }): Promise<string> {
    return subjectOf(await this.post('/login', await this.code(form)));
  }

  /** A request to the shop's API. */
  api(init: RequestInit = {}): Request {
    return new Request(`${SHOP}/api/cart`, { ...init, headers: { cookie: this.cookie, ...(init.headers as Wire | undefined) } });
  }

  /** A request that writes, as `login.fetch` sends it. */
  writing(headers: Wire = {}): Request {
    return this.api({ method: 'POST', body: '{}', headers: { origin: SHOP, 'content-type': 'application/json', ...headers } });
  }

  #keep(line: string): void {
    this.lines.push(line);
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (/Max-Age=0/.test(line)) this.jar.delete(name);
    else this.jar.set(name, value);
  }
}

export function subjectOf({ status, body }: Answered): string {
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
  return String(body['subject']);
}

export const errorOf = ({ status, body }: Answered): readonly [number, unknown] => [status, body['error']];

export const GUEST_COOKIE = '__Host-passerby-guest';
export const USER_COOKIE = '__Host-passerby-user';
