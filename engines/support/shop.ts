/**
 * The demo shop before the emulated identity service. Over http it is the one that `npm start` serves. WebKit keeps no Secure cookie over
 * http, so for it the same shop is served over https, all of its names on one port.
 */
import { createAuthress, createServiceClient, serveEmulator, type Authress, type Site } from '@passerby/emulator';
import { createVerifier } from '@passerby/verifier';
import { startDemo } from '../../examples/vanilla/src/demo.mjs';
import { makeCertificate } from '../../packages/emulator/test/support/certificate.ts';
import { freePorts } from '../../packages/emulator/test/support/ports.ts';
import type { Engine } from './engine.ts';
import { startShopServer } from './shop-server.ts';

export interface ShopSettings {
  readonly accessTokenLifetimeSeconds?: number;
  /** Default: of one site with the shop. */
  readonly loginHost?: string;
  /** Default: a site of its own, `verifier.localhost`. */
  readonly verifierHost?: string;
  /** The page's Content-Security-Policy does not let it frame the login host. */
  readonly framesOfLogin?: 'forbidden';
  /** The clock of all servers, ms since epoch. */
  readonly clock?: () => number;
}

export interface Shop {
  readonly shopUrl: string;
  readonly loginUrl: string;
  readonly authress: Authress;
  /** How many guests were asked for at the verifier. */
  guests(): number;
  /** How many renewals the login host answered. */
  renewals(): readonly number[];
  close(): Promise<void>;
}

export function openShop(engine: Engine, settings: ShopSettings = {}): Promise<Shop> {
  return engine.name === 'WebKitGTK' || settings.framesOfLogin || settings.verifierHost ? overHttps(settings) : overHttp(settings);
}

async function overHttp({ accessTokenLifetimeSeconds, loginHost, clock }: ShopSettings): Promise<Shop> {
  const demo = await startDemo({ port: 0, ...(accessTokenLifetimeSeconds && { accessTokenLifetimeSeconds }), ...(loginHost && { loginHost }), ...(clock && { clock }) });
  return { ...seen(demo.authress), shopUrl: demo.shopUrl, loginUrl: demo.loginUrl, guests: () => demo.verifierRequests.length, close: demo.close };
}

async function overHttps({ accessTokenLifetimeSeconds, loginHost = 'login.shop.localhost', verifierHost = 'verifier.localhost', framesOfLogin, clock }: ShopSettings): Promise<Shop> {
  const [port = 0, keysPort = 0] = await freePorts(2);
  const names = { shop: 'www.shop.localhost', login: loginHost, verifier: verifierHost, google: 'google.localhost', github: 'github.localhost' };
  const at = (name: string): string => `https://${name}:${port}`;
  const sites = { shopUrl: at(names.shop), loginUrl: at(names.login), verifierUrl: at(names.verifier) };
  const { accessKey, publicJwk } = await createServiceClient('acc_shop', 'sc_guests');
  const authress = await createAuthress({
    loginOrigin: sites.loginUrl,
    accountId: 'acc_shop',
    applications: [{ applicationId: 'app_shop', redirectOrigins: [sites.shopUrl] }],
    connections: [{ connectionId: 'google', origin: at(names.google), name: 'Google' }, { connectionId: 'github', origin: at(names.github), name: 'GitHub' }],
    serviceClients: [{ clientId: 'sc_guests', authorizationUrl: `${sites.verifierUrl}/v1/login`, publicJwk }],
    ...(accessTokenLifetimeSeconds && { accessTokenLifetimeSeconds }),
    ...(clock && { clock }),
  });
  const verifier = createVerifier({
    authress: { loginUrl: sites.loginUrl, accessKey, connections: ['google', 'github'], applicationId: 'app_shop', jwksUrl: `http://127.0.0.1:${keysPort}/` },
    // Node knows no name under localhost and trusts no certificate of ours: it is given the keys by hand.
    fetch: async () => authress.handle(new Request(`${sites.loginUrl}/.well-known/openid-configuration/jwks`)),
    ...(clock && { now: clock }),
  });
  let guests = 0;
  const shop = await startShopServer(sites, verifier);
  const pages: Site[] = [
    framesOfLogin === 'forbidden' ? { ...shop.site, handle: async (asked) => withoutFrames(await shop.site.handle(asked)) } : shop.site,
    { origin: sites.verifierUrl, handle: (asked) => (guests++, verifier.handler(asked, { clientAddress: '127.0.0.1' })) },
  ];
  const serving = await serveEmulator(authress, { https: await makeCertificate(Object.values(names)), sites: pages });
  return {
    ...seen(authress), ...sites,
    guests: () => guests,
    close: async () => {
      await serving.close();
      await shop.close();
    },
  };
}

const seen = (authress: Authress): Pick<Shop, 'authress' | 'renewals'> => ({
  authress,
  renewals: () => authress.log.filter(({ route }) => route === 'PATCH /api/session').map(({ status }) => status),
});

/** The page's own policy keeps it from framing anything but itself. */
function withoutFrames(answer: Response): Response {
  const policy = answer.headers.get('content-security-policy');
  if (policy) answer.headers.set('content-security-policy', policy.replace(/frame-src [^;]+/, "frame-src 'self'"));
  return answer;
}
