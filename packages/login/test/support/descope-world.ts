/** One person's browser before an emulated Descope, and a shop whose verifier makes the guests: only the ports are fakes. */
import { createDescope as emulateDescope, type Descope as EmulatedDescope, type DescopeSettings as EmulatorSettings, type Mail } from '@passerby/emulator';
import { createDescope, memoryStore, type Descope, type DescopeSettings } from '@passerby/verifier';
import type { CoreOptions } from '../../src/core/options.ts';
import type { AskPerson } from '../../src/flows/challenge.ts';
import type { GuestMerge } from '../../src/flows/merge.ts';
import { descope, type DescopeOptions } from '../../src/providers/descope.ts';
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
    baseUrl: LOGIN, appOrigins: [SHOP], now, sleep: (ms) => time.wait(ms), send: (mail) => void mails.push(mail), switches: { ...switches, sessions }, ...cookieDomain,
  });
  const guestTenantId = generation === 'temporary_user' ? service.addTenant({ name: 'Guests', sessionTokenSeconds: 600, refreshTokenSeconds: 52 * 7 * 86_400 }) : undefined;
  const verifier = createDescope({
    projectId: service.projectId, managementKey: service.managementKey, baseUrl: LOGIN, generation, tenantId: guestTenantId, identityInUse, sessions, ...cookieDomain, origins: [SHOP], claims: ['size', 'colour'],
    store: memoryStore({ now }), report: (message) => void reports.push(message), now, fetch: async (input, init) => service.handle(new Request(input, init)),
  });
  const provider = () => descope({
    projectId: service.projectId, baseUrl: LOGIN, generation, sessions, verifier: sessions === 'body' ? `${VERIFIER}/auth` : '/auth', ...(guestTenantId && { guestTenantId }), ...page,
  });
  const shop = (request: Request): Promise<Response> => verifier.handler(request, { clientAddress: '192.0.2.1' });
  return { world: new World({ time, verifier, atHome: { provider, service, shop } }), service, verifier, mails, merged, reports, clock };
}

/** A page of the shop, with the hook that merges. */
export function openPage({ world, merged }: Shop, address = '/', options: Partial<CoreOptions> = {}): Tab {
  const mergeGuest = async ({ key, from, to }: GuestMerge): Promise<void> => void merged.set(key, { from, to });
  return world.open(address, { mergeGuest, apiOrigins: [API], ...options });
}

export const codeIn = ({ mails }: Shop): string => /\d{6}/.exec(mails.at(-1)?.text ?? '')?.[0] ?? 'no code';
export const linkIn = ({ mails }: Shop): string => /https:\S+/.exec(mails.at(-1)?.text ?? '')?.[0] ?? 'no link';

/** A person who types their e-mail, and then the code that came; wrong ones before it, where given. */
export const typing = (shop: Shop, loginId: string, ...wrong: string[]): AskPerson => async (challenge) =>
  challenge.type === 'login_id' ? { loginId } : challenge.type === 'code' ? { code: wrong.shift() ?? codeIn(shop) } : null;
