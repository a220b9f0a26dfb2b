/** A shop with the verifier before a Descope project of its own, a clock that only moves by hand, and people with browsers. */
import { codeOf, makeShop, SHOP, type Shop } from '../../../emulator/test/descope/support.ts';
import type { DescopeSettings as EmulatorSettings, DescopeSwitches } from '@passerby/emulator';
import { createDescope, memoryStore, type Descope, type DescopeSettings } from '../../src/index.ts';

export { SHOP };
export { call, claimsOf, manage, tokensOf, verify } from '../../../emulator/test/descope/support.ts';
export const BASE = 'http://descope.shop.localhost:4601';
export const AT_HOME = '203.0.113.7';
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const ADA = 'ada@shopper.example';
/** So that no test meets midnight by chance. */
const MORNING = Date.UTC(2027, 0, 15, 8);
const FAST = { burst: 1_000_000, perSecond: 1_000_000 };

export type Fields = Readonly<Record<string, string>>;
export type Body = Readonly<Record<string, unknown>>;

export interface Answered {
  readonly status: number;
  readonly body: Body;
  readonly headers: Headers;
}

export type Changes = Partial<Omit<DescopeSettings, 'store'>> & { readonly switches?: Partial<DescopeSwitches>; readonly emulator?: Partial<EmulatorSettings> };

export class World {
  readonly shop: Shop;
  readonly tenantId: string;
  readonly reports: string[] = [];
  /** What a page holds until the code is typed: the latest of each refresh token. */
  readonly challenges = new Map<string, string>();
  /** What was asked of Descope, `POST /v1/auth/refresh`. */
  readonly asked: string[] = [];
  readonly #changes: Partial<DescopeSettings>;
  verifier: Descope;

  private constructor(shop: Shop, changes: Partial<DescopeSettings>) {
    this.shop = shop;
    this.tenantId = shop.descope.addTenant({ name: 'Anonymous Users', sessionTokenSeconds: 600, refreshTokenSeconds: 364 * 86_400 });
    this.#changes = changes;
    this.verifier = this.start();
  }

  /** Guests are tokens; or users in a tenant, where `generation` says so. */
  static async open({ switches = {}, emulator = {}, ...changes }: Changes = {}): Promise<World> {
    const { sessions = 'body' } = changes;
    const shop = await makeShop({ switches: { sessions, ...switches }, ...(sessions !== 'body' && { cookieDomain: 'shop.localhost' }), ...emulator });
    shop.time.now = MORNING;
    return new World(shop, changes);
  }

  get now(): number {
    return this.shop.time.now;
  }

  pass(ms: number): void {
    this.shop.time.now += ms;
  }

  /** One more process of the verifier. */
  start(changes: Partial<DescopeSettings> = {}): Descope {
    const all = { ...this.#changes, ...changes };
    const { generation = 'anonymous_jwt', sessions = 'body' } = all;
    return createDescope({
      projectId: this.shop.descope.projectId, managementKey: this.shop.descope.managementKey, baseUrl: BASE, origins: [SHOP], store: memoryStore({ now: () => this.now }),
      claims: ['nickname', 'size'], report: (message) => this.reports.push(message), rateLimit: { network: FAST, subject: FAST }, now: () => this.now, fetch: this.fetch,
      ...(generation === 'temporary_user' && { tenantId: this.tenantId }), ...(sessions !== 'body' && { cookieDomain: 'shop.localhost' }), ...all, generation,
    });
  }

  readonly fetch: typeof globalThis.fetch = (input, init) => {
    const request = new Request(input, init);
    this.asked.push(`${request.method} ${new URL(request.url).pathname}`);
    return this.shop.descope.handle(request);
  };

  async send(path: string, { form = {}, headers = {}, method = 'POST', address = AT_HOME, verifier = this.verifier }: { form?: Fields | string; headers?: Fields; method?: string; address?: string; verifier?: Descope } = {}): Promise<Response> {
    const all = { origin: SHOP, 'content-type': 'application/x-www-form-urlencoded', ...headers };
    const body = method === 'POST' ? { body: typeof form === 'string' ? form : new URLSearchParams(form).toString() } : {};
    return verifier.handler(new Request(`https://verifier.shop.example/auth${path}`, { method, headers: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '')), ...body }), { clientAddress: address });
  }

  async post(path: string, form: Fields = {}, { headers = {}, verifier = this.verifier }: { headers?: Fields; verifier?: Descope } = {}): Promise<Answered> {
    const response = await this.send(path, { form, headers, verifier });
    const body = (await response.json()) as Body;
    if (path === '/upgrade' && response.ok) this.challenges.set(form['token'] ?? '', String(body['challenge']));
    return { status: response.status, headers: response.headers, body };
  }

  known(subject: string) {
    return this.shop.descope.users.find(({ userId }) => userId === subject);
  }

  /** What a page sends with the code. */
  confirmation(token: string, { code = this.code, email = ADA }: { readonly code?: string; readonly email?: string } = {}): Fields {
    return { token, login_id: email, code, challenge: this.challenges.get(token) ?? 'none' };
  }

  get code(): string {
    return codeOf(this.shop);
  }
}

export interface Held {
  readonly subject: string;
  readonly session: string;
  readonly refresh: string;
}

/** A session as the page keeps it. */
export function heldOf({ status, body, headers }: Answered): Held {
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
  const cookies = cookiesOf(headers);
  return { subject: String(body['subject']), session: String(body['sessionJwt'] ?? cookies['DS']), refresh: String(body['refreshJwt'] ?? cookies['DSR']) };
}

export const cookiesOf = (headers: Headers): Fields => Object.fromEntries(headers.getSetCookie().map((line) => /^([^=]+)=([^;]*)/.exec(line)?.slice(1) ?? []));
export const errorOf = ({ status, body }: Answered): readonly [number, unknown] => [status, body['error']];
export const guestOf = async (world: World): Promise<Held> => heldOf(await world.post('/guest'));
/** Everything that makes a guest of the old generation a user. */
export async function becomeUser(world: World, { refresh }: Pick<Held, 'refresh'>, email = ADA): Promise<Answered> {
  await world.post('/upgrade', { token: refresh, login_id: email });
  return world.post('/upgrade/confirm', world.confirmation(refresh, { email }));
}
