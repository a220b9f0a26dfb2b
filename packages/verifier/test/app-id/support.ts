/** A shop with the verifier before an App ID tenant of its own, a clock that only moves by hand, and people with browsers. */
import type { AppIdSwitches, AppIdTenant } from '@passerby/emulator';
import { CALLBACK, claimsOf, makeShop, ORIGIN, SERVER, SHOP, visit, type Shop } from '../../../emulator/test/app-id/support.ts';
import { createAppId, memoryStore, type AppId, type AppIdSettings } from '../../src/index.ts';
import { sha256 } from '../../src/sha256.ts';

export { CALLBACK, claimsOf, SERVER, SHOP };
export { attributes, call, signIn, write } from '../../../emulator/test/app-id/support.ts';
export const OAUTH_URL = `${ORIGIN}/oauth/v4/tenant_shop`;
export const AT_HOME = '203.0.113.7';
export const MINUTE = 60_000;
export const DAY = 86_400_000;
export const AUTHORIZATION = 'GET /oauth/v4/{tenant}/authorization';
export const TOKEN = 'POST /oauth/v4/{tenant}/token';
export const ATTRIBUTES = 'GET /api/v1/attributes';
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

export interface Changes {
  readonly switches?: Partial<AppIdSwitches>;
  readonly tenant?: Partial<AppIdTenant>;
  readonly verifier?: Partial<AppIdSettings>;
}

export class World {
  readonly reports: string[] = [];
  /** What was asked of App ID, `GET /api/v1/attributes`. */
  readonly asked: string[] = [];
  readonly #store = memoryStore({ now: () => this.now });
  readonly #changes: Partial<AppIdSettings>;
  verifier: AppId;

  private constructor(readonly shop: Shop, changes: Partial<AppIdSettings>) {
    this.#changes = changes;
    this.verifier = this.start();
  }

  static async open({ switches = {}, tenant = {}, verifier = {} }: Changes = {}): Promise<World> {
    const shop = await makeShop({ switches, tenant, clients: [{ ...SERVER, redirectUris: [`${SHOP}/`, CALLBACK] }] });
    shop.time.now = MORNING;
    return new World(shop, verifier);
  }

  get now(): number {
    return this.shop.time.now;
  }

  pass(ms: number): void {
    this.shop.time.now += ms;
  }

  /** One more process of the verifier, on the same store. */
  start(changes: Partial<AppIdSettings> = {}): AppId {
    return createAppId({
      oauthServerUrl: OAUTH_URL, clientId: SERVER.clientId, secret: SERVER.secret, origins: [SHOP], attributes: ['nickname', 'size'], store: this.#store,
      report: (message) => this.reports.push(message), rateLimit: { network: FAST, subject: FAST }, now: () => this.now, fetch: this.fetch, ...this.#changes, ...changes,
    });
  }

  readonly fetch: typeof globalThis.fetch = (input, init) => {
    const request = new Request(input, init);
    this.asked.push(`${request.method} ${new URL(request.url).pathname}`);
    return this.shop.appId.handle(request);
  };

  async send(path: string, { form = {}, headers = {}, method = 'POST', address = AT_HOME, verifier = this.verifier }: { form?: Fields | string; headers?: Fields; method?: string; address?: string; verifier?: AppId } = {}): Promise<Response> {
    const all = { origin: SHOP, 'content-type': 'application/x-www-form-urlencoded', ...headers };
    const body = method === 'POST' ? { body: typeof form === 'string' ? form : new URLSearchParams(form).toString() } : {};
    return verifier.handler(new Request(`https://verifier.shop.example/auth${path}`, { method, headers: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '')), ...body }), { clientAddress: address });
  }

  async post(path: string, form: Fields = {}, { verifier = this.verifier }: { verifier?: AppId } = {}): Promise<Answered> {
    const response = await this.send(path, { form, verifier });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
  }

  profile(id: string) {
    return this.shop.appId.profiles.find((one) => one.id === id);
  }

  /** Who are still guests. */
  get guests(): readonly string[] {
    return this.shop.appId.profiles.filter(({ kind }) => kind === 'anonymous').map(({ id }) => id);
  }
}

export interface Held {
  readonly subject: string;
  readonly token: string;
  readonly refresh: string | undefined;
}

/** A session as the page keeps it. */
export function heldOf({ status, body }: Answered): Held {
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
  return { subject: String(body['subject']), token: String(body['access_token']), refresh: body['refresh_token'] as string | undefined };
}

export const errorOf = ({ status, body }: Answered): readonly [number, unknown] => [status, body['error']];
export const guestOf = async (world: World): Promise<Held> => heldOf(await world.post('/guest'));

const VERIFIER = 'v'.repeat(43);
export const request = (changes: Fields = {}): Fields => ({ redirect_uri: CALLBACK, state: 's'.repeat(43), nonce: sha256(VERIFIER), ...changes });

/** The guest is sent to sign in, and comes back with a code. */
export async function codeFor(world: World, { token }: Pick<Held, 'token'>, person = 'ada', changes: Fields = {}): Promise<string> {
  const { body } = await world.post('/authorize', request({ token, idp: 'google', ...changes }));
  return chosen(world, String(body['url']), person);
}

/** The same for nobody in particular. */
export const codeOfNobody = (world: World, person = 'ada', changes: Fields = {}): Promise<string> =>
  chosen(world, `${OAUTH_URL}/authorization?${new URLSearchParams({ client_id: SERVER.clientId, response_type: 'code', idp: 'google', ...request(changes) })}`, person);

async function chosen(world: World, url: string, person: string): Promise<string> {
  const first = await visit(world.shop, url);
  const at = first.status === 302 ? (first.headers.get('location') ?? '') : url;
  const cookie = first.headers.getSetCookie().map((line) => line.split(';', 1)[0]).join('; ');
  const html = first.status === 302 ? await (await visit(world.shop, at, { cookie })).text() : await first.text();
  const action = /<form method="post" action="([^"]+)"/.exec(html)?.[1] ?? '';
  const back = await visit(world.shop, action, { form: { person }, cookie });
  return new URL(back.headers.get('location') ?? '').searchParams.get('code') ?? 'no code';
}

export const loginWith = (world: World, code: string, changes: Fields = {}): Promise<Answered> => world.post('/login', { code, redirect_uri: CALLBACK, code_verifier: VERIFIER, ...changes });

/** As an operator does, or whoever has the secret. */
export async function revoke(world: World, token: string): Promise<void> {
  await world.shop.appId.handle(new Request(`${OAUTH_URL}/revoke`, { method: 'POST', headers: { authorization: `Basic ${btoa(`${SERVER.clientId}:${SERVER.secret}`)}` }, body: new URLSearchParams({ token }) }));
}
