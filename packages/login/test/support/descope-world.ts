/** One person's browser before an emulated Descope, and a shop whose verifier makes the guests: only the ports are fakes. */
import { createDescope as emulateDescope, type Descope as EmulatedDescope, type DescopeSettings as EmulatorSettings, type Mail } from '@passerby/emulator';
import { isLoginError } from '@passerby/shared';
import { createDescope, memoryStore, Unauthorized, type Descope, type DescopeSettings } from '@passerby/verifier';
import type { CoreOptions } from '../../src/core/options.ts';
import type { AskPerson } from '../../src/flows/challenge.ts';
import type { GuestMerge } from '../../src/flows/merge.ts';
import { descope, type DescopeOptions } from '../../src/providers/descope.ts';
import { signingKey } from './signing-key.ts';
import { VirtualTime } from './virtual-time.ts';
import { API, LOGIN, SHOP, VERIFIER, World, type Tab } from './world.ts';

export interface Shop {
  readonly world: World;
  readonly service: EmulatedDescope;
  readonly verifier: Descope;
  /** Everything that Descope mailed, the latest last. */
  readonly mails: Mail[];
  /** What was merged, by the key of each merge. */
  readonly merged: Map<string, { readonly from: string; readonly to: string }>;
  /** What an operator was told. */
  readonly reports: string[];
  /** How far the servers' clock is ahead of the device's. */
  readonly clock: { aheadMs: number };
}

export interface ShopSettings {
  readonly sessions?: 'body' | 'refresh_cookie' | 'cookies';
  readonly generation?: 'anonymous_jwt' | 'temporary_user';
  readonly identityInUse?: DescopeSettings['identityInUse'];
  /** How the project is set, and what of the vendor is unknown. */
  readonly switches?: EmulatorSettings['switches'];
  readonly page?: Partial<DescopeOptions>;
}

export async function createShop({ sessions = 'body', generation = 'anonymous_jwt', identityInUse, switches, page }: ShopSettings = {}): Promise<Shop> {
  const time = new VirtualTime();
  time.wall = Date.now();
  time.watchCrypto();
  const clock = { aheadMs: 0 };
  const now = (): number => time.wall + clock.aheadMs;
  const [mails, merged, reports]: [Mail[], Shop['merged'], string[]] = [[], new Map(), []];
  const cookieDomain = sessions === 'body' ? {} : { cookieDomain: 'shop.test' };
  const service = await emulateDescope({
    signingKey: await signingKey, baseUrl: LOGIN, appOrigins: [SHOP], now, sleep: (ms) => time.wait(ms), send: (mail) => void mails.push(mail), switches: { ...switches, sessions }, ...cookieDomain,
  });
  const guestTenantId = generation === 'temporary_user' ? service.addTenant({ name: 'Guests', sessionTokenSeconds: 600, refreshTokenSeconds: 52 * 7 * 86_400 }) : undefined;
  const verifier = createDescope({
    projectId: service.projectId, managementKey: service.managementKey, baseUrl: LOGIN, generation, tenantId: guestTenantId, identityInUse, sessions, ...cookieDomain, origins: [SHOP], claims: ['size', 'colour'],
    store: memoryStore({ now }), report: (message) => void reports.push(message), now, fetch: async (input, init) => service.handle(new Request(input, init)),
  });
  const provider = () => descope({
    projectId: service.projectId, baseUrl: LOGIN, generation, sessions, verifier: sessions === 'body' ? `${VERIFIER}/auth` : '/auth', ...(guestTenantId && { guestTenantId }), ...page,
  });
  const api = (request: Request): Promise<Response> => mergeCarts(request, verifier, merged);
  const shop = (request: Request): Promise<Response> => (new URL(request.url).pathname === MERGE ? api(request) : verifier.handler(request, { clientAddress: '192.0.2.1' }));
  const world = new World({ time, verifier, atHome: { provider, service, shop } });
  return { world, service, verifier, mails, merged, reports, clock };
}

const MERGE = '/api/merge';

/** The shop's server: the user is who asks, and the guest whom the page proves, or the cookies of the request. */
async function mergeCarts(request: Request, verifier: Descope, merged: Shop['merged']): Promise<Response> {
  const again = request.clone();
  const { key, from, guestToken } = (await request.json()) as { readonly key: string; readonly from: string; readonly guestToken?: string };
  try {
    const { subject: to } = await verifier.requireUser(again);
    if (!merged.has(key)) {
      const guest = await (guestToken === undefined ? verifier.keptGuest(again) : verifier.verifyToken(guestToken));
      if (guest.subject !== from || guest.kind !== 'guest') return new Response('', { status: 422 });
      merged.set(key, { from: guest.subject, to });
    }
    return Response.json({});
  } catch (error) {
    if (error instanceof Unauthorized) return error.response();
    throw error;
  }
}

/** A page of the shop, with the hook that merges: as its server says, by the proof that there is. */
export function openPage({ world, verifier, merged }: Shop, address = '/', options: Partial<CoreOptions> = {}): Tab {
  world.api = (request) => (new URL(request.url).pathname === MERGE ? mergeCarts(request, verifier, merged) : verifier.verifyToken(request).then((caller) => Response.json(caller)));
  const mergeGuest = async ({ key, from, guestToken }: GuestMerge): Promise<void> => {
    const proof = await guestToken().then((token) => ({ guestToken: token, origin: API }), (error: unknown) => {
      if (isLoginError(error) && error.code === 'unsupported') return { origin: SHOP };
      throw error;
    });
    const { origin, ...known } = proof;
    const answer = await tab.login.fetch(origin + MERGE, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ key, from, ...known }) });
    if (!answer.ok) throw new Error(`The merge was answered with ${answer.status}`);
  };
  const tab = world.open(address, { mergeGuest, apiOrigins: [API, SHOP], ...options });
  return tab;
}

export const codeIn = ({ mails }: Shop): string => /\d{6}/.exec(mails.at(-1)?.text ?? '')?.[0] ?? 'no code';
export const linkIn = ({ mails }: Shop): string => /https:\S+/.exec(mails.at(-1)?.text ?? '')?.[0] ?? 'no link';

/** A person who types their e-mail, and then the code that came; wrong ones before it, where given. */
export const typing = (shop: Shop, loginId: string, ...wrong: string[]): AskPerson => async (challenge) =>
  challenge.type === 'login_id' ? { loginId } : challenge.type === 'code' ? { code: wrong.shift() ?? codeIn(shop) } : null;
