/** The whole demo in one process: the identity service (emulated), the verifier, and the shop. */
import { createServer } from 'node:http';
import { serveEmulator } from '@passerby/emulator';
import { toNodeListener } from '@passerby/verifier/node';
import { Carts } from './carts.mjs';
import { listen, stop } from './listen.mjs';
import { note } from './request-log.mjs';
import { createShopServer } from './shop-server.mjs';
import { withAppId } from './with-app-id.mjs';
import { withAuthress } from './with-authress.mjs';
import { withDescope } from './with-descope.mjs';
import { withOpenId } from './with-openid.mjs';
import { withZitadel } from './with-zitadel.mjs';

/** The identity services there are, each with what it needs of the verifier. */
const services = { authress: withAuthress, oidc: withOpenId, zitadel: withZitadel, descope: withDescope, 'app-id': withAppId };

/** How many ports the demo takes, one after the other. */
const PORT_COUNT = 5;

/**
 * Starts emulator, verifier and shop on `port` and the four after it; 0: on any five that are free. All of them listen on 127.0.0.1 only.
 * @param {import('./demo.mjs').DemoOptions} [options]
 * @returns {Promise<import('./demo.mjs').Demo>}
 */
export async function startDemo({ port = 4600, ...options } = {}) {
  return port === 0 ? startAnywhere(options) : startAt(port, options);
}

/** @param {import('./demo.mjs').DemoOptions} options */
async function startAnywhere(options) {
  for (let tries = 1; ; tries++) {
    // Below the ports that systems give out by themselves, and among those that browsers go to.
    const port = 20_000 + Math.floor(Math.random() * 2_000) * PORT_COUNT;
    try {
      return await startAt(port, options);
    } catch (error) {
      if (tries === 20 || !(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    }
  }
}

/**
 * @param {number} port
 * @param {import('./demo.mjs').DemoOptions} options
 * @returns {Promise<import('./demo.mjs').Demo>}
 */
async function startAt(port, { provider = 'authress', loginHost = 'login.shop.localhost', ...options }) {
  const sites = {
    provider,
    shopUrl: `http://www.shop.localhost:${port}`,
    loginUrl: `http://${loginHost}:${port + 1}`,
    verifierUrl: `http://verifier.localhost:${port + 2}`,
    googleUrl: `http://google.localhost:${port + 3}`,
    githubUrl: `http://github.localhost:${port + 4}`,
    mailUrl: `http://mail.localhost:${port + 3}`,
  };
  if (!Object.hasOwn(services, provider)) throw new TypeError(`provider is one of ${Object.keys(services).join(', ')}`);
  const { service, verifier, mount, page, carryClaims, mergeGuest, sites: beside, close: closeService, ...emulated } = await services[provider](sites, options);

  const shop = { requests: [], carts: new Carts() };
  const verifierRequests = [];
  const answerVisitor = toNodeListener(verifier.handler);
  /** @type {import('node:http').RequestListener} */
  const verify = (incoming, outgoing) => {
    note(verifierRequests, incoming);
    answerVisitor(incoming, outgoing);
  };
  // One whose sessions are cookies is part of the shop's own origin.
  const shopServer = await createShopServer({ sites: { ...sites, service: page }, shop: { carts: shop.carts, verifier, carryClaims, mergeGuest }, requests: shop.requests, ...(mount && { mounted: { path: mount, answer: verify } }) });
  const verifierServer = createServer(verify);
  const emulator = restartable(() => serveEmulator(service, { sites: beside }));
  const close = async () => {
    await Promise.all([emulator.stop(), stop(verifierServer), stop(shopServer)]);
    await closeService();
  };
  try {
    await emulator.start();
    if (!mount) await listen(verifierServer, port + 2);
    // Last: who sees the shop finds everything else there.
    await listen(shopServer, port);
  } catch (error) {
    await close();
    throw error;
  }
  return { ...sites, ...(mount && { verifierUrl: sites.shopUrl + mount }), ...emulated, emulator, shop, verifierRequests, close };
}

/**
 * A service that can go away and come back with all it knew.
 * @param {() => Promise<{ close(): Promise<void> }>} serve
 */
function restartable(serve) {
  /** @type {{ close(): Promise<void> } | undefined} */
  let serving;
  return {
    async start() {
      serving ??= await serve();
    },
    async stop() {
      const stopping = serving;
      serving = undefined;
      await stopping?.close();
    },
  };
}
