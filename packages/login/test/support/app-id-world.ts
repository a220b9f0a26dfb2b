/** One person's browser before an emulated App ID, and a shop whose verifier makes the guests, or whose pages do: only the ports are fakes. */
import { createAppId as emulateAppId, type AppId as EmulatedAppId, type AppIdSwitches, type AppIdTenant } from '@passerby/emulator';
import { createAppId, createAppIdTokenCheck, memoryStore, type AppId, type AppIdSettings, type AppIdTokenSettings } from '@passerby/verifier';
import type { CoreOptions } from '../../src/core/options.ts';
import type { GuestMerge } from '../../src/flows/merge.ts';
import { appId, publicAppId } from '../../src/providers/app-id.ts';
import { signingKey } from './signing-key.ts';
import { VirtualTime } from './virtual-time.ts';
import { API, LOGIN, SHOP, VERIFIER, World, type Tab } from './world.ts';

export const SECRET = 'c2VjcmV0IG9mIHRoZSBzaG9w==';

export interface Shop {
  readonly world: World;
  readonly service: EmulatedAppId;
  verifier: AppId;
  /** What was merged, by the key of each merge, and which attributes went along. */
  readonly merged: Map<string, { readonly from: string; readonly to: string; readonly carried: readonly string[] }>;
  /** What an operator was told. */
  readonly reports: string[];
  /** Every address that the verifier asked App ID for. */
  readonly asked: string[];
  /** Every address at App ID that the browser was at, or was sent to. */
  readonly seen: string[];
  /** How far the servers' clock is ahead of the device's. */
  readonly clock: { aheadMs: number };
  /** A process of the verifier that remembers nothing of what others did. */
  restart(): void;
}

export interface ShopSettings {
  /** Whether the shop's application has a secret, and with it a verifier. Default: it has. */
  readonly client?: 'regular' | 'public';
  readonly switches?: Partial<AppIdSwitches>;
  readonly tenant?: Partial<AppIdTenant>;
  readonly verifier?: Partial<AppIdSettings>;
}

export async function createShop({ client = 'regular', switches = {}, tenant = {}, verifier: changes = {} }: ShopSettings = {}): Promise<Shop> {
  const time = new VirtualTime();
  time.wall = Date.now();
  time.watchCrypto();
  const clock = { aheadMs: 0 };
  const now = (): number => time.wall + clock.aheadMs;
  const [merged, reports, asked, seen]: [Shop['merged'], string[], string[], string[]] = [new Map(), [], [], []];
  const redirectUris = ['/', '/checkout', '/callback.html'].map((path) => SHOP + path);
  const service = await emulateAppId({ signingKey: await signingKey, origin: LOGIN, clients: [{ clientId: 'shop', redirectUris, ...(client === 'regular' && { secret: SECRET }) }], now, sleep: (ms) => time.wait(ms), switches, tenant });
  const check: AppIdTokenSettings = {
    oauthServerUrl: service.issuer, clientId: 'shop', store: memoryStore({ now }), now,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      asked.push(request.url);
      return service.handle(request);
    },
  };
  const start = (): AppId => client === 'public' ? withoutVerifier(check) : createAppId({
    ...check, secret: SECRET, origins: [SHOP], attributes: ['theme', 'size'], store: memoryStore({ now }), report: (message) => void reports.push(message), ...changes,
  });
  const shop: Shop = {
    service, verifier: start(), merged, reports, asked, seen, clock, world: undefined as never,
    restart: () => void (shop.verifier = start()),
  };
  const application = { oauthServerUrl: service.issuer, clientId: 'shop' };
  const provider = () => client === 'public' ? publicAppId(application) : appId({ ...application, verifier: `${VERIFIER}/auth` });
  // Whichever process there is by now.
  const verifier = { handler: (...args: Parameters<AppId['handler']>) => shop.verifier.handler(...args), verifyToken: (from: Request | string) => shop.verifier.verifyToken(from), requireUser: (request: Request) => shop.verifier.requireUser(request) };
  const browsed = {
    handle: async (request: Request): Promise<Response> => {
      const response = request.headers.get('origin') === SHOP ? await readByPage(request, service) : await service.handle(request);
      seen.push(request.url, response.headers.get('location') ?? '');
      return response;
    },
  };
  const atHome = { provider, service: browsed, shop: (request: Request) => verifier.handler(request, { clientAddress: '192.0.2.1' }) };
  return Object.assign(shop, { world: new World({ time, verifier, atHome }) });
}

/** The shop's API where nobody has a secret: the two tokens prove that one person is both. */
function withoutVerifier(settings: AppIdTokenSettings): AppId {
  const check = createAppIdTokenCheck(settings);
  return {
    ...check, handler: async () => new Response(null, { status: 404 }),
    mergeGuest: async ({ guestToken, userToken }) => {
      const [guest, user] = [await check.verifyToken(guestToken), await check.verifyToken(userToken)];
      if (guest.kind !== 'guest' || user.kind !== 'user') throw new Error('These are not the tokens of a guest and a user');
      return { from: guest.subject, to: user.subject, carried: [] };
    },
  };
}

/** As a browser does for a page: asks beforehand, and hands out only what the page may read. */
async function readByPage(request: Request, service: EmulatedAppId): Promise<Response> {
  const preflight = await service.handle(new Request(request.url, { method: 'OPTIONS', headers: { origin: SHOP, 'access-control-request-method': request.method } }));
  const response = preflight.ok ? await service.handle(request) : preflight;
  if (response.headers.get('access-control-allow-origin') !== SHOP) throw new TypeError('Failed to fetch');
  return response;
}

/** A page of the shop, with the hook that has its server merge. */
export function openPage(shop: Shop, address = '/', options: Partial<CoreOptions> = {}): Tab {
  const mergeGuest = async ({ key, guestToken }: GuestMerge): Promise<void> => {
    const both = { guestToken: await guestToken(), userToken: await tab.login.getToken() };
    shop.merged.set(key, await shop.verifier.mergeGuest(both));
  };
  const tab = shop.world.open(address, { mergeGuest, apiOrigins: [API], guestConnectionId: 'guest', ...options });
  return tab;
}

export type Guest = Tab & { readonly subject: string };

/** Somebody on a first visit. */
export async function startGuest(shop: Shop, options: Partial<CoreOptions> = {}): Promise<Guest> {
  const tab = openPage(shop, '/', options);
  return Object.assign(tab, { subject: (await shop.world.until(tab.login.authenticate())).subject });
}

/** The person leaves to sign in, and comes back to a page that finishes it. */
export async function link(shop: Shop, tab: Tab, person: string | null = 'ada', idp = 'google') {
  const address = await shop.world.backFrom(tab, (login) => login.linkIdentity({ connectionId: idp }), person);
  const back = openPage(shop, address);
  const outcome = await shop.world.until(back.login.completeLogin());
  await shop.world.time.pass(100);
  return { back, outcome, address };
}

/** They sign in where no guest is. */
export async function signIn(shop: Shop, person = 'ada') {
  const address = await shop.world.backFrom(openPage(shop), (login) => login.authenticate({ connectionId: 'google' }), person);
  const back = openPage(shop, address);
  return { back, outcome: await shop.world.until(back.login.completeLogin()) };
}

export const DAY = 86_400_000;

/** Another person's or another device's browser, before the same services. */
export const elsewhere = (shop: Shop): Shop => ({ ...shop, world: shop.world.anotherBrowser() });
