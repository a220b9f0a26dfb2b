/** One person's browser before an emulated ZITADEL, and a shop whose own server mounts the verifier: only the ports are fakes. */
import { createZitadel as emulateZitadel, type Zitadel as EmulatedZitadel } from '@passerby/emulator';
import { createZitadel, memoryStore, Unauthorized, type Zitadel, type ZitadelSettings } from '@passerby/verifier';
import type { CoreOptions } from '../../src/core/options.ts';
import type { GuestMerge } from '../../src/flows/merge.ts';
import { zitadel } from '../../src/providers/zitadel.ts';
import { VirtualTime } from './virtual-time.ts';
import { LOGIN, SHOP, World, type Tab } from './world.ts';

export interface Shop {
  readonly world: World;
  readonly service: EmulatedZitadel;
  readonly verifier: Zitadel;
  /** The e-mails that the shop sent, the latest last. */
  readonly mail: { readonly email: string; readonly code: string }[];
  /** What was merged, by the key of each merge. */
  readonly merged: Map<string, { readonly from: string; readonly to: string }>;
  /** What an operator was told. */
  readonly reports: string[];
}

export async function createShop(settings: Partial<ZitadelSettings> = {}): Promise<Shop> {
  const time = new VirtualTime();
  time.wall = Date.now();
  time.watchCrypto();
  const [mail, merged, reports]: [Shop['mail'], Shop['merged'], string[]] = [[], new Map(), []];
  const redirectUris = ['/', '/checkout', '/callback.html'].map((path) => SHOP + path);
  const service = await emulateZitadel({ issuer: LOGIN, keyAlgorithm: 'ES256', clients: [{ clientId: 'shop', redirectUris, postLogoutRedirectUris: [`${SHOP}/`] }], now: () => time.wall, sleep: (ms) => time.wait(ms) });
  const { userId, pat } = service.addServiceAccount();
  const verifier = createZitadel({
    issuer: LOGIN, clientId: 'shop', serviceToken: pat, serviceUserId: userId, organizationId: service.orgId, sealingKeys: ['A'.repeat(43)], origins: [SHOP],
    store: memoryStore({ now: () => time.wall }), sendCode: (message) => void mail.push(message), report: (message) => void reports.push(message), now: () => time.wall,
    fetch: async (input, init) => service.handle(new Request(input, init)), ...settings,
  });
  const shop = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith('/auth/')) return verifier.handler(request, { clientAddress: '192.0.2.1' });
    try {
      if (pathname !== '/api/merge') return Response.json(await verifier.verifyToken(request));
      const { key, from: of } = (await request.json()) as { readonly key: string; readonly from: string };
      const { from, to, headers } = await verifier.mergeGuest(request, { key, from: of, merge: (one) => void merged.set(one.key, { from: one.from, to: one.to }) });
      return Response.json({ from, to }, { headers });
    } catch (error) {
      if (!(error instanceof Unauthorized)) throw error;
      return error.response();
    }
  };
  const provider = () => zitadel({ issuer: LOGIN, clientId: 'shop', verifier: '/auth' });
  return { world: new World({ time, verifier, atHome: { provider, service, shop } }), service, verifier, mail, merged, reports };
}

/** A page of the shop, with the hook that has its server merge. */
export function openPage({ world }: Shop, address = '/', options: Partial<CoreOptions> = {}): Tab {
  const mergeGuest = async ({ key, from }: GuestMerge): Promise<void> => {
    const answer = await tab.login.fetch(`${SHOP}/api/merge`, json({ key, from }));
    if (!answer.ok) throw new Error(`The merge was answered with ${answer.status}`);
  };
  const tab = world.open(address, { mergeGuest, ...options });
  return tab;
}

export const json = (body: object): RequestInit => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
